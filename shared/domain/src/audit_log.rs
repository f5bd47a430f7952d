//! The `AuditLog` aggregate: the log that every history is exported to, as far as its operator changes it. Its events are exported
//! like everybody else's, so whoever checks the log reads in it who was to sign it from when on.

use serde::{Deserialize, Serialize};

use crate::history::{Aggregate, Happening, TextDigest, Texts};
use crate::values::{EpochMillis, Origin, VerifierKey, Version};

/// A log, as far as its history says what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditLog {
    /// Its name.
    pub origin: Origin,
    /// The number of events so far.
    pub version: Version,
    /// The key that was to sign it from the last change on; before the first one, the one that the export was configured with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verifier_key: Option<VerifierKey>,
}

/// What can happen to a log. Nobody types a text here, so what is recorded is what happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Another key signs it.
    SigningKeyChanged(SigningKeyChanged),
}

/// Another key signs a log: the hours after the one in whose file this event is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SigningKeyChanged {
    /// The log.
    pub origin: Origin,
    /// The verifier key of the signing key.
    pub verifier_key: VerifierKey,
    /// When it was decided.
    pub changed_at: EpochMillis,
}

/// Why a signing key is not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A key signs under the name of its log.
    #[error(
        "the verifier key is of {named}, and this log is {origin}: a signing key signs one log and nothing else"
    )]
    OtherName {
        /// The verifier key's name.
        named: Origin,
        /// The log's.
        origin: Origin,
    },
}

/// That a key may sign a log of this name.
pub fn may_sign(verifier_key: &VerifierKey, origin: &Origin) -> Result<(), Refusal> {
    if verifier_key.name() == origin {
        return Ok(());
    }
    Err(Refusal::OtherName { named: verifier_key.name().clone(), origin: origin.clone() })
}

impl AuditLog {
    /// A log without a history.
    #[must_use]
    pub const fn new(origin: Origin) -> Self {
        Self { origin, version: Version::NONE, verifier_key: None }
    }

    /// What happens when another key is to sign it; nothing if it does already.
    pub fn change_signing_key(
        &self,
        verifier_key: &VerifierKey,
        now: EpochMillis,
    ) -> Result<Option<Event>, Refusal> {
        may_sign(verifier_key, &self.origin)?;
        let is_new = self.verifier_key.as_ref() != Some(verifier_key);
        let (origin, verifier_key) = (self.origin.clone(), verifier_key.clone());
        let changed =
            || Event::SigningKeyChanged(SigningKeyChanged { origin, verifier_key, changed_at: now });
        Ok(is_new.then(changed))
    }
}

impl Event {
    /// Whose history it belongs to.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        match self {
            Self::SigningKeyChanged(changed) => &changed.origin,
        }
    }

    /// The key that signs from the next hour on.
    #[must_use]
    pub const fn verifier_key(&self) -> &VerifierKey {
        match self {
            Self::SigningKeyChanged(changed) => &changed.verifier_key,
        }
    }
}

impl Aggregate for AuditLog {
    type Event = Event;

    fn version(&self) -> Version {
        self.version
    }

    fn apply(mut self, event: &Event) -> Self {
        self.version = self.version.next();
        match event {
            Event::SigningKeyChanged(changed) => self.verifier_key = Some(changed.verifier_key.clone()),
        }
        self
    }

    fn texts(_: &Event) -> Texts<&str> {
        Texts::default()
    }

    fn recorded(event: &Event, _: Texts<TextDigest>) -> Happening {
        Happening::AuditLog(event.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str, byte: u8) -> VerifierKey {
        VerifierKey::new(name.parse().unwrap(), [byte; 32])
    }

    #[test]
    fn a_signing_key_is_changed_once_and_only_to_one_of_the_logs_name() {
        let log = AuditLog::new("keys.example.com/audit".parse().unwrap());
        let (now, new) = (EpochMillis::new(7), key("keys.example.com/audit", 1));
        let event = log.change_signing_key(&new, now).unwrap().expect("a change");
        assert_eq!((event.origin(), event.verifier_key()), (&log.origin, &new));
        let changed = log.clone().apply(&event);
        assert_eq!((changed.version.get(), &changed.verifier_key), (1, &Some(new.clone())));
        assert_eq!(changed.change_signing_key(&new, now), Ok(None));
        let back = changed.change_signing_key(&key("keys.example.com/audit", 2), now);
        assert!(matches!(back, Ok(Some(_))));
        let other = log.change_signing_key(&key("keys.example.com/other", 1), now).unwrap_err();
        assert_eq!(
            other.to_string(),
            "the verifier key is of keys.example.com/other, and this log is keys.example.com/audit: a signing key signs one log \
             and nothing else"
        );
    }
}

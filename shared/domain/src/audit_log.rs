//! The `AuditLog` aggregate: the log that every history is exported to, as far as its operator changes it. Its events are exported
//! like everybody else's, so whoever checks the log reads in it who was to sign it from when on.

use serde::{Deserialize, Serialize};

use crate::history::{Aggregate, Happening, TextDigest, Texts};
use crate::values::{EpochMillis, Origin, TableId, VerifierKey, Version};

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
    /// The table that claimed it last; before the first claim, the one that it was begun with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table_id: Option<TableId>,
}

/// What can happen to a log. Nobody types a text here, so what is recorded is what happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Another key signs it.
    SigningKeyChanged(SigningKeyChanged),
    /// Another table goes on with it.
    LogClaimed(LogClaimed),
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

/// Another table goes on with a log: one that was restored or filled from it, and has everything that is in the log. It is in the
/// first hour that is exported from that table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogClaimed {
    /// The log.
    pub origin: Origin,
    /// The table.
    pub table_id: TableId,
    /// When it was decided.
    pub claimed_at: EpochMillis,
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
        Self { origin, version: Version::NONE, verifier_key: None, table_id: None }
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

    /// What happens when a table is to go on with it; nothing if it has claimed the log already.
    #[must_use]
    pub fn claim(&self, table_id: &TableId, now: EpochMillis) -> Option<Event> {
        let (origin, is_new) = (self.origin.clone(), self.table_id.as_ref() != Some(table_id));
        let claimed = || LogClaimed { origin, table_id: table_id.clone(), claimed_at: now };
        is_new.then(|| Event::LogClaimed(claimed()))
    }
}

impl Event {
    /// Whose history it belongs to.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        match self {
            Self::SigningKeyChanged(changed) => &changed.origin,
            Self::LogClaimed(claimed) => &claimed.origin,
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
            Event::LogClaimed(claimed) => self.table_id = Some(claimed.table_id.clone()),
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
    fn a_table_claims_a_log_once_and_again_only_after_another_one() {
        let log = AuditLog::new("keys.example.com/audit".parse().unwrap());
        let [one, other] = ["one", "other"].map(|id| TableId::try_from(id.to_owned()).unwrap());
        let now = EpochMillis::new(7);
        let claimed = log.clone().apply(&log.claim(&one, now).expect("a claim"));
        assert_eq!((claimed.version.get(), claimed.table_id.as_ref()), (1, Some(&one)));
        assert_eq!(claimed.claim(&one, now), None);
        let claimed = claimed.clone().apply(&claimed.claim(&other, now).expect("a claim"));
        assert!(claimed.claim(&one, now).is_some(), "it was another's in between");
    }

    #[test]
    fn a_signing_key_is_changed_once_and_only_to_one_of_the_logs_name() {
        let log = AuditLog::new("keys.example.com/audit".parse().unwrap());
        let (now, new) = (EpochMillis::new(7), key("keys.example.com/audit", 1));
        let event = log.change_signing_key(&new, now).unwrap().expect("a change");
        let expected =
            SigningKeyChanged { origin: log.origin.clone(), verifier_key: new.clone(), changed_at: now };
        assert_eq!(event, Event::SigningKeyChanged(expected));
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

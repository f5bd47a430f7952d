//! The texts of a physical key are erased: an operator's command, and what is told of it for ever after.
//!
//! What was typed about a physical key stands in its events by salted digests, and beside them until it is erased. That it was, by
//! whom and why, is an event of the same history: whoever reads the log can tell a text that was erased from one that is withheld.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::RecordedEvent;
use crate::history::{EventRecord, Happening, TextDigest, Texts};
use crate::values::{EpochMillis, ErasureReason, KeyNumber, OrgId, UserId, Version};

/// What an operator asks for: that the texts of one physical key are erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EraseTexts {
    /// Which physical key.
    pub number: KeyNumber,
    /// Why.
    pub reason: ErasureReason,
}

/// The texts of a physical key were erased: those of the lower versions of its history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PhysicalKeyTextsErased {
    /// Who holds the physical key, or held it.
    pub user_id: UserId,
    /// The number of the physical key.
    pub number: KeyNumber,
    /// Why, as far as that is disclosed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<ErasureReason>,
    /// When it was decided.
    pub erased_at: EpochMillis,
}

/// What is recorded of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RecordedErasure {
    /// Who holds the physical key, or held it.
    pub user_id: UserId,
    /// The number of the physical key.
    pub number: KeyNumber,
    /// When it was decided.
    pub erased_at: EpochMillis,
    /// The digest of `reason`.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::history::DigestsOfErasure))]
    pub texts: Texts<TextDigest>,
}

/// Why texts are not erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ErasureRefusal {
    /// Nothing of this number was ever issued to the user.
    #[error("no physical key with this number was ever issued to the user")]
    NeverIssued,
}

/// What a user's history tells of the texts of physical keys: which have any, and which of those were erased.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextsOfUser {
    /// The last version that was told.
    version: Version,
    physical_keys: BTreeMap<KeyNumber, TextsOfPhysicalKey>,
    /// The physical key that each version is about, of those that have texts.
    about: BTreeMap<Version, KeyNumber>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct TextsOfPhysicalKey {
    issuer: OrgId,
    /// Whether anything was typed when it was issued.
    has_texts: bool,
    /// The version of the last event that erased them.
    erased_in: Option<Version>,
}

impl TextsOfUser {
    /// Goes on with the next event.
    pub fn tell(&mut self, record: &EventRecord) {
        self.version = record.version;
        let Happening::User(event) = &record.happening else { return };
        match event {
            RecordedEvent::PhysicalKeyAdded(added) => {
                let (issuer, has_texts) = (added.org_id.clone(), !added.texts.is_empty());
                let texts = TextsOfPhysicalKey { issuer, has_texts, erased_in: None };
                self.physical_keys.insert(added.number, texts);
                if has_texts {
                    self.about.insert(record.version, added.number);
                }
            }
            RecordedEvent::PhysicalKeyTextsErased(erased) => {
                if let Some(texts) = self.physical_keys.get_mut(&erased.number) {
                    texts.erased_in = Some(record.version);
                }
                self.about.insert(record.version, erased.number);
            }
            RecordedEvent::PhysicalKeyRemoved(_) => {}
        }
    }

    /// The last version that was told.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The physical keys about which something was typed when they were issued.
    pub fn numbers(&self) -> impl Iterator<Item = KeyNumber> {
        self.physical_keys.iter().filter(|(_, texts)| texts.has_texts).map(|(number, _)| *number)
    }

    /// Whether any text was ever erased.
    #[must_use]
    pub fn has_erasures(&self) -> bool {
        self.physical_keys.values().any(|texts| texts.erased_in.is_some())
    }

    /// Whether the texts of a physical key were erased: those that were typed when it was issued.
    #[must_use]
    pub fn is_erased(&self, number: KeyNumber) -> bool {
        self.physical_keys.get(&number).is_some_and(|texts| texts.erased_in.is_some())
    }

    /// Whether an event of this version has texts that were erased: a later one says so.
    #[must_use]
    pub fn covers(&self, version: Version) -> bool {
        let texts = self.about.get(&version).and_then(|number| self.physical_keys.get(number));
        texts.and_then(|texts| texts.erased_in).is_some_and(|erased_in| version < erased_in)
    }
}

impl EraseTexts {
    /// What follows from it: an event and the organisation that it concerns, or nothing, if there are no texts or they were erased
    /// before.
    pub fn decide(
        &self,
        user_id: &UserId,
        texts: &TextsOfUser,
        now: EpochMillis,
    ) -> Result<Option<(PhysicalKeyTextsErased, OrgId)>, ErasureRefusal> {
        let Self { number, reason } = self;
        let of_key = texts.physical_keys.get(number).ok_or(ErasureRefusal::NeverIssued)?;
        if !of_key.has_texts || of_key.erased_in.is_some() {
            return Ok(None);
        }
        let (user_id, reason) = (user_id.clone(), Some(reason.clone()));
        let erased = PhysicalKeyTextsErased { user_id, number: *number, reason, erased_at: now };
        Ok(Some((erased, of_key.issuer.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Actor, Circumstances, RANDOM_BYTES, Salts, Snapshot};
    use crate::user::{AddPhysicalKey, Command, Event, User};
    use crate::values::{Note, Subject};

    /// A history that events are appended to.
    struct Story {
        snapshot: Snapshot<User>,
        texts: TextsOfUser,
    }

    impl Story {
        fn new() -> Self {
            let snapshot = Snapshot::new(User::new(UserId::parse("alice").unwrap()));
            Self { snapshot, texts: TextsOfUser::default() }
        }

        fn append(&mut self, event: &Event) {
            let circumstances = Circumstances {
                actor: Actor::operator(Subject::parse("operator").unwrap()),
                request_id: "r".to_owned(),
                recorded_at: EpochMillis::new(7),
                salts: Salts::new([7; RANDOM_BYTES]),
            };
            let issuer = OrgId::parse("acme").ok();
            let (kept, after) = self.snapshot.append(event, issuer, circumstances);
            self.texts.tell(kept.chained.record());
            self.snapshot = after;
        }

        fn add(&mut self, note: Option<&str>) {
            let note = note.map(|note| Note::parse(note).unwrap());
            let command = AddPhysicalKey { note, ..AddPhysicalKey::of(OrgId::parse("acme").unwrap()) };
            let event = command.decide(&self.snapshot.state, None, EpochMillis::new(7)).unwrap().happened;
            self.append(&event.into());
        }

        fn erase(&mut self, number: u64) -> Result<bool, ErasureRefusal> {
            let reason = ErasureReason::parse("asked to").unwrap();
            let command = EraseTexts { number: KeyNumber::new(number).unwrap(), reason };
            let decided =
                command.decide(&self.snapshot.state.id, &self.texts, EpochMillis::new(7)).map(|decided| {
                    decided.map(|(erased, issuer)| {
                        assert_eq!(issuer.as_str(), "acme");
                        self.append(&Event::PhysicalKeyTextsErased(erased));
                    })
                });
            decided.map(|done| done.is_some())
        }
    }

    #[test]
    fn texts_are_erased_once_and_where_there_are_any() {
        let mut story = Story::new();
        story.add(Some("front"));
        story.add(None);
        assert_eq!(story.erase(1), Ok(true));
        assert_eq!(story.erase(1), Ok(false), "they were erased before");
        assert_eq!(story.erase(2), Ok(false), "there are none");
        assert_eq!(story.erase(3), Err(ErasureRefusal::NeverIssued));
        assert_eq!(story.snapshot.state.version, Version::new(3));
        assert_eq!(
            (story.snapshot.state.active_keys, story.snapshot.state.last_number),
            (2, KeyNumber::new(2))
        );
    }

    #[test]
    fn an_erasure_covers_lower_versions_of_its_physical_key_and_no_others() {
        let mut story = Story::new();
        story.add(Some("front"));
        story.add(Some("back"));
        assert_eq!(story.erase(1), Ok(true));
        let covered: Vec<_> = (1..=4).filter(|version| story.texts.covers(Version::new(*version))).collect();
        assert_eq!(covered, [1], "neither another physical key's nor its own reason");
        let number = |number| KeyNumber::new(number).unwrap();
        assert!(story.texts.is_erased(number(1)) && !story.texts.is_erased(number(2)));
        assert_eq!(story.texts.numbers().collect::<Vec<_>>(), [number(1), number(2)]);
    }
}

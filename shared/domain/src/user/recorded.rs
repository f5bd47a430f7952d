//! What is recorded of a user's events, and the way back to what happened.

use serde::{Deserialize, Serialize};

use super::{Event, PhysicalKeyAdded, PhysicalKeyRemoved, PhysicalKeyTextsErased, RecordedErasure};
use crate::history::{Disclosure, DisclosureFault, Disclosures, TextDigest, TextName, Texts};
use crate::values::{EpochMillis, ErasureReason, KeyNumber, Note, OrgId, OrgName, UserId};

/// What is recorded of an event: all of it but the texts that people typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordedEvent {
    /// An organisation issued a physical key to the user.
    PhysicalKeyAdded(RecordedAddition),
    /// A physical key was taken back.
    PhysicalKeyRemoved(PhysicalKeyRemoved),
    /// The texts of a physical key were erased.
    PhysicalKeyTextsErased(RecordedErasure),
}

/// What is recorded of a physical key that was issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RecordedAddition {
    /// Who holds the physical key.
    pub user_id: UserId,
    /// The number the server gave it.
    pub number: KeyNumber,
    /// The organisation that issued it.
    pub org_id: OrgId,
    /// When it was decided.
    pub added_at: EpochMillis,
    /// The digests of `orgName` and `note`, of those that were given.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::history::DigestsOfAddition))]
    #[serde(default, skip_serializing_if = "Texts::is_empty")]
    pub texts: Texts<TextDigest>,
}

/// What somebody typed about a physical key, by name.
pub(super) fn texts<'a>(org_name: Option<&'a OrgName>, note: Option<&'a Note>) -> Texts<&'a str> {
    Texts::of([(TextName::OrgName, org_name.map(OrgName::as_str)), (TextName::Note, note.map(Note::as_str))])
}

impl RecordedEvent {
    /// Whose history it belongs to.
    #[must_use]
    pub const fn user_id(&self) -> &UserId {
        match self {
            Self::PhysicalKeyAdded(added) => &added.user_id,
            Self::PhysicalKeyRemoved(removed) => &removed.user_id,
            Self::PhysicalKeyTextsErased(erased) => &erased.user_id,
        }
    }

    /// What happened, with the texts that are disclosed.
    pub fn disclosed(self, disclosures: &Disclosures) -> Result<Event, DisclosureFault> {
        let text = |name| disclosures.get(name).map(|Disclosure { text, .. }| text.as_str());
        let not_a_text = |_| DisclosureFault::NotAText;
        let added = match self {
            Self::PhysicalKeyAdded(added) => added,
            Self::PhysicalKeyTextsErased(RecordedErasure { user_id, number, erased_at, texts }) => {
                texts.check(disclosures)?;
                let reason =
                    text(TextName::Reason).map(ErasureReason::parse).transpose().map_err(not_a_text)?;
                let erased = PhysicalKeyTextsErased { user_id, number, reason, erased_at };
                return Ok(Event::PhysicalKeyTextsErased(erased));
            }
            Self::PhysicalKeyRemoved(removed) => {
                Texts::default().check(disclosures)?;
                return Ok(Event::PhysicalKeyRemoved(removed));
            }
        };
        let RecordedAddition { user_id, number, org_id, added_at, texts } = added;
        texts.check(disclosures)?;
        let org_name = text(TextName::OrgName).map(OrgName::parse).transpose().map_err(not_a_text)?;
        let note = text(TextName::Note).map(Note::parse).transpose().map_err(not_a_text)?;
        Ok(Event::PhysicalKeyAdded(PhysicalKeyAdded { user_id, number, org_id, org_name, note, added_at }))
    }
}

impl Event {
    /// What is recorded of it, if its texts have these digests.
    pub(super) fn recorded(&self, texts: Texts<TextDigest>) -> RecordedEvent {
        match self.clone() {
            Self::PhysicalKeyAdded(added) => {
                // Every field is named: one that is new has to be thought about here.
                let PhysicalKeyAdded { user_id, number, org_id, org_name: _, note: _, added_at } = added;
                RecordedEvent::PhysicalKeyAdded(RecordedAddition { user_id, number, org_id, added_at, texts })
            }
            Self::PhysicalKeyRemoved(removed) => RecordedEvent::PhysicalKeyRemoved(removed),
            Self::PhysicalKeyTextsErased(erased) => {
                let PhysicalKeyTextsErased { user_id, number, reason: _, erased_at } = erased;
                RecordedEvent::PhysicalKeyTextsErased(RecordedErasure { user_id, number, erased_at, texts })
            }
        }
    }

    /// The texts that somebody typed.
    pub(super) fn texts(&self) -> Texts<&str> {
        match self {
            Self::PhysicalKeyAdded(added) => texts(added.org_name.as_ref(), added.note.as_ref()),
            Self::PhysicalKeyRemoved(_) => Texts::default(),
            Self::PhysicalKeyTextsErased(erased) => {
                Texts::of([(TextName::Reason, erased.reason.as_ref().map(ErasureReason::as_str))])
            }
        }
    }
}

//! `AddPhysicalKey`: an organisation issues a physical key to the user.

use serde::{Deserialize, Serialize};

use super::recorded::texts;
use super::{Command, Decision, Event, PhysicalKey, Refusal, User};
use crate::confinement::{Confinement, Forbidden};
use crate::history::Texts;
use crate::values::{EpochMillis, KeyNumber, Note, OrgId, OrgName, UserId};

/// What `AddPhysicalKey` asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(rename_all = "camelCase"))]
pub struct AddPhysicalKey {
    /// The issuing organisation.
    pub org_id: OrgId,
    /// Its display name.
    pub org_name: Option<OrgName>,
    /// Free text.
    pub note: Option<Note>,
}

impl AddPhysicalKey {
    /// An addition of which nothing is said but who issues.
    #[must_use]
    pub const fn of(org_id: OrgId) -> Self {
        Self { org_id, org_name: None, note: None }
    }
}

/// What is known of a physical key that was issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PhysicalKeyAdded {
    /// Who holds the physical key.
    pub user_id: UserId,
    /// The number the server gave it.
    pub number: KeyNumber,
    /// The organisation that issued it.
    pub org_id: OrgId,
    /// The organisation's display name, if it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org_name: Option<OrgName>,
    /// Free text, if it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
    /// When it was decided.
    pub added_at: EpochMillis,
}

impl From<PhysicalKeyAdded> for Event {
    fn from(added: PhysicalKeyAdded) -> Self {
        Self::PhysicalKeyAdded(added)
    }
}

impl Command for AddPhysicalKey {
    type Happened = PhysicalKeyAdded;

    fn concerns(&self) -> Option<KeyNumber> {
        None
    }

    fn texts(&self) -> Texts<&str> {
        texts(self.org_name.as_ref(), self.note.as_ref())
    }

    fn may_begin(&self) -> bool {
        true
    }

    fn authorise(&self, caller: &Confinement) -> Result<(), Forbidden> {
        caller.may_issue_for(&self.org_id)
    }

    /// Issues a physical key. Repeating it issues another one, with the next number.
    fn decide(
        &self,
        user: &User,
        _: Option<&PhysicalKey>,
        now: EpochMillis,
    ) -> Result<Decision<PhysicalKeyAdded>, Refusal> {
        let Self { org_id, org_name, note } = self.clone();
        let (user_id, number) = (user.id.clone(), user.last_number.map_or(KeyNumber::FIRST, KeyNumber::next));
        let issuer = org_id.clone();
        let happened = PhysicalKeyAdded { user_id, number, org_id, org_name, note, added_at: now };
        Ok(Decision { happened, issuer })
    }
}

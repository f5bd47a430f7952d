//! `RemovePhysicalKey`: a physical key is taken back.

use serde::{Deserialize, Serialize};

use super::{Command, Decision, Event, PhysicalKey, Refusal, User};
use crate::confinement::{Confinement, Forbidden};
use crate::history::Texts;
use crate::values::{EpochMillis, KeyNumber, UserId};

/// What `RemovePhysicalKey` asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(rename_all = "camelCase"))]
pub struct RemovePhysicalKey {
    /// The number of the physical key to remove.
    pub number: KeyNumber,
}

/// What is known of a physical key that was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PhysicalKeyRemoved {
    /// Who held the physical key.
    pub user_id: UserId,
    /// The number of the physical key; it is never given again.
    pub number: KeyNumber,
    /// When it was decided.
    pub removed_at: EpochMillis,
}

impl From<PhysicalKeyRemoved> for Event {
    fn from(removed: PhysicalKeyRemoved) -> Self {
        Self::PhysicalKeyRemoved(removed)
    }
}

impl Command for RemovePhysicalKey {
    type Happened = PhysicalKeyRemoved;

    fn concerns(&self) -> Option<KeyNumber> {
        Some(self.number)
    }

    fn texts(&self) -> Texts<&str> {
        Texts::default()
    }

    fn may_begin(&self) -> bool {
        false
    }

    /// Whose physical key it is decides whether it is there at all, not whether it may be removed.
    fn authorise(&self, _: &Confinement) -> Result<(), Forbidden> {
        Ok(())
    }

    /// Takes the physical key back. Repeating it is refused: it is no longer there.
    fn decide(
        &self,
        user: &User,
        held: Option<&PhysicalKey>,
        now: EpochMillis,
    ) -> Result<Decision<PhysicalKeyRemoved>, Refusal> {
        let held = held.ok_or(Refusal::PhysicalKeyNotFound)?;
        let happened = PhysicalKeyRemoved { user_id: user.id.clone(), number: held.number, removed_at: now };
        Ok(Decision { happened, issuer: held.org_id.clone() })
    }
}

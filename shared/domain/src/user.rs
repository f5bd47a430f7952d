//! The User aggregate: what can happen to a user's inventory, what it adds up to, and what is decided from it.
//!
//! Pure: no I/O, no clock. A decision takes the state, the command and the time, and gives one event or a refusal.

use serde::{Deserialize, Serialize};

use crate::values::{EpochMillis, KeyNumber, Note, OrgId, OrgName, UserId, Version};

// Events.

/// Something that happened to a user's inventory: `{"type":"PhysicalKeyAdded","data":{…}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", content = "data")]
pub enum Event {
    /// An organisation issued a physical key to the user.
    PhysicalKeyAdded(PhysicalKeyAdded),
    /// A physical key was taken back.
    PhysicalKeyRemoved(PhysicalKeyRemoved),
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

// State.

/// What a user's history adds up to, as far as deciding needs it. Its size does not grow with the inventory:
/// the one physical key that a removal is about is handed to the decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Whose inventory this is.
    pub id: UserId,
    /// The number of events so far.
    pub version: Version,
    /// The number given last, whether or not its physical key was removed since.
    pub last_number: Option<KeyNumber>,
    /// How many physical keys the user holds.
    pub active_keys: u64,
}

/// A physical key that a user holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PhysicalKey {
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
    /// When it was issued.
    pub added_at: EpochMillis,
}

impl From<&PhysicalKeyAdded> for PhysicalKey {
    fn from(added: &PhysicalKeyAdded) -> Self {
        Self {
            number: added.number,
            org_id: added.org_id.clone(),
            org_name: added.org_name.clone(),
            note: added.note.clone(),
            added_at: added.added_at,
        }
    }
}

impl User {
    /// A user to whom nothing has happened yet. No separate creation step: the first key begins the inventory.
    #[must_use]
    pub const fn new(id: UserId) -> Self {
        Self { id, version: Version::NONE, last_number: None, active_keys: 0 }
    }

    /// Whether the user can hold a physical key of this number in this state. If not, the state is older than what was
    /// read of the physical key.
    #[must_use]
    pub fn may_hold(&self, number: KeyNumber) -> bool {
        self.active_keys > 0 && self.last_number.is_some_and(|last| number <= last)
    }

    /// The state after one more event.
    #[must_use]
    pub fn apply(mut self, event: &Event) -> Self {
        self.version = self.version.next();
        match event {
            Event::PhysicalKeyAdded(added) => {
                self.last_number = Some(added.number);
                self.active_keys = self.active_keys.saturating_add(1);
            }
            Event::PhysicalKeyRemoved(_) => self.active_keys = self.active_keys.saturating_sub(1),
        }
        self
    }
}

// Decisions.

/// What a caller asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "command", rename_all_fields = "camelCase")]
pub enum Command {
    /// Record that an organisation issued a physical key to the user.
    AddPhysicalKey(AddPhysicalKey),
    /// Record that a physical key was taken back.
    RemovePhysicalKey(RemovePhysicalKey),
}

/// The body of `AddPhysicalKey`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AddPhysicalKey {
    /// The issuing organisation.
    pub org_id: OrgId,
    /// Its display name.
    pub org_name: Option<OrgName>,
    /// Free text.
    pub note: Option<Note>,
}

/// The body of `RemovePhysicalKey`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RemovePhysicalKey {
    /// The number of the physical key to remove.
    pub number: KeyNumber,
}

/// Why the aggregate refuses a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The user holds no such physical key: never issued, removed already, or not there for this caller.
    #[error("the user holds no physical key with this number")]
    PhysicalKeyNotFound,
}

impl User {
    /// Issues a physical key. Repeating it issues another one, with the next number.
    #[must_use]
    pub fn add(&self, command: AddPhysicalKey, now: EpochMillis) -> Event {
        Event::PhysicalKeyAdded(PhysicalKeyAdded {
            user_id: self.id.clone(),
            number: self.last_number.map_or(KeyNumber::FIRST, KeyNumber::next),
            org_id: command.org_id,
            org_name: command.org_name,
            note: command.note,
            added_at: now,
        })
    }

    /// Takes back the physical key `held`: the one of the number asked for, if it is there and the caller may see
    /// it. Repeating it is refused: the physical key is no longer there.
    pub fn remove(&self, held: Option<&PhysicalKey>, now: EpochMillis) -> Result<Event, Refusal> {
        let held = held.ok_or(Refusal::PhysicalKeyNotFound)?;
        Ok(Event::PhysicalKeyRemoved(PhysicalKeyRemoved {
            user_id: self.id.clone(),
            number: held.number,
            removed_at: now,
        }))
    }
}

#[cfg(test)]
mod tests;

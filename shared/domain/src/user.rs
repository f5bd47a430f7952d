//! The User aggregate: what can happen to a user's inventory, what it adds up to, and what is decided from it.
//!
//! Pure: no I/O, no clock. A decision takes the state, the command and the time, and gives one event or a refusal. Each
//! command is a room of its own, with who may give it, how it is decided and the event it leads to.

mod add_physical_key;
mod erase_texts;
mod recorded;
mod remove_physical_key;

use serde::{Deserialize, Serialize};

pub use self::add_physical_key::{AddPhysicalKey, PhysicalKeyAdded};
pub use self::erase_texts::{
    EraseTexts, ErasureRefusal, PhysicalKeyTextsErased, RecordedErasure, TextsOfUser,
};
pub use self::recorded::{RecordedAddition, RecordedEvent};
pub use self::remove_physical_key::{PhysicalKeyRemoved, RemovePhysicalKey};
use crate::confinement::{Confinement, Forbidden};
use crate::history::{Aggregate, Happening, TextDigest, Texts};
use crate::values::{EpochMillis, KeyNumber, Note, OrgId, OrgName, UserId, Version};

/// A command: what deciding on it takes, who may give it, and what it leads to.
pub trait Command {
    /// What happens if it is carried out.
    type Happened: Clone + Into<Event>;

    /// The physical key that it is about, if it is there already: deciding takes to know whether the user holds it.
    fn concerns(&self) -> Option<KeyNumber>;

    /// The texts in it that somebody typed: what is kept of the request must not give them away.
    fn texts(&self) -> Texts<&str>;

    /// Whether it may be the first that an organisation does with the user.
    fn may_begin(&self) -> bool;

    /// Whether a caller who may act on the user may give it.
    fn authorise(&self, caller: &Confinement) -> Result<(), Forbidden>;

    /// What follows from it in this state. `held` is the physical key that it concerns, if the user holds it and the caller
    /// may know.
    fn decide(
        &self,
        user: &User,
        held: Option<&PhysicalKey>,
        now: EpochMillis,
    ) -> Result<Decision<Self::Happened>, Refusal>;
}

/// What a command leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision<Happened> {
    /// What happens.
    pub happened: Happened,
    /// The organisation that issued the physical key that it is about.
    pub issuer: OrgId,
}

/// Why the aggregate refuses a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The user holds no such physical key: never issued, removed already, or not there for this caller.
    #[error("the user holds no physical key with this number")]
    PhysicalKeyNotFound,
}

/// Something that happened to a user's inventory: `{"type":"PhysicalKeyAdded","data":{…}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", content = "data")]
pub enum Event {
    /// An organisation issued a physical key to the user.
    PhysicalKeyAdded(PhysicalKeyAdded),
    /// A physical key was taken back.
    PhysicalKeyRemoved(PhysicalKeyRemoved),
    /// The texts of a physical key were erased.
    PhysicalKeyTextsErased(PhysicalKeyTextsErased),
}

impl Event {
    /// The name of its type.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::PhysicalKeyAdded(_) => "PhysicalKeyAdded",
            Self::PhysicalKeyRemoved(_) => "PhysicalKeyRemoved",
            Self::PhysicalKeyTextsErased(_) => "PhysicalKeyTextsErased",
        }
    }
}

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
        // Every field is named: one that is new has to be thought about here.
        let PhysicalKeyAdded { user_id: _, number, org_id, org_name, note, added_at } = added.clone();
        Self { number, org_id, org_name, note, added_at }
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
}

impl Aggregate for User {
    type Event = Event;

    fn version(&self) -> Version {
        self.version
    }

    fn apply(mut self, event: &Event) -> Self {
        self.version = self.version.next();
        match event {
            Event::PhysicalKeyAdded(added) => {
                self.last_number = Some(added.number);
                self.active_keys = self.active_keys.saturating_add(1);
            }
            Event::PhysicalKeyRemoved(_) => self.active_keys = self.active_keys.saturating_sub(1),
            // What was typed is no part of the state.
            Event::PhysicalKeyTextsErased(_) => {}
        }
        self
    }

    fn texts(event: &Event) -> Texts<&str> {
        event.texts()
    }

    fn recorded(event: &Event, texts: Texts<TextDigest>) -> Happening {
        Happening::User(event.recorded(texts))
    }
}

#[cfg(test)]
mod tests;

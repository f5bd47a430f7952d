//! The histories as they are kept for ever: event records in hash chains, and the snapshots that say where they stand.
//!
//! Pure. A record's hash is SHA-256 over the previous record's hash (32 bytes; zeros before the first) followed by
//! the record's canonical JSON (RFC 8785). Whoever has the records can check the chain without any credentials.

mod actor;
mod canonical;
mod chained;
mod happening;
mod head;
mod record;
#[cfg(feature = "openapi")]
mod schemas;
mod texts;

use serde::{Deserialize, Serialize};

pub use self::actor::{Actor, ActorKind};
pub use self::chained::ChainedRecord;
pub use self::happening::{Happening, HistoryId};
pub use self::head::{Head, NotNext, Told};
pub use self::record::{EventRecord, FORMAT, NotARecord};
#[cfg(feature = "openapi")]
pub(crate) use self::schemas::{DigestsOfAddition, DigestsOfErasure};
#[cfg(feature = "openapi")]
pub use self::schemas::{DisclosedTexts, RequestId, UserEventRecord};
pub use self::texts::{
    Disclosure, DisclosureFault, Disclosures, RANDOM_BYTES, Salt, Salts, TextDigest, TextName, Texts,
};
use crate::user;
use crate::values::{EpochMillis, Hour, NotASha256, OrgId, Sha256Hash, Version};

/// The hash of an event record; 64 lower-case hexadecimal digits in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventHash(Sha256Hash);

impl EventHash {
    /// What stands before the first record of a history.
    pub const GENESIS: Self = Self(Sha256Hash::ZERO);

    /// The hash that these bytes are.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Sha256Hash::from_bytes(bytes))
    }

    /// Its bytes.
    #[must_use]
    pub const fn bytes(self) -> [u8; 32] {
        self.0.bytes()
    }

    /// The hash of a record that follows `self`, by its canonical JSON.
    #[must_use]
    pub fn chain(self, canonical: &str) -> Self {
        Self(Sha256Hash::chained(self.0, [canonical.as_bytes()]))
    }
}

impl Default for EventHash {
    fn default() -> Self {
        Self::GENESIS
    }
}

impl std::str::FromStr for EventHash {
    type Err = NotASha256;

    fn from_str(text: &str) -> Result<Self, NotASha256> {
        text.parse().map(Self)
    }
}

impl std::fmt::Display for EventHash {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

/// How far a history goes, or how far it was exported: its last version and the hash of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// The last version.
    pub version: Version,
    /// Its hash.
    pub hash: EventHash,
}

/// A record as it is kept: with what discloses its texts, as far as they have not been erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRecord {
    /// The record.
    pub chained: ChainedRecord,
    /// What discloses its texts.
    pub disclosures: Disclosures,
}

/// Why a record that is kept does not tell what happened in a user's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAUsersEvent {
    /// It belongs to another kind of history.
    #[error("an event of another kind of history stands in a user's")]
    OfAnotherHistory,
    /// What is disclosed is not what was recorded.
    #[error(transparent)]
    Disclosure(#[from] DisclosureFault),
}

impl KeptRecord {
    /// What happened in a user's history, with the texts that are disclosed.
    pub fn users_event(&self) -> Result<user::Event, NotAUsersEvent> {
        match self.told()? {
            Told::User(event) => Ok(event),
            Told::Organisation(_) | Told::AuditLog(_) => Err(NotAUsersEvent::OfAnotherHistory),
        }
    }

    /// What happened, with the texts that are disclosed.
    pub fn told(&self) -> Result<Told, DisclosureFault> {
        Ok(match self.chained.record().happening.clone() {
            Happening::User(recorded) => Told::User(recorded.disclosed(&self.disclosures)?),
            Happening::Organisation(recorded) => Told::Organisation(recorded.disclosed(&self.disclosures)?),
            Happening::AuditLog(event) => Told::AuditLog(event),
        })
    }
}

/// What surrounds an event when it is recorded.
#[derive(Debug, Clone)]
pub struct Circumstances {
    /// Who did it.
    pub actor: Actor,
    /// The request that it answers.
    pub request_id: String,
    /// When this attempt began; taken anew for every attempt.
    pub recorded_at: EpochMillis,
    /// What its texts are salted with; drawn anew for every decision.
    pub salts: Salts,
}

/// Something whose history is kept: what can happen to it, and what that adds up to.
pub trait Aggregate: Clone {
    /// What can happen to it, with the texts that people typed.
    type Event;

    /// The number of events so far.
    fn version(&self) -> Version;

    /// The state after one more event.
    #[must_use]
    fn apply(self, event: &Self::Event) -> Self;

    /// The texts of an event that somebody typed.
    fn texts(event: &Self::Event) -> Texts<&str>;

    /// What is recorded of an event whose texts have these digests.
    fn recorded(event: &Self::Event, texts: Texts<TextDigest>) -> Happening;
}

/// Where a history stands: the state its events add up to, the hash of the last, and in which hour the export looks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot<A> {
    /// The state.
    pub state: A,
    /// The hash of the last record.
    pub head: EventHash,
    /// The latest hour in which an event was recorded. It never goes back, whatever the writers' clocks say: whoever looks
    /// for what was changed since an hour finds it.
    pub changed_in: Hour,
}

impl<A: Aggregate> Snapshot<A> {
    /// A history without events.
    #[must_use]
    pub const fn new(state: A) -> Self {
        Self { state, head: EventHash::GENESIS, changed_in: Hour::new(0) }
    }

    /// The record of one more event, which concerns this organisation (every event but a log's does), and where the history
    /// stands after it.
    #[must_use]
    pub fn append(
        &self,
        event: &A::Event,
        issuer: Option<OrgId>,
        circumstances: Circumstances,
    ) -> (KeptRecord, Self) {
        let Circumstances { actor, request_id, recorded_at, salts } = circumstances;
        let disclosures = A::texts(event).salted(&salts);
        let happening = A::recorded(event, disclosures.digests());
        let version = self.state.version().next();
        let record = EventRecord { happening, version, issuer, recorded_at, actor, request_id };
        let chained = ChainedRecord::after(self.head, record);
        let after = self.after(event, &chained);
        (KeptRecord { chained, disclosures }, after)
    }

    /// Where the history stands after an event of which this is the record.
    fn after(&self, event: &A::Event, chained: &ChainedRecord) -> Self {
        let changed_in = self.changed_in.max(Hour::of(chained.record().recorded_at));
        Self { state: self.state.clone().apply(event), head: chained.hash(), changed_in }
    }
}

#[cfg(test)]
mod tests;

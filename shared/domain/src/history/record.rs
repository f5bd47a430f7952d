//! One event as it is recorded and hashed: format 2, canonical JSON (RFC 8785).
//!
//! A field's name, presence and meaning never change within a format. Optional fields may be added, absent when not given;
//! whatever could be read in two ways, or changes a meaning, is another format.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Actor, EventHash, TextName};
use crate::organisation;
use crate::user;
use crate::values::{EpochMillis, OrgId, UserId, Version};

/// The format that this release writes and reads.
const FORMAT: u32 = 2;

/// Which history: what kind of aggregate, and which one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HistoryId {
    /// A user's.
    User(UserId),
    /// An organisation's: its registration, and who could act for it from when until when.
    Organisation(OrgId),
}

impl HistoryId {
    /// What kind of aggregate, as records and the bus spell it.
    #[must_use]
    pub const fn aggregate_type(&self) -> &'static str {
        match self {
            Self::User(_) => AggregateType::User.as_str(),
            Self::Organisation(_) => AggregateType::Organisation.as_str(),
        }
    }

    /// Which one of its kind.
    #[must_use]
    pub fn aggregate_id(&self) -> &str {
        match self {
            Self::User(user_id) => user_id.as_str(),
            Self::Organisation(org_id) => org_id.as_str(),
        }
    }
}

/// `user "alice"`: the id is quoted, and what cannot be seen in it is escaped.
impl std::fmt::Display for HistoryId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {:?}", self.aggregate_type(), self.aggregate_id())
    }
}

/// What happened, in which kind of history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// In a user's.
    User(user::RecordedEvent),
    /// In an organisation's.
    Organisation(organisation::RecordedEvent),
}

impl Happening {
    /// Whose history it belongs to.
    #[must_use]
    pub fn history(&self) -> HistoryId {
        match self {
            Self::User(event) => HistoryId::User(event.user_id().clone()),
            Self::Organisation(event) => HistoryId::Organisation(event.org_id().clone()),
        }
    }

    /// The name of the event's type.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.event_type().as_str()
    }

    const fn event_type(&self) -> EventType {
        match self {
            Self::User(event) => match event {
                user::RecordedEvent::PhysicalKeyAdded(_) => EventType::PhysicalKeyAdded,
                user::RecordedEvent::PhysicalKeyRemoved(_) => EventType::PhysicalKeyRemoved,
            },
            Self::Organisation(event) => match event {
                organisation::RecordedEvent::OrganisationRegistered(_) => EventType::OrganisationRegistered,
                organisation::RecordedEvent::OrganisationRenamed(_) => EventType::OrganisationRenamed,
                organisation::RecordedEvent::OrganisationClosed(_) => EventType::OrganisationClosed,
                organisation::RecordedEvent::ApiKeyIssued(_) => EventType::ApiKeyIssued,
                organisation::RecordedEvent::ApiKeyRevoked(_) => EventType::ApiKeyRevoked,
            },
        }
    }

    /// The organisation that it concerns, if the event itself says it; a removal does not.
    const fn says_issuer(&self) -> Option<&OrgId> {
        match self {
            Self::User(user::RecordedEvent::PhysicalKeyAdded(added)) => Some(&added.org_id),
            Self::User(user::RecordedEvent::PhysicalKeyRemoved(_)) => None,
            Self::Organisation(event) => Some(event.org_id()),
        }
    }

    /// Whether it has digests of no other texts than an event of its type can have.
    fn has_its_own_texts(&self) -> bool {
        let (texts, own): (_, &[TextName]) = match self {
            Self::User(user::RecordedEvent::PhysicalKeyAdded(added)) => {
                (&added.texts, &[TextName::OrgName, TextName::Note])
            }
            Self::Organisation(organisation::RecordedEvent::OrganisationRegistered(event)) => {
                (&event.texts, &[TextName::Name])
            }
            Self::Organisation(organisation::RecordedEvent::OrganisationRenamed(event)) => {
                (&event.texts, &[TextName::Name])
            }
            Self::User(user::RecordedEvent::PhysicalKeyRemoved(_))
            | Self::Organisation(
                organisation::RecordedEvent::OrganisationClosed(_)
                | organisation::RecordedEvent::ApiKeyIssued(_)
                | organisation::RecordedEvent::ApiKeyRevoked(_),
            ) => return true,
        };
        texts.names().all(|name| own.contains(&name))
    }

    fn read(event_type: EventType, data: &RawValue) -> Result<Self, serde_json::Error> {
        use organisation::RecordedEvent as OfOrganisation;
        use user::RecordedEvent as OfUser;

        fn of<'a, T: Deserialize<'a>>(data: &'a RawValue) -> Result<T, serde_json::Error> {
            serde_json::from_str(data.get())
        }
        Ok(match event_type {
            EventType::PhysicalKeyAdded => Self::User(OfUser::PhysicalKeyAdded(of(data)?)),
            EventType::PhysicalKeyRemoved => Self::User(OfUser::PhysicalKeyRemoved(of(data)?)),
            EventType::OrganisationRegistered => {
                Self::Organisation(OfOrganisation::OrganisationRegistered(of(data)?))
            }
            EventType::OrganisationRenamed => {
                Self::Organisation(OfOrganisation::OrganisationRenamed(of(data)?))
            }
            EventType::OrganisationClosed => {
                Self::Organisation(OfOrganisation::OrganisationClosed(of(data)?))
            }
            EventType::ApiKeyIssued => Self::Organisation(OfOrganisation::ApiKeyIssued(of(data)?)),
            EventType::ApiKeyRevoked => Self::Organisation(OfOrganisation::ApiKeyRevoked(of(data)?)),
        })
    }
}

/// Declares an enum of words, each spelled in JSON as it is told here.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        enum $name {
            $(#[serde(rename = $word)] $variant,)*
        }

        impl $name {
            const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }
    };
}

words! {
    /// The kinds of aggregates.
    AggregateType {
        User = "user",
        Organisation = "organisation",
    }
}

words! {
    /// The types of events, in the histories of all kinds of aggregates.
    EventType {
        PhysicalKeyAdded = "PhysicalKeyAdded",
        PhysicalKeyRemoved = "PhysicalKeyRemoved",
        OrganisationRegistered = "OrganisationRegistered",
        OrganisationRenamed = "OrganisationRenamed",
        OrganisationClosed = "OrganisationClosed",
        ApiKeyIssued = "ApiKeyIssued",
        ApiKeyRevoked = "ApiKeyRevoked",
    }
}

/// One event with everything an auditor asks about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRecord {
    /// What happened, and in whose history.
    pub happening: Happening,
    /// Its place in that history, from 1, without gaps.
    pub version: Version,
    /// The organisation that it concerns: of a physical key, who issued it.
    pub issuer: OrgId,
    /// When the attempt that wrote it began.
    pub recorded_at: EpochMillis,
    /// Who did it.
    pub actor: Actor,
    /// The request that it answered.
    pub request_id: String,
}

/// Why a text is not the record of an event. `Display` is a predicate for a sentence: "it …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotARecord {
    /// It is of a format that this release does not know.
    #[error("is a record of format {0}, and this release reads format {FORMAT}")]
    OfFormat(u32),
    /// It is not the JSON of an event that there is.
    #[error("is not the record of an event")]
    Malformed,
    /// The event is not one of the history that it is said to belong to.
    #[error("names one history and is an event of another")]
    OfAnotherHistory,
    /// The event says another issuer than the record.
    #[error("names one issuer and is an event of another's")]
    OfAnotherIssuer,
}

/// A record as it is written: the members in the order of RFC 8785.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    actor: &'a Actor,
    aggregate_id: &'a str,
    aggregate_type: &'a str,
    data: Data<'a>,
    format: u32,
    issuer: &'a OrgId,
    recorded_at: EpochMillis,
    request_id: &'a str,
    r#type: &'a str,
    version: Version,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Data<'a> {
    Added(&'a user::RecordedAddition),
    Removed(&'a user::PhysicalKeyRemoved),
    Registered(&'a organisation::RecordedRegistration),
    Renamed(&'a organisation::RecordedRenaming),
    Closed(&'a organisation::OrganisationClosed),
    Issued(&'a organisation::ApiKeyIssued),
    Revoked(&'a organisation::ApiKeyRevoked),
}

impl<'a> From<&'a Happening> for Data<'a> {
    fn from(happening: &'a Happening) -> Self {
        match happening {
            Happening::User(user::RecordedEvent::PhysicalKeyAdded(added)) => Self::Added(added),
            Happening::User(user::RecordedEvent::PhysicalKeyRemoved(removed)) => Self::Removed(removed),
            Happening::Organisation(event) => match event {
                organisation::RecordedEvent::OrganisationRegistered(event) => Self::Registered(event),
                organisation::RecordedEvent::OrganisationRenamed(event) => Self::Renamed(event),
                organisation::RecordedEvent::OrganisationClosed(event) => Self::Closed(event),
                organisation::RecordedEvent::ApiKeyIssued(event) => Self::Issued(event),
                organisation::RecordedEvent::ApiKeyRevoked(event) => Self::Revoked(event),
            },
        }
    }
}

/// A record as it is read. Members that are not known are passed over: whether there are any, [`EventRecord::canonical`]
/// tells, which does not have them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Read<'a> {
    actor: Actor,
    #[serde(borrow)]
    aggregate_id: Cow<'a, str>,
    aggregate_type: AggregateType,
    #[serde(borrow)]
    data: &'a RawValue,
    format: u32,
    issuer: OrgId,
    recorded_at: EpochMillis,
    request_id: String,
    r#type: EventType,
    version: Version,
}

impl EventRecord {
    /// Its canonical JSON, which is what is hashed.
    #[must_use]
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "Serialising fails for maps with keys that are no strings and for failing writers; a record has \
                  neither."
    )]
    pub fn canonical(&self) -> String {
        let history = self.happening.history();
        let written = Written {
            actor: &self.actor,
            aggregate_id: history.aggregate_id(),
            aggregate_type: history.aggregate_type(),
            data: Data::from(&self.happening),
            format: FORMAT,
            issuer: &self.issuer,
            recorded_at: self.recorded_at,
            request_id: &self.request_id,
            r#type: self.happening.name(),
            version: self.version,
        };
        serde_json_canonicalizer::to_string(&written).expect("an event record is JSON")
    }

    /// The record that a text spells.
    pub fn parse(text: &str) -> Result<Self, NotARecord> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let read: Read<'_> = match serde_json::from_str(text) {
            Ok(read) => read,
            // Only now: nearly every record is of the one format.
            Err(_) => {
                return Err(match serde_json::from_str(text) {
                    Ok(Format { format }) if format != FORMAT => NotARecord::OfFormat(format),
                    _ => NotARecord::Malformed,
                });
            }
        };
        let Read { actor, aggregate_id, aggregate_type, data, format, issuer, recorded_at, .. } = read;
        if format != FORMAT {
            return Err(NotARecord::OfFormat(format));
        }
        let happening = Happening::read(read.r#type, data).map_err(|_| NotARecord::Malformed)?;
        if !happening.has_its_own_texts() {
            return Err(NotARecord::Malformed);
        }
        let history = happening.history();
        if history.aggregate_type() != aggregate_type.as_str() || history.aggregate_id() != aggregate_id {
            return Err(NotARecord::OfAnotherHistory);
        }
        if happening.says_issuer().is_some_and(|said| *said != issuer) {
            return Err(NotARecord::OfAnotherIssuer);
        }
        let (version, request_id) = (read.version, read.request_id);
        Ok(Self { happening, version, issuer, recorded_at, actor, request_id })
    }
}

/// A record and its two links in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainedRecord {
    record: EventRecord,
    canonical: String,
    previous_hash: EventHash,
    hash: EventHash,
}

impl ChainedRecord {
    /// A new record, after the one whose hash is `head`.
    #[must_use]
    pub fn after(head: EventHash, record: EventRecord) -> Self {
        let canonical = record.canonical();
        Self { hash: head.chain(&canonical), previous_hash: head, canonical, record }
    }

    /// A record that was written before. Whether it is the one that was hashed is asked of [`ChainedRecord::is_hashed`].
    pub fn read(canonical: String, previous_hash: EventHash, hash: EventHash) -> Result<Self, NotARecord> {
        Ok(Self { record: EventRecord::parse(&canonical)?, canonical, previous_hash, hash })
    }

    /// What happened, when, by whom.
    #[must_use]
    pub const fn record(&self) -> &EventRecord {
        &self.record
    }

    /// The bytes that were hashed.
    #[must_use]
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The hash of the record before; zeros in the first.
    #[must_use]
    pub const fn previous_hash(&self) -> EventHash {
        self.previous_hash
    }

    /// The hash of this record.
    #[must_use]
    pub const fn hash(&self) -> EventHash {
        self.hash
    }

    /// Whether its hash is that of its bytes and the hash before.
    #[must_use]
    pub fn is_hashed(&self) -> bool {
        self.hash == self.previous_hash.chain(&self.canonical)
    }

    /// Whether this record follows, unchanged, the one whose hash is `head`.
    #[must_use]
    pub fn follows(&self, head: EventHash) -> bool {
        self.previous_hash == head && self.is_hashed()
    }

    /// Its place among all events, by text order: first by time, then by history and version. The audit index sorts by it,
    /// and so do exported files.
    #[must_use]
    pub fn audit_order(&self) -> String {
        let EventRecord { recorded_at, happening, version, .. } = &self.record;
        format!("{:020}#{}#{:020}", recorded_at.get(), happening.history().aggregate_id(), version.get())
    }
}

//! A user's history as it is kept for ever: event records in a hash chain, and the snapshot that says where it stands.
//!
//! Pure. A record's hash is SHA-256 over the previous record's hash (32 bytes; zeros before the first) followed by
//! the record's canonical JSON (RFC 8785). Whoever has the records can check the chain without any credentials.

use serde::{Deserialize, Serialize};

use crate::user::{Event, User};
use crate::values::{EpochMillis, OrgId, Sha256Hash, Subject, UserId, Version};

/// The format of a record: which fields it has, what they mean, and how it is hashed. Formats are for ever: a new one is
/// added beside the old, and what is in a format that is not known here is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "u32", try_from = "u32")]
pub enum RecordFormat {
    /// The first.
    One,
}

impl From<RecordFormat> for u32 {
    fn from(format: RecordFormat) -> Self {
        match format {
            RecordFormat::One => 1,
        }
    }
}

/// A record is in a format that is not known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("records of format {0} are not known here")]
pub struct UnknownFormat(u32);

impl TryFrom<u32> for RecordFormat {
    type Error = UnknownFormat;

    fn try_from(format: u32) -> Result<Self, UnknownFormat> {
        match format {
            1 => Ok(Self::One),
            other => Err(UnknownFormat(other)),
        }
    }
}

/// One event with everything an auditor asks about it. Its canonical JSON is what is hashed, so a field's name,
/// presence and meaning never change within a format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct EventRecord {
    /// The format of this record.
    #[cfg_attr(feature = "openapi", schema(value_type = u32))]
    pub format: RecordFormat,
    /// Whose history it belongs to.
    pub user_id: UserId,
    /// Its place in that history, from 1, without gaps.
    pub version: Version,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
    /// When the attempt that wrote it began.
    pub recorded_at: EpochMillis,
    /// Who did it.
    pub actor: Actor,
    /// The request that it answered.
    pub request_id: String,
}

/// Who did something, as the verified credentials named them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Actor {
    /// What kind of caller.
    #[serde(rename = "type")]
    pub kind: ActorKind,
    /// The issuer of the bearer token, if one was presented: the id means something together with it only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// The person or the service that the bearer token names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Subject>,
    /// The organisation that the credentials name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org_id: Option<OrgId>,
    /// The public id of the API key, if one was presented.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key_id: Option<String>,
}

/// The kinds of callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum ActorKind {
    /// A person, by a token: with an API key, or as a key manager of an organisation.
    User,
    /// A service, by a token.
    Service,
    /// An organisation, by an API key alone.
    Organisation,
}

impl ActorKind {
    /// The word that records and logs have for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Service => "service",
            Self::Organisation => "organisation",
        }
    }
}

/// The hash of an event record; 64 lower-case hexadecimal digits in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventHash(Sha256Hash);

impl EventHash {
    /// What stands before the first record of a history.
    pub const GENESIS: Self = Self(Sha256Hash::ZERO);

    /// The hash of a record that follows `self`.
    #[must_use]
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "Serialising fails for maps with keys that are no strings and for failing writers; a record has \
                  neither."
    )]
    pub fn chain(self, record: &EventRecord) -> Self {
        let canonical = serde_json_canonicalizer::to_vec(record).expect("an event record is JSON");
        self.chain_canonical([&canonical])
    }

    /// The hash of a record that follows `self`, by its canonical JSON, which may come in parts.
    #[must_use]
    pub fn chain_canonical<const PARTS: usize>(self, canonical: [&[u8]; PARTS]) -> Self {
        Self(Sha256Hash::chained(self.0, canonical))
    }
}

impl std::fmt::Display for EventHash {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for EventHash {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::schema::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("A SHA-256 in a hash chain; 64 zeros before the first event."))
            .pattern(Some("^[0-9a-f]{64}$"))
            .build()
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for EventHash {}

/// A record and its two links in the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChainedRecord {
    /// What happened, when, by whom.
    #[serde(flatten)]
    pub record: EventRecord,
    /// The hash of the record before; zeros in the first.
    pub previous_hash: EventHash,
    /// The hash of this record.
    pub hash: EventHash,
}

impl ChainedRecord {
    /// Its place among all events, by text order: first by time, then by user and version. The audit index sorts by
    /// it, and so do exported files.
    #[must_use]
    pub fn audit_order(&self) -> String {
        let EventRecord { recorded_at, user_id, version, .. } = &self.record;
        format!("{:020}#{user_id}#{:020}", recorded_at.get(), version.get())
    }

    /// Whether this record follows, unchanged, the one whose hash is `head`.
    #[must_use]
    pub fn follows(&self, head: EventHash) -> bool {
        self.previous_hash == head && self.hash == head.chain(&self.record)
    }
}

/// A record, and who issued the physical key that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedRecord {
    /// The record.
    pub record: ChainedRecord,
    /// The issuer.
    pub issuer: OrgId,
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
}

/// Where a history stands: the state its events add up to, and the hash of the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The state.
    pub user: User,
    /// The hash of the last record.
    pub head: EventHash,
}

impl Snapshot {
    /// A history without events.
    #[must_use]
    pub const fn new(user_id: UserId) -> Self {
        Self { user: User::new(user_id), head: EventHash::GENESIS }
    }

    /// The record of one more event, and where the history stands after it.
    #[must_use]
    pub fn append(&self, event: Event, circumstances: Circumstances) -> (ChainedRecord, Self) {
        let user = self.user.clone().apply(&event);
        let record = EventRecord {
            format: RecordFormat::One,
            user_id: user.id.clone(),
            version: user.version,
            event,
            recorded_at: circumstances.recorded_at,
            actor: circumstances.actor,
            request_id: circumstances.request_id,
        };
        let hash = self.head.chain(&record);
        (ChainedRecord { record, previous_hash: self.head, hash }, Self { user, head: hash })
    }
}

#[cfg(test)]
mod tests;

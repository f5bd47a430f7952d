//! Item shapes. Stored names are a format: they are pinned by golden files and read for ever.

mod binary;
mod events;
mod heads;
mod progress;

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::api_key::{ApiKeyId, StoredApiKey};
use domain::history::{EventHash, HistoryId, Salt, TextDigest, Texts};
use domain::user::PhysicalKey;
use domain::values::{EpochMillis, KeyNumber, Note, OrgId, OrgName, OrgTag, Origin, UserId, Version};
use serde::{Deserialize, Serialize};

use super::audit::HistoryKey;
use super::pages::HeldKey;
use super::schema::{PK, SK};
use super::{AuditShards, StoreFault};

pub(super) use self::binary::exactly;
pub(super) use self::events::{EventShape, WriterShape};
pub use self::events::{is_heartbeat, is_users_event, streamed_event};
pub(super) use self::heads::{
    AuditLogShape, OfHead, OrganisationShape, StandingShape, UserShape, changed_in, head, shard_of,
};
pub(super) use self::progress::{BehindShape, CursorShape, LogShape, SweepShape, TableShape};

/// A DynamoDB item, or the key of one.
pub type Item = HashMap<String, AttributeValue>;

/// Digits of a number in a sort key: the most a `u64` has, so that text order is number order.
const WIDTH: usize = 20;

/// Prefix of the partitions of users.
const USER: &str = "USER#";
/// Prefix of the partitions of organisations.
const ORGANISATION: &str = "ORG#";
/// Prefix of the partition of the log's own history.
pub(super) const AUDIT_LOG: &str = "LOG#";
/// Prefix of the partitions that say how far histories were exported.
const CURSOR: &str = "EXPORTED#";
/// Prefix of the partitions of those who were left behind.
const BEHIND: &str = "BEHIND#";
/// The partition of the heartbeat, and its sort key.
const HEARTBEAT: &str = "HEARTBEAT";
/// Prefix of the partitions of API keys.
const API_KEY: &str = "APIKEY#";
/// Prefix of the sort keys of events.
pub(super) const EVENT: &str = "EVENT#";
/// Prefix of the sort keys of physical keys.
pub(super) const KEY: &str = "KEY#";
/// Prefix of the sort keys of marks.
pub(super) const MARK: &str = "SEEN#";

/// What the export remembers as a whole, one item each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OfExport {
    /// How far it has come.
    Checkpoint,
    /// The name of the log.
    Log,
    /// The name of the table, where the engine has none for it.
    Table,
    /// How far the sweep has come.
    Sweep,
}

impl OfExport {
    const ALL: [Self; 4] = [Self::Checkpoint, Self::Log, Self::Table, Self::Sweep];
}

/// An item's place in the table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) pk: String,
    pub(super) sk: String,
}

impl Place {
    fn of_user(user_id: &UserId, sk: String) -> Self {
        Self { pk: format!("{USER}{user_id}"), sk }
    }

    pub(super) fn user(user_id: &UserId) -> Self {
        Self::of_user(user_id, "USER".to_owned())
    }

    /// By issuer, so that a caller who is confined to an organisation reads that organisation's items and no others.
    pub(super) fn physical_key(user_id: &UserId, issuer: OrgTag, number: KeyNumber) -> Self {
        Self::of_user(user_id, format!("{KEY}{issuer}#{:0WIDTH$}", number.get()))
    }

    /// The number of the physical key whose item stands here, whoever issued it.
    pub(super) fn physical_key_number(&self) -> Option<KeyNumber> {
        let (_, number) = self.sk.strip_prefix(KEY)?.split_once('#')?;
        let read = KeyNumber::new(number.parse().ok()?)?;
        (format!("{:0WIDTH$}", read.get()) == number).then_some(read)
    }

    /// Whether an item of a history that follows from its events may stand here.
    pub(super) fn is_state(&self) -> bool {
        Self::head_in(&self.pk).as_ref() == Some(self)
            || [KEY, MARK, API_KEY_OF_ORGANISATION].iter().any(|kind| self.sk.starts_with(kind))
    }

    /// The mark that an organisation has issued something to a user, some time.
    pub(super) fn mark(user_id: &UserId, issuer: OrgTag) -> Self {
        Self::of_user(user_id, format!("{MARK}{issuer}"))
    }

    /// The head of a history: where it stands.
    pub(super) fn head(history: &HistoryId) -> Self {
        match history {
            HistoryId::User(user_id) => Self::user(user_id),
            HistoryId::Organisation(org_id) => Self::organisation(OrgTag::of(org_id)),
            HistoryId::AuditLog(origin) => Self::audit_log(origin),
        }
    }

    /// The head of the history that is kept in this partition; nothing for a partition that has none.
    pub(super) fn head_in(pk: &str) -> Option<Self> {
        let sk = match pk {
            pk if pk.starts_with(USER) => "USER",
            pk if pk.starts_with(ORGANISATION) => "ORG",
            pk if pk.starts_with(AUDIT_LOG) => "LOG",
            _ => return None,
        };
        Some(Self { pk: pk.to_owned(), sk: sk.to_owned() })
    }

    /// An event stands in the partition of its history's head.
    pub(super) fn event(history: &HistoryId, version: Version) -> Self {
        Self::event_in(Self::head(history).pk, version)
    }

    /// The event of the history that is kept in this partition.
    pub(super) fn event_in(pk: String, version: Version) -> Self {
        Self { pk, sk: format!("{EVENT}{:0WIDTH$}", version.get()) }
    }

    pub(super) fn request(user_id: &UserId, request_hash: &str) -> Self {
        Self::of_user(user_id, format!("REQUEST#{request_hash}"))
    }

    pub(super) fn api_key(id: &ApiKeyId) -> Self {
        Self { pk: format!("{API_KEY}{}", id.as_str()), sk: "APIKEY".to_owned() }
    }

    /// The API key whose item stands here.
    pub(super) fn api_key_id(&self) -> Option<ApiKeyId> {
        let id = ApiKeyId::parse(self.pk.strip_prefix(API_KEY)?)?;
        (Self::api_key(&id) == *self).then_some(id)
    }

    /// The history whose cursor stands here.
    pub(super) fn exported(&self) -> Option<HistoryKey> {
        let key = HistoryKey::of(self.pk.strip_prefix(CURSOR)?);
        (Self::cursor(&key) == *self).then_some(key)
    }

    /// Whether anything else stands here that the export remembers.
    pub(super) fn is_of_export(&self) -> bool {
        OfExport::ALL.iter().any(|item| Self::of_export(*item) == *self) || self.pk.starts_with(BEHIND)
    }

    /// Whether what is put here every few minutes goes the way of events and is none, so that somebody notices when the way is shut.
    pub(super) fn is_heartbeat(&self) -> bool {
        is_heartbeat(&self.pk, &self.sk)
    }

    /// By tag, because that is what an API key tells of its organisation before anything is read.
    pub(super) fn organisation(tag: OrgTag) -> Self {
        Self { pk: format!("{ORGANISATION}{tag}"), sk: "ORG".to_owned() }
    }

    pub(super) fn api_key_of_organisation(tag: OrgTag, id: &ApiKeyId) -> Self {
        Self { pk: format!("{ORGANISATION}{tag}"), sk: format!("{API_KEY_OF_ORGANISATION}{}", id.as_str()) }
    }

    /// The log's own history. A table has one log.
    pub(super) fn audit_log(origin: &Origin) -> Self {
        Self { pk: format!("{AUDIT_LOG}{origin}"), sk: "LOG".to_owned() }
    }

    /// What the export remembers as a whole.
    pub(super) fn of_export(item: OfExport) -> Self {
        let sk = match item {
            OfExport::Checkpoint => "CHECKPOINT",
            OfExport::Log => "LOG",
            OfExport::Table => "TABLE",
            OfExport::Sweep => "SWEEP",
        };
        Self { pk: "AUDIT".to_owned(), sk: sk.to_owned() }
    }

    /// How far a history was exported.
    pub(super) fn cursor(history: &HistoryKey) -> Self {
        Self { pk: format!("{CURSOR}{}", history.as_str()), sk: "CURSOR".to_owned() }
    }

    /// That a history was left behind. All who were are found by asking a few partitions.
    pub(super) fn behind(history: &HistoryKey) -> Self {
        Self {
            pk: Self::of_those_behind(shard_of(history.as_str(), AuditShards::MOST)),
            sk: history.as_str().to_owned(),
        }
    }

    /// The partition of those who were left behind that has this number.
    pub(super) fn of_those_behind(shard: u16) -> String {
        format!("{BEHIND}{shard:03}")
    }

    /// As the key of a request to DynamoDB.
    pub(super) fn key(&self) -> Item {
        [(PK, &self.pk), (SK, &self.sk)]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), AttributeValue::S(value.clone())))
            .collect()
    }

    /// Whether this is where an item that was read stands.
    pub(super) fn is_of(&self, item: &Item) -> bool {
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
        text(PK) == Some(&self.pk) && text(SK) == Some(&self.sk)
    }
}

/// Prefix of the sort keys that list an organisation's API keys.
pub(super) const API_KEY_OF_ORGANISATION: &str = "APIKEY#";

/// An item of some shape at its place.
#[derive(Debug, Serialize)]
struct Placed<'a, T> {
    #[serde(flatten)]
    place: &'a Place,
    #[serde(flatten)]
    shape: &'a T,
}

/// A shape as the item at a place.
pub(super) fn item<T: Serialize>(place: &Place, shape: &T) -> Result<Item, StoreFault> {
    serde_dynamo::to_item(Placed { place, shape })
        .map_err(|error| StoreFault::Unexpected(format!("an item cannot be written: {error}")))
}

/// Reads a shape out of an item; attributes of other shapes are passed over. A fault has the name of the shape and nothing of
/// what is wrong with the item: the words for that quote it, and it may be somebody's note.
pub(super) fn shape<T: for<'de> Deserialize<'de>>(item: Item) -> Result<T, StoreFault> {
    read_item(item.into())
}

fn read_item<T: for<'de> Deserialize<'de>>(item: serde_dynamo::Item) -> Result<T, StoreFault> {
    serde_dynamo::from_item(item).map_err(|_| StoreFault::Corrupt(std::any::type_name::<T>().to_owned()))
}

/// The item of a physical key that is out, with its place in the issuer index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PhysicalKeyShape {
    user_id: UserId,
    number: KeyNumber,
    org_id: OrgId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    org_name: Option<OrgName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<Note>,
    added_at: EpochMillis,
    issuer_partition: String,
    issuer_sort: String,
}

/// The place of a physical key among all that its issuer has out, by when it was issued.
pub(super) fn issuer_sort(added_at: EpochMillis, user_id: &UserId, number: KeyNumber) -> String {
    format!("{:0WIDTH$}#{user_id}#{:0WIDTH$}", added_at.get(), number.get())
}

impl PhysicalKeyShape {
    pub(super) fn new(user_id: &UserId, key: PhysicalKey) -> Self {
        // Every field is named: one that is new has to be thought about here.
        let PhysicalKey { number, org_id, org_name, note, added_at } = key;
        Self {
            issuer_partition: org_id.to_string(),
            issuer_sort: issuer_sort(added_at, user_id, number),
            user_id: user_id.clone(),
            number,
            org_id,
            org_name,
            note,
            added_at,
        }
    }
}

/// The attributes of that item which somebody typed.
pub(super) const TEXTS_OF_PHYSICAL_KEY: [&str; 2] = ["orgName", "note"];

/// The mark that an organisation has issued something to a user, some time: it never goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MarkShape {
    pub(super) org_id: OrgId,
}

impl From<PhysicalKeyShape> for HeldKey {
    fn from(shape: PhysicalKeyShape) -> Self {
        Self { user_id: shape.user_id.clone(), key: shape.into() }
    }
}

impl From<PhysicalKeyShape> for PhysicalKey {
    fn from(shape: PhysicalKeyShape) -> Self {
        let PhysicalKeyShape { number, org_id, org_name, note, added_at, .. } = shape;
        Self { number, org_id, org_name, note, added_at }
    }
}

/// The item of a request with an idempotency key: what it was and what it was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RequestShape {
    pub(super) fingerprint: String,
    /// The digests of the texts that were asked for, which the fingerprint leaves out.
    #[serde(default, skip_serializing_if = "Texts::is_empty")]
    pub(super) texts: Texts<TextDigest>,
    /// The salts of these digests; nothing once the texts are erased.
    #[serde(default, skip_serializing_if = "Texts::is_empty")]
    pub(super) salts: Texts<Salt>,
    pub(super) status: u16,
    pub(super) body: String,
    pub(super) version: Version,
    #[serde(with = "binary")]
    pub(super) event_hash: EventHash,
    /// In seconds, as DynamoDB's TTL wants it. Deletion lags, so conditions and reads look at it themselves.
    pub(super) expires_at: u64,
}

/// The item that lists an API key under its organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApiKeyOfOrganisationShape {
    pub(super) api_key_id: ApiKeyId,
}

/// The item of an API key is what is stored of it.
pub(super) type ApiKeyShape = StoredApiKey;

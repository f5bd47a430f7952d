//! Item shapes. Stored names are a format: they are pinned by golden files and read for ever.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::api_key::{ApiKeyId, StoredApiKey};
use domain::history::{ChainedRecord, EventHash, IssuedRecord, Snapshot};
use domain::organisation::Organisation;
use domain::user::{PhysicalKey, User};
use domain::values::{
    EpochMillis, Hour, KeyNumber, Note, OrgId, OrgName, OrgTag, Sha256Hash, UserId, Version,
};
use serde::{Deserialize, Serialize};

use super::pages::HeldKey;
use super::schema::{PK, SK};
use super::{AttemptToken, AuditShards, StoreFault};

/// A DynamoDB item, or the key of one.
pub type Item = HashMap<String, AttributeValue>;

/// Digits of a number in a sort key: the most a `u64` has, so that text order is number order.
const WIDTH: usize = 20;

/// Prefix of the sort keys of events.
pub(super) const EVENT: &str = "EVENT#";
/// Prefix of the sort keys of physical keys.
pub(super) const KEY: &str = "KEY#";
/// Prefix of the sort keys of marks.
pub(super) const MARK: &str = "SEEN#";

/// An item's place in the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) pk: String,
    pub(super) sk: String,
}

impl Place {
    fn of_user(user_id: &UserId, sk: String) -> Self {
        Self { pk: format!("USER#{user_id}"), sk }
    }

    pub(super) fn user(user_id: &UserId) -> Self {
        Self::of_user(user_id, "USER".to_owned())
    }

    /// By issuer, so that a caller who is confined to an organisation reads that organisation's items and no others.
    pub(super) fn physical_key(user_id: &UserId, issuer: OrgTag, number: KeyNumber) -> Self {
        Self::of_user(user_id, format!("{KEY}{issuer}#{:0WIDTH$}", number.get()))
    }

    /// The mark that an organisation has issued something to a user, some time.
    pub(super) fn mark(user_id: &UserId, issuer: OrgTag) -> Self {
        Self::of_user(user_id, format!("{MARK}{issuer}"))
    }

    pub(super) fn event(user_id: &UserId, version: Version) -> Self {
        Self::of_user(user_id, format!("{EVENT}{:0WIDTH$}", version.get()))
    }

    pub(super) fn request(user_id: &UserId, request_hash: &str) -> Self {
        Self::of_user(user_id, format!("REQUEST#{request_hash}"))
    }

    pub(super) fn api_key(id: &ApiKeyId) -> Self {
        Self { pk: format!("APIKEY#{}", id.as_str()), sk: "APIKEY".to_owned() }
    }

    /// By tag, because that is what an API key tells of its organisation before anything is read.
    pub(super) fn organisation(tag: OrgTag) -> Self {
        Self { pk: format!("ORG#{tag}"), sk: "ORG".to_owned() }
    }

    pub(super) fn api_key_of_organisation(tag: OrgTag, id: &ApiKeyId) -> Self {
        Self { pk: format!("ORG#{tag}"), sk: format!("{API_KEY_OF_ORGANISATION}{}", id.as_str()) }
    }

    pub(super) fn audit_checkpoint() -> Self {
        Self { pk: "AUDIT".to_owned(), sk: "CHECKPOINT".to_owned() }
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

/// The user item: where a history stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserShape {
    user_id: UserId,
    version: Version,
    last_number: KeyNumber,
    active_keys: u64,
    head_hash: EventHash,
}

impl UserShape {
    /// What is stored of a snapshot; none for a history that has not begun.
    pub(super) fn of(snapshot: &Snapshot) -> Option<Self> {
        // Every field is named: one that is new has to be thought about here.
        let Snapshot { user: User { id, version, last_number, active_keys }, head } = snapshot.clone();
        Some(Self { user_id: id, version, last_number: last_number?, active_keys, head_hash: head })
    }
}

impl From<UserShape> for Snapshot {
    fn from(shape: UserShape) -> Self {
        let UserShape { user_id, version, last_number, active_keys, head_hash } = shape;
        let user = User { id: user_id, version, last_number: Some(last_number), active_keys };
        Self { user, head: head_hash }
    }
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

/// The item of an event, with its place in the audit index and the issuer of its physical key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventShape {
    #[serde(flatten)]
    record: ChainedRecord,
    audit_partition: String,
    audit_sort: String,
    /// A copy of what the addition in the same chain says, so that a removal can be told by organisation, too.
    issuer: OrgId,
    /// The attempt that wrote it.
    attempt: AttemptToken,
}

/// What the item of an event tells of the attempt that wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct WriterShape {
    pub(super) attempt: AttemptToken,
}

impl EventShape {
    pub(super) fn new(
        chained: ChainedRecord,
        issuer: OrgId,
        attempt: AttemptToken,
        shards: AuditShards,
    ) -> Self {
        let record = &chained.record;
        let shard = shard_of(&record.user_id, shards);
        Self {
            audit_partition: audit_partition(Hour::of(record.recorded_at), shard),
            audit_sort: chained.audit_order(),
            issuer,
            attempt,
            record: chained,
        }
    }
}

impl From<EventShape> for IssuedRecord {
    fn from(shape: EventShape) -> Self {
        let EventShape { record, issuer, attempt: _, audit_partition: _, audit_sort: _ } = shape;
        Self { record, issuer }
    }
}

/// Whether an item with this sort key is an event's.
#[must_use]
pub fn is_event(sk: &str) -> bool {
    sk.starts_with(EVENT)
}

/// Reads the item of an event as the table's stream shows it.
pub fn streamed_event(item: serde_dynamo::Item) -> Result<IssuedRecord, StoreFault> {
    Ok(read_item::<EventShape>(item)?.into())
}

/// The audit index's partition of an hour and a shard: `<hours since the epoch>#<shard>`.
pub(super) fn audit_partition(hour: Hour, shard: u16) -> String {
    format!("{:08}#{shard:03}", hour.get())
}

/// The shard of a user's events: all of one user are in one, so that they are read in order.
fn shard_of(user_id: &UserId, shards: AuditShards) -> u16 {
    let [first, second, ..] = Sha256Hash::of(user_id.as_str()).bytes();
    u16::from_be_bytes([first, second]) % shards.0
}

/// The item of a request with an idempotency key: what it was and what it was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RequestShape {
    pub(super) fingerprint: String,
    pub(super) status: u16,
    pub(super) body: String,
    pub(super) version: Version,
    pub(super) event_hash: EventHash,
    /// In seconds, as DynamoDB's TTL wants it. Deletion lags, so conditions and reads look at it themselves.
    pub(super) expires_at: u64,
}

/// The item of an organisation is what is known of it.
pub(super) type OrganisationShape = Organisation;

/// The item that lists an API key under its organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApiKeyOfOrganisationShape {
    pub(super) api_key_id: ApiKeyId,
}

/// The item of an API key is what is stored of it.
pub(super) type ApiKeyShape = StoredApiKey;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_an_item_that_cannot_be_read_quotes_nothing_of_it() {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let names = ["auditPartition", "auditSort", "issuer", "attempt", "previousHash", "hash"];
        let mut item: Item = names.map(|name| (name.to_owned(), text(&"0".repeat(64)))).into();
        item.insert("format".to_owned(), text("Front door"));
        let fault = shape::<EventShape>(item).unwrap_err().to_string();
        assert_eq!(fault, "a stored item cannot be read: store::items::EventShape");
    }
}

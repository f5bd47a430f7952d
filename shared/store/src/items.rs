//! Item shapes. Stored names are a format: they are pinned by golden files and read for ever.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::api_key::{ApiKeyId, StoredApiKey};
use domain::history::{
    ChainedRecord, Disclosures, EventHash, HistoryId, KeptRecord, Salt, Snapshot, TextDigest, Texts,
};
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

/// Prefix of the partitions of users.
const USER: &str = "USER#";
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
        Self { pk: format!("{USER}{user_id}"), sk }
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

    /// The head of a history: where it stands.
    pub(super) fn head(history: &HistoryId) -> Self {
        match history {
            HistoryId::User(user_id) => Self::user(user_id),
            HistoryId::Organisation(org_id) => Self::organisation(OrgTag::of(org_id)),
        }
    }

    /// An event stands in the partition of its history's head.
    pub(super) fn event(history: &HistoryId, version: Version) -> Self {
        Self { sk: format!("{EVENT}{:0WIDTH$}", version.get()), ..Self::head(history) }
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

/// The format of the records of a history, which its head says: whoever does not know it must not go on with the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "u32", try_from = "u32")]
pub(super) struct HeadFormat;

/// The format of histories that this release reads and writes.
const FORMAT: u32 = 2;
/// The attribute of a head that says the format of its history.
const FORMAT_NAME: &str = "format";

impl From<HeadFormat> for u32 {
    fn from(HeadFormat: HeadFormat) -> Self {
        FORMAT
    }
}

impl TryFrom<u32> for HeadFormat {
    type Error = &'static str;

    fn try_from(format: u32) -> Result<Self, Self::Error> {
        if format == FORMAT { Ok(Self) } else { Err("a format of histories that is not known here") }
    }
}

/// Reads the head of a history. One of another format is told from one that cannot be read: a table of before, or one that a
/// newer release has written to.
pub(super) fn head<T: for<'de> Deserialize<'de>>(item: Item) -> Result<T, StoreFault> {
    let format = item.get(FORMAT_NAME).and_then(|format| format.as_n().ok());
    if format.and_then(|format| format.parse().ok()) == Some(FORMAT) {
        return shape(item);
    }
    Err(StoreFault::OtherFormat { found: format.cloned().unwrap_or_else(|| "1".to_owned()), known: FORMAT })
}

/// The user item: where a user's history stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserShape {
    format: HeadFormat,
    user_id: UserId,
    version: Version,
    last_number: KeyNumber,
    active_keys: u64,
    head_hash: EventHash,
}

impl UserShape {
    /// What is stored of a snapshot; none for a history that has not begun.
    pub(super) fn of(snapshot: &Snapshot<User>) -> Option<Self> {
        // Every field is named: one that is new has to be thought about here.
        let Snapshot { state: User { id, version, last_number, active_keys }, head } = snapshot.clone();
        let last_number = last_number?;
        Some(Self { format: HeadFormat, user_id: id, version, last_number, active_keys, head_hash: head })
    }
}

impl From<UserShape> for Snapshot<User> {
    fn from(shape: UserShape) -> Self {
        let UserShape { format: HeadFormat, user_id, version, last_number, active_keys, head_hash } = shape;
        let user = User { id: user_id, version, last_number: Some(last_number), active_keys };
        Self { state: user, head: head_hash }
    }
}

/// The organisation item: where an organisation's history stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrganisationShape {
    format: HeadFormat,
    #[serde(flatten)]
    organisation: Organisation,
    head_hash: EventHash,
}

impl From<&Snapshot<Organisation>> for OrganisationShape {
    fn from(snapshot: &Snapshot<Organisation>) -> Self {
        let Snapshot { state, head } = snapshot.clone();
        Self { format: HeadFormat, organisation: state, head_hash: head }
    }
}

impl From<OrganisationShape> for Snapshot<Organisation> {
    fn from(shape: OrganisationShape) -> Self {
        let OrganisationShape { format: HeadFormat, organisation, head_hash } = shape;
        Self { state: organisation, head: head_hash }
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

/// The item of an event: the bytes that were hashed, and beside them what may go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventShape {
    /// Canonical JSON. As a text, so that what a newer release adds to it is kept and exported as it was hashed.
    record: String,
    previous_hash: EventHash,
    hash: EventHash,
    /// What discloses the texts of the record; nothing once they are erased.
    #[serde(default, skip_serializing_if = "Texts::is_empty")]
    disclosures: Disclosures,
    /// The attempt that wrote it.
    attempt: AttemptToken,
    /// Its place in the audit index, in which users' events are.
    #[serde(flatten)]
    audit: Option<AuditPlace>,
}

/// A place in the audit index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AuditPlace {
    audit_partition: String,
    audit_sort: String,
}

/// What the item of an event tells of the attempt that wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct WriterShape {
    pub(super) attempt: AttemptToken,
}

impl EventShape {
    pub(super) fn new(kept: &KeptRecord, attempt: AttemptToken, shards: AuditShards) -> Self {
        let KeptRecord { chained, disclosures } = kept;
        let audit = match chained.record().happening.history() {
            HistoryId::User(user_id) => Some(AuditPlace {
                audit_partition: audit_partition(
                    Hour::of(chained.record().recorded_at),
                    shard_of(&user_id, shards),
                ),
                audit_sort: chained.audit_order(),
            }),
            HistoryId::Organisation(_) => None,
        };
        Self {
            record: chained.canonical().to_owned(),
            previous_hash: chained.previous_hash(),
            hash: chained.hash(),
            disclosures: disclosures.clone(),
            attempt,
            audit,
        }
    }

    /// The record that is kept in it.
    pub(super) fn kept(self) -> Result<KeptRecord, StoreFault> {
        let Self { record, previous_hash, hash, disclosures, attempt: _, audit: _ } = self;
        let chained = ChainedRecord::read(record, previous_hash, hash);
        let chained = chained.map_err(|fault| StoreFault::Corrupt(format!("an event's item {fault}")))?;
        Ok(KeptRecord { chained, disclosures })
    }
}

/// Whether an item with these keys is an event of a user's.
#[must_use]
pub fn is_users_event(pk: &str, sk: &str) -> bool {
    pk.starts_with(USER) && sk.starts_with(EVENT)
}

/// Reads the item of an event as the table's stream shows it.
pub fn streamed_event(item: serde_dynamo::Item) -> Result<KeptRecord, StoreFault> {
    read_item::<EventShape>(item)?.kept()
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
    /// The digests of the texts that were asked for, which the fingerprint leaves out.
    #[serde(default, skip_serializing_if = "Texts::is_empty")]
    pub(super) texts: Texts<TextDigest>,
    /// The salts of these digests; nothing once the texts are erased.
    #[serde(default, skip_serializing_if = "Texts::is_empty")]
    pub(super) salts: Texts<Salt>,
    pub(super) status: u16,
    pub(super) body: String,
    pub(super) version: Version,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_an_item_that_cannot_be_read_quotes_nothing_of_it() {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let names = ["record", "attempt", "previousHash", "hash"];
        let mut item: Item = names.map(|name| (name.to_owned(), text(&"0".repeat(64)))).into();
        item.insert("disclosures".to_owned(), text("Front door"));
        let fault = shape::<EventShape>(item.clone()).unwrap_err().to_string();
        assert_eq!(fault, "a stored item cannot be read: store::items::EventShape");
        item.remove("disclosures");
        item.insert("record".to_owned(), text("Front door"));
        let fault = shape::<EventShape>(item).unwrap().kept().unwrap_err().to_string();
        assert_eq!(fault, "a stored item cannot be read: an event's item is not the record of an event");
    }

    #[test]
    fn a_head_of_another_format_is_told_from_one_that_cannot_be_read() {
        let number = |number: &str| AttributeValue::N(number.to_owned());
        let mut item = Item::from([("version".to_owned(), number("1"))]);
        let of = |found: &str| StoreFault::OtherFormat { found: found.to_owned(), known: 2 };
        assert_eq!(head::<UserShape>(item.clone()), Err(of("1")));
        item.insert(FORMAT_NAME.to_owned(), number("3"));
        assert_eq!(head::<UserShape>(item.clone()), Err(of("3")));
        item.insert(FORMAT_NAME.to_owned(), number("2"));
        assert!(matches!(head::<UserShape>(item), Err(StoreFault::Corrupt(_))));
    }
}

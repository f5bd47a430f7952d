//! The heads of histories: where each stands, and by which hour it is found.

use domain::audit_log::AuditLog;
use domain::history::{EventHash, FORMAT, HistoryId, Position, Snapshot};
use domain::organisation::Organisation;
use domain::user::User;
use domain::values::{Hour, KeyNumber, OrgId, OrgTag, Origin, Sha256Hash, UserId, Version};
use serde::{Deserialize, Serialize};

use super::{Item, Place, binary, shape};
use crate::AuditShards;
use crate::fault::StoreFault;

/// The format of the records of a history, which its head says: whoever does not know it must not go on with the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "u32", try_from = "u32")]
pub(crate) struct HeadFormat;

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
pub(crate) fn head<T: for<'de> Deserialize<'de>>(item: Item) -> Result<T, StoreFault> {
    let format = item.get(FORMAT_NAME).and_then(|format| format.as_n().ok());
    if format.and_then(|format| format.parse().ok()) == Some(FORMAT) {
        return shape(item);
    }
    Err(StoreFault::OtherFormat { found: format.cloned().unwrap_or_else(|| "1".to_owned()), known: FORMAT })
}

/// The user item: where a user's history stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserShape {
    format: HeadFormat,
    user_id: UserId,
    version: Version,
    last_number: KeyNumber,
    active_keys: u64,
    #[serde(with = "binary")]
    head_hash: EventHash,
    changed_in: ChangedIn,
}

impl UserShape {
    /// What is stored of a snapshot; none for a history that has not begun.
    pub(crate) fn of(snapshot: &Snapshot<User>, shards: AuditShards) -> Option<Self> {
        // Every field is named: one that is new has to be thought about here.
        let Snapshot { state, head, changed_in } = snapshot.clone();
        let User { id, version, last_number, active_keys } = state;
        let last_number = last_number?;
        Some(Self {
            changed_in: ChangedIn { hour: changed_in, shard: shard_of(&Place::user(&id).pk, shards) },
            format: HeadFormat,
            user_id: id,
            version,
            last_number,
            active_keys,
            head_hash: head,
        })
    }
}

impl From<UserShape> for Snapshot<User> {
    fn from(shape: UserShape) -> Self {
        let UserShape {
            format: HeadFormat,
            user_id,
            version,
            last_number,
            active_keys,
            head_hash,
            changed_in,
        } = shape;
        let user = User { id: user_id, version, last_number: Some(last_number), active_keys };
        Self { state: user, head: head_hash, changed_in: changed_in.hour }
    }
}

/// The organisation item: where an organisation's history stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrganisationShape {
    format: HeadFormat,
    #[serde(flatten)]
    organisation: Organisation,
    #[serde(with = "binary")]
    head_hash: EventHash,
    changed_in: ChangedIn,
}

impl OrganisationShape {
    /// What is stored of a snapshot.
    pub(crate) fn of(snapshot: &Snapshot<Organisation>, shards: AuditShards) -> Self {
        let Snapshot { state, head, changed_in } = snapshot.clone();
        let place = Place::organisation(OrgTag::of(&state.org_id));
        let changed_in = ChangedIn { hour: changed_in, shard: shard_of(&place.pk, shards) };
        Self { format: HeadFormat, organisation: state, head_hash: head, changed_in }
    }
}

impl From<OrganisationShape> for Snapshot<Organisation> {
    fn from(shape: OrganisationShape) -> Self {
        let OrganisationShape { format: HeadFormat, organisation, head_hash, changed_in } = shape;
        Self { state: organisation, head: head_hash, changed_in: changed_in.hour }
    }
}

/// The log's item: where the history of the log itself stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditLogShape {
    format: HeadFormat,
    #[serde(flatten)]
    log: AuditLog,
    #[serde(with = "binary")]
    head_hash: EventHash,
    changed_in: ChangedIn,
}

impl AuditLogShape {
    /// What is stored of a snapshot.
    pub(crate) fn of(snapshot: &Snapshot<AuditLog>, shards: AuditShards) -> Self {
        let Snapshot { state, head, changed_in } = snapshot.clone();
        let place = Place::audit_log(&state.origin);
        let changed_in = ChangedIn { hour: changed_in, shard: shard_of(&place.pk, shards) };
        Self { format: HeadFormat, log: state, head_hash: head, changed_in }
    }
}

impl From<AuditLogShape> for Snapshot<AuditLog> {
    fn from(shape: AuditLogShape) -> Self {
        let AuditLogShape { format: HeadFormat, log, head_hash, changed_in } = shape;
        Self { state: log, head: head_hash, changed_in: changed_in.hour }
    }
}

/// As much of a head as the index has.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct OfHead {
    pub(crate) pk: String,
}

/// As much of any head as says how far its history goes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StandingShape {
    user_id: Option<UserId>,
    org_id: Option<OrgId>,
    origin: Option<Origin>,
    version: Version,
    #[serde(with = "binary")]
    head_hash: EventHash,
    changed_in: ChangedIn,
}

impl StandingShape {
    /// Whose head it is.
    pub(crate) fn history(&self) -> Option<HistoryId> {
        match (&self.user_id, &self.org_id, &self.origin) {
            (Some(user_id), None, None) => Some(HistoryId::User(user_id.clone())),
            (None, Some(org_id), None) => Some(HistoryId::Organisation(org_id.clone())),
            (None, None, Some(origin)) => Some(HistoryId::AuditLog(origin.clone())),
            _ => None,
        }
    }

    /// How far it goes.
    pub(crate) const fn position(&self) -> Position {
        Position { version: self.version, hash: self.head_hash }
    }

    /// The latest hour in which an event was recorded.
    pub(crate) const fn changed_in(&self) -> Hour {
        self.changed_in.hour
    }
}

/// A head's place in the index: the latest hour in which it was changed, and a shard. It is written as
/// `<hours since the epoch, 8 digits>#<shard, 3 digits>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
struct ChangedIn {
    hour: Hour,
    shard: u16,
}

impl From<ChangedIn> for String {
    fn from(ChangedIn { hour, shard }: ChangedIn) -> Self {
        changed_in(hour, shard)
    }
}

impl TryFrom<String> for ChangedIn {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let parts = text.split_once('#').and_then(|(hour, shard)| hour.parse().ok().zip(shard.parse().ok()));
        let place = parts.map(|(hour, shard)| Self { hour: Hour::new(hour), shard });
        place.filter(|place| String::from(*place) == text).ok_or("not an hour and a shard")
    }
}

/// The index's partition of an hour and a shard.
pub(crate) fn changed_in(hour: Hour, shard: u16) -> String {
    format!("{:08}#{shard:03}", hour.get())
}

/// The shard of the history that is kept in this partition.
pub(crate) fn shard_of(pk: &str, shards: AuditShards) -> u16 {
    let [first, second, ..] = Sha256Hash::of(pk).bytes();
    u16::from_be_bytes([first, second]) % shards.0
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;

    use super::*;

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

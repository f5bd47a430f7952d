//! The items of events: the bytes that were hashed, and what stands beside them.

use domain::history::{ChainedRecord, Disclosures, EventHash, HistoryId, KeptRecord, Texts};
use domain::values::{Hour, Sha256Hash, UserId};
use serde::{Deserialize, Serialize};

use super::{EVENT, USER, read_item};
use crate::fault::StoreFault;
use crate::{AttemptToken, AuditShards};

/// The item of an event: the bytes that were hashed, and beside them what may go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventShape {
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
pub(crate) struct WriterShape {
    pub(crate) attempt: AttemptToken,
}

impl EventShape {
    pub(crate) fn new(kept: &KeptRecord, attempt: AttemptToken, shards: AuditShards) -> Self {
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
    pub(crate) fn kept(self) -> Result<KeptRecord, StoreFault> {
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
pub(crate) fn audit_partition(hour: Hour, shard: u16) -> String {
    format!("{:08}#{shard:03}", hour.get())
}

/// The shard of a user's events: all of one user are in one, so that they are read in order.
fn shard_of(user_id: &UserId, shards: AuditShards) -> u16 {
    let [first, second, ..] = Sha256Hash::of(user_id.as_str()).bytes();
    u16::from_be_bytes([first, second]) % shards.0
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;

    use super::*;
    use crate::items::{Item, shape};

    #[test]
    fn what_is_said_of_an_item_that_cannot_be_read_quotes_nothing_of_it() {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let names = ["record", "attempt", "previousHash", "hash"];
        let mut item: Item = names.map(|name| (name.to_owned(), text(&"0".repeat(64)))).into();
        item.insert("disclosures".to_owned(), text("Front door"));
        let fault = shape::<EventShape>(item.clone()).unwrap_err().to_string();
        assert_eq!(fault, "a stored item cannot be read: store::items::events::EventShape");
        item.remove("disclosures");
        item.insert("record".to_owned(), text("Front door"));
        let fault = shape::<EventShape>(item).unwrap().kept().unwrap_err().to_string();
        assert_eq!(fault, "a stored item cannot be read: an event's item is not the record of an event");
    }
}

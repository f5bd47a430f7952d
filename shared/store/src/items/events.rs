//! The items of events: the bytes that were hashed, and what stands beside them.

use domain::history::{ChainedRecord, Disclosures, EventHash, KeptRecord, Texts};
use serde::{Deserialize, Serialize};

use super::{EVENT, HEARTBEAT, USER, binary, read_item};
use crate::AttemptToken;
use crate::fault::StoreFault;

/// The item of an event: the bytes that were hashed, and beside them what may go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventShape {
    /// Canonical JSON. As a text, so that what a newer release adds to it is kept and exported as it was hashed.
    record: String,
    #[serde(with = "binary")]
    previous_hash: EventHash,
    #[serde(with = "binary")]
    hash: EventHash,
    /// What discloses the texts of the record; nothing once they are erased.
    #[serde(default, skip_serializing_if = "Texts::is_empty")]
    disclosures: Disclosures,
    /// The attempt that wrote it.
    attempt: AttemptToken,
}

/// What the item of an event tells of the attempt that wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct WriterShape {
    pub(crate) attempt: AttemptToken,
}

impl EventShape {
    pub(crate) fn new(kept: &KeptRecord, attempt: AttemptToken) -> Self {
        let KeptRecord { chained, disclosures } = kept;
        Self {
            record: chained.canonical().to_owned(),
            previous_hash: chained.previous_hash(),
            hash: chained.hash(),
            disclosures: disclosures.clone(),
            attempt,
        }
    }

    /// The record that is kept in it.
    pub(crate) fn kept(self) -> Result<KeptRecord, StoreFault> {
        let Self { record, previous_hash, hash, disclosures, attempt: _ } = self;
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

/// Whether an item with these keys is the heartbeat that the deployment's schedule puts into the table.
#[must_use]
pub fn is_heartbeat(pk: &str, sk: &str) -> bool {
    pk == HEARTBEAT && sk == HEARTBEAT
}

/// Reads the item of an event as the table's stream shows it.
pub fn streamed_event(item: serde_dynamo::Item) -> Result<KeptRecord, StoreFault> {
    read_item::<EventShape>(item)?.kept()
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;

    use super::*;
    use crate::items::{Item, shape};

    #[test]
    fn what_is_said_of_an_item_that_cannot_be_read_quotes_nothing_of_it() {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let bytes = |length| AttributeValue::B(vec![0; length].into());
        let mut item = Item::from([("attempt".to_owned(), bytes(16)), ("record".to_owned(), text("{}"))]);
        item.extend(["previousHash", "hash"].map(|name| (name.to_owned(), bytes(32))));
        item.insert("disclosures".to_owned(), text("Front door"));
        let fault = shape::<EventShape>(item.clone()).unwrap_err().to_string();
        assert_eq!(fault, "a stored item cannot be read: store::items::events::EventShape");
        item.remove("disclosures");
        item.insert("record".to_owned(), text("Front door"));
        let fault = shape::<EventShape>(item).unwrap().kept().unwrap_err().to_string();
        assert_eq!(fault, "a stored item cannot be read: an event's item is not the record of an event");
    }
}

//! Records of the table's stream, and what is to be done about each. Pure.

use serde::Deserialize;
use serde_json::Value;
use store::items;

use crate::envelope::Envelope;
use crate::letter::Unpublishable;

/// A batch of records as Lambda hands it over. The records are read one by one, so that a bad one is alone in it.
#[derive(Debug, Clone, Deserialize)]
pub struct StreamBatch {
    /// The records, a user's in order.
    #[serde(rename = "Records")]
    pub records: Vec<Value>,
}

impl StreamBatch {
    /// How many heartbeats are in it: they have come all the way that an event goes, and end here.
    pub(crate) fn heartbeats(&self) -> usize {
        let text = |record: &Value, path: &str| {
            record.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let is_heartbeat = |record: &&Value| {
            let [pk, sk] = ["pk", "sk"].map(|name| text(record, &format!("/dynamodb/Keys/{name}/S")));
            text(record, "/eventName") != "REMOVE" && items::is_heartbeat(&pk, &sk)
        };
        self.records.iter().filter(is_heartbeat).count()
    }
}

/// What is to be done about one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Task {
    /// Its place in the batch.
    pub(crate) position: usize,
    /// Its place in the stream; empty if it does not say.
    pub(crate) sequence_number: String,
    /// Whose order it keeps: the partition it was written to, if it says.
    pub(crate) partition: Option<String>,
    pub(crate) errand: Errand,
    /// The record as it came.
    pub(crate) record: Value,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Errand {
    /// Put it on the bus.
    Publish(Envelope),
    /// Tell the dead-letter queue.
    SetAside(Unpublishable),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StreamRecord {
    event_name: String,
    dynamodb: Change,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Change {
    keys: Keys,
    new_image: Option<Value>,
    sequence_number: String,
}

#[derive(Debug, Deserialize)]
struct Keys {
    pk: Text,
    sk: Text,
}

#[derive(Debug, Deserialize)]
struct Text {
    #[serde(rename = "S")]
    text: String,
}

/// The tasks of a batch, in its order. What is no new event of a user's is passed over: the mapping's filter leaves it out
/// anyway. Organisations' events, API keys among them, are nobody's business on the bus.
pub(crate) fn tasks(batch: StreamBatch) -> Vec<Task> {
    batch.records.into_iter().enumerate().filter_map(|(position, record)| task(position, record)).collect()
}

fn task(position: usize, record: Value) -> Option<Task> {
    let read = match StreamRecord::deserialize(&record) {
        Ok(read) => read,
        Err(error) => {
            let sequence_number = record.pointer("/dynamodb/SequenceNumber").and_then(Value::as_str);
            return Some(Task {
                position,
                sequence_number: sequence_number.unwrap_or_default().to_owned(),
                partition: None,
                errand: Errand::SetAside(Unpublishable::NotAStreamRecord(error.to_string())),
                record,
            });
        }
    };
    let Change { keys, new_image, sequence_number } = read.dynamodb;
    if read.event_name != "INSERT" || !items::is_users_event(&keys.pk.text, &keys.sk.text) {
        return None;
    }
    let errand = match envelope(new_image) {
        Ok(Some(envelope)) => Errand::Publish(envelope),
        Ok(None) => return None,
        Err(unpublishable) => Errand::SetAside(unpublishable),
    };
    Some(Task { position, sequence_number, partition: Some(keys.pk.text), errand, record })
}

fn envelope(new_image: Option<Value>) -> Result<Option<Envelope>, Unpublishable> {
    let image = new_image.ok_or(Unpublishable::NoNewImage)?;
    let unreadable = |cause: String| Unpublishable::UnreadableItem(cause);
    let item = serde_json::from_value(image).map_err(|error| unreadable(error.to_string()))?;
    let kept = items::streamed_event(item).map_err(|fault| unreadable(fault.to_string()))?;
    Envelope::of(&kept)
}

#[cfg(test)]
mod tests;

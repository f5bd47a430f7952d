//! Records that can never be published, and what the dead-letter queue is told about them. Pure.

use std::fmt::Write;

use serde_json::{Value, json};

/// The longest message that every queue takes.
const MOST_BYTES: usize = 262_144;

/// Why a record can never be published, however often it comes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unpublishable {
    /// It has no keys, or is nothing like a stream record.
    #[error("the record is not one of the table's stream: {0}")]
    NotAStreamRecord(String),
    /// The stream does not show what was written.
    #[error("the record does not show the event: the stream has to have new images")]
    NoNewImage,
    /// The item is not what this code writes.
    #[error("the new image is not an event of ours: {0}")]
    UnreadableItem(String),
    /// EventBridge refused this entry.
    #[error("EventBridge refused the event with {0}")]
    Refused(String),
}

impl Unpublishable {
    /// The reason in a word, for the log: the whole sentence may quote the record.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::NotAStreamRecord(_) => "not_a_stream_record",
            Self::NoNewImage => "no_new_image",
            Self::UnreadableItem(_) => "unreadable_item",
            Self::Refused(_) => "refused",
        }
    }
}

/// The message about a record: why, and the record as it came, so that it can be handed to the function again.
///
/// SQS refuses a few characters that an inventory may hold, so that all but ASCII is escaped. An item that is too
/// long for a message is left out: it is in the table, where its keys say.
pub(crate) fn letter(reason: &Unpublishable, record: &Value) -> String {
    let write = |record: &Value| {
        ascii(&json!({"code": reason.code(), "reason": reason.to_string(), "record": record}).to_string())
    };
    let whole = write(record);
    if whole.len() <= MOST_BYTES {
        return whole;
    }
    let change = &record["dynamodb"];
    write(&json!({"dynamodb": {"Keys": change["Keys"], "SequenceNumber": change["SequenceNumber"]}}))
}

/// The same JSON in ASCII. What is not ASCII is inside of strings.
fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() {
            text.push(character);
        } else {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                // Writing to a text cannot fail.
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_ascii_and_says_the_same() {
        let record = json!({"dynamodb": {"NewImage": {"note": {"S": "Tür 3 🗝 \u{ffff}"}}}});
        let letter = letter(&Unpublishable::NoNewImage, &record);
        assert!(letter.is_ascii());
        let read: Value = serde_json::from_str(&letter).unwrap();
        assert_eq!(read["record"], record);
        assert_eq!(read["code"], "no_new_image");
    }

    #[test]
    fn a_letter_about_an_item_that_is_too_long_names_its_keys() {
        let keys = json!({"pk": {"S": "USER#alice"}, "sk": {"S": "EVENT#00000000000000000001"}});
        let image = json!({"data": {"S": "x".repeat(MOST_BYTES)}});
        let record = json!({"dynamodb": {"Keys": keys, "NewImage": image, "SequenceNumber": "7"}});
        let letter = letter(&Unpublishable::UnreadableItem("why".to_owned()), &record);
        let read: Value = serde_json::from_str(&letter).unwrap();
        assert_eq!(read["record"], json!({"dynamodb": {"Keys": keys, "SequenceNumber": "7"}}));
    }
}

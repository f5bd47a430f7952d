//! The hash of an event, as ARCHITECTURE describes it: SHA-256 over the previous hash and the record's RFC 8785 JSON.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The hash, in hexadecimal digits, of a record that follows the one with this hash.
pub(crate) fn hash(previous: &str, record: &str) -> String {
    let previous = HEXLOWER.decode(previous.as_bytes()).unwrap_or_default();
    HEXLOWER.encode(&Sha256::digest([&previous, record.as_bytes()].concat()))
}

/// The digest of a text under a salt, as a record has it.
pub(crate) fn digest(salt: &str, text: &str) -> String {
    let salt = BASE64URL_NOPAD.decode(salt.as_bytes()).unwrap_or_default();
    BASE64URL_NOPAD.encode(&Sha256::digest([&salt, text.as_bytes()].concat()))
}

/// RFC 8785, for what is stored: the numbers are integers.
pub(crate) fn canonical(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            // RFC 8785, section 3.2.3: by UTF-16 code units.
            members.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
            let members = members
                .into_iter()
                .map(|(name, value)| format!("{}:{}", Value::String(name.clone()), canonical(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Value::Array(elements) => {
            format!("[{}]", elements.iter().map(canonical).collect::<Vec<_>>().join(","))
        }
        scalar => scalar.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_sorted_at_every_depth_and_text_is_escaped_as_the_standard_says() {
        let value =
            json!({"b": [{"z": 1, "a": "\u{7}\"\\/ü\u{1f5dd}"}], "a": null, "\u{1f600}": 1, "\u{fb33}": 2});
        let expected = "{\"a\":null,\"b\":[{\"a\":\"\\u0007\\\"\\\\/ü\u{1f5dd}\",\"z\":1}],\"\u{1f600}\":1,\"\u{fb33}\":2}";
        assert_eq!(canonical(&value), expected);
    }

    #[test]
    fn the_golden_events_have_the_hashes_that_are_stored_with_them() {
        let golden = |text: &str| {
            let item: Value = serde_json::from_str(text).expect("a golden item");
            super::super::super::scan::plain(&json!({"M": item})).as_object().expect("an item").clone()
        };
        for text in [
            include_str!("../../../tests/stored/event-2-added-by-service.json"),
            include_str!("../../../tests/stored/event-4-removed-by-organisation.json"),
        ] {
            let event = golden(text);
            let text = |name: &str| event[name].as_str().expect("a text");
            assert_eq!(hash(text("previousHash"), text("record")), text("hash"));
        }
    }
}

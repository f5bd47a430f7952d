//! The whole table, as the engine gives it: plain JSON, read past every type of the product.

use data_encoding::{BASE64, HEXLOWER};
use local_inventory::dynamodb::Access;
use serde_json::{Map, Value, json};

use crate::message::{self, Message};

/// An item as plain JSON.
pub(crate) type Item = Map<String, Value>;

/// Reads every item of the table.
pub(crate) async fn items(access: &Access) -> Vec<Item> {
    let engine = message::authority(&access.endpoint);
    let (mut items, mut begin) = (Vec::new(), Value::Null);
    loop {
        let mut body = json!({"TableName": "inventory", "ConsistentRead": true});
        if !begin.is_null() {
            body["ExclusiveStartKey"] = begin;
        }
        let head = vec![
            "POST / HTTP/1.1".to_owned(),
            format!("host: {engine}"),
            "content-type: application/x-amz-json-1.0".to_owned(),
            "x-amz-target: DynamoDB_20120810.Scan".to_owned(),
            format!("authorization: AWS4-HMAC-SHA256 Credential={}/any", access.access_key_id.as_str()),
        ];
        let mut page = Message { head, body: body.to_string().into_bytes() }.forward(engine).await.json();
        let found = page["Items"].as_array().expect("a scan gives items");
        items.extend(found.iter().filter_map(Value::as_object).map(plain_members));
        begin = page["LastEvaluatedKey"].take();
        if begin.is_null() {
            return items;
        }
    }
}

fn plain_members(item: &Item) -> Item {
    item.iter().map(|(name, value)| (name.clone(), plain(value))).collect()
}

/// A value without DynamoDB's types.
pub(crate) fn plain(value: &Value) -> Value {
    let Some((kind, inner)) = value.as_object().and_then(|value| value.iter().next()) else {
        return Value::Null;
    };
    match (kind.as_str(), inner) {
        ("S" | "BOOL", inner) => inner.clone(),
        ("N", Value::String(digits)) => serde_json::from_str(digits).unwrap_or_default(),
        // Hashes are written in hexadecimal digits everywhere else.
        ("B", Value::String(bytes)) => {
            HEXLOWER.encode(&BASE64.decode(bytes.as_bytes()).unwrap_or_default()).into()
        }
        ("M", Value::Object(members)) => plain_members(members).into(),
        ("L", Value::Array(elements)) => elements.iter().map(plain).collect(),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_dynamodb_become_plain_json() {
        let stored =
            json!({"M": {"a": {"N": "12"}, "b": {"L": [{"S": "c"}, {"BOOL": true}, {"NULL": true}]}}});
        assert_eq!(plain(&stored), json!({"a": 12, "b": ["c", true, null]}));
    }
}

//! What is stored: the whole table as JSON, in order, to be compared before and after.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use data_encoding::{BASE64, HEXLOWER};
use serde_json::{Value, json};

use crate::Stage;

/// An item as the SDK has it.
pub type RawItem = HashMap<String, AttributeValue>;

impl Stage {
    /// Every item, as the SDK has it.
    pub async fn items(&self) -> Vec<RawItem> {
        let mut pages = self
            .client
            .scan()
            .table_name(self.backend.table.name())
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut items = Vec::new();
        while let Some(item) = pages.next().await {
            items.push(item.expect("an item"));
        }
        items
    }

    /// Every item, by its keys.
    pub async fn stored(&self) -> BTreeMap<(String, String), Value> {
        let mut items = BTreeMap::new();
        for item in self.items().await {
            let text = |name: &str| item[name].as_s().expect("a text").clone();
            let shown = item.iter().map(|(name, value)| (name.clone(), attribute(value))).collect();
            items.insert((text("pk"), text("sk")), Value::Object(shown));
        }
        items
    }

    /// The items of a user whose sort key begins with a prefix, in order.
    pub async fn stored_of(&self, user: &str, prefix: &str) -> Vec<Value> {
        let pk = format!("USER#{user}");
        let stored = self.stored().await;
        let matches = stored.into_iter().filter(|((of, sk), _)| *of == pk && sk.starts_with(prefix));
        matches.map(|(_, item)| item).collect()
    }
}

/// Bytes in DynamoDB's own JSON, as hexadecimal digits.
#[must_use]
pub fn hexadecimal(attribute: &Value) -> String {
    let bytes = attribute["B"].as_str().and_then(|text| BASE64.decode(text.as_bytes()).ok());
    HEXLOWER.encode(&bytes.unwrap_or_else(|| panic!("bytes, not {attribute}")))
}

/// What [`hexadecimal`] gives these digits for.
#[must_use]
pub fn bytes(hexadecimal: &str) -> Value {
    json!({"B": BASE64.encode(&HEXLOWER.decode(hexadecimal.as_bytes()).expect("hexadecimal digits"))})
}

/// What an item, in DynamoDB's own JSON, takes: its names and its values (DynamoDB Developer Guide, "DynamoDB item sizes and formats").
#[must_use]
pub fn size(item: &Value) -> usize {
    let attributes = item.as_object().expect("an item").iter();
    attributes.map(|(name, value)| name.len() + size_of(value)).sum()
}

/// What an attribute's value takes.
fn size_of(attribute: &Value) -> usize {
    let (kind, value) = attribute.as_object().and_then(|value| value.iter().next()).expect("one type");
    match (kind.as_str(), value) {
        ("S", Value::String(text)) => text.len(),
        ("B", _) => hexadecimal(attribute).len() / 2,
        ("N", Value::String(digits)) => digits.trim_matches('0').len().div_ceil(2) + 1,
        ("L", Value::Array(values)) => 3 + values.iter().map(|value| 1 + size_of(value)).sum::<usize>(),
        ("M", Value::Object(members)) => {
            3 + members.iter().map(|(name, value)| 1 + name.len() + size_of(value)).sum::<usize>()
        }
        _ => panic!("no item has an attribute like {kind} {value}"),
    }
}

/// An attribute in DynamoDB's own JSON: `{"S":"…"}`, `{"N":"…"}`, `{"M":{…}}`.
fn attribute(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({"S": text}),
        AttributeValue::N(number) => json!({"N": number}),
        AttributeValue::B(bytes) => json!({"B": BASE64.encode(bytes.as_ref())}),
        AttributeValue::Bool(bool) => json!({"BOOL": bool}),
        AttributeValue::Null(_) => json!({"NULL": true}),
        AttributeValue::L(values) => json!({"L": values.iter().map(attribute).collect::<Vec<_>>()}),
        AttributeValue::M(map) => {
            let members: serde_json::Map<_, _> =
                map.iter().map(|(name, value)| (name.clone(), attribute(value))).collect();
            json!({"M": members})
        }
        other => panic!("no item has an attribute like {other:?}"),
    }
}

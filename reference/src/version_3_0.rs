//! The document in OpenAPI 3.0, for the generators that do not read 3.1. It says the same, as far as 3.0 has words for it: the bus's
//! events are under `x-webhooks`, where some tools look for them, and a schema has one example.

use serde_json::{Map, Value, json};

/// Members whose values are data, whatever they look like.
const DATA: [&str; 4] = ["default", "enum", "example", "value"];

/// A document of OpenAPI 3.1 in 3.0.
pub(crate) fn of(document: Value) -> Value {
    let Value::Object(mut document) = document else { return document };
    if let Some(webhooks) = document.remove("webhooks") {
        document.insert("x-webhooks".to_owned(), webhooks);
    }
    document.insert("openapi".to_owned(), json!("3.0.3"));
    rewritten(Value::Object(document))
}

fn rewritten(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(rewritten).collect(),
        Value::Object(members) => Value::Object(alone(members.into_iter().filter_map(member).collect())),
        other => other,
    }
}

fn member((name, value): (String, Value)) -> Option<(String, Value)> {
    match value {
        // Of a schema. Those of a media type are an object.
        Value::Array(examples) if name == "examples" => {
            examples.into_iter().next().map(|first| ("example".to_owned(), first))
        }
        value if DATA.contains(&name.as_str()) => Some((name, value)),
        value => Some((name, rewritten(value))),
    }
}

/// A reference has no other members beside it in 3.0: it becomes the one of `allOf`, which may have.
fn alone(mut members: Map<String, Value>) -> Map<String, Value> {
    if members.len() > 1
        && let Some(reference) = members.remove("$ref")
    {
        members.insert("allOf".to_owned(), json!([{"$ref": reference}]));
    }
    members
}

//! The document in OpenAPI 3.0 has nothing that 3.0 does not know, and leaves nothing out.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{document, objects};

/// Keywords of OpenAPI 3.1 and of JSON Schema 2020-12.
const OF_3_1: [&str; 21] = [
    "$defs",
    "$id",
    "$schema",
    "const",
    "contains",
    "contentEncoding",
    "contentMediaType",
    "dependentRequired",
    "else",
    "identifier",
    "if",
    "jsonSchemaDialect",
    "pathItems",
    "patternProperties",
    "prefixItems",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
    "webhooks",
    "exclusiveMinimum",
];

fn document_3_0() -> Value {
    serde_json::from_str(&api_reference::json_3_0()).expect("JSON")
}

#[test]
fn the_document_in_3_0_has_no_keyword_of_3_1() {
    let document = document_3_0();
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.0.")));
    for (at, object) in objects(&document) {
        // The names of properties are not keywords.
        if at.ends_with("/properties") {
            continue;
        }
        let newer: Vec<_> = OF_3_1.iter().filter(|keyword| object.contains_key(**keyword)).collect();
        assert!(newer.is_empty(), "{at} has {newer:?}");
        assert!(!object.get("type").is_some_and(Value::is_array), "{at} has several types");
        assert!(!object.get("examples").is_some_and(Value::is_array), "{at} has a list of examples");
        assert!(!object.contains_key("$ref") || object.len() == 1, "{at} has members beside a reference");
    }
}

#[test]
fn the_document_in_3_0_has_every_operation_every_schema_and_every_bound() {
    let (newer, older) = (document(), document_3_0());
    let names = |document: &Value, of: &str| -> BTreeSet<String> {
        document.pointer(of).and_then(Value::as_object).expect("an object").keys().cloned().collect()
    };
    for of in ["/paths", "/components/schemas", "/components/securitySchemes"] {
        assert_eq!(names(&older, of), names(&newer, of));
    }
    assert_eq!(names(&older, "/x-webhooks"), names(&newer, "/webhooks"));
    let count = |document: &Value, keyword: &str| {
        objects(document).iter().filter(|(_, object)| object.contains_key(keyword)).count()
    };
    for keyword in [
        "maxLength",
        "pattern",
        "maxItems",
        "maximum",
        "minimum",
        "format",
        "required",
        "description",
        "example",
    ] {
        assert!(count(&older, keyword) >= count(&newer, keyword), "{keyword}");
    }
    assert!(count(&newer, "maxLength") > 30);
}

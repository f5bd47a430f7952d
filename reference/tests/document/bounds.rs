//! Nothing in the document is without a bound, and nothing without an example.

use std::collections::BTreeSet;

use api::http::query::LARGEST_PAGE;
use serde_json::{Map, Value};

use crate::{document, objects};

/// The schemas of a type, with where they stand.
fn schemas<'a>(document: &'a Value, of: &str) -> Vec<(String, &'a Map<String, Value>)> {
    objects(document)
        .into_iter()
        .filter(|(_, schema)| schema.get("type").is_some_and(|kind| kind == of))
        .collect()
}

#[track_caller]
fn check_all(of: &str, is_bounded: impl Fn(&Map<String, Value>) -> bool) {
    let document = document();
    let schemas = schemas(&document, of);
    assert!(schemas.len() > 5, "{of}: {}", schemas.len());
    let unbounded: Vec<_> =
        schemas.iter().filter(|(_, schema)| !is_bounded(schema)).map(|(at, _)| at).collect();
    assert!(unbounded.is_empty(), "{of} without a bound: {unbounded:#?}");
}

#[test]
fn every_string_has_a_longest_length_and_every_array_a_most_and_every_integer_both_ends() {
    let has =
        |schema: &Map<String, Value>, names: &[&str]| names.iter().all(|name| schema.contains_key(*name));
    check_all("string", |schema| has(schema, &["maxLength"]) || has(schema, &["enum"]));
    check_all("array", |schema| has(schema, &["maxItems"]));
    check_all("integer", |schema| has(schema, &["minimum", "maximum", "format"]));
}

/// What people type, what is said to people, and an issuer, which any JWT may spell as it likes (RFC 7519, section 4.1.1).
#[test]
fn the_strings_that_have_neither_pattern_nor_format_are_those_that_may_be_any_text() {
    let document = document();
    let is_free = |schema: &Map<String, Value>| {
        !["pattern", "format", "enum"].iter().any(|name| schema.contains_key(*name))
    };
    let free: BTreeSet<_> = schemas(&document["components"]["schemas"], "string")
        .into_iter()
        .filter(|(_, schema)| is_free(schema))
        .map(|(at, _)| at)
        .collect();
    let expected = [
        "/Actor/properties/iss",
        "/Disclosure/properties/text",
        "/ErasureReason",
        "/Note",
        "/OrgName",
        "/Problem/properties/detail",
        "/Problem/properties/message",
        "/ProblemFault/properties/message",
    ];
    assert_eq!(free, expected.map(str::to_owned).into());
}

#[test]
fn a_page_has_as_many_entries_as_can_be_asked_for() {
    let document = document();
    let most = |schema: &str, member: &str| {
        document["components"]["schemas"][schema]["properties"][member]["maxItems"].as_u64()
    };
    let pages = [("PhysicalKeys", "keys"), ("PhysicalKeyEvents", "events"), ("OrgPhysicalKeys", "keys")];
    for (schema, member) in pages {
        assert_eq!(most(schema, member), u64::try_from(LARGEST_PAGE).ok(), "{schema}");
    }
}

/// A schema, or the one that it refers to.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).expect("a schema"),
        None => schema,
    }
}

#[test]
fn every_parameter_header_body_and_answer_has_an_example() {
    let document = document();
    // A parameter, a header and a media type each have a schema, and an example beside it or in it.
    let described: Vec<_> =
        objects(&document).into_iter().filter(|(_, object)| object.contains_key("schema")).collect();
    assert!(described.len() > 300, "{}", described.len());
    for (at, object) in described {
        let beside = object.contains_key("example") || object.contains_key("examples");
        assert!(
            beside || resolved(&document, &object["schema"])["examples"].is_array(),
            "{at} has no example"
        );
    }
}

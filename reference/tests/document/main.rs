//! The published document is the one that the code makes, and the deployment has its routes.

#![expect(clippy::expect_used, reason = "A test that cannot read the document ends here.")]

mod bounds;
mod version_3_0;

use std::collections::BTreeSet;

use api::http::routes::Route;
use serde_json::{Map, Value};

fn document() -> Value {
    serde_json::from_str(&api_reference::json()).expect("JSON")
}

/// Methods and paths of the document.
fn documented() -> BTreeSet<(String, String)> {
    let document = document();
    let paths = document["paths"].as_object().expect("paths");
    let methods = paths.iter().flat_map(|(path, item)| {
        item.as_object().expect("a path item").keys().map(|method| (method.to_uppercase(), path.clone()))
    });
    methods.collect()
}

#[test]
fn the_published_document_is_up_to_date() {
    let published = include_str!("../../../openapi.json");
    assert!(published.trim_end() == api_reference::json(), "run `cargo run -q -- openapi > openapi.json`");
}

#[test]
fn every_route_is_documented() {
    let routes = Route::ALL.map(|route| (route.method().to_string(), route.path().to_owned()));
    assert_eq!(documented(), routes.into());
}

/// Each operation of the document, and `HEAD` where there is `GET`: it is answered likewise and not documented apart.
///
/// The template's HTTP API events, read by their lines: `Method: …` and `Path: …` follow each other.
#[test]
fn the_deployment_has_the_documented_routes() {
    let lines: Vec<_> = include_str!("../../../template.yaml").lines().map(str::trim).collect();
    let deployed = lines.windows(2).filter_map(|pair| {
        Some((pair[0].strip_prefix("Method: ")?.to_owned(), pair[1].strip_prefix("Path: ")?.to_owned()))
    });
    let deployed: BTreeSet<_> = deployed.collect();
    let head =
        |(method, path): &(String, String)| (method == "GET").then(|| ("HEAD".to_owned(), path.clone()));
    let answered: BTreeSet<_> = documented().iter().filter_map(head).chain(documented()).collect();
    assert_eq!(answered, deployed);
}

/// Each function of the deployment has the name of its route, and so has its folder.
#[test]
fn every_route_has_a_function_of_its_name() {
    let template = include_str!("../../../template.yaml");
    for route in Route::ALL {
        assert!(template.contains(&format!("\n  {}Function:\n", route.name())), "{route:?}");
    }
}

/// Every object of a document that is no data, with where it stands.
fn objects(document: &Value) -> Vec<(String, &Map<String, Value>)> {
    fn collect<'a>(at: &str, value: &'a Value, found: &mut Vec<(String, &'a Map<String, Value>)>) {
        match value {
            Value::Object(members) => {
                found.push((at.to_owned(), members));
                let structure = members.iter().filter(|(name, value)| !is_data(name, value));
                structure.for_each(|(name, value)| collect(&format!("{at}/{name}"), value, found));
            }
            Value::Array(items) => {
                items
                    .iter()
                    .enumerate()
                    .for_each(|(place, item)| collect(&format!("{at}/{place}"), item, found));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect("", document, &mut found);
    found
}

/// Whether a member has data for its value, whatever that looks like.
fn is_data(name: &str, value: &Value) -> bool {
    matches!(name, "default" | "enum" | "example" | "value") || (name == "examples" && value.is_array())
}

#[test]
fn every_operation_has_examples_of_its_answers() {
    let document = document();
    for route in Route::ALL {
        let method = route.method().as_str().to_lowercase();
        let operation = &document["paths"][route.path()][&method];
        assert_eq!(operation["operationId"], route.name());
        let responses = operation["responses"].as_object().expect("responses");
        assert!(responses["200"]["content"]["application/json"]["example"].is_object(), "{route:?}");
        for (status, response) in responses.iter().filter(|(status, _)| *status != "200") {
            let examples = response["content"]["application/json"]["examples"].as_object().expect("examples");
            for (code, example) in examples {
                assert_eq!(example["value"]["error"], code.as_str(), "{route:?} {status}");
                assert_eq!(example["value"]["status"].to_string(), *status, "{route:?} {code}");
                assert_eq!(example["value"]["success"], false, "{route:?} {code}");
            }
        }
    }
}

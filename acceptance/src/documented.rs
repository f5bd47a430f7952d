//! Every answer that a test gets has to be in the OpenAPI document: its status, its headers, its body by the schema, its
//! code if it is a refusal.

use std::collections::HashMap;
use std::sync::LazyLock;

use api::http::routes::Route;
use jsonschema::Validator;
use lambda_http::http::Method;
use lambda_http::{Body, Response};
use serde_json::{Value, json};

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(&api_reference::json()).expect("the OpenAPI document"));

/// A validator of each schema of the document, by reference. It takes no member that is not documented: clients have to bear
/// with new ones, and the document has to know of them.
static SCHEMAS: LazyLock<HashMap<String, Validator>> = LazyLock::new(|| {
    let mut components = DOCUMENT["components"].clone();
    let schemas = components["schemas"].as_object_mut().expect("schemas");
    schemas.values_mut().for_each(close_members);
    let names: Vec<_> = schemas.keys().map(|name| format!("#/components/schemas/{name}")).collect();
    let validator = |reference: String| {
        let schema = json!({"$ref": reference, "unevaluatedProperties": false, "components": components});
        (reference, jsonschema::draft202012::new(&schema).expect("a schema"))
    };
    names.into_iter().map(validator).collect()
});

/// Closes every object within a schema to members that nothing of it describes (JSON Schema 2020-12, section 11.3).
fn close_members(schema: &mut Value) {
    for (keyword, value) in schema.as_object_mut().into_iter().flatten() {
        match (keyword.as_str(), value) {
            ("allOf" | "oneOf" | "anyOf", Value::Array(branches)) => {
                branches.iter_mut().for_each(close_members);
            }
            ("properties", Value::Object(properties)) => properties.values_mut().for_each(close),
            ("items", items) => close(items),
            _ => {}
        }
    }
}

/// Closes a schema that stands by itself, and every object within it.
fn close(schema: &mut Value) {
    close_members(schema);
    schema["unevaluatedProperties"] = json!(false);
}

/// Headers that are not of one operation.
const OF_HTTP: [&str; 1] = ["content-type"];

/// Checks an answer of a route to a request of this method.
pub(crate) fn check(route: Route, asked: &Method, response: &Response<Body>) {
    let method = route.method().as_str().to_lowercase();
    let status = response.status().as_u16().to_string();
    let documented = &DOCUMENT["paths"][route.path()][&method]["responses"][&status];
    assert!(documented.is_object(), "{route:?} answers {status}, which is not documented");
    let headers = documented["headers"].as_object().expect("headers");
    for name in response.headers().keys().filter(|name| !OF_HTTP.contains(&name.as_str())) {
        let is_documented = headers.keys().any(|header| header.eq_ignore_ascii_case(name.as_str()));
        assert!(is_documented, "{route:?} answers {status} with {name}, which is not documented");
    }
    if *asked == Method::HEAD {
        assert!(response.body().is_empty(), "{route:?} answers {status} to HEAD with a body");
        return;
    }
    let media_type = response.headers()["content-type"].to_str().expect("a media type");
    let schema = documented["content"][media_type]["schema"]["$ref"].as_str();
    let schema =
        schema.unwrap_or_else(|| panic!("{route:?} {status}: {media_type} has no documented schema"));
    let body: Value = serde_json::from_slice(response.body()).expect("a JSON body");
    let faults: Vec<_> = SCHEMAS[schema].iter_errors(&body).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{route:?} {status} is not a {schema}: {faults:#?}\n{body:#}");
    if !response.status().is_success() {
        let code = body["error"].as_str().expect("a code");
        let examples = &documented["content"]["application/json"]["examples"];
        assert!(examples[code].is_object(), "{route:?} answers {status} {code}, which is not documented");
    }
}

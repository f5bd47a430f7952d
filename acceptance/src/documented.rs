//! Every answer that a test gets has to be in the OpenAPI document: its status, its headers and its body by their schemas, its
//! code if it is a refusal. So has every event that reaches the bus.

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

/// A validator of each schema of a header, by its JSON.
static HEADERS: LazyLock<HashMap<String, Validator>> = LazyLock::new(|| {
    let inner = |value: &'static Value| value.as_object().into_iter().flat_map(|members| members.values());
    let responses =
        inner(&DOCUMENT["paths"]).flat_map(inner).flat_map(move |operation| inner(&operation["responses"]));
    let headers = responses.flat_map(move |response| inner(&response["headers"]));
    let mut validators = HashMap::new();
    for schema in headers.map(|header| &header["schema"]) {
        validators.entry(schema.to_string()).or_insert_with(|| {
            let mut schema = schema.clone();
            schema["components"] = DOCUMENT["components"].clone();
            jsonschema::draft202012::new(&schema).expect("a schema")
        });
    }
    validators
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

/// Checks an entry that reaches the bus, whose `Detail` was read.
pub(crate) fn check_published(entry: &Value) {
    let name = entry["DetailType"].as_str().expect("a type");
    assert!(DOCUMENT["webhooks"][name].is_object(), "{name} is on the bus, and is not documented");
    check_body(&format!("#/components/schemas/{name}Detail"), &entry["Detail"]);
}

fn check_header(schema: &Value, text: &str) {
    let value = if schema["type"] == "integer" {
        text.parse().map(Value::Number).expect("an integer")
    } else {
        json!(text)
    };
    assert!(HEADERS[&schema.to_string()].is_valid(&value), "{text:?} is not what is documented: {schema}");
}

fn check_body(schema: &str, body: &Value) {
    let faults: Vec<_> = SCHEMAS[schema].iter_errors(body).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "this is not a {schema}: {faults:#?}\n{body:#}");
}

/// Checks an answer of a route to a request of this method.
pub(crate) fn check(route: Route, asked: &Method, response: &Response<Body>) {
    let method = route.method().as_str().to_lowercase();
    let status = response.status().as_u16().to_string();
    let documented = &DOCUMENT["paths"][route.path()][&method]["responses"][&status];
    assert!(documented.is_object(), "{route:?} answers {status}, which is not documented");
    let headers = documented["headers"].as_object().expect("headers");
    for (name, value) in response.headers().iter().filter(|(name, _)| !OF_HTTP.contains(&name.as_str())) {
        let header = headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name.as_str()));
        let (_, header) = header
            .unwrap_or_else(|| panic!("{route:?} answers {status} with {name}, which is not documented"));
        check_header(&header["schema"], value.to_str().expect("a text"));
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
    check_body(schema, &body);
    if !response.status().is_success() {
        let code = body["error"].as_str().expect("a code");
        let examples = &documented["content"]["application/json"]["examples"];
        assert!(examples[code].is_object(), "{route:?} answers {status} {code}, which is not documented");
    }
}

//! The reference on another host, beside another document: nothing in it is about this API but what the document says.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
};
use axum::http::{HeaderMap, Method};
use axum::response::IntoResponse;
use axum::routing::{any, get};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{BODY, OUTCOME, PREVIEW, SEND, field, unfold};
use crate::browser::axe::assert_accessible;
use crate::browser::console::assert_console_is_empty;
use crate::browser::{Browser, HOSTILE_NOTE};

/// A document with what ours has not: everything that can be said in two ways, without an end, or in HTML.
fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {"title": format!("Other {HOSTILE_NOTE}"), "version": "1", "description": format!("First.\n\n- one `code`\n- two {HOSTILE_NOTE}")},
        "servers": [{"url": "https://unused.example.com"}],
        "paths": {"/things/{id}": {
            "parameters": [{"$ref": "#/components/parameters/id"}],
            "put": {
                "operationId": "put thing/1",
                "summary": format!("Put {HOSTILE_NOTE}"),
                "security": [{"key": []}, {}],
                "requestBody": {"$ref": "#/components/requestBodies/Thing"},
                "responses": {"default": {"description": "All of it.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}},
            },
        }},
        "webhooks": {"thing.changed": {"post": {
            "summary": "A thing changed",
            "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}, "example": {"name": HOSTILE_NOTE}}}},
            "responses": {"204": {"description": "Taken."}},
        }}},
        "components": {
            "securitySchemes": {"key": {"type": "apiKey", "in": "query", "name": "key"}},
            "parameters": {"id": {"in": "path", "name": "id", "required": true, "schema": {"type": "integer", "minimum": 1, "default": 3}}},
            "requestBodies": {"Thing": {"content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}, "examples": {
                    "small": {"value": {"name": "Small"}}, "large": {"summary": "A large one", "value": {"name": "Large", "tags": ["a"]}},
                }},
                "text/plain": {"schema": {"type": "string"}},
            }}},
            "schemas": {
                "Named": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "minLength": 2}}},
                "Thing": {"allOf": [{"$ref": "#/components/schemas/Named"}, {"type": "object", "properties": {
                    "colour": {"anyOf": [{"type": "string", "enum": ["red", "blue"]}, {"type": "null"}]},
                    "isLocked": {"type": ["boolean", "null"]},
                    "old": {"type": "integer", "nullable": true},
                    "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
                    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
                    "size": {"oneOf": [{"type": "integer"}, {"$ref": "#/components/schemas/Named"}]},
                    "by": {"$ref": "#/components/schemas/by~1whom", "description": "Who did it."},
                    "made": {"type": "string", "readOnly": true},
                }}]},
                "by/whom": {"type": "object", "additionalProperties": {"type": "string"}},
            },
        },
    })
}

/// The API: answers everything, to pages of any origin, and keeps what came.
async fn api() -> (String, Arc<Mutex<Vec<String>>>) {
    let came = Arc::new(Mutex::new(Vec::new()));
    let answer = async |State(came): State<Arc<Mutex<Vec<String>>>>, request: Request| {
        let headers = [(ACCESS_CONTROL_ALLOW_ORIGIN, "*"), (ACCESS_CONTROL_ALLOW_HEADERS, "*")];
        let preflight = [("access-control-allow-methods", "PUT")];
        if *request.method() != Method::OPTIONS {
            let line = format!("{} {} ", request.method(), request.uri());
            let body = axum::body::to_bytes(request.into_body(), 10_000).await.unwrap();
            came.lock().unwrap().push(line + std::str::from_utf8(&body).unwrap());
        }
        (headers, preflight, HOSTILE_NOTE)
    };
    (serve(Router::new().fallback(any(answer)).with_state(Arc::clone(&came))).await, came)
}

/// The files as a host has them: `index.html` says where requests may go, and the header says the same.
async fn host(api: &str, document: Value) -> String {
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' {api}; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    );
    let index = read("index.html")
        .replace("name=\"base-urls\" content=\"\"", &format!("name=\"base-urls\" content=\"{api}/v1\""))
        .replace("content=\"demo-credentials.json\"", "content=\"\"");
    let page = typed(&policy, "text/html; charset=utf-8");
    let page = get(async move || (page, index));
    let file = get(async move |Path(name): Path<String>| {
        let media_type = match name.rsplit_once('.').unwrap().1 {
            "js" => "text/javascript",
            "css" => "text/css",
            _ => "image/svg+xml",
        };
        (typed(&policy, media_type), read(&name)).into_response()
    });
    let described = get(async move || axum::Json(document));
    let router = Router::new()
        .route("/docs/", page)
        .route("/docs/openapi.json", described)
        .route("/docs/reference/{name}", file);
    serve(router).await
}

fn typed(policy: &str, media_type: &str) -> HeaderMap {
    let headers = [(CONTENT_SECURITY_POLICY, policy), (CONTENT_TYPE, media_type)];
    headers.into_iter().map(|(name, value)| (name, value.parse().unwrap())).collect()
}

fn read(name: &str) -> String {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../pages/reference");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
    address
}

#[tokio::test]
#[ignore = "needs Chromium and its driver"]
async fn the_reference_is_hosted_elsewhere_and_made_from_whatever_document_is_beside_it() {
    let (api, came) = api().await;
    let browser = Browser::open(1_280).await;
    browser.session.goto(&format!("{}/docs/", host(&api, document()).await)).await;
    browser.reads("h1", HOSTILE_NOTE).await;
    browser.reads(".overview .prose li:last-child", HOSTILE_NOTE).await;
    assert_accessible(&browser, "the overview").await;

    browser.click("nav a[href=\"#put%20thing%2F1\"]").await;
    for (name, said) in [
        ("id", "integer"),
        ("name", "Min length: 2"),
        ("colour", "string or null"),
        ("isLocked", "boolean or null"),
        ("old", "integer or null"),
        ("tags", "array of string"),
        ("parts", "array of Thing"),
        ("size", "integer or Named"),
        ("by", "Who did it."),
    ] {
        browser.reads(&format!(".field[data-name=\"{name}\"]"), said).await;
    }
    assert!(browser.session.find(&field("made")).await.is_err(), "what the server sets is not asked for");
    browser.session.run("document.querySelector('[data-example]').value = 'large'; document.querySelector('[data-example]').dispatchEvent(new Event('input'))").await;
    browser.reads(PREVIEW, "\"tags\": [\"a\"]").await;
    for (name, text) in
        [("old", "1x"), ("isLocked", "true"), ("colour", "blue"), ("by", "{\"a\":1}"), ("key", "a b")]
    {
        let choose = format!(
            "const it = document.querySelector({}); it.value = {}; it.dispatchEvent(new Event('input'))",
            json!(field(name)),
            json!(text)
        );
        browser.session.run(&choose).await;
    }
    browser.reads(".field[data-name=old] .fault", "It is not a number.").await;
    browser.click(SEND).await;
    browser.reads(OUTCOME, "200 OK").await;
    browser.reads(BODY, HOSTILE_NOTE).await;
    let sent = came.lock().unwrap().pop().unwrap();
    let (line, body) = sent.split_once(' ').and_then(|(_, rest)| rest.split_once(' ')).unwrap();
    assert_eq!(line, "/v1/things/3?key=a%20b");
    let expected = json!({"name": "Large", "tags": ["a"], "old": "1x", "isLocked": true, "colour": "blue", "by": {"a": 1}});
    assert_eq!(serde_json::from_str::<Value>(body).unwrap(), expected);

    unfold(&browser).await;
    browser.reads(".responses", "Alternative 2").await;
    browser.reads(".responses", "Members of Thing").await;
    assert_accessible(&browser, "schemas within schemas").await;
    browser.click("nav a[href=\"#post%20thing.changed\"]").await;
    browser.reads(".webhook", "What is sent").await;
    browser.reads(".webhook pre", "<img src=x").await;
    assert_eq!(browser.session.run("return document.querySelectorAll('img').length").await, 0);
    assert_ne!(browser.session.title().await, "owned");
    assert_console_is_empty(&browser, &[]).await;
    browser.session.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium and its driver"]
async fn a_document_that_cannot_be_shown_is_said_to_be_one() {
    let browser = Browser::open(1_280).await;
    let address = host("https://api.example.com", json!("no document")).await;
    browser.session.goto(&format!("{address}/docs/")).await;
    browser.reads("h1", "There is nothing to show").await;
    browser.reads("[role=alert]", "The OpenAPI document cannot be shown: ").await;
    assert_accessible(&browser, "no document").await;
    browser.session.close().await;
}

//! What gateways send that is not as it should be: every such event is answered in the contract's words, and the process
//! lives on.

use acceptance::refused::{Refused, invalid_token};
use acceptance::{PATIENCE, Reply};
use api::http::routes::Route;
use serde_json::{Map, Value, json};

use crate::scene::Scene;

const INTERNAL: [&str; 8] =
    ["serde", "lambda_http", "panicked", "src/", "Error(", ".rs", "thread '", "RUST_BACKTRACE"];
/// In the place of whatever is in an event.
const WRONG: [fn() -> Value; 8] = [
    || Value::Null,
    || json!(-1e300),
    || json!(true),
    || json!("\u{0}\"<> \t%zz{}\u{202e}"),
    || json!([null, 7, [[]]]),
    || json!([]),
    || json!({"a\r\nb": {"c": []}}),
    || json!("9".repeat(100_000)),
];

/// The kinds of event, each with a good request: the route it is for, or none.
fn good(scene: &Scene) -> Vec<(Option<Route>, Value)> {
    let filled = |sample: &str| {
        let event = sample.replace("${TOKEN}", &scene.token).replace("${API_KEY}", &scene.api_key);
        let event = event.replace("demo-org", "acme").replace("demo-user", "alice");
        serde_json::from_str::<Value>(&event).expect("JSON")
    };
    let add = filled(include_str!("../../../events/add-physical-key.json"));
    let rest = filled(include_str!("../../../events/add-physical-key-rest.json"));
    let mut http_1 = rest.clone();
    http_1["version"] = "1.0".into();
    vec![
        (Some(Route::AddPhysicalKey), add),
        (Some(Route::AddPhysicalKey), rest),
        (Some(Route::AddPhysicalKey), http_1),
        (
            Some(Route::ListPhysicalKeys),
            filled(include_str!("../../../events/list-physical-keys-filtered.json")),
        ),
        (Some(Route::ListPhysicalKeys), filled(include_str!("../../../events/list-physical-keys-rest.json"))),
        (None, filled(include_str!("../../../events/no-such-route-method.json"))),
    ]
}

/// The JSON pointers of everything in a value.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    let Some(members) = value.as_object() else { return };
    for (name, value) in members {
        let pointer = format!("{at}/{name}");
        pointers(value, &pointer, found);
        found.push(pointer);
    }
}

/// The event with another value at a place, or without the place.
fn changed(event: &Value, pointer: &str, value: Option<Value>) -> Value {
    let mut event = event.clone();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let parent: &mut Map<_, _> = event.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object");
    match value {
        Some(value) => parent.insert(name.to_owned(), value),
        None => parent.remove(name),
    };
    event
}

/// Checks what holds for every answer, and that a refusal is one.
#[track_caller]
fn check(event: &str, reply: &Reply, for_gateway: &Value) {
    let shown: String = event.chars().take(300).collect();
    assert!(reply.status() < 500, "{} {shown}", reply.status());
    let for_gateway = for_gateway.as_object().expect("an object");
    assert_eq!(for_gateway["statusCode"], reply.status(), "{shown}");
    let request_id = reply.header("x-request-id").expect("every answer has one");
    assert_eq!(reply.header("cache-control"), Some("no-store"), "{shown}");
    let text = std::str::from_utf8(reply.bytes()).expect("text");
    // What is of chance may be any word.
    let said = text.replace(request_id, "");
    assert!(INTERNAL.iter().all(|word| !said.contains(word)), "{text} {shown}");
    if reply.status() >= 400 {
        let body: Map<String, Value> = serde_json::from_str(text).expect("an object");
        let members: Vec<_> = body.keys().map(String::as_str).collect();
        let mut expected =
            ["success", "error", "message", "type", "title", "status", "detail", "requestId", "errors"];
        expected.sort_unstable();
        assert_eq!(members, expected, "{shown}");
        assert_eq!((&body["success"], &body["status"]), (&json!(false), &json!(reply.status())), "{shown}");
    }
}

async fn answered(scene: &Scene, route: Option<Route>, event: &str) -> u16 {
    let (reply, for_gateway) = scene.stage.invoke_text(route, event, PATIENCE).await;
    check(event, &reply, &for_gateway);
    reply.status()
}

#[tokio::test]
async fn whatever_is_wrong_in_an_event_is_answered() {
    let scene = Scene::new().await;
    let (mut events, mut refused) = (0, 0);
    for (route, event) in good(&scene) {
        assert!(answered(&scene, route, &event.to_string()).await < 300 || route.is_none());
        let mut places = Vec::new();
        pointers(&event, "", &mut places);
        for place in places {
            let wrong = WRONG.iter().map(|wrong| Some(wrong())).chain([None]);
            for value in wrong {
                let event = changed(&event, &place, value).to_string();
                refused += usize::from(answered(&scene, route, &event).await >= 400);
                events += 1;
            }
        }
    }
    println!("{events} events with one thing wrong: {refused} refused, no panic, no 5xx");
    assert!(events > 1_000 && refused > 500);
}

#[tokio::test]
async fn what_is_no_event_is_answered() {
    let scene = Scene::new().await;
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    let objects = format!("{}1{}", "{\"body\":".repeat(5_000), "}".repeat(5_000));
    let before = scene.stage.stored().await;
    let texts = [
        "null",
        "0",
        "-0.0e-400",
        "1e400",
        "\"x\"",
        "[]",
        "{}",
        "true",
        "{\"version\":\"2.0\"}",
        "{\"version\":\"1.0\"}",
        "{\"version\":\"2.0\",\"version\":\"1.0\"}",
        "{\"body\":\"\\ud800\"}",
        "{\"version\":\"9.9\"}",
        "{\"Records\":[{\"eventSource\":\"aws:sqs\"}]}",
        "{\"httpMethod\":\"\"}",
        "{\"requestContext\":{\"elb\":{}}}",
        &deep,
        &objects,
    ];
    for text in texts {
        for route in Route::ALL.map(Some).into_iter().chain([None]) {
            let status = answered(&scene, route, text).await;
            assert!((400..500).contains(&status), "{status} {text}");
        }
    }
    assert_eq!(scene.stage.stored().await, before, "nothing was written");
    println!("{} texts, each for 7 functions", texts.len());
}

#[tokio::test]
async fn an_unusable_event_is_refused_by_what_is_unusable_about_it() {
    let scene = Scene::new().await;
    let before = scene.stage.stored().await;
    for (place, value, message) in [
        ("/version", json!("3.0"), "The request came in a payload format that is not understood."),
        ("/requestContext/http/method", json!("P OST"), "The request's method is missing or not usable."),
        ("/rawPath", json!(7), "The request's path is not usable."),
        ("/pathParameters", json!("x"), "The parameters of the request's path are not usable."),
        ("/rawQueryString", json!([]), "The request's query is not usable."),
        ("/headers", json!("x"), "The request's headers are not usable."),
        ("/headers/a b", json!("x"), "The name of one of the request's headers is not usable."),
        (
            "/headers/x",
            json!("a\u{0}b"),
            "The value of one of the request's headers has control characters in it.",
        ),
        ("/body", json!({}), "The request's body is not usable."),
        (
            "/isBase64Encoded",
            json!(true),
            "The request's body did not come as the Base64 that it was said to be.",
        ),
    ] {
        let event = changed(&scene.event("AddPhysicalKey", &json!({"orgId": "acme"})), place, Some(value));
        let reply = scene.stage.invoke(Some(Route::AddPhysicalKey), &event, PATIENCE).await;
        Refused::invalid(&[(None, message)]).check(&reply);
    }
    assert_eq!(scene.stage.stored().await, before, "nothing was written");
}

/// It says that something was asked for, and not what: left out, it would answer more than that.
#[tokio::test]
async fn a_parameter_without_values_is_refused() {
    let scene = Scene::new().await;
    let before = scene.stage.stored().await;
    let of_rest = |(route, event): &(Option<Route>, Value)| {
        *route == Some(Route::ListPhysicalKeys) && event["version"].is_null()
    };
    let (route, event) = good(&scene).into_iter().find(of_rest).expect("a list by a REST API");
    let event = changed(&event, "/requestContext/requestId", Some(json!("test-request")));
    let event = changed(&event, "/multiValueQueryStringParameters", Some(json!({"q": []})));
    let reply = scene.stage.invoke(route, &event, PATIENCE).await;
    // The sample came over TLS.
    let refused = Refused::invalid(&[(None, "The request's query is not usable.")]);
    refused.with_header("strict-transport-security", "max-age=31536000").check(&reply);
    assert_eq!(scene.stage.stored().await, before, "nothing was written");
}

#[tokio::test]
async fn queries_hosts_and_protocols_of_which_no_uri_can_be_made_are_answered() {
    let scene = Scene::new().await;
    scene.carry_out(scene.add()).await;
    let mut list = scene.event("PhysicalKeys", &Value::Null);
    list["requestContext"]["http"]["method"] = "GET".into();
    for (place, value, status) in [
        ("/rawQueryString", "q=\"Front\"", 200),
        ("/rawQueryString", "q=a b\t<c>", 200),
        ("/rawQueryString", "q=%zz%", 200),
        ("/rawQueryString", "q=a|b\\^`{}\u{7f}", 200),
        ("/rawQueryString", "q=münchen#x", 200),
        ("/rawQueryString", "\"", 400),
        ("/rawQueryString", "&&=&", 400),
        ("/headers/x-forwarded-proto", "https,http", 200),
        ("/headers/x-forwarded-proto", "", 200),
        ("/headers/x-forwarded-proto", "javascript:", 200),
        ("/headers/x-forwarded-host", "a b", 200),
        ("/headers/host", "", 200),
        ("/headers/host", "a b", 200),
        ("/headers/host", "[::1", 200),
        ("/headers/host", "api.example:99999", 200),
        ("/headers/host", "api.example/x?y#z", 200),
        ("/headers/host", "api.example,evil.example", 200),
        ("/headers/host", "\u{fc}\u{202e}", 200),
    ] {
        let event = changed(&list, place, Some(value.into()));
        let (reply, _) =
            scene.stage.invoke_text(Some(Route::ListPhysicalKeys), &event.to_string(), PATIENCE).await;
        assert_eq!(reply.status(), status, "{place} {value:?}: {}", reply.json());
    }
}

/// The events of a command in which a header was sent twice: of an HTTP API in both formats, and of a REST API.
fn sent_twice(scene: &Scene, name: &str, values: [&str; 2]) -> [Value; 3] {
    let body = json!({"orgId": "acme"});
    let mut joined = scene.event("AddPhysicalKey", &body);
    joined["headers"][name] = values.join(",").into();
    let mut listed = scene.event("AddPhysicalKey", &body);
    let mut lists = Map::new();
    for (name, value) in listed["headers"].as_object().expect("headers") {
        lists.insert(name.clone(), json!([value]));
    }
    lists.insert(name.to_owned(), json!(values));
    listed["multiValueHeaders"] = lists.into();
    listed["headers"][name] = values[1].into();
    listed["httpMethod"] = "POST".into();
    listed["path"] = listed["rawPath"].take();
    let mut rest = listed.clone();
    rest.as_object_mut().expect("an object").remove("version");
    listed["version"] = "1.0".into();
    [joined, listed, rest]
}

#[tokio::test]
async fn a_header_that_was_sent_twice_is_never_taken_for_one_of_its_values() {
    let scene = Scene::new().await;
    let before = scene.stage.stored().await;
    let bearer = format!("Bearer {}", scene.token);
    for values in [["Bearer eyJ.bad.bad", &bearer], [&bearer, "Bearer eyJ.bad.bad"], [&bearer, &bearer]] {
        for event in sent_twice(&scene, "authorization", values) {
            let reply = scene.stage.invoke(Some(Route::AddPhysicalKey), &event, PATIENCE).await;
            assert_eq!((reply.status(), reply.json()["error"].clone()), (401, json!("credentials_refused")));
            assert!(
                reply.header("www-authenticate").is_some_and(|challenge| challenge.starts_with("Bearer "))
            );
        }
    }
    for (name, values, status, code) in [
        ("x-api-key", ["x", &scene.api_key], 401, "credentials_refused"),
        ("x-api-key", [&scene.api_key, &scene.api_key], 401, "credentials_refused"),
        ("content-type", ["text/plain", "application/json"], 415, "unsupported_media_type"),
        ("content-type", ["application/json;a=b", "application/json"], 415, "unsupported_media_type"),
        ("content-encoding", ["gzip", "identity"], 415, "unsupported_content_encoding"),
    ] {
        for event in sent_twice(&scene, name, values) {
            let reply = scene.stage.invoke(Some(Route::AddPhysicalKey), &event, PATIENCE).await;
            assert_eq!((reply.status(), reply.json()["error"].clone()), (status, json!(code)), "{name}");
        }
    }
    let [_, http_1, rest] = sent_twice(&scene, "idempotency-key", ["a", "b"]);
    for event in [http_1, rest] {
        let reply = scene.stage.invoke(Some(Route::AddPhysicalKey), &event, PATIENCE).await;
        Refused::invalid(&[(None, "The Idempotency-Key header appears more than once.")]).check(&reply);
    }
    assert_eq!(scene.stage.stored().await, before, "nothing was written");
}

#[tokio::test]
async fn only_whoever_spoke_tls_is_told_to_go_on_with_it() {
    let scene = Scene::new().await;
    for (protocol, expected) in
        [("https", Some("max-age=31536000")), ("https,http", Some("max-age=31536000")), ("http", None)]
    {
        let event = scene.event("AddPhysicalKey", &json!({"orgId": "acme"}));
        for event in [
            changed(&event, "/headers/x-forwarded-proto", Some(protocol.into())),
            changed(
                &changed(&event, "/headers/authorization", None),
                "/headers/x-forwarded-proto",
                Some(protocol.into()),
            ),
        ] {
            let reply = scene.stage.invoke(Some(Route::AddPhysicalKey), &event, PATIENCE).await;
            assert_eq!(reply.header("strict-transport-security"), expected, "{protocol}");
            assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        }
    }
    assert_eq!(scene.add().send(&scene.stage).await.header("strict-transport-security"), None, "locally");
}

#[tokio::test]
async fn a_repeated_authorization_header_is_refused() {
    let scene = Scene::new().await;
    let reason = "The Authorization header is not one `Bearer <JWT>`.";
    let bearer = format!("Bearer {}", scene.token);
    let [_, http_1, rest] = sent_twice(&scene, "authorization", ["Bearer eyJ.bad.bad", &bearer]);
    for event in [http_1, rest] {
        let reply = scene.stage.invoke(Some(Route::AddPhysicalKey), &event, PATIENCE).await;
        let challenge = invalid_token(reason);
        Refused::unauthenticated("credentials_refused", &[reason], &challenge).check(&reply);
    }
}

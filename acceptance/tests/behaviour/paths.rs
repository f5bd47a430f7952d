//! The user id on its way from the path to the store: decoded exactly once, whatever characters it is made of and
//! whichever kind of gateway it comes through.

use std::collections::BTreeSet;

use acceptance::refused::Refused;
use acceptance::{PATIENCE, Reply, RequestBuilder, Stage};
use api::http::routes::Route;
use domain::values::UserId;
use serde_json::{Value, json};

/// A stage and a service of Acme's, which is confined to no single user.
struct Service {
    stage: Stage,
    token: String,
    api_key: String,
}

/// Every byte in percent-encoding, also of the characters that do not need it.
fn encoded(id: &str) -> String {
    let bytes: Vec<_> = id.bytes().map(|byte| format!("%{byte:02X}")).collect();
    bytes.concat()
}

/// Checks that a physical key was added for this user, as the user's event of this version.
#[track_caller]
fn check(reply: &Reply, user: &str, version: u64) {
    assert_eq!(reply.status(), 200, "{user:?}: {}", reply.json());
    let body = reply.json();
    let named = (&body["aggregateId"], &body["event"]["data"]["userId"], &body["version"]);
    assert_eq!(named, (&json!(user), &json!(user), &json!(version)));
}

impl Service {
    async fn new() -> Self {
        let stage = Stage::new().await;
        let token = stage.service_token("acme");
        let (api_key, _) = stage.api_key("acme").await;
        Self { stage, token, api_key }
    }

    /// Adds a physical key at a path in which the id is `id` as it stands, through the gateway's stand-in.
    async fn add(&self, id: &str) -> Reply {
        let request = RequestBuilder::add(id, &json!({"orgId": "acme"}));
        request.bearer(&self.token).api_key(&self.api_key).send(&self.stage).await
    }

    /// Checks that ids keep every one of their characters, in the answer and in the store.
    async fn pass(&self, ids: &[impl AsRef<str>]) {
        for id in ids.iter().map(AsRef::as_ref) {
            check(&self.add(&encoded(id)).await, id, 1);
        }
        let stored = self.stage.stored().await;
        let stored: BTreeSet<_> = stored.keys().filter_map(|(pk, _)| pk.strip_prefix("USER#")).collect();
        assert_eq!(stored, ids.iter().map(AsRef::as_ref).collect());
    }

    /// Hands the function an event of an HTTP API (payload 2.0), whose path and path parameter are decoded.
    async fn add_through_http_api(&self, raw_path: &str, id: &str) -> Reply {
        let event = json!({
            "version": "2.0",
            "routeKey": "POST /users/{id}/AddPhysicalKey",
            "rawPath": raw_path,
            "rawQueryString": "",
            "headers": {
                "host": "localhost",
                "content-type": "application/json",
                "authorization": format!("Bearer {}", self.token),
                "x-api-key": self.api_key,
            },
            "pathParameters": {"id": id},
            "requestContext": {
                "http": {"method": "POST", "path": raw_path},
                "requestId": "test-request",
                "timeEpoch": self.stage.now().get(),
            },
            "body": json!({"orgId": "acme"}).to_string(),
            "isBase64Encoded": false,
        });
        self.stage.invoke(Some(Route::AddPhysicalKey), &event, PATIENCE).await
    }

    /// Hands the function an event of a REST API (payload 1.0), whose path and path parameter are as they were sent.
    async fn add_through_rest_api(&self, id: &str) -> Reply {
        let request = RequestBuilder::add(id, &json!({"orgId": "acme"}));
        request.bearer(&self.token).api_key(&self.api_key).send_as_rest_event(&self.stage).await
    }
}

#[tokio::test]
async fn every_ascii_character_of_an_id_goes_through_unchanged() {
    // Alone, between others, and where a path would end: `.`, `/` and `?` mean something there. White space is not
    // allowed at the ends.
    let spelled = |character| [format!("{character}"), format!("ä{character}ö"), format!("äö{character}")];
    let mut ids: Vec<_> = ('!'..='~').flat_map(spelled).collect();
    ids.push("a b".to_owned());
    // No URL can carry it.
    ids.retain(|id| id != ".");
    Service::new().await.pass(&ids).await;
}

#[tokio::test]
async fn every_script_goes_through_unchanged() {
    // The same letter composed and decomposed, a letter in two alphabets: different characters, different users.
    let longest = "🗝".repeat(128);
    let ids = ["ü", "u\u{308}", "a", "а", "鍵", "مفتاح", "a\u{301}", "a\u{a0}b", "\u{10ffff}", &longest];
    Service::new().await.pass(&ids).await;
}

#[tokio::test]
async fn ids_that_look_like_paths_queries_or_addresses_go_through_unchanged() {
    let ids = [
        "...",
        "../../orgs/acme",
        "/",
        "//example.com",
        "a/AddPhysicalKey",
        "/users/a/AddPhysicalKey",
        "\\..\\a",
        "a?_callerOrgId=acme",
        "?",
        "#a",
        "user@example.com:443",
        "https://example.com/a?b#c",
        "{id}",
        "a+b",
        "%",
        "%2F",
        "%%%",
        "EVENT#1",
        "USER#a",
    ];
    Service::new().await.pass(&ids).await;
}

#[tokio::test]
async fn ids_that_differ_only_by_encoding_are_the_same_user() {
    let service = Service::new().await;
    for (version, id) in (1..).zip(["alice", "%61lice", "al%69c%65", "%61%6C%69%63%65", "%61%6c%69%63%65"]) {
        check(&service.add(id).await, "alice", version);
    }
    for (version, id) in (1..).zip(["m%C3%BC", "m%c3%bc", "%6d%C3%bc"]) {
        check(&service.add(id).await, "mü", version);
    }
    for (version, id) in (1..).zip(["a+b", "a%2Bb"]) {
        check(&service.add(id).await, "a+b", version);
    }
}

#[tokio::test]
async fn an_id_is_decoded_only_once() {
    let service = Service::new().await;
    check(&service.add("%2525").await, "%25", 1);
    check(&service.add("%25").await, "%", 1);
    check(&service.add("a%252Fb").await, "a%2Fb", 1);
    check(&service.add("a%2Fb").await, "a/b", 1);
    check(&service.add("%252500").await, "%2500", 1);
}

#[tokio::test]
async fn both_kinds_of_gateway_lead_to_the_same_user() {
    let service = Service::new().await;
    for user in ["alice", "mü nchen/1", "100% #?&", "a?b", "%25", "../..", "🗝"] {
        let id = encoded(user);
        check(&service.add(&id).await, user, 1);
        check(&service.add_through_rest_api(&id).await, user, 2);
        let path = format!("/users/{user}/AddPhysicalKey");
        check(&service.add_through_http_api(&path, user).await, user, 3);
    }
}

#[tokio::test]
async fn a_stage_in_front_of_the_path_makes_no_difference() {
    let service = Service::new().await;
    let reply = service.add_through_http_api("/prod/users/a/b/AddPhysicalKey", "a/b").await;
    check(&reply, "a/b", 1);
}

#[tokio::test]
async fn a_path_that_the_gateway_cut_is_refused() {
    let service = Service::new().await;
    let before = service.stage.stored().await;
    let message = "The path is not usable: API Gateway cut it at a `?`.";
    let refused = Refused::invalid(&[(None, message)]);
    for (raw_path, id) in [
        ("/users/alice", "alice"),
        ("/users/alice", "alice?b"),
        ("/users/alice?b", "alice"),
        ("/users/alice?b/AddPhysicalKey", "alice"),
        ("/users/alice/RemovePhysicalKey", "alice"),
        ("/users/alice/AddPhysicalKey", ""),
    ] {
        refused.check(&service.add_through_http_api(raw_path, id).await);
    }
    assert_eq!(service.stage.stored().await, before, "a refusal writes nothing");
}

#[tokio::test]
async fn an_id_that_a_rest_api_hands_on_undecodable_is_refused() {
    let service = Service::new().await;
    let before = service.stage.stored().await;
    for (id, message) in [
        ("a%FFb", "The path is not percent-encoded UTF-8."),
        ("%ED%A0%80", "The path is not percent-encoded UTF-8."),
        ("a%00b", "The user id in the path must not contain control characters."),
        ("%20a", "The user id in the path must not begin or end with white space."),
    ] {
        Refused::invalid(&[(None, message)]).check(&service.add_through_rest_api(id).await);
    }
    assert_eq!(service.stage.stored().await, before, "a refusal writes nothing");
}

/// Whatever a client makes by the document's pattern is an id, and what is none does not match it: as far as `U+FFFF`.
#[test]
fn the_pattern_of_an_id_in_the_document_is_the_rule_by_which_it_is_parsed() {
    let document: Value = serde_json::from_str(&api_reference::json()).expect("JSON");
    let schema = &document["components"]["schemas"]["UserId"];
    let schema = jsonschema::draft202012::new(schema).expect("a schema");
    for character in (0..=0xffff).filter_map(char::from_u32) {
        for id in [format!("a{character}b"), format!("{character}b"), format!("a{character}")] {
            assert_eq!(schema.is_valid(&json!(id)), UserId::parse(id.as_str()).is_ok(), "{id:?}");
        }
    }
}

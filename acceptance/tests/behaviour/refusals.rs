//! The refusals that are not about the body alone, each as a whole, and which of them comes first.

use acceptance::refused::Refused;
use acceptance::{PATIENCE, Reply, RequestBuilder};
use api::http::routes::{HEALTH, Route};
use lambda_http::http::{HeaderName, Method};
use serde_json::json;

use crate::scene::{Scene, nothing_to_remove};

const CALLER_ORG_ID: &str = "`_callerOrgId` is set by the server from the API key; leave it out.";
const IDEMPOTENCY_KEY: &str =
    "The Idempotency-Key header must be 1 to 255 visible ASCII characters without comma.";
const IF_MATCH: &str = "A command takes no condition; leave out the If-Match header. An Idempotency-Key makes it safe to repeat.";

fn unsupported_media_type() -> Refused {
    let message = "The body must be JSON; send `Content-Type: application/json`.";
    Refused::new(415, "unsupported_media_type", message)
}

fn body_too_large() -> Refused {
    Refused::new(413, "body_too_large", "The body is larger than 16 KiB.")
}

fn route_not_found() -> Refused {
    Refused::new(404, "route_not_found", "There is nothing at this path.")
}

fn method_not_allowed() -> Refused {
    let message = "This path takes another method; see the Allow header.";
    Refused::new(405, "method_not_allowed", message).with_header("allow", "POST")
}

/// Alice's good request to add a physical key of Acme's, at another path.
fn add_at(scene: &Scene, path: &str) -> RequestBuilder {
    let body = json!({"orgId": "acme"}).to_string();
    scene.signed(RequestBuilder::new(Method::POST, path).json(&body))
}

#[tokio::test]
async fn a_body_of_another_type_than_json_is_refused() {
    let scene = Scene::new().await;
    for content_type in [
        "",
        "text/plain",
        "json",
        "application/jsonp",
        "application/problem+json",
        "application/x-www-form-urlencoded",
        "application/json, text/plain",
        "application/json,application/json",
        "application/json;charset=utf-8,application/json;charset=utf-8",
    ] {
        for request in [scene.add(), scene.remove(1)] {
            let request = request.without("content-type").header("content-type", content_type);
            scene.stage.refuses(request, unsupported_media_type()).await;
        }
    }
    for request in [scene.add(), scene.remove(1)] {
        scene.stage.refuses(request.without("content-type"), unsupported_media_type()).await;
    }
}

#[tokio::test]
async fn a_body_that_is_encoded_is_refused_with_what_would_be_accepted() {
    let scene = Scene::new().await;
    let message = "The body must not be compressed or encoded otherwise; leave out Content-Encoding.";
    let refused = Refused::new(415, "unsupported_content_encoding", message);
    let refused = refused.with_header("accept-encoding", "identity");
    for coding in ["gzip", "br", "identity, gzip", "x-gzip", "identity;q=1", "utf-8", "*"] {
        for request in [scene.add(), scene.remove(1)] {
            scene.stage.refuses(request.header("content-encoding", coding), refused.clone()).await;
        }
    }
    for coding in ["identity", "Identity", "", "identity, identity,"] {
        scene.carry_out(scene.add().header("content-encoding", coding)).await;
    }
}

#[tokio::test]
async fn a_body_that_begins_with_a_byte_order_mark_is_told_so() {
    let scene = Scene::new().await;
    let message = "The body begins with a byte order mark; send UTF-8 without one.";
    let good = json!({"orgId": "acme"}).to_string();
    for body in [[&b"\xef\xbb\xbf"[..], good.as_bytes()].concat(), b"\xff\xfe{\0}\0".to_vec()] {
        scene.stage.refuses(scene.add().body(body), Refused::invalid(&[(Some(""), message)])).await;
    }
}

#[tokio::test]
async fn json_is_accepted_with_parameters_and_in_any_case() {
    let scene = Scene::new().await;
    for content_type in [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=\"UTF-8\"",
        "application/json ; profile=x",
        "application/json;charset=utf8",
        "application/json; charset=latin1",
        "application/json;profile=\"a,b\";CHARSET=utf-16",
        "application/json;",
    ] {
        let request = scene.add().without("content-type").header("content-type", content_type);
        scene.carry_out(request).await;
    }
}

#[tokio::test]
async fn a_user_id_that_cannot_be_one_is_refused() {
    let scene = Scene::new().await;
    let too_long = "%F0%9F%97%9D".repeat(129);
    for (id, fault) in [
        ("%20a", "The user id in the path must not begin or end with white space."),
        ("a%20", "The user id in the path must not begin or end with white space."),
        ("%E2%80%83a", "The user id in the path must not begin or end with white space."),
        ("a%00b", "The user id in the path must not contain control characters."),
        ("a%0Ab", "The user id in the path must not contain control characters."),
        ("a%C2%85b", "The user id in the path must not contain control characters."),
        ("a%E2%80%8Bb", "The user id in the path must not contain invisible characters."),
        ("%EF%BB%BFa", "The user id in the path must not contain invisible characters."),
        ("a%E2%80%AEb", "The user id in the path must not contain invisible characters."),
        ("a%E2%80%A8b", "The user id in the path must not contain invisible characters."),
        ("%2E", "The user id in the path must not be `.` or `..`."),
        ("%2E%2E", "The user id in the path must not be `.` or `..`."),
        ("..", "The user id in the path must not be `.` or `..`."),
        (&too_long, "The user id in the path must be at most 128 characters long."),
        ("a%FFb", "The path is not percent-encoded UTF-8."),
        ("%C3", "The path is not percent-encoded UTF-8."),
        ("%ED%A0%80", "The path is not percent-encoded UTF-8."),
    ] {
        let refused = Refused::invalid(&[(None, fault)]);
        let add = RequestBuilder::add(id, &json!({"orgId": "acme"}));
        scene.stage.refuses(scene.signed(add), refused.clone()).await;
        let remove = RequestBuilder::remove(id, &json!({"number": 1}));
        scene.stage.refuses(scene.signed(remove), refused).await;
    }
}

#[tokio::test]
async fn the_callers_organisation_is_never_taken_from_a_query() {
    let scene = Scene::new().await;
    for query in [
        "_callerOrgId=acme",
        "_callerOrgId=umbrella",
        "_callerOrgId=",
        "_callerOrgId",
        "%5FcallerOrgId=acme",
        "a=b&_callerOrgId=acme&_callerOrgId=umbrella",
    ] {
        let request = add_at(&scene, &format!("/users/alice/AddPhysicalKey?{query}"));
        scene.stage.refuses(request, Refused::invalid(&[(None, CALLER_ORG_ID)])).await;
    }
}

#[tokio::test]
async fn an_idempotency_key_that_cannot_be_one_is_refused() {
    let scene = Scene::new().await;
    let too_long = "x".repeat(256);
    // A comma is what gateways join repeated headers with.
    for key in ["", "a b", "a\tb", "schlüssel", "k,k", "k, k", &too_long] {
        for request in [scene.add(), scene.remove(1)] {
            let refused = Refused::invalid(&[(None, IDEMPOTENCY_KEY)]);
            scene.stage.refuses(request.header("idempotency-key", key), refused).await;
        }
    }
    scene.carry_out(scene.add().idempotency_key(&"~".repeat(255))).await;
}

#[tokio::test]
async fn a_condition_is_refused_rather_than_ignored() {
    let scene = Scene::new().await;
    scene.carry_out(scene.add()).await;
    for condition in ["", "*", "\"1\"", "\"0\", \"1\"", "W/\"1\""] {
        for request in [scene.add(), scene.remove(1)] {
            let refused = Refused::invalid(&[(None, IF_MATCH)]);
            scene.stage.refuses(request.header("if-match", condition), refused).await;
        }
    }
    for (name, written) in
        [("if-none-match", "If-None-Match"), ("if-unmodified-since", "If-Unmodified-Since")]
    {
        let refused = Refused::invalid(&[(None, &IF_MATCH.replace("If-Match", written))]);
        scene.stage.refuses(scene.add().header(name, "*"), refused).await;
    }
}

#[tokio::test]
async fn no_answer_has_an_entity_tag() {
    let scene = Scene::new().await;
    let queries = ["PhysicalKeys", "PhysicalKeys/1", "PhysicalKeyEvents"];
    let queries = queries.map(|tail| scene.signed(RequestBuilder::get(format!("/users/alice/{tail}"))));
    for request in [scene.add()].into_iter().chain(queries).chain([scene.remove(1), scene.remove(1)]) {
        assert_eq!(request.send(&scene.stage).await.header("etag"), None);
    }
}

#[tokio::test]
async fn the_faults_of_path_query_headers_and_body_are_named_in_one_answer() {
    let scene = Scene::new().await;
    let path = "/users/%20/AddPhysicalKey?_callerOrgId=acme";
    let request = RequestBuilder::new(Method::POST, path).json(r#"{"orgId":"","number":1}"#);
    let request = request.idempotency_key("a b").header("if-match", "\"1\"");
    let faults = [
        (None, "The user id in the path must not begin or end with white space."),
        (None, CALLER_ORG_ID),
        (None, IDEMPOTENCY_KEY),
        (None, IF_MATCH),
        (Some("/orgId"), "`orgId` must not be empty."),
        (Some("/number"), "`number` is not a field of this command."),
    ];
    scene.stage.refuses(scene.signed(request), Refused::invalid(&faults)).await;
}

#[tokio::test]
async fn a_path_that_is_no_route_is_not_found_with_or_without_credentials() {
    let scene = Scene::new().await;
    for path in [
        "//",
        "/users",
        "/users/alice",
        "/users//AddPhysicalKey",
        "/users/alice/addphysicalkey",
        "/users/alice/AddPhysicalKey/",
        "/users/alice/AddPhysicalKey%20",
        "/orgs/acme/AddPhysicalKey",
    ] {
        scene.stage.refuses(add_at(&scene, path), route_not_found()).await;
        scene.stage.refuses(RequestBuilder::new(Method::GET, path), route_not_found()).await;
    }
    // An encoded slash separates nothing, and a slash is no part of an id. (With GET, a function cannot tell one from
    // the other: the gateway hands it a decoded path.)
    for path in ["/users/alice%2FAddPhysicalKey", "/users/a/b/AddPhysicalKey"] {
        scene.stage.refuses(add_at(&scene, path), route_not_found()).await;
    }
}

/// The status and the headers of an answer.
fn head(reply: &Reply) -> (u16, Vec<(String, String)>) {
    let (status, headers, _) = reply.without_chance();
    (status, headers)
}

#[tokio::test]
async fn head_is_answered_like_get_without_the_body() {
    let scene = Scene::new().await;
    scene.carry_out(scene.add()).await;
    let before = scene.stage.stored().await;
    for (path, status) in [
        ("/users/alice/PhysicalKeys", 200),
        ("/users/alice/PhysicalKeys/1", 200),
        ("/users/alice/PhysicalKeyEvents", 200),
        ("/users/alice/PhysicalKeys/7", 404),
        ("/users/alice/PhysicalKeys?limit=0", 400),
        ("/users/bob/PhysicalKeys", 403),
        ("/orgs/acme/PhysicalKeys", 403),
        ("/users/alice/AddPhysicalKey", 405),
        ("/nothing/here", 404),
    ] {
        let of = |method| scene.signed(RequestBuilder::new(method, path));
        let (get, asked) =
            (of(Method::GET).send(&scene.stage).await, of(Method::HEAD).send(&scene.stage).await);
        assert_eq!((head(&asked), asked.status()), (head(&get), status), "{path}");
        assert_eq!(asked.bytes(), b"", "{path}");
        let stranger = RequestBuilder::new(Method::HEAD, path).send(&scene.stage).await;
        assert_eq!(stranger.bytes(), b"", "{path}");
        assert!(stranger.status() == 401 || stranger.status() == status, "{path}");
    }
    assert_eq!(scene.stage.stored().await, before);
}

#[tokio::test]
async fn another_method_than_post_is_told_so_with_or_without_credentials() {
    let scene = Scene::new().await;
    for method in [Method::GET, Method::PUT, Method::PATCH, Method::DELETE] {
        for command in ["AddPhysicalKey", "RemovePhysicalKey"] {
            let request = RequestBuilder::new(method.clone(), format!("/users/alice/{command}"));
            scene.stage.refuses(request.clone(), method_not_allowed()).await;
            scene.stage.refuses(scene.signed(request.json("{}")), method_not_allowed()).await;
        }
    }
}

#[tokio::test]
async fn another_method_is_told_so_whatever_the_user_id_is_made_of() {
    let scene = Scene::new().await;
    for id in ["a%3Fb", "%25", "%F0%9F%97%9D", "a%2Fb", "%2F", "a%2Fusers%2Fb"] {
        let request = RequestBuilder::new(Method::GET, format!("/users/{id}/AddPhysicalKey"));
        scene.stage.refuses(request, method_not_allowed()).await;
    }
}

#[tokio::test]
async fn another_method_is_told_so_behind_a_base_path_or_a_stage() {
    let scene = Scene::new().await;
    for prefix in ["/v1", "/prod", "/inventory/v1"] {
        let path = format!("{prefix}/users/alice/AddPhysicalKey");
        scene.stage.refuses(RequestBuilder::new(Method::GET, &path), method_not_allowed()).await;
        scene.stage.refuses(add_at(&scene, &path), route_not_found()).await;
    }
}

#[tokio::test]
async fn a_preflight_is_answered_whatever_it_reaches_and_does_nothing() {
    let scene = Scene::new().await;
    let before = scene.stage.stored().await;
    let of_users = Route::ALL.map(|route| route.path_of(|name| if name == "number" { "1" } else { "alice" }));
    for path in of_users.iter().map(String::as_str).chain(["/", "/nothing/here"]) {
        for request in [
            RequestBuilder::new(Method::OPTIONS, path),
            scene.signed(RequestBuilder::new(Method::OPTIONS, path)),
        ] {
            let reply = request.header("origin", "https://keys.example").send(&scene.stage).await;
            check_preflight(&reply, path);
        }
    }
    // A gateway that hands every method of a path to its function.
    for route in Route::ALL {
        let mut event = scene.event(route.name(), &json!({"orgId": "acme", "number": 1}));
        event["requestContext"]["http"]["method"] = "OPTIONS".into();
        check_preflight(&scene.stage.invoke(Some(route), &event, PATIENCE).await, route.name());
    }
    assert_eq!(scene.stage.stored().await, before);
}

#[track_caller]
fn check_preflight(reply: &Reply, what: &str) {
    let headers: Vec<_> = reply.response.headers().keys().map(HeaderName::as_str).collect();
    assert_eq!((reply.status(), reply.bytes()), (204, &b""[..]), "{what}");
    // What a browser may do is the gateway's to tell.
    assert_eq!(headers, ["x-request-id", "cache-control", "x-content-type-options"], "{what}");
}

#[tokio::test]
async fn whether_there_is_anybody_is_answered_without_credentials_and_without_the_store() {
    let scene = Scene::new().await;
    for path in HEALTH {
        for (method, body) in [(Method::GET, &br#"{"status":"ok"}"#[..]), (Method::HEAD, b"")] {
            let reply = RequestBuilder::new(method, path).send(&scene.stage).await;
            assert_eq!((reply.status(), reply.bytes()), (200, body), "{path}");
            let headers: Vec<_> = reply.response.headers().keys().map(HeaderName::as_str).collect();
            let expected = ["content-type", "x-request-id", "cache-control", "x-content-type-options"];
            assert_eq!(headers, expected, "{path}");
        }
        for method in [Method::POST, Method::PUT, Method::DELETE] {
            let refused = method_not_allowed().with_header("allow", "GET, HEAD");
            scene.stage.refuses(RequestBuilder::new(method, path), refused).await;
        }
    }
}

#[tokio::test]
async fn nobody_knows_the_id_of_a_request_beforehand() {
    let scene = Scene::new().await;
    let once = scene.signed(RequestBuilder::get("/users/alice/PhysicalKeys")).send(&scene.stage).await;
    let again = scene.signed(RequestBuilder::get("/users/alice/PhysicalKeys")).send(&scene.stage).await;
    assert!(once.request_id().starts_with("test-request."));
    assert_ne!(once.request_id(), again.request_id(), "the gateway's id alone would be the same");
}

#[tokio::test]
async fn a_refusal_is_problem_json_where_accept_asks_for_it() {
    let scene = Scene::new().await;
    let to_add = |body: &str| {
        scene.signed(RequestBuilder::new(Method::POST, "/users/alice/AddPhysicalKey").json(body))
    };
    let forbidden = "The credentials are for another organisation than `orgId`.";
    for (request, refused) in [
        (to_add("{}"), Refused::invalid(&[(Some("/orgId"), "`orgId` is required.")])),
        (scene.add().without("authorization").without("x-api-key"), Refused::without_credentials()),
        (to_add(r#"{"orgId":"umbrella"}"#), Refused::new(403, "another_organisation", forbidden)),
        (scene.remove(1), nothing_to_remove()),
        (add_at(&scene, "/nothing"), route_not_found()),
        (RequestBuilder::new(Method::GET, "/users/alice/AddPhysicalKey"), method_not_allowed()),
        (to_add(&" ".repeat(16 * 1_024 + 1)), body_too_large()),
        (scene.add().without("content-type"), unsupported_media_type()),
    ] {
        for accept in ["application/problem+json", "application/json, Application/Problem+JSON;q=0.5"] {
            let refused = refused.clone().with_header("content-type", "application/problem+json");
            scene.stage.refuses(request.clone().header("accept", accept), refused).await;
        }
        for accept in ["*/*", "application/json", "application/problem+json;q=0", "text/html"] {
            scene.stage.refuses(request.clone().header("accept", accept), refused.clone()).await;
        }
    }
    let reply = scene.carry_out(scene.add().header("accept", "application/problem+json")).await;
    assert_eq!(reply.header("content-type"), Some("application/json"), "it is no problem");
}

/// Requests that are wrong in every way that can be told without a read.
fn unusable(scene: &Scene) -> [RequestBuilder; 7] {
    let body = |body: &str| RequestBuilder::new(Method::POST, "/users/alice/AddPhysicalKey").json(body);
    [
        body(r#"{"orgId":""}"#),
        body("{"),
        body(&" ".repeat(16 * 1_024 + 1)),
        body("{}").without("content-type"),
        body(r#"{"orgId":"acme"}"#).idempotency_key("a b"),
        RequestBuilder::add("%20a", &json!({"orgId": "acme"})),
        RequestBuilder::remove("alice", &json!({"number": 0})),
    ]
    .map(|request| scene.signed(request))
}

#[tokio::test]
async fn who_shows_no_credentials_learns_nothing_about_the_request() {
    let scene = Scene::new().await;
    for request in unusable(&scene) {
        let request = request.without("authorization").without("x-api-key");
        scene.stage.refuses(request, Refused::without_credentials()).await;
    }
}

#[tokio::test]
async fn an_unusable_request_costs_no_read() {
    let (scene, disturber) = Scene::disturbed().await;
    let seen = |operation: &&str| !disturber.seen(operation).is_empty();
    for request in unusable(&scene) {
        // Nothing is disturbed: the call forgets what came by before.
        disturber.watch();
        let reply = request.send(&scene.stage).await;
        assert!((400..=415).contains(&reply.status()), "{}", reply.json());
        let calls = ["BatchGetItem", "GetItem", "Query", "TransactWriteItems"];
        assert_eq!(calls.iter().find(|call| seen(call)), None, "{}", reply.json());
    }
    scene.carry_out(scene.add()).await;
    assert!(seen(&"BatchGetItem"), "a good request is read for, so that the others would be seen");
}

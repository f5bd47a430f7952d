//! What queries refuse, as a whole, and that they write nothing.

use acceptance::disturbance::{Disturbance, SECRET_CAUSE};
use acceptance::refused::Refused;
use acceptance::{RequestBuilder, Stage};
use aws_sdk_dynamodb::types::AttributeValue;
use lambda_http::http::Method;
use serde_json::json;

use crate::queries::open_stage;
use crate::scene::{DISAGREE, Scene, physical_key_not_found};

const OF_ALICE: [&str; 3] =
    ["/users/alice/PhysicalKeys", "/users/alice/PhysicalKeys/1", "/users/alice/PhysicalKeyEvents"];
const OF_ACME: &str = "/orgs/acme/PhysicalKeys";

fn forbidden(code: &'static str, message: &str) -> Refused {
    Refused::new(403, code, message)
}

pub(crate) fn another_users_inventory() -> Refused {
    forbidden("another_users_inventory", "The bearer token is for another user's inventory.")
}

pub(crate) fn one_user_only() -> Refused {
    let message = "The bearer token is for one user's inventory, and this list is over all users.";
    forbidden("one_user_only", message)
}

fn another_organisation() -> Refused {
    forbidden("another_organisation", "The credentials are for another organisation than `orgId`.")
}

#[tokio::test]
async fn credentials_are_asked_for_before_anything_else() {
    let scene = Scene::new().await;
    for path in
        OF_ALICE.into_iter().chain([OF_ACME, "/users/%20/PhysicalKeys?limit=0", "/users/a/PhysicalKeys/x"])
    {
        scene.stage.refuses(RequestBuilder::get(path), Refused::without_credentials()).await;
    }
}

#[tokio::test]
async fn a_revoked_api_key_reads_nothing() {
    let scene = Scene::new().await;
    scene.carry_out(scene.add()).await;
    let (api_key, id) = scene.stage.api_key("acme").await;
    scene.stage.revoke("acme", &id).await;
    let revoked = Refused::api_key("The API key has been revoked. Ask for a new one.");
    for path in OF_ALICE {
        let request = RequestBuilder::get(path).bearer(&scene.token).api_key(&api_key);
        scene.stage.refuses(request, revoked.clone()).await;
    }
    let request = RequestBuilder::get(OF_ACME).bearer(&scene.stage.service_token("acme")).api_key(&api_key);
    scene.stage.refuses(request, revoked).await;
}

/// A text is shown as what was recorded only if its digest says so.
#[tokio::test]
async fn a_history_with_a_text_that_was_not_recorded_is_a_fault_of_ours() {
    let scene = Scene::new().await;
    let body = json!({"orgId": "acme", "note": "front"});
    scene.carry_out(scene.signed(RequestBuilder::add("alice", &body))).await;
    let item = scene.stage.stored_of("alice", "EVENT#").await.remove(0);
    let text = |name: &str| AttributeValue::S(item[name]["S"].as_str().expect("a text").to_owned());
    let update = scene.stage.client.update_item().table_name(scene.stage.backend.table.name());
    let update = update
        .key("pk", text("pk"))
        .key("sk", text("sk"))
        .update_expression("SET #disclosures.#note.#text = :text")
        .expression_attribute_names("#disclosures", "disclosures")
        .expression_attribute_names("#note", "note")
        .expression_attribute_names("#text", "text")
        .expression_attribute_values(":text", AttributeValue::S("back".to_owned()));
    update.send().await.expect("an update");
    let history = scene.signed(RequestBuilder::get("/users/alice/PhysicalKeyEvents"));
    let message = "Something is wrong on our side. Tell us the `requestId`.";
    scene.stage.refuses(history, Refused::new(500, "internal_error", message)).await;
}

#[tokio::test]
async fn a_query_is_for_those_whose_credentials_reach_it() {
    let stage = open_stage().await;
    let (acme, _) = stage.api_key("acme").await;
    let (umbrella, _) = stage.api_key("umbrella").await;
    let (bob, service) = (stage.user_token("bob"), stage.service_token("acme"));
    for path in OF_ALICE {
        let get = || RequestBuilder::get(path);
        for request in [get().bearer(&bob), get().bearer(&bob).api_key(&acme)] {
            stage.refuses(request, another_users_inventory()).await;
        }
        let disagree = forbidden("credentials_disagree", DISAGREE);
        stage.refuses(get().bearer(&service).api_key(&umbrella), disagree).await;
    }
    let get = || RequestBuilder::get(OF_ACME);
    stage.refuses(get().bearer(&bob), one_user_only()).await;
    stage.refuses(get().bearer(&bob).api_key(&acme), one_user_only()).await;
    stage.refuses(get().api_key(&umbrella), another_organisation()).await;
    stage.refuses(get().bearer(&stage.service_token("umbrella")), another_organisation()).await;
}

/// For an organisation, a user who holds only another's physical keys is like one who holds none: the same status,
/// bytes and headers.
#[tokio::test]
async fn what_another_organisation_issued_is_absent() {
    let stage = open_stage().await;
    let (acme, _) = stage.api_key("acme").await;
    let (umbrella, _) = stage.api_key("umbrella").await;
    for _ in 0..3 {
        let add =
            RequestBuilder::add("alice", &json!({"orgId": "umbrella", "note": "Vault"})).api_key(&umbrella);
        assert_eq!(add.send(&stage).await.status(), 200);
    }
    let remove = RequestBuilder::remove("alice", &json!({"number": 3})).api_key(&umbrella);
    assert_eq!(remove.send(&stage).await.status(), 200);
    for tail in ["PhysicalKeys", "PhysicalKeys?q=vault", "PhysicalKeys?orgId=umbrella", "PhysicalKeyEvents"] {
        let foreign = RequestBuilder::get(format!("/users/alice/{tail}")).api_key(&acme).send(&stage).await;
        let absent = RequestBuilder::get(format!("/users/nobody/{tail}")).api_key(&acme).send(&stage).await;
        assert_eq!((foreign.status(), foreign.without_chance()), (200, absent.without_chance()), "{tail}");
    }
    for path in [
        "/users/alice/PhysicalKeys/1",
        "/users/alice/PhysicalKeys/3",
        "/users/alice/PhysicalKeys/99",
        "/users/nobody/PhysicalKeys/1",
        "/users/nobody/PhysicalKeys/99999999999999999999",
    ] {
        stage.refuses(RequestBuilder::get(path).api_key(&acme), physical_key_not_found()).await;
    }
}

#[tokio::test]
async fn every_fault_of_a_query_is_named_at_once() {
    let scene = Scene::new().await;
    let path = format!(
        "/users/{}/PhysicalKeys?limit=101&cursor=x&orgid=acme&orgId=&q={}&_callerOrgId=acme&orgName=a&orgName=b",
        "a".repeat(129),
        "q".repeat(501)
    );
    let refused = Refused::invalid(&[
        (None, "The user id in the path must be at most 128 characters long."),
        (None, "The query parameter `orgId` must not be empty."),
        (None, "The query parameter `orgName` appears more than once."),
        (None, "The query parameter `q` must be at most 500 characters long."),
        (None, "The query parameter `limit` must be an integer from 1 to 100."),
        (
            None,
            "The query parameter `cursor` is not one of this list, or is older than a day; begin again without it.",
        ),
        (None, "`_callerOrgId` is set by the server from the API key; leave it out."),
        (None, "The query parameter `orgid` is not one of this query."),
    ]);
    let request =
        RequestBuilder::get(path).bearer(&scene.stage.service_token("acme")).api_key(&scene.api_key);
    scene.stage.refuses(request, refused).await;
}

#[tokio::test]
async fn a_limit_is_an_integer_from_1_to_100() {
    let scene = Scene::new().await;
    let refused =
        Refused::invalid(&[(None, "The query parameter `limit` must be an integer from 1 to 100.")]);
    for limit in ["0", "101", "-1", "1.0", "1e1", "", "ten", "99999999999999999999", "%2B1", "01"] {
        let request = RequestBuilder::get(format!("/users/alice/PhysicalKeys?limit={limit}"));
        scene.stage.refuses(scene.signed(request), refused.clone()).await;
    }
    for limit in ["1", "100"] {
        let request = RequestBuilder::get(format!("/users/alice/PhysicalKeys?limit={limit}"));
        scene.carry_out(scene.signed(request)).await;
    }
}

#[tokio::test]
async fn a_number_in_a_path_is_spelled_in_one_way() {
    let scene = Scene::new().await;
    scene.carry_out(scene.add()).await;
    for (number, predicate) in [
        ("0", "must be greater than 0"),
        ("-1", "must be an integer"),
        ("01", "must be an integer"),
        ("1.0", "must be an integer"),
        ("%2B1", "must be an integer"),
        ("one", "must be an integer"),
    ] {
        let request = RequestBuilder::get(format!("/users/alice/PhysicalKeys/{number}"));
        let message = format!("The number in the path {predicate}.");
        scene.stage.refuses(scene.signed(request), Refused::invalid(&[(None, &message)])).await;
    }
}

#[tokio::test]
async fn a_query_takes_get_and_nothing_else() {
    let scene = Scene::new().await;
    let message = "This path takes another method; see the Allow header.";
    let refused = Refused::new(405, "method_not_allowed", message).with_header("allow", "GET, HEAD");
    for path in OF_ALICE.into_iter().chain([OF_ACME]) {
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
            scene.stage.refuses(scene.signed(RequestBuilder::new(method, path)), refused.clone()).await;
        }
    }
}

async fn unreachable(path: &str, disturbance: Disturbance, operation: &'static str, refused: Refused) {
    let (scene, disturber) = Scene::disturbed().await;
    scene.carry_out(scene.add()).await;
    disturber.disturb(operation, disturbance, usize::MAX);
    let token = if path == OF_ACME { scene.stage.service_token("acme") } else { scene.token.clone() };
    let request = RequestBuilder::get(path).bearer(&token).api_key(&scene.api_key);
    let reply = request.send(&scene.stage).await;
    refused.check(&reply);
    assert!(!String::from_utf8_lossy(reply.bytes()).contains(SECRET_CAUSE));
}

#[tokio::test]
async fn a_store_that_cannot_be_read_is_said_to_be_so() {
    let message =
        "The store cannot be reached. Send the request again, a command with the same Idempotency-Key.";
    let unavailable = Refused::new(503, "store_unavailable", message).with_header("retry-after", "1");
    let message =
        "The store is throttling. It is safe to send the request again with the same Idempotency-Key.";
    let throttled = Refused::new(429, "throttled", message).with_header("retry-after", "1");
    let message = "Something is wrong on our side. Tell us the `requestId`.";
    let internal = Refused::new(500, "internal_error", message);
    for path in OF_ALICE.into_iter().chain([OF_ACME]) {
        let operation = if path.ends_with("/1") { "BatchGetItem" } else { "Query" };
        let failed = |status, code| Disturbance::Failed(status, code);
        unreachable(path, Disturbance::CutBefore, operation, unavailable.clone()).await;
        unreachable(path, failed(400, "ThrottlingException"), operation, throttled.clone()).await;
        unreachable(path, failed(400, "ResourceNotFoundException"), operation, internal.clone()).await;
    }
}

/// Sanity of the tests above: the same requests are answered when nothing is wrong with them.
#[tokio::test]
async fn the_same_queries_are_answered_otherwise() {
    let stage = Stage::new().await;
    let (api_key, _) = stage.api_key("acme").await;
    let token = stage.service_token("acme");
    let add = RequestBuilder::add("alice", &json!({"orgId": "acme"})).bearer(&token).api_key(&api_key);
    assert_eq!(add.send(&stage).await.status(), 200);
    for path in OF_ALICE.into_iter().chain([OF_ACME]) {
        let reply = RequestBuilder::get(path).bearer(&token).api_key(&api_key).send(&stage).await;
        assert_eq!(reply.status(), 200, "{path}: {}", reply.json());
    }
}

//! `Idempotency-Key`: the same request answers the same bytes and commits once, whatever was retried, raced or cut off.

use std::sync::Arc;
use std::time::Duration;

use acceptance::refused::Refused;
use acceptance::{NOON, Reply, RequestBuilder, Setting, Stage};
use api::auth::RequiredCredentials;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::api_key::PresentedApiKey;
use domain::values::EpochMillis;
use serde_json::json;
use tokio::task::JoinSet;

use crate::invariants;
use crate::scene::{Scene, idempotency_key_reused, nothing_to_remove};

const THIRTY_DAYS: Duration = Duration::from_hours(30 * 24);

/// Sends a request and checks that it is answered as before and that nothing is written.
async fn replayed(stage: &Stage, request: &RequestBuilder, first: &Reply) {
    let before = stage.stored().await;
    let reply = request.send(stage).await;
    assert_eq!(reply.status(), 200, "{}", reply.json());
    assert_eq!(reply.bytes(), first.bytes(), "the same bytes");
    assert_eq!(reply.header("idempotent-replayed"), Some("true"));
    for name in ["content-type", "cache-control", "event-hash"] {
        assert_eq!(reply.header(name), first.header(name), "{name}");
    }
    assert_eq!(stage.stored().await, before, "a replay writes nothing");
}

/// Sends a request and checks that it is carried out, not replayed, with this number.
async fn committed(stage: &Stage, request: &RequestBuilder, number: u64) -> Reply {
    let reply = request.send(stage).await;
    assert_eq!(reply.status(), 200, "{}", reply.json());
    assert_eq!(reply.header("idempotent-replayed"), None);
    assert_eq!(reply.json()["number"], number);
    reply
}

#[tokio::test]
async fn a_replay_answers_the_same_bytes_and_writes_nothing() {
    let scene = Scene::new().await;
    let body = json!({"orgId": "acme", "orgName": "Acme Ltd", "note": "Tür \"3\""});
    let add = scene.signed(RequestBuilder::add("alice", &body)).idempotency_key("add");
    let added = committed(&scene.stage, &add, 1).await;
    scene.stage.pass(Duration::from_secs(5));
    replayed(&scene.stage, &add, &added).await;

    let remove = scene.remove(1).idempotency_key("remove");
    let removed = committed(&scene.stage, &remove, 1).await;
    scene.stage.pass(Duration::from_secs(5));
    replayed(&scene.stage, &remove, &removed).await;
    replayed(&scene.stage, &add, &added).await;
}

#[tokio::test]
async fn a_replay_is_answered_after_other_versions() {
    let scene = Scene::new().await;
    let request = scene.add().idempotency_key("a");
    let first = committed(&scene.stage, &request, 1).await;
    scene.carry_out(scene.add()).await;
    scene.carry_out(scene.remove(2)).await;
    replayed(&scene.stage, &request, &first).await;
}

#[tokio::test]
async fn a_replay_is_answered_after_the_api_key_was_rotated() {
    let scene = Scene::new().await;
    let first = committed(&scene.stage, &scene.add().idempotency_key("a"), 1).await;
    let (rotated, _) = scene.stage.api_key("acme").await;
    let request = scene.add().idempotency_key("a").without("x-api-key").api_key(&rotated);
    replayed(&scene.stage, &request, &first).await;
    let old = PresentedApiKey::parse(&scene.api_key).expect("an API key");
    scene.stage.revoke("acme", old.id()).await;
    replayed(&scene.stage, &request, &first).await;
}

#[tokio::test]
async fn a_replay_is_answered_after_the_token_was_renewed() {
    let scene = Scene::new().await;
    let first = committed(&scene.stage, &scene.add().idempotency_key("a"), 1).await;
    scene.stage.pass(Duration::from_hours(24));
    let renewed = scene.stage.user_token("alice");
    assert_ne!(renewed, scene.token);
    let request = scene.add().idempotency_key("a").without("authorization").bearer(&renewed);
    replayed(&scene.stage, &request, &first).await;
}

#[tokio::test]
async fn a_replay_needs_credentials_that_are_still_good() {
    let scene = Scene::new().await;
    let request = scene.add().idempotency_key("a");
    committed(&scene.stage, &request, 1).await;
    scene.stage.pass(Duration::from_hours(24));
    let message = "The bearer token has expired. Get a new one.";
    let challenge =
        format!("Bearer realm=\"physical-keys\", error=\"invalid_token\", error_description=\"{message}\"");
    let expired =
        Refused::new(401, "credentials_refused", message).with_header("www-authenticate", &challenge);
    scene.stage.refuses(request, expired).await;
}

#[tokio::test]
async fn another_user_is_refused_and_learns_nothing() {
    let scene = Scene::new().await;
    let request = scene.add().idempotency_key("a");
    committed(&scene.stage, &request, 1).await;
    let bob = request.without("authorization").bearer(&scene.stage.user_token("bob"));
    let message = "The bearer token is for another user's inventory.";
    scene.stage.refuses(bob, Refused::new(403, "another_users_inventory", message)).await;
}

#[tokio::test]
async fn the_same_key_of_other_callers_is_another_key() {
    let setting = Setting { required: RequiredCredentials::Either, ..Setting::default() };
    let stage = Stage::set(setting).await;
    let (acme_key, _) = stage.api_key("acme").await;
    let (umbrella_key, _) = stage.api_key("umbrella").await;
    let request = |org_id: &str| RequestBuilder::add("alice", &json!({"orgId": org_id})).idempotency_key("a");
    let callers = [
        request("acme").bearer(&stage.service_token("acme")),
        request("umbrella").bearer(&stage.service_token("umbrella")),
        request("acme").api_key(&acme_key),
        request("umbrella").api_key(&umbrella_key),
        request("acme").bearer(&stage.user_token("alice")).api_key(&acme_key),
        request("umbrella").bearer(&stage.user_token("alice")).api_key(&umbrella_key),
        request("acme").bearer(&stage.manager_token("bob", "acme")),
    ];
    let mut answers = Vec::new();
    for (number, request) in (1..).zip(&callers) {
        answers.push(committed(&stage, request, number).await);
    }
    for (request, first) in callers.iter().zip(&answers) {
        replayed(&stage, request, first).await;
    }
}

/// Kind, issuer, id and organisation: what a caller's credentials are besides is not who it is.
#[tokio::test]
async fn the_same_caller_by_other_credentials_is_the_same_caller() {
    let setting = Setting { required: RequiredCredentials::Either, ..Setting::default() };
    let stage = Stage::set(setting).await;
    let (api_key, _) = stage.api_key("acme").await;
    let service = stage.service_token("acme");
    let request = RequestBuilder::add("alice", &json!({"orgId": "acme"})).idempotency_key("a");
    let first = committed(&stage, &request.clone().bearer(&service), 1).await;
    replayed(&stage, &request.clone().bearer(&service).api_key(&api_key), &first).await;
    let person = request.clone().bearer(&stage.user_token("alice")).api_key(&api_key);
    let first = committed(&stage, &person, 2).await;
    replayed(&stage, &request.clone().bearer(&stage.member_token("alice", "acme")).api_key(&api_key), &first)
        .await;
    replayed(&stage, &request.bearer(&stage.manager_token("alice", "acme")), &first).await;
}

#[tokio::test]
async fn the_same_key_for_another_user_is_another_key() {
    let stage = Stage::new().await;
    let (token, (api_key, _)) = (stage.service_token("acme"), stage.api_key("acme").await);
    for user in ["alice", "bob"] {
        let request = RequestBuilder::add(user, &json!({"orgId": "acme"})).bearer(&token).api_key(&api_key);
        let reply = committed(&stage, &request.idempotency_key("a"), 1).await;
        assert_eq!(reply.json()["aggregateId"], user);
    }
}

#[tokio::test]
async fn keys_that_differ_by_case_are_two_keys() {
    let scene = Scene::new().await;
    committed(&scene.stage, &scene.add().idempotency_key("a"), 1).await;
    committed(&scene.stage, &scene.add().idempotency_key("A"), 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_32_raced_identical_requests_one_commits_and_all_are_answered_alike() {
    let scene = Arc::new(Scene::new().await);
    let mut requests = JoinSet::new();
    for _ in 0..32 {
        let scene = Arc::clone(&scene);
        requests.spawn(async move { scene.carry_out(scene.add().idempotency_key("a")).await });
    }
    let replies = requests.join_all().await;
    assert!(replies.iter().all(|reply| reply.bytes() == replies[0].bytes()), "identical bytes");
    let fresh = replies.iter().filter(|reply| reply.header("idempotent-replayed").is_none()).count();
    assert_eq!(fresh, 1, "one is the first answer, the others repeat it");
    let history = invariants::check(&scene.stage.stored().await, "alice");
    assert_eq!(history.records.len(), 1);
}

#[tokio::test]
async fn a_key_that_was_used_with_another_request_is_refused() {
    let scene = Scene::new().await;
    committed(&scene.stage, &scene.add().idempotency_key("a"), 1).await;
    let another_body = RequestBuilder::add("alice", &json!({"orgId": "acme", "note": ""}));
    for other in [scene.signed(another_body), scene.remove(1)] {
        scene.stage.refuses(other.idempotency_key("a"), idempotency_key_reused()).await;
    }
}

#[tokio::test]
async fn the_same_json_in_another_spelling_is_the_same_request() {
    let scene = Scene::new().await;
    let spelled = |command: &str, body: &str| {
        let path = format!("/users/alice/{command}");
        let request = RequestBuilder::new(lambda_http::http::Method::POST, path).json(body);
        scene.signed(request).idempotency_key(command)
    };
    let add = spelled("AddPhysicalKey", r#"{"orgId":"acme","note":"Tür"}"#);
    let first = committed(&scene.stage, &add, 1).await;
    for body in
        ["{ \"orgId\" : \"acme\",\n\t\"note\": \"Tür\" }", r#"{"note":"T\u00fcr","\u006frgId":"acme"}"#]
    {
        replayed(&scene.stage, &spelled("AddPhysicalKey", body), &first).await;
    }
    let first = committed(&scene.stage, &spelled("RemovePhysicalKey", r#"{"number":1}"#), 1).await;
    for body in [r#"{"number":1.0}"#, r#"{"number": 10e-1}"#] {
        replayed(&scene.stage, &spelled("RemovePhysicalKey", body), &first).await;
    }
}

#[tokio::test]
async fn an_answer_is_kept_for_30_days_even_if_its_item_stays_longer() {
    let scene = Scene::new().await;
    let first = committed(&scene.stage, &scene.add().idempotency_key("a"), 1).await;
    let renewed = |scene: &Scene| {
        let token = scene.stage.user_token("alice");
        scene.add().idempotency_key("a").without("authorization").bearer(&token)
    };
    scene.stage.pass(THIRTY_DAYS.saturating_sub(Duration::from_millis(1)));
    replayed(&scene.stage, &renewed(&scene), &first).await;

    scene.stage.pass(Duration::from_millis(1));
    assert_eq!(scene.stage.stored_of("alice", "REQUEST#").await.len(), 1, "nobody has swept it yet");
    let second = committed(&scene.stage, &renewed(&scene), 2).await;
    assert_eq!(scene.stage.stored_of("alice", "REQUEST#").await.len(), 1, "the new answer takes its place");
    replayed(&scene.stage, &renewed(&scene), &second).await;
}

#[tokio::test]
async fn refusals_are_not_remembered() {
    let scene = Scene::new().await;
    let remove = scene.remove(1).idempotency_key("a");
    scene.stage.refuses(remove.clone(), nothing_to_remove()).await;
    committed(&scene.stage, &scene.add(), 1).await;
    committed(&scene.stage, &remove, 1).await;
}

#[tokio::test]
async fn the_stored_answer_expires_in_30_days_counted_in_seconds() {
    let scene = Scene::new().await;
    let reply = committed(&scene.stage, &scene.add().idempotency_key("a"), 1).await;
    let stored = scene.stage.stored_of("alice", "REQUEST#").await;
    let expires_at = EpochMillis::new(NOON.get()).plus(THIRTY_DAYS).seconds();
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0]["expiresAt"], json!({"N": expires_at.to_string()}));
    assert_eq!(stored[0]["body"]["S"].as_str().map(str::as_bytes), Some(reply.bytes()));
}

/// What is kept for 30 days must not tell a text to whoever has the table and can guess.
#[tokio::test]
async fn what_is_kept_of_a_request_has_no_hash_that_tells_a_text() {
    let scene = Scene::new().await;
    let mut kept = Vec::new();
    for note in [
        json!({"orgId": "acme"}),
        json!({"orgId": "acme", "note": "a"}),
        json!({"orgId": "acme", "note": "b"}),
    ] {
        let key = kept.len().to_string();
        scene.carry_out(scene.signed(RequestBuilder::add("alice", &note)).idempotency_key(&key)).await;
        let stored = scene.stage.stored_of("alice", "REQUEST#").await;
        kept.extend(stored.into_iter().filter(|item| !kept.contains(item)).collect::<Vec<_>>());
    }
    assert!(kept.iter().all(|item| item["fingerprint"] == kept[0]["fingerprint"]), "{kept:?}");
    let of = |item: &serde_json::Value| (item["texts"].clone(), item["salts"].clone());
    assert_eq!(of(&kept[0]), (json!(null), json!(null)), "there was none");
    assert_ne!(of(&kept[1]), of(&kept[2]));
}

/// After an erasure nobody can tell any more which text it was: the rest of the request decides.
#[tokio::test]
async fn a_request_whose_texts_were_erased_is_known_by_the_rest_of_it() {
    let scene = Scene::new().await;
    let with =
        |body: serde_json::Value| scene.signed(RequestBuilder::add("alice", &body)).idempotency_key("a");
    let (first, other) = (json!({"orgId": "acme", "note": "a"}), json!({"orgId": "acme", "note": "b"}));
    let answered = committed(&scene.stage, &with(first.clone()), 1).await;
    let without = json!({"orgId": "acme"});
    for body in [&other, &without] {
        scene.stage.refuses(with(body.clone()), idempotency_key_reused()).await;
    }
    let item = scene.stage.stored_of("alice", "REQUEST#").await.remove(0);
    let text = |name: &str| AttributeValue::S(item[name]["S"].as_str().expect("a text").to_owned());
    let update = scene.stage.client.update_item().table_name(scene.stage.backend.table.name());
    let update = update.key("pk", text("pk")).key("sk", text("sk")).update_expression("REMOVE #salts");
    update.expression_attribute_names("#salts", "salts").send().await.expect("an update");
    for body in [first, other, without] {
        replayed(&scene.stage, &with(body), &answered).await;
    }
    let with_a_name = json!({"orgId": "acme", "orgName": "Acme"});
    scene.stage.refuses(with(with_a_name), idempotency_key_reused()).await;
}

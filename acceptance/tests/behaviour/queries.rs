//! What queries answer: a user's physical keys, one of them, what an organisation has out, a user's history.

use std::time::Duration;

use acceptance::{NOON, RequestBuilder, Setting, Stage};
use api::auth::RequiredCredentials;
use domain::history::{ChainedRecord, EventHash, Salt, TextDigest};
use serde_json::{Value, json};

use crate::scene::Scene;

/// A stage that lets a user in by a token alone: the only caller who sees what every organisation issued.
pub(crate) async fn open_stage() -> Stage {
    let stage = Stage::set(Setting { required: RequiredCredentials::Either, ..Setting::default() }).await;
    for org_id in ["acme", "umbrella", "initech"] {
        stage.register(org_id).await;
    }
    stage
}

/// Adds a physical key by its organisation's service.
async fn add(stage: &Stage, user: &str, body: Value) {
    let token = stage.service_token(body["orgId"].as_str().expect("an organisation"));
    let reply = RequestBuilder::add(user, &body).bearer(&token).send(stage).await;
    assert_eq!(reply.status(), 200, "{}", reply.json());
}

/// What a user sees with a token alone.
async fn seen(stage: &Stage, user: &str, path: &str) -> Value {
    let request = RequestBuilder::get(format!("/users/{user}/{path}")).bearer(&stage.user_token(user));
    let reply = request.send(stage).await;
    assert_eq!(reply.status(), 200, "{path}: {}", reply.json());
    reply.json()
}

fn numbers(page: &Value) -> Vec<u64> {
    let keys = page["keys"].as_array().expect("keys");
    keys.iter().map(|key| key["number"].as_u64().expect("a number")).collect()
}

#[tokio::test]
async fn a_list_has_every_physical_key_that_is_out_and_its_total() {
    let stage = open_stage().await;
    add(&stage, "alice", json!({"orgId": "acme", "orgName": "Acme Ltd", "note": "Front door"})).await;
    stage.pass(Duration::from_millis(5));
    add(&stage, "alice", json!({"orgId": "umbrella"})).await;
    add(&stage, "bob", json!({"orgId": "acme"})).await;
    let request = RequestBuilder::get("/users/alice/PhysicalKeys").bearer(&stage.user_token("alice"));
    let reply = request.send(&stage).await;
    let expected = json!({
        // By issuer: the tag of Umbrella's id comes before that of Acme's.
        "keys": [
            {"number": 2, "orgId": "umbrella", "addedAt": NOON.get() + 5},
            {"number": 1, "orgId": "acme", "orgName": "Acme Ltd", "note": "Front door", "addedAt": NOON},
        ],
        "total": 2,
    });
    assert_eq!(reply.json(), expected);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn a_user_without_physical_keys_has_an_empty_list() {
    let scene = Scene::new().await;
    for path in ["/users/alice/PhysicalKeys", "/users/alice/PhysicalKeys?q=door&limit=1"] {
        let reply = scene.carry_out(scene.signed(RequestBuilder::get(path))).await;
        assert_eq!(reply.json(), json!({"keys": [], "total": 0}));
    }
    let events = scene.signed(RequestBuilder::get("/users/alice/PhysicalKeyEvents"));
    assert_eq!(scene.carry_out(events).await.json(), json!({"events": []}));
}

#[tokio::test]
async fn a_list_shows_what_was_just_done() {
    let scene = Scene::new().await;
    let list = scene.signed(RequestBuilder::get("/users/alice/PhysicalKeys"));
    for number in 1..=5 {
        scene.carry_out(scene.add()).await;
        assert_eq!(numbers(&scene.carry_out(list.clone()).await.json()), (1..=number).collect::<Vec<_>>());
    }
    scene.carry_out(scene.remove(2)).await;
    let reply = scene.carry_out(list).await;
    assert_eq!((numbers(&reply.json()), &reply.json()["total"]), (vec![1, 3, 4, 5], &json!(4)));
}

#[tokio::test]
async fn filters_combine() {
    let stage = open_stage().await;
    for (org_id, org_name, note) in [
        ("acme", Some("Acme Ltd"), Some("Front door")),
        ("acme", Some("Acme Ltd"), Some("Mailbox 7")),
        ("acme", Some("ACME"), Some("the FRONT gate")),
        ("umbrella", Some("Acme Ltd"), Some("Straße, ΟΔΟΣ")),
        ("acme", None, None),
    ] {
        let mut body = json!({"orgId": org_id});
        if let Some(name) = org_name {
            body["orgName"] = json!(name);
        }
        if let Some(note) = note {
            body["note"] = json!(note);
        }
        add(&stage, "alice", body).await;
    }
    for (query, expected) in [
        ("", &[4, 1, 2, 3, 5][..]),
        ("?orgId=acme", &[1, 2, 3, 5]),
        ("?orgId=Acme", &[]),
        ("?orgName=Acme%20Ltd", &[4, 1, 2]),
        ("?orgName=Acme+Ltd", &[4, 1, 2]),
        ("?orgName=Acme", &[]),
        ("?q=front", &[1, 3]),
        ("?q=FRONT%20D", &[1]),
        ("?q=stra%C3%9Fe", &[4]),
        ("?q=%CE%BF%CE%B4%CE%BF%CF%83", &[4]),
        ("?q=", &[4, 1, 2, 3, 5]),
        ("?orgId=acme&orgName=Acme%20Ltd&q=mailbox", &[2]),
        ("?orgId=umbrella&q=front", &[]),
    ] {
        let page = seen(&stage, "alice", &format!("PhysicalKeys{query}")).await;
        assert_eq!(numbers(&page), expected, "{query}");
        assert_eq!(page["total"], expected.len(), "{query}");
    }
}

#[tokio::test]
async fn one_physical_key_is_answered_by_its_number() {
    let scene = Scene::new().await;
    scene.carry_out(scene.add()).await;
    scene.carry_out(scene.add()).await;
    let get = scene.signed(RequestBuilder::get("/users/alice/PhysicalKeys/2"));
    let reply = scene.carry_out(get).await;
    assert_eq!(reply.json(), json!({"number": 2, "orgId": "acme", "addedAt": NOON}));
}

#[tokio::test]
async fn an_organisation_sees_who_holds_its_physical_keys_newest_first() {
    let stage = open_stage().await;
    let acme = json!({"orgId": "acme", "orgName": "Acme Ltd", "note": "Front door"});
    for (user, body) in [
        ("bob", acme.clone()),
        ("alice", json!({"orgId": "umbrella"})),
        ("alice", acme),
        ("alice", json!({"orgId": "acme"})),
    ] {
        add(&stage, user, body).await;
        stage.pass(Duration::from_millis(1));
    }
    let remove = RequestBuilder::remove("alice", &json!({"number": 3})).bearer(&stage.service_token("acme"));
    assert_eq!(remove.send(&stage).await.status(), 200);

    let (api_key, _) = stage.api_key("acme").await;
    let list = RequestBuilder::get("/orgs/acme/PhysicalKeys");
    let expected = json!({"keys": [
        {"userId": "alice", "number": 2, "orgName": "Acme Ltd", "note": "Front door", "addedAt": NOON.get() + 2},
        {"userId": "bob", "number": 1, "orgName": "Acme Ltd", "note": "Front door", "addedAt": NOON},
    ]});
    let token = stage.service_token("acme");
    for request in
        [list.clone().api_key(&api_key), list.clone().bearer(&token), list.bearer(&token).api_key(&api_key)]
    {
        let reply = request.send(&stage).await;
        assert_eq!((reply.status(), reply.json()), (200, expected.clone()));
    }
    let empty = RequestBuilder::get("/orgs/initech/PhysicalKeys").bearer(&stage.service_token("initech"));
    assert_eq!(empty.send(&stage).await.json(), json!({"keys": []}));
}

#[tokio::test]
async fn a_history_can_be_checked_by_whoever_reads_it() {
    let stage = open_stage().await;
    add(&stage, "alice", json!({"orgId": "acme", "note": "Tür \"3\" 🗝"})).await;
    add(&stage, "alice", json!({"orgId": "umbrella"})).await;
    let (api_key, _) = stage.api_key("acme").await;
    let remove = RequestBuilder::remove("alice", &json!({"number": 1})).api_key(&api_key);
    let removal = remove.send(&stage).await;
    assert_eq!(removal.status(), 200);

    let page = seen(&stage, "alice", "PhysicalKeyEvents").await;
    let events = page["events"].as_array().expect("events");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let hash = |value: &Value| text(value).parse::<EventHash>().expect("a hash");
    // `Value` keeps what a client parsed; the canonical spelling of a record is its members in order.
    let mut head = EventHash::GENESIS;
    for (version, event) in (1..).zip(events) {
        let record = serde_json::to_string(&event["record"]).expect("JSON");
        let record = ChainedRecord::read(record, hash(&event["previousHash"]), hash(&event["hash"]));
        let record = record.expect("a record");
        assert_eq!(record.record().version.get(), version, "versions are dense");
        assert!(record.follows(head), "event {version} follows the one before");
        head = record.hash();
    }
    assert_eq!(events.len(), 3);
    let (added, note) = (&events[0], "Tür \"3\" 🗝");
    assert_eq!(added["event"]["data"]["note"], note);
    assert!(!added["record"].to_string().contains("Tür"), "{added}");
    let disclosure = &added["disclosures"]["note"];
    assert_eq!(disclosure["text"], note);
    let salt = Salt::try_from(text(&disclosure["salt"])).expect("a salt");
    assert_eq!(added["record"]["data"]["texts"], json!({"note": TextDigest::of(salt, note)}));
    let removed = &events[2];
    let happened = json!({"userId": "alice", "number": 1, "removedAt": NOON});
    assert_eq!(removed["event"], json!({"type": "PhysicalKeyRemoved", "data": happened}));
    assert_eq!(removed.get("disclosures"), None, "{removed}");
    let record = &removed["record"];
    assert_eq!(
        (&record["actor"]["type"], &record["actor"]["orgId"]),
        (&json!("organisation"), &json!("acme"))
    );
    assert_eq!((&record["requestId"], &record["recordedAt"]), (&json!(removal.request_id()), &json!(NOON)));
    assert_eq!(removal.header("event-hash"), removed["hash"].as_str(), "the receipt");
    assert_eq!(removed.get("attempt"), None, "what is neither hashed nor disclosed is not shown");

    // Acme's part of it: its own physical key, issued and taken back.
    let history = RequestBuilder::get("/users/alice/PhysicalKeyEvents").api_key(&api_key).send(&stage).await;
    let versions: Vec<_> = history.json()["events"]
        .as_array()
        .expect("events")
        .iter()
        .map(|event| event["record"]["version"].clone())
        .collect();
    assert_eq!(versions, [1, 3]);
}

#[tokio::test]
async fn both_kinds_of_gateway_give_the_same_answers() {
    let scene = Scene::new().await;
    let token = scene.stage.user_token("mü/1");
    let add = RequestBuilder::add("m%C3%BC%2F1", &json!({"orgId": "acme", "note": "a&b=c"}));
    scene.carry_out(add.bearer(&token).api_key(&scene.api_key)).await;
    for path in [
        "/users/m%C3%BC%2F1/PhysicalKeys",
        "/users/m%C3%BC%2F1/PhysicalKeys?q=A%26B%3Dc&limit=1",
        "/users/m%C3%BC%2F1/PhysicalKeys/1",
        "/users/m%C3%BC%2F1/PhysicalKeyEvents?limit=5",
    ] {
        let request = RequestBuilder::get(path).bearer(&token).api_key(&scene.api_key);
        let (http, rest) = (request.send(&scene.stage).await, request.send_as_rest_event(&scene.stage).await);
        assert_eq!(http.status(), 200, "{path}: {}", http.json());
        assert_eq!(http.without_chance(), rest.without_chance(), "{path}");
    }
}

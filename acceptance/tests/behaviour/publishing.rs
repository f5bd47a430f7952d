//! What consumers of the bus see of the events that the commands wrote.

use acceptance::event_bus::EventBus;
use acceptance::stored::hexadecimal;
use acceptance::stream::{batch, insertion, passes, sequence_number, shown};
use acceptance::{NOON, PATIENCE, RequestBuilder, Setting, Stage};
use serde_json::{Value, json};
use store::Stream;

use crate::log::{last, logged};
use crate::scene::Scene;

/// The events that a user's commands wrote, as the stream shows them: so many additions, and the removal of number 1.
pub(crate) async fn history(stage: &Stage, user: &str, additions: usize) -> Vec<Value> {
    let (token, (api_key, _)) = (stage.user_token(user), stage.api_key("acme").await);
    let add = RequestBuilder::add(user, &json!({"orgId": "acme", "note": "Tür 3"}));
    let remove = RequestBuilder::remove(user, &json!({"number": 1}));
    for request in std::iter::repeat_n(add, additions).chain([remove]) {
        let reply = request.bearer(&token).api_key(&api_key).send(stage).await;
        assert_eq!(reply.status(), 200, "{}", reply.json());
    }
    stage.stored_of(user, "EVENT#").await.iter().map(insertion).collect()
}

/// The answer to Lambda when everything is done.
pub(crate) fn nothing_left() -> Value {
    json!({"batchItemFailures": []})
}

/// The answer to Lambda that has it go on from a place.
pub(crate) fn left_from(place: usize) -> Value {
    json!({"batchItemFailures": [{"itemIdentifier": sequence_number(place)}]})
}

/// Whose event an entry is, and its version.
pub(crate) fn told(entry: &Value) -> (String, u64) {
    let user = entry["Detail"]["aggregateId"].as_str().expect("a user");
    (user.to_owned(), entry["Detail"]["version"].as_u64().expect("a version"))
}

#[tokio::test]
async fn every_event_of_a_user_is_published_in_the_contracts_envelope() {
    let scene = Scene::new().await;
    let body = json!({"orgId": "acme", "orgName": "Acme Ltd", "note": "Tür \"3\" 🗝"});
    scene.carry_out(scene.signed(RequestBuilder::add("alice", &body))).await;
    scene.carry_out(scene.remove(1)).await;
    let events = scene.stage.stored_of("alice", "EVENT#").await;
    let records: Vec<_> = events.iter().map(insertion).collect();

    let bus = EventBus::start().await;
    assert_eq!(bus.publish(batch(0, &records), PATIENCE).await, nothing_left());

    let envelope = |version: u64, data: Value| {
        json!({
            "EventBusName": "inventory",
            "Source": "spk.api",
            "DetailType": data["type"],
            "Time": NOON.seconds(),
            "Detail": {
                "partnerId": "acme",
                "aggregateType": "user",
                "aggregateId": "alice",
                "version": version,
                "timestamp": NOON.get(),
                "data": data,
                "hash": hexadecimal(&events[usize::try_from(version).expect("small") - 1]["hash"]),
            },
        })
    };
    let added = json!({
        "type": "PhysicalKeyAdded",
        "userId": "alice",
        "number": 1,
        "orgId": "acme",
        "orgName": "Acme Ltd",
        "note": "Tür \"3\" 🗝",
        "addedAt": NOON.get(),
    });
    let removed =
        json!({"type": "PhysicalKeyRemoved", "userId": "alice", "number": 1, "removedAt": NOON.get()});
    assert_eq!(bus.accepted(), [envelope(1, added), envelope(2, removed)]);
    assert_eq!(bus.letters(), [] as [Value; 0]);
}

#[tokio::test]
async fn all_that_a_command_writes_besides_its_event_is_passed_over() {
    let scene = Scene::new().await;
    scene.carry_out(scene.add().idempotency_key("a")).await;
    // Without the mapping's filter, the stream would show everything.
    let records: Vec<_> = scene.stage.stored().await.values().map(insertion).collect();
    assert_eq!(
        records.len(),
        10,
        "an organisation, its two events, its API key twice, user, physical key, event, request, mark"
    );

    let bus = EventBus::start().await;
    assert_eq!(bus.publish(batch(0, &records), PATIENCE).await, nothing_left());
    assert_eq!(bus.accepted().iter().map(told).collect::<Vec<_>>(), [("alice".to_owned(), 1)]);
    assert_eq!(bus.letters(), [] as [Value; 0]);
}

#[tokio::test]
async fn what_the_tables_own_stream_shows_is_published() {
    let (engine, client) = acceptance::engine().await;
    let access = acceptance::access(engine.as_ref());
    let stage = Stage::on(engine, client, Setting { stream: Stream::NewImages, ..Setting::default() }).await;
    let expected = history(&stage, "alice", 2).await;

    let records = shown(&access, stage.backend.table.name()).await;
    let of_events = |record: &&Value| {
        let is = |name: &str, prefix: &str| {
            record["dynamodb"]["Keys"][name]["S"].as_str().is_some_and(|text| text.starts_with(prefix))
        };
        is("pk", "USER#") && is("sk", "EVENT#")
    };
    let events: Vec<_> = records.iter().filter(of_events).collect();
    assert_eq!(events.len(), expected.len());
    for (shown, expected) in events.into_iter().zip(&expected) {
        assert_eq!(shown["eventName"], expected["eventName"]);
        for part in ["Keys", "NewImage"] {
            assert_eq!(shown["dynamodb"][part], expected["dynamodb"][part]);
        }
    }

    let bus = EventBus::start().await;
    assert_eq!(bus.publish(batch(0, &records), PATIENCE).await, nothing_left());
    let versions: Vec<_> = bus.accepted().iter().map(|entry| told(entry).1).collect();
    assert_eq!(versions, [1, 2, 3]);
    assert_eq!(bus.letters(), [] as [Value; 0]);
}

#[tokio::test]
async fn the_templates_filters_let_every_event_and_heartbeat_through_and_nothing_else() {
    let template = include_str!("../../../template.yaml");
    let patterns: Vec<Value> = template
        .split("- Pattern: '")
        .skip(1)
        .filter_map(|text| serde_json::from_str(text.split_once("'\n")?.0).ok())
        .collect();
    assert_eq!(patterns.len(), 2);
    let passes = |record: &Value| patterns.iter().any(|pattern| passes(pattern, record));

    let scene = Scene::new().await;
    scene.carry_out(scene.add().idempotency_key("a")).await;
    let stored = scene.stage.stored().await;
    assert_eq!(stored.keys().filter(|(_, sk)| sk.starts_with("EVENT#")).count(), 3, "two are Acme's");
    for ((pk, sk), item) in stored {
        let mut record = insertion(&item);
        let is_a_users_event = pk.starts_with("USER#") && sk.starts_with("EVENT#");
        assert_eq!(passes(&record), is_a_users_event, "{pk} {sk}");
        record["eventName"] = json!("REMOVE");
        assert!(!passes(&record), "{pk} {sk}");
    }
    let mut heartbeat = insertion(&heartbeat());
    for (name, goes_through) in [("INSERT", true), ("MODIFY", true), ("REMOVE", false)] {
        heartbeat["eventName"] = json!(name);
        assert_eq!(passes(&heartbeat), goes_through, "{name}");
    }
}

/// The item that the template's schedule puts into the table.
fn heartbeat() -> Value {
    let template = include_str!("../../../template.yaml");
    let (_, item) = template.split_once(r#""Item":"#).expect("an item");
    let (item, _) = item.split_once("}'\n").expect("its end");
    serde_json::from_str(item).expect("a DynamoDB item")
}

#[tokio::test]
async fn a_heartbeat_is_counted_where_it_arrives_and_told_to_nobody() {
    let stage = logged().await;
    let mut records = history(&stage, "alice", 1).await;
    let (mut again, mut gone) = (insertion(&heartbeat()), insertion(&heartbeat()));
    again["eventName"] = json!("MODIFY");
    gone["eventName"] = json!("REMOVE");
    records.extend([insertion(&heartbeat()), again, gone]);

    let bus = EventBus::start().await;
    assert_eq!(bus.publish(batch(0, &records), PATIENCE).await, nothing_left());
    assert_eq!(bus.accepted().len(), 2);
    assert_eq!(bus.letters(), [] as [Value; 0]);
    let line = last();
    assert_eq!((&line["message"], &line["heartbeats"]), (&json!("published"), &json!(2)), "{line}");
}

#[tokio::test]
async fn an_empty_batch_needs_no_call() {
    let bus = EventBus::start().await;
    assert_eq!(bus.publish(batch(0, &[]), PATIENCE).await, nothing_left());
    assert_eq!(bus.calls().len(), 0);
}

#[tokio::test]
async fn a_call_has_ten_entries_at_most_and_one_of_each_user() {
    let stage = Stage::new().await;
    let mut records = Vec::new();
    for user in 0..23 {
        records.extend(history(&stage, &format!("user-{user}"), 1).await);
    }
    let bus = EventBus::start().await;
    assert_eq!(bus.publish(batch(0, &records), PATIENCE).await, nothing_left());

    let sizes: Vec<_> = bus.calls().iter().map(Vec::len).collect();
    assert_eq!(sizes, [10, 10, 10, 10, 6], "46 events of 23 users");
    for call in bus.calls() {
        let users: std::collections::BTreeSet<_> = call.iter().map(|entry| told(entry).0).collect();
        assert_eq!(users.len(), call.len());
    }
}

//! What goes over the wire: how many calls a command costs, and what its write is conditional on.

use acceptance::RequestBuilder;
use acceptance::disturbance::Disturbance::{self, *};
use acceptance::disturbance::Disturber;
use acceptance::stored::hexadecimal;
use serde_json::{Value, json};

use crate::faults::{outcome_unknown, store_unavailable_under_an_idempotency_key, throttled};
use crate::scene::{Scene, idempotency_key_reused, nothing_to_remove};

const READ: &str = "BatchGetItem";
const WRITE: &str = "TransactWriteItems";

/// Alice with one physical key, and a disturber that has seen nothing yet.
async fn scene() -> (Scene, Disturber) {
    let (scene, disturber) = Scene::disturbed().await;
    scene.carry_out(scene.add()).await;
    disturber.watch();
    (scene, disturber)
}

/// The sort keys that each read asked for.
fn reads(disturber: &Disturber) -> Vec<Vec<String>> {
    let asked = |request: &Value| {
        let tables = request["RequestItems"].as_object().expect("tables");
        let keys = tables.values().next().and_then(|table| table["Keys"].as_array()).expect("keys");
        let sort_keys = keys.iter().map(|key| key["sk"]["S"].as_str().expect("a sort key"));
        let mut kinds: Vec<_> =
            sort_keys.map(|sk| sk.split('#').next().unwrap_or_default().to_owned()).collect();
        kinds.sort_unstable();
        kinds
    };
    disturber.seen(READ).iter().map(asked).collect()
}

/// Checks which reads a request made, by the kinds of their items, and how often it wrote.
#[track_caller]
fn cost(disturber: &Disturber, expected: &[&[&str]], writes: usize) {
    assert_eq!(reads(disturber), expected);
    assert_eq!(disturber.seen(WRITE).len(), writes);
}

#[tokio::test]
async fn a_command_is_one_read_and_one_write() {
    let (scene, disturber) = scene().await;
    for (request, items) in [
        (scene.add(), &["APIKEY", "ORG", "SEEN", "USER"][..]),
        (scene.add().idempotency_key("a"), &["APIKEY", "ORG", "REQUEST", "SEEN", "USER"]),
        (scene.remove(1), &["APIKEY", "KEY", "ORG", "USER"]),
        (scene.remove(2).idempotency_key("b"), &["APIKEY", "KEY", "ORG", "REQUEST", "USER"]),
    ] {
        disturber.watch();
        scene.carry_out(request).await;
        cost(&disturber, &[items], 1);
    }
}

#[tokio::test]
async fn a_replay_is_one_read() {
    let (scene, disturber) = scene().await;
    let request = scene.add().idempotency_key("a");
    scene.carry_out(request.clone()).await;
    disturber.watch();
    scene.carry_out(request).await;
    cost(&disturber, &[&["APIKEY", "ORG", "REQUEST", "SEEN", "USER"]], 0);
    disturber.watch();
    scene.stage.refuses(scene.remove(1).idempotency_key("a"), idempotency_key_reused()).await;
    cost(&disturber, &[&["APIKEY", "KEY", "ORG", "REQUEST", "USER"]], 0);
}

#[tokio::test]
async fn a_refusal_is_one_read_and_under_an_idempotency_key_a_second_look() {
    let (scene, disturber) = scene().await;
    scene.stage.refuses(scene.remove(7), nothing_to_remove()).await;
    cost(&disturber, &[&["APIKEY", "KEY", "ORG", "USER"]], 0);
    disturber.watch();
    scene.stage.refuses(scene.remove(7).idempotency_key("a"), nothing_to_remove()).await;
    cost(&disturber, &[&["APIKEY", "KEY", "ORG", "REQUEST", "USER"], &["REQUEST"]], 0);
}

/// A race that was lost for certain needs no look at whose the version became.
#[tokio::test]
async fn a_lost_race_is_one_more_read_and_write() {
    let (scene, disturber) = scene().await;
    disturber.disturb_in_order([(WRITE, Cancelled(&["ConditionalCheckFailed", "None", "None"]))]);
    scene.carry_out(scene.add()).await;
    cost(&disturber, &[&["APIKEY", "ORG", "SEEN", "USER"], &["APIKEY", "ORG", "SEEN", "USER"]], 2);
}

#[tokio::test]
async fn an_open_attempt_is_asked_for_by_its_event_and_then_by_its_request() {
    let (scene, disturber) = scene().await;
    disturber.disturb_in_order([(WRITE, CutAfter)]);
    scene.carry_out(scene.add().idempotency_key("a")).await;
    let read: &[&str] = &["APIKEY", "ORG", "REQUEST", "SEEN", "USER"];
    // The request item shows that it was carried out.
    cost(&disturber, &[read, read], 1);

    disturber.disturb_in_order([(WRITE, CutAfter)]);
    scene.carry_out(scene.add()).await;
    let read: &[&str] = &["APIKEY", "ORG", "SEEN", "USER"];
    cost(&disturber, &[read, read, &["EVENT"]], 1);

    disturber.disturb(WRITE, CutBefore, 3);
    let reply = scene.add().idempotency_key("b").send(&scene.stage).await;
    outcome_unknown().check(&reply);
    let read: &[&str] = &["APIKEY", "ORG", "REQUEST", "SEEN", "USER"];
    cost(&disturber, &[read, read, read, &["EVENT"], &["REQUEST"]], 3);
}

/// Without the second look, nobody knows whether the same request was carried out meanwhile.
#[tokio::test]
async fn a_refusal_whose_second_look_fails_is_not_given() {
    let (scene, disturber) = scene().await;
    let failing = Failed(500, "InternalServerError");
    // The first read passes, because nothing is late.
    disturber.disturb_in_order([(READ, BehindLateOnes), (READ, failing), (READ, failing), (READ, failing)]);
    let request = scene.remove(7).idempotency_key("a");
    scene.stage.refuses(request, store_unavailable_under_an_idempotency_key()).await;
}

/// The conditions of a write, one for each of its items: the user, the physical key, the event, the request.
async fn conditions(request: fn(&Scene) -> RequestBuilder) -> Vec<Value> {
    let (scene, disturber) = scene().await;
    scene.carry_out(request(&scene)).await;
    let write = disturber.seen(WRITE).remove(0);
    let items = write["TransactItems"].as_array().expect("items").clone();
    items
        .iter()
        .map(|item| {
            let (does, item) = item.as_object().and_then(|item| item.iter().next()).expect("one action");
            json!([does, item["ConditionExpression"]])
        })
        .collect()
}

/// Version, counter, the event's absence and a new physical key's absence guard the same: taking one of them out changes
/// nothing that can be observed. So it is seen here that each is there.
#[tokio::test]
async fn every_item_of_a_write_has_its_condition() {
    let user = json!(["Update", "#version = :read_version AND #lastNumber = :read_lastNumber"]);
    let absent = json!(["Put", "attribute_not_exists(#pk)"]);
    let request = json!(["Put", "attribute_not_exists(#pk) OR #expiresAt <= :now"]);
    let present = json!(["Delete", "attribute_exists(#pk)"]);
    let add = conditions(|scene| scene.add().idempotency_key("a")).await;
    assert_eq!(add, [user.clone(), absent.clone(), absent.clone(), request.clone()]);
    let remove = conditions(|scene| scene.remove(1).idempotency_key("a")).await;
    assert_eq!(remove, [user, present, absent.clone(), request]);

    let (scene, disturber) = Scene::disturbed().await;
    disturber.watch();
    scene.carry_out(scene.add()).await;
    let write = disturber.seen(WRITE).remove(0);
    let items = write["TransactItems"].as_array().expect("items");
    let condition = &items[0]["Update"]["ConditionExpression"];
    assert_eq!(*condition, json!("attribute_not_exists(#pk)"), "the first event of a user");
    // Whoever puts it puts the same.
    let mark = &items[3]["Put"];
    assert_eq!((items.len(), &mark["Item"]["orgId"]), (4, &json!({"S": "acme"})));
    assert_eq!(mark.get("ConditionExpression"), None, "the mark of the issuer's first");
}

/// What a write is conditional on has to be what was read.
#[tokio::test]
async fn the_write_is_conditional_on_the_version_and_the_number_that_were_read() {
    let (scene, disturber) = scene().await;
    scene.carry_out(scene.remove(1)).await;
    scene.carry_out(scene.add()).await;
    let values: Vec<_> = disturber
        .seen(WRITE)
        .iter()
        .map(|write| {
            let values = &write["TransactItems"][0]["Update"]["ExpressionAttributeValues"];
            [values[":read_version"]["N"].clone(), values[":read_lastNumber"]["N"].clone()]
        })
        .collect();
    assert_eq!(values, [[json!("1"), json!("1")], [json!("2"), json!("1")]]);
}

/// The token is one of chance for each decision, and the event's item has it, outside of the record.
#[tokio::test]
async fn an_event_carries_the_token_of_the_attempt_that_wrote_it() {
    let (scene, disturber) = scene().await;
    for _ in 0..2 {
        scene.carry_out(scene.add()).await;
    }
    let tokens: Vec<_> =
        disturber.seen(WRITE).iter().map(|write| write["ClientRequestToken"].clone()).collect();
    assert_ne!(tokens[0], tokens[1]);
    let events = scene.stage.stored_of("alice", "EVENT#").await;
    let stored: Vec<_> = events[1..].iter().map(|event| hexadecimal(&event["attempt"])).collect();
    assert_eq!(stored, tokens);
    let history = scene.carry_out(scene.signed(RequestBuilder::get("/users/alice/PhysicalKeyEvents"))).await;
    let shown = String::from_utf8_lossy(history.bytes());
    assert!(!shown.contains(tokens[0].as_str().expect("a token")), "callers do not see it");
}

/// What is asked for again is asked for after waits that grow, a few times, and then it is what it is: throttling.
#[tokio::test]
async fn a_store_that_processes_nothing_throttles() {
    for request in [
        RequestBuilder::add("alice", &json!({"orgId": "acme"})),
        RequestBuilder::get("/users/alice/PhysicalKeys"),
        RequestBuilder::get("/users/alice/PhysicalKeys/1"),
    ] {
        let (scene, disturber) = scene().await;
        disturber.disturb(READ, NoKeyProcessed, usize::MAX);
        scene.stage.refuses(scene.signed(request), throttled()).await;
        assert_eq!((disturber.seen(READ).len(), disturber.seen(WRITE).len()), (8, 0));
    }
}

/// In an outage, a warm process makes many calls that fail. The next single blip is not noticed all the same.
#[tokio::test]
async fn an_outage_does_not_use_up_the_retries_of_what_comes_after_it() {
    let (scene, disturber) = scene().await;
    let failing: Disturbance = Failed(500, "InternalServerError");
    for operation in [READ, WRITE] {
        disturber.disturb(operation, failing, usize::MAX);
        for _ in 0..60 {
            assert_eq!(scene.add().send(&scene.stage).await.status(), 503);
        }
        disturber.disturb(operation, failing, 1);
        scene.carry_out(scene.add()).await;
    }
}

//! Two versions of the functions work on one table while one is deployed, and after it was taken back. What the version before wrote is
//! read and gone on with, and what a version after has put there is neither lost nor mistaken.
//!
//! `tests/stored-by` has the items of a version as it wrote them, all kinds of them, in the order of their keys. A file there is never
//! changed: its digest stands here.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use acceptance::event_bus::EventBus;
use acceptance::refused::Refused;
use acceptance::restore::text;
use acceptance::stored::{RawItem, bytes, hexadecimal};
use acceptance::stream::{batch, insertion};
use acceptance::trail::TestArchive;
use acceptance::{PATIENCE, RequestBuilder, Stage};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::history::{EventHash, HistoryId};
use domain::organisation::OrganisationCommand;
use domain::values::{ErasureReason, OrgName, Sha256Hash, UserId};
use serde_json::{Value, json};
use store::{Done, ErasureFault, HistoryKey, StoreFault};

use crate::invariants::attributes;
use crate::stored_format::{API_KEY, first_request};

/// What the version before this one wrote, and the digest of the file.
const BEFORE: &str = include_str!("../stored-by/0.1.0.json");
const DIGEST: &str = "0e43d49771c53bf04346bedbae145469fbaf2c2e913b904f5e1173e83fbf6450";

fn before() -> Vec<Value> {
    serde_json::from_str(BEFORE).expect("items")
}

async fn put(stage: &Stage, item: &Value) {
    let put = stage.client.put_item().table_name(stage.backend.table.name());
    put.set_item(Some(attributes(item))).send().await.expect("a put");
}

/// A stage whose table holds these items and nothing else.
async fn holding(items: &[Value]) -> Stage {
    let stage = Stage::for_kept_formats().await;
    for item in items {
        put(&stage, item).await;
    }
    stage
}

/// Whether an item is what the export remembers of one place. It is in no table that was never exported.
fn is_of_export(item: &Value) -> bool {
    let pk = item["pk"]["S"].as_str().expect("a key");
    ["AUDIT", "EXPORTED#", "BEHIND#", "LOG#"].iter().any(|kind| pk.starts_with(kind))
}

/// Everything that is done to a table: each command, each query, each of an operator's.
async fn work(stage: &Stage) {
    stage.pass(Duration::from_secs(1));
    let again = first_request(stage).send(stage).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"), "{}", again.json());
    let add = RequestBuilder::add("alice", &json!({"orgId": "acme", "note": "new"})).idempotency_key("new");
    let remove = RequestBuilder::remove("alice", &json!({"number": 1}));
    for request in [add, remove] {
        let reply = request.api_key(API_KEY).send(stage).await;
        assert_eq!(reply.status(), 200, "{}", reply.json());
    }
    for (path, list, entries) in [
        ("/users/alice/PhysicalKeys", "keys", 2),
        ("/users/alice/PhysicalKeyEvents", "events", 6),
        ("/orgs/acme/PhysicalKeys", "keys", 3),
    ] {
        let reply = RequestBuilder::get(path).api_key(API_KEY).send(stage).await.json();
        assert_eq!(reply[list].as_array().map(Vec::len), Some(entries), "{reply}");
    }
    let one = RequestBuilder::get("/users/alice/PhysicalKeys/3").api_key(API_KEY).send(stage).await;
    assert_eq!(one.status(), 200, "{}", one.json());

    let (_, issued) = stage.api_key("acme").await;
    stage.revoke("acme", &issued).await;
    let rename = OrganisationCommand::Register { name: OrgName::parse("Acme AG").ok() };
    assert_eq!(stage.command_organisation("acme", &rename).await, Ok(Done::Now));
    let user = UserId::parse("alice").expect("a user id");
    let reason = ErasureReason::parse("Asked for in ticket 18").expect("a reason");
    let table = &stage.backend.table;
    table.record_erasures(&user, None, &reason, &stage.operator()).await.expect("an erasure");
    let key = HistoryKey::from(&HistoryId::User(user));
    table.clear_erased(&key, Instant::now() + PATIENCE).await.expect("a write");
}

/// Publishes every event of Alice's, and exports everything.
async fn publish_and_export(stage: &Stage) -> TestArchive {
    let events: Vec<_> = stage.stored_of("alice", "EVENT#").await.iter().map(insertion).collect();
    let bus = EventBus::start().await;
    bus.publish(batch(0, &events), PATIENCE).await;
    // The erasures of three physical keys are not on the bus.
    assert_eq!((bus.accepted().len(), bus.letters()), (6, Vec::new()));
    let archive = TestArchive::new();
    stage.close_hour();
    stage.export(&archive.archive).await.expect("an export");
    archive.check_against(&stage.backend.table).await.expect("a whole export");
    archive
}

#[test]
fn what_the_version_before_wrote_is_not_edited() {
    assert_eq!(Sha256Hash::of(BEFORE).to_string(), DIGEST);
}

#[tokio::test]
async fn a_table_of_the_version_before_is_gone_on_with() {
    let stage = holding(&before()).await;
    assert_eq!(stage.check_table().await, Vec::<String>::new());
    work(&stage).await;
    assert_eq!(stage.check_table().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_table_of_the_version_before_is_published_and_exported() {
    let mut items = before();
    items.retain(|item| !is_of_export(item));
    let stage = holding(&items).await;
    work(&stage).await;
    publish_and_export(&stage).await;
}

/// What an attribute of a version after is called, and what stands in it.
const FRESH: &str = "fresh";

fn with_fresh(mut item: Value) -> Value {
    item[FRESH] = json!({"M": {"of": {"S": "a version after"}}});
    item
}

/// The items, by their keys, that have no attribute of a version after any more.
async fn without_fresh(stage: &Stage, items: &[Value]) -> BTreeSet<String> {
    let stored = stage.stored().await;
    let key = |item: &Value, name: &str| item[name]["S"].as_str().expect("a key").to_owned();
    let places = items.iter().map(|item| (key(item, "pk"), key(item, "sk")));
    let lost = places.filter(|place| stored.get(place).is_some_and(|item| item.get(FRESH).is_none()));
    lost.map(|(pk, sk)| format!("{pk} {sk}")).collect()
}

/// While a version after is deployed, or after it was taken back.
#[tokio::test]
async fn what_a_version_after_adds_to_items_is_passed_over_and_kept() {
    let items: Vec<_> = before().into_iter().map(with_fresh).collect();
    let stage = holding(&items).await;
    assert_eq!(stage.check_table().await, Vec::<String>::new());
    work(&stage).await;
    assert_eq!(stage.check_table().await, Vec::<String>::new());
    assert_eq!(without_fresh(&stage, &items).await, BTreeSet::new());
}

/// What the export remembers is replaced as a whole. docs/deploy.md says so.
#[tokio::test]
async fn only_what_the_export_remembers_is_written_as_a_whole() {
    let mut items: Vec<_> = before().into_iter().map(with_fresh).collect();
    items.retain(|item| !is_of_export(item));
    let stage = holding(&items).await;
    work(&stage).await;
    let archive = publish_and_export(&stage).await;
    assert_eq!(without_fresh(&stage, &items).await, BTreeSet::new());

    let remembered: Vec<_> =
        stage.stored().await.into_values().filter(is_of_export).map(with_fresh).collect();
    for item in &remembered {
        put(&stage, item).await;
    }
    stage.add("alice", "later").await;
    stage.close_hour();
    stage.export(&archive.archive).await.expect("an export");
    let lost = ["AUDIT CHECKPOINT", "EXPORTED#USER#alice CURSOR"].map(ToOwned::to_owned);
    assert_eq!(without_fresh(&stage, &remembered).await, BTreeSet::from(lost));
}

/// Alice's history with an event of a kind that only a version after knows, and how her head says it.
fn with_an_event_of_a_version_after() -> Vec<Value> {
    let mut items = before();
    let at = |sk: &str| {
        let is_it = |item: &Value| item["pk"]["S"] == "USER#alice" && item["sk"]["S"] == sk;
        before().iter().position(is_it).expect("an item")
    };
    let mut event = items[at("EVENT#00000000000000000004")].clone();
    let record = event["record"]["S"].as_str().expect("a record").to_owned();
    let record =
        record.replace("PhysicalKeyRemoved", "PhysicalKeyLent").replace("\"version\":4", "\"version\":5");
    let last = hexadecimal(&event["hash"]);
    let hash = last.parse::<EventHash>().expect("a hash").chain(&record).to_string();
    event["sk"] = json!({"S": "EVENT#00000000000000000005"});
    event["record"] = json!({"S": record});
    (event["previousHash"], event["hash"]) = (bytes(&last), bytes(&hash));
    let head = &mut items[at("USER")];
    (head["version"], head["headHash"]) = (json!({"N": "5"}), bytes(&hash));
    items.push(event);
    items
}

/// A member of a record that a version after has added is kept in what was hashed.
#[tokio::test]
async fn a_member_that_only_a_version_after_knows_hinders_nobody() {
    let mut items = with_an_event_of_a_version_after();
    items.retain(|item| !is_of_export(item));
    // Instead of another type, and in the place of the last event: another member, of the record and of its data.
    let of_alice = |item: &Value, sk: &str| item["pk"]["S"] == "USER#alice" && item["sk"]["S"] == sk;
    items.retain(|item| !of_alice(item, "EVENT#00000000000000000005"));
    let last = "EVENT#00000000000000000004";
    let event = items.iter_mut().find(|item| of_alice(item, last)).expect("an event");
    let record = event["record"]["S"].as_str().expect("a record").to_owned();
    let record = record
        .replace("\"format\":2", "\"format\":2,\"fresh\":1")
        .replace("\"number\":2", "\"fresh\":1,\"number\":2");
    assert_eq!(record.matches("fresh").count(), 2);
    let previous = hexadecimal(&event["previousHash"]).parse::<EventHash>().expect("a hash");
    let hash = bytes(&previous.chain(&record).to_string());
    (event["record"], event["hash"]) = (json!({"S": record}), hash.clone());
    let head = items.iter_mut().find(|item| of_alice(item, "USER")).expect("a head");
    (head["version"], head["headHash"]) = (json!({"N": "4"}), hash);

    let stage = holding(&items).await;
    assert_eq!(stage.check_table().await, Vec::<String>::new());
    // (`GET …/PhysicalKeyEvents` hands the record out as it was hashed, which is more than this version's document says.)
    let add = RequestBuilder::add("alice", &json!({"orgId": "acme"})).api_key(API_KEY).send(&stage).await;
    assert_eq!((add.status(), &add.json()["version"]), (200, &json!(5)));
    let events: Vec<_> = stage.stored_of("alice", "EVENT#").await.iter().map(insertion).collect();
    let bus = EventBus::start().await;
    bus.publish(batch(0, &events), PATIENCE).await;
    assert_eq!((bus.accepted().len(), bus.letters()), (5, Vec::new()));
    let archive = TestArchive::new();
    stage.close_hour();
    assert_eq!(stage.export(&archive.archive).await.expect("an export").set_aside, 0);
    let fault = archive.check_against(&stage.backend.table).await.expect_err("a fault").to_string();
    assert!(fault.ends_with("it has members, or a spelling, that this release does not write"), "{fault}");
}

/// Each of these is asked for, and answered with this status.
async fn are_answered(stage: &Stage, expected: [(&str, u16); 5]) {
    for (asked, status) in expected {
        let request = match asked {
            "add" => RequestBuilder::add("alice", &json!({"orgId": "acme"})),
            path => RequestBuilder::get(path),
        };
        let reply = request.clone().api_key(API_KEY).send(stage).await;
        assert_eq!(reply.status(), status, "{asked}: {}", reply.json());
        if status == 500 {
            stage.refuses(request.api_key(API_KEY), internal_error()).await;
        }
    }
}

fn internal_error() -> Refused {
    Refused::new(500, "internal_error", "Something is wrong on our side. Tell us the `requestId`.")
}

/// Nothing is made of it, nothing is lost, and nobody else is held up: the next release that knows it goes on.
#[tokio::test]
async fn an_event_that_only_a_version_after_knows_is_set_aside() {
    let mut items = with_an_event_of_a_version_after();
    items.retain(|item| !is_of_export(item));
    let stage = holding(&items).await;
    // A command reads the head alone, and goes on from it.
    are_answered(
        &stage,
        [
            ("/users/alice/PhysicalKeys", 200),
            ("/users/alice/PhysicalKeys/3", 200),
            ("/orgs/acme/PhysicalKeys", 200),
            ("/users/alice/PhysicalKeyEvents", 500),
            ("add", 200),
        ],
    )
    .await;
    let fault = "user \"alice\": the item EVENT#00000000000000000005 is no event";
    assert_eq!(stage.check_table().await, [fault]);

    let events = stage.stored_of("alice", "EVENT#").await;
    let bus = EventBus::start().await;
    bus.publish(batch(0, &events.iter().map(insertion).collect::<Vec<_>>()), PATIENCE).await;
    let letters = bus.letters();
    assert_eq!((bus.accepted().len(), letters.len()), (5, 1));
    assert_eq!(letters[0]["code"], "unreadable_item");
    assert_eq!(letters[0]["record"]["dynamodb"]["NewImage"]["record"], events[4]["record"]);

    let archive = TestArchive::new();
    stage.close_hour();
    let report = stage.export(&archive.archive).await.expect("an export");
    // Of everybody else's seven, and of Alice's none of the last two, which follow from what is not known.
    assert_eq!((report.events, report.set_aside), (7, 1));

    let user = UserId::parse("alice").expect("a user id");
    let reason = ErasureReason::parse("Asked for in ticket 18").expect("a reason");
    let before = stage.stored().await;
    let erased = stage.backend.table.record_erasures(&user, None, &reason, &stage.operator()).await;
    assert!(matches!(erased, Err(ErasureFault::Store(StoreFault::Corrupt(_)))), "{erased:?}");
    assert_eq!(stage.stored().await, before);
}

/// A format is another one where what a version before would do with the history is wrong.
#[tokio::test]
async fn a_history_of_a_format_after_is_not_gone_on_with() {
    let mut items = before();
    items.retain(|item| !is_of_export(item));
    let of_alice = |item: &&mut Value| item["pk"]["S"] == "USER#alice" && item["sk"]["S"] == "USER";
    items.iter_mut().find(of_alice).expect("a user item")["format"] = json!({"N": "3"});
    let stage = holding(&items).await;
    let before = stage.stored().await;
    are_answered(
        &stage,
        [
            ("/users/alice/PhysicalKeys", 500),
            ("/users/alice/PhysicalKeys/3", 500),
            ("/users/alice/PhysicalKeyEvents", 500),
            // It is a list of items, not a history.
            ("/orgs/acme/PhysicalKeys", 200),
            ("add", 500),
        ],
    )
    .await;
    assert_eq!(stage.stored().await, before);
}

/// A table that was restored in the middle of a transaction, with items that a version after has written.
#[tokio::test]
async fn a_mending_keeps_what_a_version_after_has_added() {
    let mut items: Vec<_> = before().into_iter().map(with_fresh).collect();
    items.retain(|item| !is_of_export(item));
    let mut stage = holding(&items).await;
    let archive = TestArchive::new();
    stage.close_hour();
    stage.export(&archive.archive).await.expect("an export");
    let mut moment = stage.moment().await;
    let head = |item: &&mut RawItem| text(item, "pk") == "USER#alice" && text(item, "sk") == "USER";
    let head = moment.0.iter_mut().find(head).expect("a user item");
    head.insert("activeKeys".to_owned(), AttributeValue::N("9".to_owned()));
    stage.restore(&moment).await;
    assert_eq!(stage.check_table().await.len(), 1, "the head is not what follows from the events");
    assert_eq!(stage.replay(&archive.archive).await.expect("a replay").mended, 1);
    assert_eq!(stage.check_table().await, Vec::<String>::new());
    assert_eq!(without_fresh(&stage, &items).await, BTreeSet::new());
}

//! `table check`: what is wrong in a table, each kind named where it is.

use std::time::Instant;

use acceptance::disturbance::{Disturbance, disturbed_engine};
use acceptance::restore::text;
use acceptance::stored::RawItem;
use acceptance::trail::TestArchive;
use acceptance::{PATIENCE, RequestBuilder, Setting, Stage};
use api::auth::RequiredCredentials;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use process::retry::Backoff;
use recovery::table_check::{Checked, TableCheck};
use serde_json::json;

use self::Harm::{Copy, Delete, Remove, Set};

/// A table with a bit of everything: a heartbeat, physical keys, one taken back, a kept answer, an API key that was revoked, an exported hour.
async fn scene() -> Stage {
    let (stage, archive) = (Stage::for_trail().await, TestArchive::new());
    fill(&stage, &archive).await;
    stage
}

async fn fill(stage: &Stage, archive: &TestArchive) {
    let heartbeat = ["pk", "sk"].map(|name| (name.to_owned(), AttributeValue::S("HEARTBEAT".to_owned())));
    put(stage, heartbeat.into()).await;
    let (_, revoked) = stage.api_key("acme").await;
    stage.revoke("acme", &revoked).await;
    stage.add("alice", "front door").await;
    stage.add("alice", "cellar").await;
    stage.remove("alice", 1).await;
    let request = RequestBuilder::add("bob", &json!({"orgId": "acme", "note": "gate"}));
    let request = request.bearer(&stage.service_token("acme")).header("idempotency-key", "once");
    assert_eq!(request.send(stage).await.status(), 200);
    stage.close_hour();
    stage.export(&archive.archive).await.expect("an export");
    stage.change_signing_key(9).await.expect("another key");
}

/// The item at a place, which begins so.
async fn item(stage: &Stage, pk: &str, sk: &str) -> RawItem {
    let moment = stage.moment().await;
    let is_it = |item: &&RawItem| text(item, "pk").starts_with(pk) && text(item, "sk").starts_with(sk);
    moment.0.iter().find(is_it).unwrap_or_else(|| panic!("no {pk} {sk}")).clone()
}

async fn put(stage: &Stage, item: RawItem) {
    let put = stage.client.put_item().table_name(stage.backend.table.name()).set_item(Some(item));
    put.send().await.expect("an item");
}

async fn delete(stage: &Stage, item: &RawItem) {
    let deletion = stage.client.delete_item().table_name(stage.backend.table.name());
    let deletion = deletion.key("pk", item["pk"].clone()).key("sk", item["sk"].clone());
    deletion.send().await.expect("a deletion");
}

fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn string(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// What is done to the item at a place.
enum Harm {
    Delete,
    Set(&'static str, AttributeValue),
    Remove(&'static str),
    /// The same item at another place.
    Copy(&'static str, &'static str),
}

/// Where harm is done, which, and how the fault begins that is found then.
type Kind = (&'static str, &'static str, Harm, &'static str);

fn other_hash() -> AttributeValue {
    AttributeValue::B(Blob::new([7; 32]))
}

fn kinds_of_heads() -> Vec<Kind> {
    let head = "user \"alice\": the item \"USER#alice\" \"USER\" is not what follows from the events";
    let of_alice = |harm| ("USER#alice", "USER", harm, head);
    vec![
        of_alice(Set("lastNumber", number(1))),
        of_alice(Set("version", number(2))),
        of_alice(Set("activeKeys", number(2))),
        of_alice(Set("headHash", other_hash())),
        of_alice(Set("changedIn", string("00498731#000"))),
        // An attribute of a newer release is no fault (versions.rs), but none writes null.
        of_alice(Set("more", AttributeValue::Null(true))),
        ("USER#alice", "USER", Delete, "user \"alice\": the item \"USER#alice\" \"USER\" is missing"),
        ("ORG#", "ORG", Set("closedAt", number(1)), "organisation \"acme\": the item \"ORG#"),
        ("LOG#", "LOG", Delete, "log \"keys.example.com/audit\": the item \"LOG#"),
        (
            "USER#bob",
            "USER",
            Copy("USER#carol", "USER"),
            "\"USER#carol\": the item \"USER#carol\" \"USER\" is there",
        ),
    ]
}

fn kinds_of_what_follows() -> Vec<Kind> {
    let of_alice = |sk, harm| ("USER#alice", sk, harm, "user \"alice\": the item \"USER#alice\" \"");
    let of_acme = |pk, sk, harm| (pk, sk, harm, "organisation \"acme\": the item \"");
    let stray = Copy("USER#bob", "KEY#0000000000000000#00000000000000000009");
    vec![
        of_alice("KEY#", Delete),
        of_alice("KEY#", Set("note", string("attic"))),
        of_alice("KEY#", Set("issuerPartition", string("umbrella"))),
        of_alice("SEEN#", Delete),
        of_acme("ORG#", "APIKEY#", Delete),
        of_acme("APIKEY#", "APIKEY", Remove("revokedAt")),
        of_acme("APIKEY#", "APIKEY", Set("secretSha256", string(&"0".repeat(64)))),
        of_acme("APIKEY#", "APIKEY", Delete),
        ("USER#bob", "KEY#", stray, "user \"bob\": the item \"USER#bob\" \"KEY#0000000000000000#"),
        (
            "USER#bob",
            "USER",
            Copy("USER#bob", "KNOWN#"),
            "user \"bob\": the item \"USER#bob\" \"KNOWN#\" is there",
        ),
        (
            "USER#bob",
            "USER",
            Copy("NOBODY#", "X"),
            "the item \"NOBODY#\" \"X\": nothing of this program stands there",
        ),
        ("USER#bob", "REQUEST#", Set("version", number(2)), "user \"bob\": the answer REQUEST#"),
        ("USER#bob", "REQUEST#", Set("eventHash", other_hash()), "user \"bob\": the answer REQUEST#"),
    ]
}

const FIRST: &str = "EVENT#00000000000000000001";
const SECOND: &str = "EVENT#00000000000000000002";
const THIRD: &str = "EVENT#00000000000000000003";

fn kinds_of_events() -> Vec<Kind> {
    let of_second = |harm, found| ("USER#alice", SECOND, harm, found);
    vec![
        (
            "USER#alice",
            FIRST,
            Delete,
            "user \"alice\": the event at EVENT#00000000000000000002 is version 2, and the next one is 1",
        ),
        of_second(
            Delete,
            "user \"alice\": the event at EVENT#00000000000000000003 is version 3, and the next one is 2",
        ),
        ("USER#alice", THIRD, Delete, "user \"alice\": the item \"USER#alice\" \"KEY#"),
        of_second(
            Set("hash", other_hash()),
            "user \"alice\": the event at EVENT#00000000000000000002 is not the event that was hashed",
        ),
        of_second(
            Set("previousHash", other_hash()),
            "user \"alice\": the event at EVENT#00000000000000000002 follows another event",
        ),
        of_second(
            Set("record", string("{}")),
            "user \"alice\": the item EVENT#00000000000000000002 is no event",
        ),
        (
            "USER#alice",
            FIRST,
            Copy("USER#bob", SECOND),
            "user \"bob\": the event at EVENT#00000000000000000002 belongs to user \"alice\"",
        ),
        (
            "USER#alice",
            THIRD,
            Copy("USER#alice", "EVENT#9"),
            "user \"alice\": the event at EVENT#9 is version 3, and the next one is 4",
        ),
        (
            "EXPORTED#USER#alice",
            "CURSOR",
            Set("hash", other_hash()),
            "user \"alice\": version 3 was exported as 0707",
        ),
        (
            "EXPORTED#USER#alice",
            "CURSOR",
            Set("version", number(9)),
            "user \"alice\": version 9 was exported, and the table does not have it",
        ),
        (
            "EXPORTED#USER#alice",
            "CURSOR",
            Copy("EXPORTED#USER#carol", "CURSOR"),
            "\"USER#carol\": it was exported, and the table does not have it",
        ),
    ]
}

/// Does harm to an item. Gives the item that is there then.
async fn harm(stage: &Stage, before: &RawItem, harm: Harm) -> RawItem {
    let mut after = before.clone();
    match harm {
        Delete => {
            delete(stage, before).await;
            return after;
        }
        Set(name, value) => drop(after.insert(name.to_owned(), value)),
        Remove(name) => drop(after.remove(name).expect("an attribute")),
        Copy(pk, sk) => {
            after.insert("pk".to_owned(), string(pk));
            after.insert("sk".to_owned(), string(sk));
        }
    }
    put(stage, after.clone()).await;
    after
}

#[tokio::test]
async fn everything_that_is_not_as_the_histories_say_is_named() {
    let stage = scene().await;
    assert_eq!(stage.check_table().await, Vec::<String>::new());
    for (pk, sk, kind, expected) in
        kinds_of_heads().into_iter().chain(kinds_of_what_follows()).chain(kinds_of_events())
    {
        let before = item(&stage, pk, sk).await;
        let after = harm(&stage, &before, kind).await;
        let faults = stage.check_table().await;
        let is_found = faults.iter().any(|fault| fault.starts_with(expected));
        assert!(is_found, "{pk} {sk}: expected {expected}, found {faults:#?}");
        delete(&stage, &after).await;
        put(&stage, before).await;
    }
    assert_eq!(stage.check_table().await, Vec::<String>::new(), "all is as it was");
}

#[tokio::test]
async fn an_api_key_that_no_organisation_has_is_named() {
    let stage = scene().await;
    let mut forged = item(&stage, "APIKEY#", "APIKEY").await;
    let id = text(&forged, "apiKeyId").to_owned();
    let other = format!("{}{}", &id[..id.len() - 1], if id.ends_with('a') { 'b' } else { 'a' });
    forged.insert("pk".to_owned(), string(&format!("APIKEY#{other}")));
    forged.insert("apiKeyId".to_owned(), string(&other));
    forged.remove("revokedAt");
    put(&stage, forged).await;
    let expected = format!("the API key {other:?}: no organisation has it: nothing of this program wrote it");
    assert_eq!(stage.check_table().await, [expected]);
}

#[tokio::test]
async fn what_an_index_has_lost_is_named() {
    let (engine, disturber) = disturbed_engine().await;
    let setting = Setting { required: RequiredCredentials::Either, ..Setting::default() };
    let stage = Stage::on(engine, disturber.client(), setting).await;
    fill(&stage, &TestArchive::new()).await;
    disturber.disturb("Query", Disturbance::IndexIsLate, usize::MAX);
    let faults = stage.check_table().await;
    assert!(
        faults.contains(&"user \"bob\": HeadIndex lacks the item \"USER#bob\" \"USER\"".to_owned()),
        "{faults:#?}"
    );
    disturber.disturb("Query", Disturbance::IndexIsLate, 1);
    assert_eq!(stage.check_table().await, Vec::<String>::new(), "one that is a second late is asked again");
}

#[tokio::test]
async fn a_table_that_is_written_to_meanwhile_is_found_whole() {
    let stage = scene().await;
    let writer = async {
        for number in 0..20 {
            stage.add("alice", &format!("door {number}")).await;
        }
    };
    let checker = async {
        for _ in 0..5 {
            assert_eq!(stage.check_table().await, Vec::<String>::new());
        }
    };
    tokio::join!(writer, checker);
}

/// Wherever a check was ended, another one goes on from what it kept, and finds what a whole one finds.
#[tokio::test]
async fn a_check_goes_on_from_wherever_one_was_ended() {
    let (engine, disturber) = disturbed_engine().await;
    let setting = Setting { required: RequiredCredentials::Either, ..Setting::default() };
    let stage = Stage::on(engine, disturber.client(), setting).await;
    fill(&stage, &TestArchive::new()).await;
    let missing = item(&stage, "USER#bob", "KEY#").await;
    delete(&stage, &missing).await;
    let check = TableCheck {
        table: &stage.backend.table,
        deadline: Instant::now() + PATIENCE,
        waits: || Backoff::new(fastrand::Rng::with_seed(7)),
    };
    disturber.disturb("Scan", Disturbance::OneItemAPage, usize::MAX);
    let mut kept = Vec::new();
    let whole = check.run(Checked::default(), |at| kept.push(serde_json::to_string(at).expect("JSON"))).await;
    let whole = whole.expect("a check");
    assert_eq!(whole.count, 1, "{:?}", whole.faults);
    assert!(kept.len() > 10, "one for each item");
    for kept in kept.iter().rev().skip(1).step_by(5) {
        let from = serde_json::from_str(kept).expect("what was kept");
        assert_eq!(check.run(from, |_| {}).await.expect("a check"), whole, "{kept}");
    }
}

/// What stands beside the one item that such a partition has, or under a name that only begins like one of ours, is as strange as any.
#[tokio::test]
async fn what_stands_beside_the_items_of_this_program_is_named() {
    let stage = scene().await;
    let api_key = item(&stage, "APIKEY#", "APIKEY").await;
    let id = text(&api_key, "apiKeyId").to_owned();
    let places = [
        (format!("APIKEY#{id}"), "X"),
        ("EXPORTED#USER#alice".to_owned(), "X"),
        ("AUDIT".to_owned(), "X"),
        ("AUDITOR".to_owned(), "CHECKPOINT"),
    ];
    for (pk, sk) in &places {
        let mut stranger = api_key.clone();
        stranger.insert("pk".to_owned(), string(pk));
        stranger.insert("sk".to_owned(), string(sk));
        put(&stage, stranger).await;
    }
    let expected =
        |(pk, sk): &(String, &str)| format!("the item {pk:?} {sk:?}: nothing of this program stands there");
    let mut expected: Vec<_> = places.iter().map(expected).collect();
    let mut found = stage.check_table().await;
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected);
}

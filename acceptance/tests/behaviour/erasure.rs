//! What was typed about a person's physical keys is erased: from everything that is kept, once, on the record, and again wherever it
//! comes back.

use std::collections::BTreeSet;
use std::time::Instant;

use acceptance::restore::text;
use acceptance::trail::{TestArchive, evidence, first_hour};
use acceptance::{PATIENCE, RequestBuilder, Stage};
use api::auth::RequiredCredentials;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::history::HistoryId;
use domain::user::ErasureRefusal;
use domain::values::{ErasureReason, Hour, KeyNumber, UserId};
use local_inventory::dynamodb::{self, AccessKeyId, EmbeddedDynamoDb, Reach};
use serde_json::{Value, json};
use store::{Cleared, Erased, ErasureFault, HistoryKey};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use trail::disclosure_file::disclosures_path;
use trail::erase::{EraseFault, TakenOut};
use trail::event_file::Lines;

use crate::audit_replay::is_whole;
use crate::audit_texts::counted;
use crate::log;

/// Texts that stand nowhere else.
pub(crate) const NOTE: &str = "Zimmer-4711-Schließfach";
const ORG_NAME: &str = "Beispielhausverwaltung-0815";
pub(crate) const REASON: &str = "Asked for in ticket 17";

fn alice() -> UserId {
    UserId::parse("alice").expect("a user")
}

fn alices() -> HistoryKey {
    HistoryKey::from(&HistoryId::User(alice()))
}

fn number(number: u64) -> Option<KeyNumber> {
    KeyNumber::new(number)
}

/// What an operator's command does to the table.
pub(crate) async fn record(
    stage: &Stage,
    number: Option<KeyNumber>,
    why: &str,
) -> Result<Erased, ErasureFault> {
    let reason = ErasureReason::parse(why).expect("a reason");
    stage.backend.table.record_erasures(&alice(), number, &reason, &stage.operator()).await
}

pub(crate) async fn clear(stage: &Stage) -> Cleared {
    let cleared = stage.backend.table.clear_erased(&alices(), Instant::now() + PATIENCE).await;
    cleared.expect("what is erased is taken out")
}

/// And to the files.
pub(crate) async fn take_out(
    stage: &Stage,
    disclosures: &TestArchive,
    cleared: &Cleared,
) -> Result<TakenOut, EraseFault> {
    let end = Hour::of(stage.now()).next();
    trail::erase::erase(&disclosures.archive, &alice(), &cleared.events, end, |_| {}).await
}

/// All of it, of all of Alice's physical keys.
pub(crate) async fn erase(stage: &Stage, disclosures: &TestArchive) -> (Erased, Cleared, TakenOut) {
    let erased = record(stage, None, REASON).await.expect("an erasure");
    let cleared = clear(stage).await;
    let taken_out = take_out(stage, disclosures, &cleared).await.expect("files");
    (erased, cleared, taken_out)
}

/// An addition with a note and a name under an idempotency key.
pub(crate) fn addition(stage: &Stage) -> RequestBuilder {
    let body = json!({"orgId": "acme", "orgName": ORG_NAME, "note": NOTE});
    RequestBuilder::add("alice", &body).bearer(&stage.service_token("acme")).idempotency_key("one")
}

/// Alice with two physical keys with texts, of which the second was taken back, and one without; Bob with one; exported.
async fn scene_on(stage: Stage) -> (Stage, TestArchive, TestArchive) {
    stage.register("acme").await;
    let added = addition(&stage).send(&stage).await;
    assert_eq!(added.status(), 200, "{}", added.json());
    stage.add("alice", NOTE).await;
    stage.remove("alice", 2).await;
    let body = json!({"orgId": "acme"});
    let bare = RequestBuilder::add("alice", &body).bearer(&stage.service_token("acme"));
    assert_eq!(bare.send(&stage).await.status(), 200);
    stage.add("bob", "Bob's").await;
    let (archive, disclosures) = (TestArchive::in_folder(), TestArchive::in_folder());
    stage.close_hour();
    stage.export_disclosing(&archive.archive, &disclosures.archive).await.expect("an export");
    (stage, archive, disclosures)
}

pub(crate) async fn scene() -> (Stage, TestArchive, TestArchive) {
    scene_on(Stage::for_trail().await).await
}

/// Everything of a folder that has a text, compressed or not.
pub(crate) fn having(folder: &std::path::Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(having(&path, text));
            continue;
        }
        let bytes = std::fs::read(&path).expect("a file");
        let lines: Vec<_> = Lines::of(&bytes).map_while(Result::ok).collect();
        let has = |bytes: &[u8]| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        if has(&bytes) || has(lines.join("\n").as_bytes()) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[tokio::test]
async fn what_was_erased_is_in_no_item_no_file_and_no_line_of_the_log() {
    let (stage, archive, disclosures) = scene_on(log::logged().await).await;
    let folders = [&archive, &disclosures].map(|of| of.url.to_file_path().expect("a folder"));
    assert_eq!(having(&folders[1], NOTE).len(), 1, "it is found where it is");
    let (erased, cleared, taken_out) = erase(&stage, &disclosures).await;
    assert_eq!(erased.now, [number(1), number(2)].map(|number| number.expect("a number")));
    assert_eq!(cleared.items, 4, "two events, a physical key that is out, an answer");
    assert_eq!(taken_out, TakenOut { files: 1, events: 2 });
    let stored =
        serde_json::to_string(&stage.stored().await.into_values().collect::<Vec<_>>()).expect("JSON");
    for text in [NOTE, ORG_NAME] {
        assert!(!stored.contains(text) && !log::text().contains(text), "{text}");
        for folder in &folders {
            assert_eq!(having(folder, text), Vec::<String>::new());
        }
    }
    assert!(stored.contains("Bob's"), "nobody else's is erased");
    assert!(log::text().contains("committed"), "there is a log");
    assert_eq!(stage.check_table().await, Vec::<String>::new());
    stage.close_hour();
    stage.export_disclosing(&archive.archive, &disclosures.archive).await.expect("an export");
    is_whole(&stage, &archive).await;
    let expected = (3, 3, 0, vec![]);
    assert_eq!(
        counted(&archive, &disclosures).await,
        expected,
        "Bob's and two reasons; two notes and a name"
    );
}

#[tokio::test]
async fn callers_see_no_text_any_more_and_who_erased_it() {
    let (stage, _, disclosures) = scene().await;
    let first = addition(&stage).send(&stage).await;
    assert_eq!(first.header("idempotent-replayed"), Some("true"));
    erase(&stage, &disclosures).await;

    let again = addition(&stage).send(&stage).await;
    assert_eq!((again.status(), again.header("idempotent-replayed")), (200, Some("true")));
    let mut less = String::from_utf8(first.bytes().to_vec()).expect("text");
    for text in [format!(r#","orgName":"{ORG_NAME}""#), format!(r#","note":"{NOTE}""#)] {
        assert_eq!(less.matches(&text).count(), 2);
        less = less.replace(&text, "");
    }
    assert_eq!(again.bytes(), less.as_bytes(), "the same bytes less the texts");
    assert_eq!(again.header("event-hash"), first.header("event-hash"));
    let other = json!({"orgId": "acme", "orgName": "x", "note": "y"});
    let other =
        RequestBuilder::add("alice", &other).bearer(&stage.service_token("acme")).idempotency_key("one");
    assert_eq!(
        other.send(&stage).await.bytes(),
        less.as_bytes(),
        "which texts they were nobody can tell any more"
    );

    let token = stage.service_token("acme");
    let held = RequestBuilder::get("/users/alice/PhysicalKeys/1").bearer(&token).send(&stage).await.json();
    assert_eq!((&held["note"], &held["orgName"]), (&Value::Null, &Value::Null), "{held}");
    let history =
        RequestBuilder::get("/users/alice/PhysicalKeyEvents").bearer(&token).send(&stage).await.json();
    let events = history["events"].as_array().expect("events");
    assert_eq!(events.len(), 6, "{history:#}");
    assert_eq!(events[0]["event"]["data"].get("note"), None, "{history:#}");
    let erasure = &events[4];
    let at = stage.now().get();
    let data = json!({"userId": "alice", "number": 1, "reason": REASON, "erasedAt": at});
    assert_eq!(erasure["event"], json!({"type": "PhysicalKeyTextsErased", "data": data}));
    assert_eq!(erasure["record"]["actor"], json!({"type": "operator", "id": "operator"}), "{erasure:#}");
}

#[tokio::test]
async fn an_erasure_is_recorded_once_and_can_be_run_again_wherever_it_was_cut_off() {
    let (stage, archive, disclosures) = scene().await;
    let one = record(&stage, number(1), REASON).await.expect("an erasure");
    assert_eq!((one.now.len(), one.before.len()), (1, 0), "{one:?}");
    let faults = stage.check_table().await;
    assert_eq!(faults.len(), 3, "an event, a physical key, an answer: {faults:#?}");
    assert!(faults.iter().all(|fault| fault.ends_with("has texts that were erased")), "{faults:#?}");

    let (erased, cleared, taken_out) = erase(&stage, &disclosures).await;
    assert_eq!((erased.now.len(), erased.before.len()), (1, 1), "{erased:?}");
    assert_eq!((cleared.items, taken_out.events), (4, 2));
    let before = (stage.stored().await, disclosures.get(&disclosures_path(first_hour())).await);
    let (erased, cleared, taken_out) = erase(&stage, &disclosures).await;
    assert_eq!((erased.now.len(), erased.before.len()), (0, 2), "{erased:?}");
    assert_eq!((cleared.items, taken_out.events), (0, 0));
    assert_eq!(
        (stage.stored().await, disclosures.get(&disclosures_path(first_hour())).await),
        before,
        "nothing more is written"
    );
    assert_eq!(stage.check_table().await, Vec::<String>::new());
    archive.check_with(&evidence()).await.expect("a whole log");
}

/// Ended after any of the items that it takes texts out of.
#[tokio::test]
async fn an_erasure_that_was_ended_after_any_item_is_carried_out_by_the_same_command() {
    for carried_out in 0..4 {
        let (stage, _, disclosures) = scene().await;
        record(&stage, None, REASON).await.expect("an erasure");
        let table = &stage.backend.table;
        let partition = table.partition(&alices(), Instant::now() + PATIENCE).await.expect("a partition");
        let leftovers = partition.fold(table).expect("a fold").leftovers;
        assert_eq!(leftovers.len(), 4);
        for leftover in &leftovers[..carried_out] {
            table.clear(leftover).await.expect("a write");
        }
        let (erased, cleared, taken_out) = erase(&stage, &disclosures).await;
        assert_eq!((erased.now.len(), cleared.items), (0, 4 - carried_out as u64));
        assert_eq!(taken_out.events, 2);
        assert_eq!(stage.check_table().await, Vec::<String>::new());
    }
}

/// Whoever has damaged a history, or an answer, has not kept its texts.
#[tokio::test]
async fn texts_of_a_history_that_is_at_fault_are_erased_too() {
    let (stage, ..) = scene().await;
    for mut item in stage.moment().await.0 {
        if text(&item, "pk") != "USER#alice" {
            continue;
        }
        let kind = text(&item, "sk").split('#').next().unwrap_or_default().to_owned();
        match (kind.as_str(), item.get_mut("disclosures")) {
            ("EVENT", Some(AttributeValue::M(texts))) => {
                let Some(AttributeValue::M(note)) = texts.get_mut("note") else { continue };
                note.insert("text".to_owned(), AttributeValue::S(format!("{NOTE}, forged")));
            }
            ("REQUEST", _) => _ = item.insert("body".to_owned(), AttributeValue::S(format!("[\"{NOTE}\"]"))),
            _ => continue,
        }
        let put = stage.client.put_item().table_name(stage.backend.table.name()).set_item(Some(item));
        put.send().await.expect("an item");
    }
    record(&stage, None, REASON).await.expect("an erasure");
    assert_eq!(clear(&stage).await.items, 4);
    let stored = serde_json::to_string(&stage.stored().await.into_values().collect::<Vec<_>>());
    assert!(!stored.expect("JSON").contains(NOTE));
    assert_eq!(stage.check_table().await, Vec::<String>::new(), "what was at fault is gone with them");
}

#[tokio::test]
async fn nothing_is_recorded_of_what_never_was() {
    let (stage, ..) = scene().await;
    let before = stage.stored().await;
    let refused = record(&stage, number(9), REASON).await;
    assert!(matches!(refused, Err(ErasureFault::Refused(ErasureRefusal::NeverIssued))), "{refused:?}");
    assert_eq!(record(&stage, number(3), REASON).await, Ok(Erased::default()), "it has no texts");
    let nobody = UserId::parse("nobody").expect("a user");
    let reason = ErasureReason::parse(REASON).expect("a reason");
    let none = stage.backend.table.record_erasures(&nobody, None, &reason, &stage.operator()).await;
    assert_eq!(none, Ok(Erased::default()));
    assert_eq!(stage.stored().await, before, "nothing is written");
}

/// Erasures race with each other and with commands: versions stay dense, numbers are given once, each is recorded once.
#[tokio::test]
async fn erasures_race_with_commands_and_with_each_other() {
    let (stage, archive, disclosures) = scene().await;
    let stage = std::sync::Arc::new(stage);
    let mut tasks = JoinSet::new();
    for _ in 0..3 {
        let stage = std::sync::Arc::clone(&stage);
        tasks.spawn(async move { record(&stage, None, REASON).await.expect("an erasure").now.len() });
    }
    for _ in 0..4 {
        let stage = std::sync::Arc::clone(&stage);
        tasks.spawn(async move {
            stage.add("alice", "later").await;
            0
        });
    }
    let recorded: usize = tasks.join_all().await.into_iter().sum();
    assert!(recorded >= 2, "{recorded}");
    let (erased, ..) = erase(&stage, &disclosures).await;
    assert_eq!(recorded + erased.now.len(), 6, "one for each physical key with texts");
    assert_eq!(stage.check_table().await, Vec::<String>::new());
    stage.close_hour();
    stage.export_disclosing(&archive.archive, &disclosures.archive).await.expect("an export");
    is_whole(&stage, &archive).await;
    assert_eq!(counted(&archive, &disclosures).await.2, 0, "nothing is withheld");
}

/// On one machine: not a byte of it is left in the pages of the database, nor in its write-ahead log, while it is open.
#[tokio::test]
async fn what_was_erased_is_in_no_page_of_an_open_database() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("inventory.sqlite");
    let engine = EmbeddedDynamoDb::in_file(&file, AccessKeyId::generate(), Reach::default()).await;
    let engine = engine.expect("an engine");
    let access = engine.access();
    let setting =
        acceptance::Setting { required: RequiredCredentials::Either, ..acceptance::Setting::default() };
    let stage = Stage::on(Some(engine), dynamodb::client(&access), setting).await;
    let (stage, _, disclosures) = scene_on(stage).await;
    for other in 0..200 {
        stage.add(&format!("user-{other}"), "another").await;
    }
    let has = |text: &str| !having(folder.path(), text).is_empty();
    assert!(has(NOTE) && has(ORG_NAME), "it is found where it is");
    erase(&stage, &disclosures).await;
    assert!(has(NOTE), "and is still there when it is deleted: this is what is tested here");
    let authority = access.endpoint.trim_start_matches("http://");
    let (credential, headers) = (access.access_key_id.as_str(), "content-length: 0\r\nconnection: close");
    let request = format!(
        "POST / HTTP/1.1\r\nhost: {authority}\r\nauthorization: AWS4-HMAC-SHA256 Credential={credential}/\r\n\
         x-amz-target: PhysicalKeyInventory.Vacuum\r\n{headers}\r\n\r\n"
    );
    let mut stream = TcpStream::connect(authority).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("room for a request");
    let mut answer = String::new();
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_string(&mut answer)).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let files: BTreeSet<_> = std::fs::read_dir(folder.path())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert!(files.iter().any(|name| name.to_string_lossy().ends_with("-wal")), "it is open: {files:?}");
    for text in [NOTE, ORG_NAME] {
        assert!(!has(text), "{text}");
    }
    assert!(has("another"), "all else is there");
    assert_eq!(stage.add("alice", "after").await, 4, "and it goes on");
}

#[tokio::test]
async fn a_reason_is_said_and_is_not_too_long() {
    for reason in ["", "  ", &"x".repeat(201)] {
        assert!(ErasureReason::parse(reason).is_err(), "{reason:?}");
    }
    assert!(ErasureReason::parse("x".repeat(200)).is_ok());
}

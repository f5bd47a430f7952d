//! Which log goes where, whose files are there, and who may read them.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::{Duration, Instant};

use acceptance::trail::{SEED, TestArchive, first_hour, from_first_hour, signing_key};
use acceptance::{PATIENCE, Stage};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::history::{ChainedRecord, EventHash};
use domain::values::Hour;
use export_audit::export::{ExportFault, Report, Settings};
use export_audit::signing::SigningKeys;
use flate2::Compression;
use trail::event_file::{self, parse_line};
use trail::manifest::{Manifest, SetAside, events_path, manifest_path};

use crate::audit_export::forget_exports;
use crate::audit_format::change;
use crate::audit_tampering::gzip;

/// A stage with an hour that is closed: the organisation, and two events of Alice's.
async fn one_hour() -> Stage {
    let stage = Stage::for_trail().await;
    stage.add("alice", "front door").await;
    stage.add("alice", "cellar").await;
    stage.close_hour();
    stage
}

async fn export_by(stage: &Stage, archive: &TestArchive, settings: Settings) -> Result<Report, ExportFault> {
    let exporter = stage.exporter(&archive.archive, &settings);
    exporter.export(Instant::now() + PATIENCE, |_| {}).await
}

/// That an export is refused in these words, and writes nothing.
async fn is_refused(stage: &Stage, archive: &TestArchive, settings: Settings, expected: &str) {
    let before = (archive.objects().await, stage.stored().await);
    let fault = export_by(stage, archive, settings).await.expect_err("a refusal");
    assert_eq!(fault.to_string(), expected);
    assert_eq!((archive.objects().await, stage.stored().await), before, "nothing is written");
}

/// The name of another log.
const OTHER: &str = "keys.example.com/other";

/// Exports with a key that signs under this name.
async fn export_as(stage: &Stage, archive: &TestArchive, name: &str) -> Result<Report, ExportFault> {
    let signing = SigningKeys::new(signing_key(name, SEED), None).expect("a key");
    stage.export_signed_by(&archive.archive, &signing).await
}

#[tokio::test]
async fn two_tables_are_not_exported_to_one_place() {
    let (one, other, archive) = (one_hour().await, one_hour().await, TestArchive::new());
    one.export(&archive.archive).await.expect("an export");
    let id = |stage: &Stage| {
        let table = stage.backend.table.clone();
        async move { table.identity([7; 16]).await.expect("a table").id }
    };
    // What the table remembers is written before the place is looked at: its own log's name.
    export_by(&other, &archive, from_first_hour()).await.expect_err("a refusal");
    let expected = format!(
        "this table is {}, and the log there comes from table {}: two tables are not exported to one place, and a table that was \
         restored goes on with the log after `physical-keys audit replay`",
        id(&other).await,
        id(&one).await
    );
    is_refused(&other, &archive, from_first_hour(), &expected).await;
}

#[tokio::test]
async fn one_table_is_not_exported_to_two_places_and_under_no_other_name() {
    let (stage, archive, elsewhere) = (one_hour().await, TestArchive::new(), TestArchive::new());
    stage.export(&archive.archive).await.expect("an export");
    let expected =
        "the table's histories were exported through 2026-11-23T13:00:00Z already, and no log is there";
    is_refused(&stage, &elsewhere, from_first_hour(), expected).await;
    let expected = "the signing key is of keys.example.com/other, and this table's log is keys.example.com/audit: one log is \
                    not continued under another name";
    let before = (archive.objects().await, stage.stored().await);
    assert_eq!(export_as(&stage, &archive, OTHER).await.expect_err("a refusal").to_string(), expected);
    assert_eq!((archive.objects().await, stage.stored().await), before, "nothing is written");
    let later = Settings { first_hour: Some(first_hour().next()), ..Settings::default() };
    let expected =
        "the first hour is to be 2026-11-23T13:00:00Z, and the log there begins with 2026-11-23T12:00:00Z";
    is_refused(&stage, &archive, later, expected).await;
    // Neither has to be said again.
    stage.close_hour();
    assert_eq!(export_by(&stage, &archive, Settings::default()).await.expect("an export").hours, 1);

    let other = one_hour().await;
    export_as(&other, &archive, OTHER).await.expect_err("a refusal");
    let expected = "this table's log is keys.example.com/other, and what is there is keys.example.com/audit: two logs are not \
                    written to one place";
    let before = (archive.objects().await, other.stored().await);
    assert_eq!(export_as(&other, &archive, OTHER).await.expect_err("a refusal").to_string(), expected);
    assert_eq!((archive.objects().await, other.stored().await), before, "nothing is written");
}

#[tokio::test]
async fn a_first_hour_that_has_not_come_is_refused() {
    let (stage, archive) = (one_hour().await, TestArchive::new());
    let to_come = Settings { first_hour: Some(Hour::of(stage.now()).next()), ..Settings::default() };
    export_by(&stage, &archive, to_come.clone()).await.expect_err("a refusal");
    let expected = "the first hour is to be 2026-11-23T14:00:00Z, which has not come yet";
    is_refused(&stage, &archive, to_come, expected).await;
}

/// Another release of the compression library may give other bytes for the same lines.
#[tokio::test]
async fn a_file_that_is_there_in_another_compression_or_with_less_decides_what_the_hour_has() {
    let (stage, smooth) = (one_hour().await, TestArchive::new());
    stage.export(&smooth.archive).await.expect("an export");
    let lines = smooth.lines(first_hour()).await;
    for (kept, compression) in
        [(3, Compression::none()), (1, Compression::default()), (0, Compression::default())]
    {
        forget_exports(&stage).await;
        let archive = TestArchive::new();
        let there = gzip(&lines[..kept], compression);
        archive.put(&events_path(first_hour()), there.clone().into()).await;
        let report = stage.export(&archive.archive).await.expect("an export");
        assert_eq!(report.events, kept as u64);
        assert_eq!(archive.get(&events_path(first_hour())).await, there);
        assert_eq!(report.left_behind, [2, 2, 1, 0][kept], "what was planned beyond it is still to come");
        archive.check_against(&stage.backend.table).await.expect("a whole export");
        stage.pass(Duration::from_hours(1));
        assert_eq!(stage.export(&archive.archive).await.expect("an export").events, 3 - kept as u64);
        archive.check_against(&stage.backend.table).await.expect("a whole export");
        stage.turn_back(Duration::from_hours(1));
    }
}

/// Whoever can put one object must not have forgeries exported, nor stop the export with anything but an alarm.
#[tokio::test]
async fn a_file_that_the_table_does_not_bear_out_is_left_and_named() {
    let (stage, smooth) = (one_hour().await, TestArchive::new());
    stage.export(&smooth.archive).await.expect("an export");
    let lines = smooth.lines(first_hour()).await;
    let forged = |line: &str| {
        let event = parse_line(line).expect("an event");
        let mut record = event.record().clone();
        record.request_id = "forged".to_owned();
        event_file::line(&ChainedRecord::after(event.previous_hash(), record))
    };
    let plain = |lines: &[String]| gzip(lines, Compression::default());
    let cases = [
        (b"something else".to_vec(), "line 1: it is not compressed text"),
        ([plain(&lines), plain(&[])].concat(), "line 4: it is not compressed text"),
        (
            plain(&[lines[0].clone(), forged(&lines[1])]),
            "line 1: the table does not have these events of user \"alice\"",
        ),
        (plain(&[forged(&lines[0])]), "line 1: the table does not have these events of user \"alice\""),
        (plain(&[lines[1].clone()]), "line 1: it does not go on where user \"alice\" was left"),
        (
            plain(&[lines[0].clone(), lines[0].clone()]),
            "line 2: it does not follow the event of user \"alice\" above it",
        ),
        (
            plain(&[lines[0].replace("front", "back").replace("acme", "evil")]),
            "line 1: the event is not the one that was hashed",
        ),
    ];
    for (there, shows) in cases {
        forget_exports(&stage).await;
        let archive = TestArchive::new();
        let path = events_path(first_hour());
        archive.put(&path, there.into()).await;
        let expected = format!("{path} is there already, and is not what the table says: {shows}");
        let fault = stage.export(&archive.archive).await.expect_err("a fault");
        assert_eq!(fault.to_string(), expected);
        assert!(matches!(fault, ExportFault::Foreign { .. }));
        assert_eq!(archive.objects().await.len(), 3, "no manifest says that it is the hour's");
        assert!(!stage.stored().await.keys().any(|(pk, _)| pk.starts_with("EXPORTED#")), "{shows}");
        assert_eq!(stage.backend.table.audit_checkpoint().await.expect("a read").checkpoint, None);
    }
}

#[tokio::test]
async fn a_manifest_that_says_something_else_is_named() {
    let (stage, archive) = (one_hour().await, TestArchive::new());
    let path = manifest_path(first_hour());
    archive.put(&path, b"{}".as_slice().into()).await;
    let expected = format!(
        "{path} is there already, and is not what the table says: it says something else of the hour"
    );
    assert_eq!(stage.export(&archive.archive).await.expect_err("a fault").to_string(), expected);
}

/// It stops nobody else's, and every check says so until table and files agree again.
#[tokio::test]
async fn a_history_whose_table_is_another_than_the_files_is_set_aside() {
    let event_2 = format!("EVENT#{:020}", 2);
    let hash = |byte: u8| AttributeValue::B(vec![byte; 32].into());
    for (sk, name, last) in
        [(event_2.as_str(), "hash", 1), (&event_2, "previousHash", 1), (&event_2, "record", 1)]
    {
        let (stage, archive) = (one_hour().await, TestArchive::new());
        let value = if name == "record" { AttributeValue::S("{}".to_owned()) } else { hash(7) };
        let before = stage.stored_of("alice", &event_2).await.remove(0)[name].clone();
        change(&stage, sk, name, value).await;
        let report = stage.export(&archive.archive).await.expect("an export");
        // A page with an item that is no event at all is not read.
        let last = if name == "record" { 0 } else { last };
        assert_eq!((report.events, report.set_aside), (1 + last, 1), "{name}");
        let verified = archive.check().await.expect("a whole export");
        let alice = SetAside {
            aggregate_type: "user".to_owned(),
            aggregate_id: "alice".to_owned(),
            version: domain::values::Version::new(last),
        };
        assert_eq!(verified.set_aside, std::slice::from_ref(&alice));
        stage.close_hour();
        assert_eq!(stage.export(&archive.archive).await.expect("an export").events, 0);
        assert_eq!(archive.check().await.expect("a whole export").set_aside, [alice], "the next hour, too");

        let value = match before {
            serde_json::Value::Object(of) if name == "record" => {
                AttributeValue::S(of["S"].as_str().expect("a text").to_owned())
            }
            of => {
                let bytes = data_encoding::BASE64.decode(of["B"].as_str().expect("bytes").as_bytes());
                AttributeValue::B(bytes.expect("base64").into())
            }
        };
        change(&stage, sk, name, value).await;
        stage.close_hour();
        let report = stage.export(&archive.archive).await.expect("an export");
        assert_eq!((report.events, report.set_aside), (2 - last, 0), "it goes on");
        archive.check_against(&stage.backend.table).await.expect("a whole export");
    }
}

/// A table that was set back to a moment has forgotten what the files hold.
#[tokio::test]
async fn a_history_that_is_shorter_than_the_files_is_set_aside() {
    let (stage, archive) = (one_hour().await, TestArchive::new());
    stage.export(&archive.archive).await.expect("an export");
    stage.pass(Duration::from_secs(1));
    let head = AttributeValue::B(EventHash::GENESIS.bytes().to_vec().into());
    change(&stage, "USER", "headHash", head).await;
    change(&stage, "USER", "version", AttributeValue::N("1".to_owned())).await;
    stage.close_hour();
    let report = stage.export(&archive.archive).await.expect("an export");
    assert_eq!((report.events, report.set_aside), (0, 1));
    let manifest = archive.get(&manifest_path(first_hour().next())).await;
    let set_aside = Manifest::parse(&manifest).expect("a manifest").set_aside;
    assert_eq!((set_aside[0].to_string().as_str(), set_aside[0].version.get()), ("user \"alice\"", 2));
}

#[tokio::test]
async fn exported_files_are_their_owners_and_foreign_ones_are_named_and_not_entered() {
    let (stage, archive) = (one_hour().await, TestArchive::in_folder());
    stage.export(&archive.archive).await.expect("an export");
    let mut folders = vec![archive.file("")];
    let mut looked_at = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let entry = entry.expect("an entry");
            let metadata = entry.metadata().expect("metadata");
            let expected = if metadata.is_dir() { 0o700 } else { 0o600 };
            assert_eq!(metadata.permissions().mode() & 0o777, expected, "{}", entry.path().display());
            looked_at += 1;
            if metadata.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    assert_eq!(looked_at, 7 + 10, "seven files, and the folders that they are in");

    std::fs::create_dir(archive.file("photos")).expect("a folder");
    std::fs::create_dir(archive.file("logs")).expect("a folder");
    std::fs::write(archive.file("photos/one.jpg"), "").expect("a file");
    std::fs::write(archive.file("events/notes.txt"), "").expect("a file");
    symlink("/", archive.file("events/date=2026-11-24")).expect("a link");
    std::fs::write(archive.file("log/.x.unfinished"), "").expect("a file");
    let listing = archive.archive.list().await.expect("a listing");
    let strangers: Vec<_> = listing.strangers.iter().map(String::as_str).collect();
    assert_eq!(strangers, ["events/date=2026-11-24", "events/notes.txt", "logs/", "photos/"]);
    archive.check().await.expect("a whole export");

    // Something else in a file's place is no file.
    let path = manifest_path(first_hour());
    std::fs::rename(archive.file(&path), archive.file("manifest")).expect("a file");
    symlink(archive.file("manifest"), archive.file(&path)).expect("a link");
    assert_eq!(
        archive.check().await.expect_err("a fault").to_string(),
        format!("{path}: changed: it is not a plain file")
    );
}

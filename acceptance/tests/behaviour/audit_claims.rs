//! Which table a log comes from: a forger with the key who has another table go on with it, goes back to one, or hides that it changed.

use std::time::{Duration, Instant};

use acceptance::trail::{SEED, TestArchive, first_hour, from_first_hour, hour};
use acceptance::{PATIENCE, Stage};
use domain::audit_log::{self, LogClaimed};
use domain::history::{ChainedRecord, EventRecord, Happening};
use domain::values::{Hour, TableId};
use flate2::Compression;
use trail::event_file::{line, parse_line};
use trail::log::table_path;
use trail::manifest::{Manifest, events_path, manifest_path};

use crate::audit_replay::{Scene, scene_on};
use crate::audit_tampering::gzip;

/// The first hour of the second table.
fn claimed() -> Hour {
    hour("2026-11-23T14:00:00Z")
}

/// A log that went on from a restored table at 14:00, whose event that claims it is the hour's last line; and its two tables.
async fn export() -> (TestArchive, String, String) {
    let Scene { mut stage, archive, after_last_hour, .. } =
        scene_on(Stage::for_trail().await, TestArchive::in_folder()).await;
    stage.restore(&after_last_hour).await;
    stage.replay(&archive.archive).await.expect("a replay");
    stage.close_hour();
    stage.add("alice", "in the hour after").await;
    stage.close_hour();
    stage.export(&archive.archive).await.expect("an export");
    archive.check_against(&stage.backend.table).await.expect("a whole log");
    let table_of = async |hour: Hour| {
        Manifest::parse(&archive.get(&manifest_path(hour)).await).expect("a manifest").table_id
    };
    let (first, second) = (table_of(claimed().previous()).await, table_of(claimed()).await);
    assert_ne!(first, second);
    (archive, first, second)
}

async fn check(archive: &TestArchive, expected: &[String]) {
    let found = archive.check().await.map_err(|fault| fault.to_string()).expect_err("a fault");
    assert_eq!(found.lines().collect::<Vec<_>>(), expected);
}

/// Has an hour come from a table, as its manifest says.
async fn comes_from(archive: &TestArchive, hour: Hour, table_id: &str) {
    let manifest = Manifest::parse(&archive.get(&manifest_path(hour)).await).expect("a manifest");
    let manifest = Manifest { table_id: table_id.to_owned(), ..manifest };
    archive.write(&manifest_path(hour), &manifest.bytes());
}

/// Writes the hour's lines with another last one, and everything that follows.
async fn with_claim(archive: &TestArchive, change: impl Fn(&mut LogClaimed)) {
    let mut lines = archive.lines(claimed()).await;
    let last = parse_line(&lines.pop().expect("a line")).expect("an event");
    let mut record: EventRecord = last.record().clone();
    let Happening::AuditLog(audit_log::Event::LogClaimed(event)) = &mut record.happening else {
        panic!("{record:?}")
    };
    change(event);
    lines.push(line(&ChainedRecord::after(last.previous_hash(), record)));
    archive.write(&events_path(claimed()), &gzip(&lines, Compression::default()));
    archive.forge_log(SEED).await;
}

const MANIFEST: &str = "log/date=2026-11-23/hour=14/manifest.json";
const LATER: &str = "log/date=2026-11-23/hour=15/manifest.json";
const OTHER: &str = "forked: it is of another table than the one that the log says";
const LINE: &str = "events/date=2026-11-23/hour=14/events.ndjson.gz, line 3";

#[tokio::test]
async fn a_claim_without_its_file_is_named() {
    let (archive, _, second) = export().await;
    std::fs::remove_file(archive.file(&table_path(2))).expect("a file");
    let line = format!("{LINE}: removed: table {second} claims the log, and no file in log/table/ says so");
    check(&archive, &[format!("{MANIFEST}: {OTHER}"), line, format!("{LATER}: {OTHER}")]).await;
}

#[tokio::test]
async fn a_table_that_no_event_claims_the_log_for_is_named() {
    let (archive, _, second) = export().await;
    let mut lines = archive.lines(claimed()).await;
    lines.pop();
    archive.write(&events_path(claimed()), &gzip(&lines, Compression::default()));
    archive.forge_log(SEED).await;
    let expected = format!(
        "{MANIFEST}: forked: it is the first one of table {second}, and no event claims the log for it"
    );
    check(&archive, &[expected]).await;
}

#[tokio::test]
async fn a_claim_for_another_table_is_named() {
    let (archive, _, second) = export().await;
    with_claim(&archive, |claim| claim.table_id = TableId::try_from("another".to_owned()).expect("an id"))
        .await;
    check(
        &archive,
        &[
            format!("{LINE}: removed: table another claims the log, and no file in log/table/ says so"),
            format!("{MANIFEST}: forked: it is the first one of table {second}, and no event claims the log for it"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_claim_at_another_time_than_it_was_recorded_is_named() {
    let (archive, ..) = export().await;
    with_claim(&archive, |claim| claim.claimed_at = claimed().start()).await;
    let found = archive.check().await.map_err(|fault| fault.to_string()).expect_err("a fault");
    let of = "impossible: version 1 of log \"keys.example.com/audit\": it says that it happened at 2026-11-23T14:00:00.000Z";
    assert!(found.starts_with(&format!("{LINE}: {of}")), "{found}");
}

#[tokio::test]
async fn a_claim_that_is_told_twice_is_named() {
    let (archive, ..) = export().await;
    let mut lines = archive.lines(claimed()).await;
    let last = parse_line(lines.last().expect("a line")).expect("an event");
    let record = EventRecord { version: last.record().version.next(), ..last.record().clone() };
    lines.push(line(&ChainedRecord::after(last.hash(), record)));
    archive.write(&events_path(claimed()), &gzip(&lines, Compression::default()));
    archive.forge_log(SEED).await;
    let of = "events/date=2026-11-23/hour=14/events.ndjson.gz, line 4: impossible: version 2 of log \"keys.example.com/audit\"";
    check(&archive, &[format!("{of}: a table claims the log that has claimed it already")]).await;
}

#[tokio::test]
async fn a_log_that_goes_back_to_the_table_before_is_named() {
    let (archive, first, _) = export().await;
    comes_from(&archive, claimed().next(), &first).await;
    archive.forge_log(SEED).await;
    check(&archive, &[format!("{LATER}: {OTHER}")]).await;
}

#[tokio::test]
async fn a_table_that_exports_before_it_claimed_the_log_is_named() {
    let (archive, _, second) = export().await;
    let before = claimed().previous();
    comes_from(&archive, before, &second).await;
    archive.forge_log(SEED).await;
    check(&archive, &[format!("{}: {OTHER}", manifest_path(before))]).await;
}

/// A run that is under way when another table claims the log ends with the hour that it is at.
#[tokio::test]
async fn a_run_that_is_under_way_exports_nothing_once_another_table_has_claimed_the_log() {
    let (stage, archive) = (Stage::for_trail().await, TestArchive::in_folder());
    stage.add("alice", "front door").await;
    stage.pass(Duration::from_hours(2));
    stage.close_hour();
    let settings = from_first_hour();
    let exporter = stage.exporter(&archive.archive, &settings);
    let owner = "{\"format\":2,\"fromHour\":\"2026-11-23T13:00:00Z\",\"tableId\":\"another\"}\n";
    let run = exporter.export(Instant::now() + PATIENCE, |report| {
        if report.hours == 1 {
            archive.write(&table_path(2), owner.as_bytes());
        }
    });
    let refused = run.await.expect_err("a refusal").to_string();
    assert_eq!(refused, "another table has claimed the log: this one is not exported there any more");
    let hours = archive.archive.list().await.expect("a listing").hours;
    assert!(hours.keys().eq([&first_hour()]), "{hours:?}");
    let checkpoint = stage.backend.table.audit_checkpoint().await.expect("a read").checkpoint;
    assert_eq!(checkpoint.map(|checkpoint| checkpoint.hour), Some(first_hour()));
}

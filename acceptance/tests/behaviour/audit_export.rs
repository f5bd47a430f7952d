//! The export: which hours, which events, once, wherever it was ended and however often it ran.

use std::sync::Arc;
use std::time::{Duration, Instant};

use acceptance::disturbance::{Disturbance, disturbed_engine};
use acceptance::stopping::{Stop, StoppingStore};
use acceptance::trail::{TestArchive, first_hour, from_first_hour, hour};
use acceptance::{Setting, Stage};
use api::auth::RequiredCredentials;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::values::{EpochMillis, Hour};
use export_audit::export::{Exporter, GRACE, Report, Settings};
use object_store::path::Path;
use process::clock::Clock;
use trail::archive::Archive;
use trail::event_file::parse_line;

use crate::audit_late::disturbed;

/// Three hours: two users with three events, nobody, one user with one.
async fn three_hours(stage: &Stage) {
    stage.add("alice", "front door").await;
    stage.add("bob", "cellar").await;
    stage.remove("alice", 1).await;
    stage.pass(Duration::from_hours(2));
    stage.add("alice", "gate").await;
    stage.close_hour();
}

fn report(hours: u64, events: u64, through: Option<&str>, behind_hours: u64) -> Report {
    Report { hours, events, through: through.map(str::to_owned), behind_hours, ..Report::default() }
}

/// Forgets how far exports have come.
pub(crate) async fn forget_exports(stage: &Stage) {
    let text = |text: String| AttributeValue::S(text);
    for (pk, sk) in stage.stored().await.into_keys() {
        let is_of_export = ["AUDIT", "EXPORTED#", "BEHIND#"].iter().any(|prefix| pk.starts_with(prefix));
        if is_of_export && sk != "LOG" && sk != "TABLE" {
            let deletion = stage.client.delete_item().table_name(stage.backend.table.name());
            deletion.key("pk", text(pk)).key("sk", text(sk)).send().await.expect("a deletion");
        }
    }
}

/// That an archive holds just what an export without any trouble writes, and that the export goes on from there.
async fn holds_what_it_should(stage: &Stage, archive: &TestArchive) {
    let done = stage.export(&archive.archive).await.expect("an export");
    assert_eq!(done.behind_hours, 0);
    let objects = archive.objects().await;
    archive.check_against(&stage.backend.table).await.expect("a whole export");
    forget_exports(stage).await;
    let smooth = TestArchive::new();
    stage.export(&smooth.archive).await.expect("an export");
    assert_eq!(objects, smooth.objects().await);
}

#[tokio::test]
async fn every_closed_hour_is_exported_once_with_every_event() {
    let (stage, archive) = (Stage::for_trail().await, TestArchive::new());
    three_hours(&stage).await;
    let through = Some("2026-11-23T15:00:00Z");
    assert_eq!(stage.export(&archive.archive).await.expect("an export"), report(3, 5, through, 0));
    let objects = archive.objects().await;
    let paths: Vec<_> = objects.keys().map(String::as_str).collect();
    let expected = [
        "events/date=2026-11-23/hour=12/events.ndjson.gz",
        "events/date=2026-11-23/hour=13/events.ndjson.gz",
        "events/date=2026-11-23/hour=14/events.ndjson.gz",
        "log/checkpoint",
        "log/date=2026-11-23/hour=12/checkpoint",
        "log/date=2026-11-23/hour=12/manifest.json",
        "log/date=2026-11-23/hour=13/checkpoint",
        "log/date=2026-11-23/hour=13/manifest.json",
        "log/date=2026-11-23/hour=14/checkpoint",
        "log/date=2026-11-23/hour=14/manifest.json",
        "log/identity.json",
        "log/table/1.json",
        "log/tile/0/000.p/5",
        "log/tile/0/000.p/6",
        "log/tile/0/000.p/8",
    ];
    assert_eq!(paths, expected, "an hour without events has a file without lines");

    let mut exported = Vec::new();
    for hour in [first_hour(), first_hour().next(), hour("2026-11-23T14:00:00Z")] {
        for line in archive.lines(hour).await {
            let event = parse_line(&line).expect("an event");
            let history = event.record().happening.history();
            exported.push((history.aggregate_id().to_owned(), event.record().version.get()));
        }
    }
    let events = [("alice", 1), ("alice", 2), ("bob", 1), ("acme", 1), ("alice", 3)];
    let events = events.map(|(history, version)| (history.to_owned(), version));
    assert_eq!(exported, events, "by history and version, organisations too");

    assert_eq!(stage.export(&archive.archive).await.expect("an export"), report(0, 0, through, 0));
    assert_eq!(archive.objects().await, objects, "a second run finds nothing to do");
    holds_what_it_should(&stage, &archive).await;
}

/// Before a table is given up; what is recorded in that hour nevertheless is in the next one's file.
#[tokio::test]
async fn the_hour_that_it_is_now_is_exported_when_that_is_asked_for() {
    let (stage, archive) = (Stage::for_trail().await, TestArchive::new());
    stage.add("alice", "front door").await;
    let settings = Settings { through_now: true, ..from_first_hour() };
    let export = async || {
        let exporter = stage.exporter(&archive.archive, &settings);
        exporter.export(Instant::now() + acceptance::PATIENCE, |_| {}).await.expect("an export")
    };
    let through = Some("2026-11-23T13:00:00Z");
    assert_eq!(export().await, report(1, 2, through, 0));
    assert_eq!(export().await, report(0, 0, through, 0), "once");
    stage.add("alice", "nevertheless").await;
    stage.close_hour();
    assert_eq!(export().await, report(1, 1, Some("2026-11-23T14:00:00Z"), 0));
    archive.check_against(&stage.backend.table).await.expect("a whole export");
}

#[tokio::test]
async fn an_hour_is_left_alone_until_the_grace_is_over() {
    let (stage, archive) = (Stage::for_trail().await, TestArchive::new());
    stage.add("alice", "front door").await;
    stage.close_hour();
    let closes = first_hour().end().plus(GRACE);
    let just_before = Clock::from_fn(move || EpochMillis::new(closes.get() - 1));
    let settings = from_first_hour();
    let exporter = Exporter { clock: &just_before, ..stage.exporter(&archive.archive, &settings) };
    let early = exporter.export(Instant::now() + acceptance::PATIENCE, |_| {}).await.expect("an export");
    assert_eq!(early, report(0, 0, None, 0));
    let said = ["log/identity.json", "log/table/1.json"];
    assert!(archive.objects().await.keys().eq(&said), "which log it is, and nothing else");
    assert_eq!(stage.export(&archive.archive).await.expect("an export").events, 2);
}

#[tokio::test]
async fn a_late_clock_is_waited_for_and_an_early_one_has_its_event_in_its_own_hour() {
    let (stage, archive) = (Stage::for_trail().await, TestArchive::new());
    // It is 13:14:50, and a writer whose clock is behind by almost the grace records in the hour of noon.
    stage.pass(Duration::from_hours(1) + GRACE.saturating_sub(Duration::from_secs(10)));
    assert_eq!(stage.export(&archive.archive).await.expect("an export"), report(0, 0, None, 0));
    let behind = GRACE.saturating_sub(Duration::from_secs(5));
    stage.turn_back(behind);
    stage.add("alice", "by a clock that is behind").await;
    stage.pass(behind + Duration::from_secs(9));
    // It is 13:15:00, and a writer whose clock is ahead by an hour records in the hour of two.
    stage.pass(Duration::from_hours(1));
    stage.add("alice", "by a clock that is ahead").await;
    stage.turn_back(Duration::from_hours(1));
    assert_eq!(stage.export(&archive.archive).await.expect("an export").events, 2, "and the organisation's");
    assert!(archive.lines(first_hour()).await[0].contains("\"number\":1,"));
    stage.close_hour();
    assert_eq!(stage.export(&archive.archive).await.expect("an export").events, 0);
    stage.close_hour();
    assert_eq!(stage.export(&archive.archive).await.expect("an export").events, 1);
    assert!(archive.lines(hour("2026-11-23T14:00:00Z")).await[0].contains("\"number\":2,"));
    archive.check_against(&stage.backend.table).await.expect("a whole export");
}

#[tokio::test]
async fn a_history_is_exported_in_the_order_of_its_versions_whatever_the_clocks_say() {
    let (stage, archive) = (Stage::for_trail().await, TestArchive::new());
    stage.pass(Duration::from_mins(59) + Duration::from_secs(58));
    stage.add("alice", "recorded in the first hour").await;
    stage.pass(Duration::from_secs(10));
    stage.add("alice", "by a clock that is ahead: in the second hour").await;
    // Version 3 is recorded before version 2.
    stage.turn_back(Duration::from_secs(12));
    stage.add("alice", "in the first hour again").await;
    stage.pass(Duration::from_mins(5));
    stage.close_hour();
    stage.export(&archive.archive).await.expect("an export");
    stage.close_hour();
    stage.export(&archive.archive).await.expect("an export");
    assert_eq!(archive.lines(first_hour()).await.len(), 2, "the organisation's and version 1");
    assert_eq!(archive.lines(first_hour().next()).await.len(), 2, "versions 2 and 3");
    let verified = archive.check().await.expect("a whole export");
    assert_eq!((verified.events, verified.users, verified.organisations), (4, 1, 1));
    holds_what_it_should(&stage, &archive).await;
}

#[tokio::test]
async fn an_export_that_is_ended_at_any_write_goes_on_and_writes_the_same() {
    for stop in [Stop::Before, Stop::After] {
        for write in 0..8 {
            let (stage, archive) = (Stage::for_trail().await, TestArchive::in_folder());
            three_hours(&stage).await;
            let (store, stopped) = StoppingStore::new(stop, write);
            let folder = archive.url.to_file_path().expect("a folder");
            let root = Path::from_absolute_path(folder).expect("a path");
            let stopping = Archive::new(Arc::new(store), root);
            tokio::select! {
                ended = stage.export(&stopping) => panic!("it went on: {ended:?}"),
                () = stopped.notified() => {}
            }
            holds_what_it_should(&stage, &archive).await;
        }
    }
}

#[tokio::test]
async fn an_export_that_loses_its_table_at_any_call_goes_on_and_writes_the_same() {
    let calls = [
        ("GetItem", Disturbance::CutBefore),
        ("Query", Disturbance::CutBefore),
        ("Query", Disturbance::Failed(400, "ProvisionedThroughputExceededException")),
        ("Scan", Disturbance::CutBefore),
        ("BatchGetItem", Disturbance::CutBefore),
        ("DescribeTable", Disturbance::CutBefore),
        ("PutItem", Disturbance::CutBefore),
        ("PutItem", Disturbance::CutAfter),
        ("PutItem", Disturbance::Failed(500, "InternalServerError")),
    ];
    for (operation, disturbance) in calls {
        for times in [1, usize::MAX] {
            let (engine, disturber) = disturbed_engine().await;
            let setting = Setting { required: RequiredCredentials::Either, ..Setting::default() };
            let stage = Stage::on(engine, disturber.client(), setting).await;
            let archive = TestArchive::new();
            three_hours(&stage).await;
            disturber.disturb(operation, disturbance, times);
            let met = stage.export(&archive.archive).await;
            disturber.calm();
            let case = format!("{operation} {disturbance:?}, {times} times: {met:?}");
            assert_eq!(met.is_ok(), times == 1, "one lost call is made again: {case}");
            holds_what_it_should(&stage, &archive).await;
        }
    }
}

#[tokio::test]
async fn exports_at_the_same_time_write_one_chain() {
    let (stage, archive) = (Stage::for_trail().await, TestArchive::new());
    three_hours(&stage).await;
    let run = || stage.export(&archive.archive);
    let (one, two, three, four) = tokio::join!(run(), run(), run(), run());
    let reports = [one, two, three, four].map(|report| report.expect("an export"));
    assert_eq!(
        reports.iter().map(|report| report.hours).sum::<u64>(),
        3,
        "each hour is said once: {reports:?}"
    );
    assert!(reports.iter().all(|report| report.behind_hours == 0), "{reports:?}");
    holds_what_it_should(&stage, &archive).await;
}

#[tokio::test]
async fn shards_may_be_raised_and_lowered_within_an_hour() {
    let (mut stage, archive) = (Stage::for_trail().await, TestArchive::new());
    for shards in [1, 32, 7, 4] {
        stage.deploy_with_shards(shards);
        for user in 0..6 {
            stage.add(&format!("user-{user}"), &format!("with {shards} shards")).await;
        }
    }
    stage.close_hour();
    assert_eq!(stage.export(&archive.archive).await.expect("an export").events, 25);
    let verified = archive.check_against(&stage.backend.table).await.expect("a whole export");
    assert_eq!((verified.events, verified.users), (25, 6));
}

#[tokio::test]
async fn an_outage_is_caught_up_with_in_order_until_the_deadline() {
    let (stage, archive) = (Stage::for_trail().await, TestArchive::new());
    for _ in 0..20 {
        stage.add("alice", "one an hour").await;
        stage.pass(Duration::from_hours(1));
    }
    let settings = from_first_hour();
    let exporter = stage.exporter(&archive.archive, &settings);
    let late = exporter.export(Instant::now(), |_| {}).await.expect("an export");
    assert_eq!(late, report(0, 0, None, 19), "it says how far it is behind");
    assert_eq!(archive.objects().await.len(), 2, "nothing is begun that could not be finished");
    let mut said = Vec::new();
    let deadline = Instant::now() + acceptance::PATIENCE;
    let done = exporter.export(deadline, |report| said.push(report.behind_hours)).await.expect("an export");
    assert_eq!(done, report(19, 20, Some("2026-11-24T07:00:00Z"), 0));
    assert_eq!(said, (0..=19).rev().collect::<Vec<_>>(), "one hour after the other");
    archive.check_against(&stage.backend.table).await.expect("a whole export");
}

#[tokio::test]
async fn an_export_begins_with_the_hour_of_the_tables_creation() {
    let (stage, disturber, archive) = disturbed().await;
    disturber.disturb("GetItem", Disturbance::ByClock("Fri, 31 Dec 2100 00:00:00 GMT"), usize::MAX);
    let created = stage.backend.table.identity([0; 16]).await.expect("a table").created_at;
    let closes = Hour::of(created).end().plus(GRACE);
    let clock = Clock::from_fn(move || closes);
    let settings = Settings::default();
    let exporter = Exporter { clock: &clock, ..stage.exporter(&archive.archive, &settings) };
    let report = exporter.export(Instant::now() + acceptance::PATIENCE, |_| {}).await.expect("an export");
    assert!(matches!(report.hours, 1 | 2), "its hour, and the one before if a clock may be that late");
    let listing = archive.archive.list().await.expect("a listing");
    assert_eq!(listing.hours.last_key_value().map(|(hour, _)| *hour), Some(Hour::of(created)));
}

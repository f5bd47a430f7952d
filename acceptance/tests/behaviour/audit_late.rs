//! What is late: entries of the index, events that do not show yet, files without room, clocks that differ. Nothing of it is lost,
//! and nothing comes twice.

use std::time::{Duration, Instant};

use acceptance::disturbance::{Disturbance, Disturber, disturbed_engine};
use acceptance::trail::{TestArchive, first_hour};
use acceptance::{PATIENCE, Setting, Stage};
use api::auth::RequiredCredentials;
use aws_sdk_dynamodb::types::AttributeValue;
use export_audit::export::Caps;
use export_audit::sweep::{SweepReport, Sweeper};
use trail::event_file::parse_line;

use crate::audit_format::change;

/// A stage whose export goes through a disturber.
pub(crate) async fn disturbed() -> (Stage, Disturber, TestArchive) {
    let (engine, disturber) = disturbed_engine().await;
    let setting = Setting { required: RequiredCredentials::Either, ..Setting::default() };
    (Stage::on(engine, disturber.client(), setting).await, disturber, TestArchive::new())
}

async fn sweep(stage: &Stage) -> SweepReport {
    let sweeper = Sweeper { table: &stage.backend.table, clock: &stage.backend.clock };
    sweeper.sweep(Instant::now() + PATIENCE).await.expect("a sweep")
}

/// The histories and versions in an hour's file.
async fn lines(archive: &TestArchive, hours_later: u64) -> Vec<(String, u64)> {
    let hour = domain::values::Hour::new(first_hour().get() + hours_later);
    let events = archive.lines(hour).await.into_iter().map(|line| parse_line(&line).expect("an event"));
    let events = events.map(|event| {
        let record = event.record();
        (record.happening.history().aggregate_id().to_owned(), record.version.get())
    });
    events.collect()
}

fn of(expected: &[(&str, u64)]) -> Vec<(String, u64)> {
    expected.iter().map(|(history, version)| ((*history).to_owned(), *version)).collect()
}

/// Whoever is in the index only after the hour was exported comes into the next hour's file: that lists the hour before, too.
#[tokio::test]
async fn an_entry_of_the_index_that_is_late_by_an_hour_costs_an_hour() {
    let (stage, disturber, archive) = disturbed().await;
    stage.add("alice", "front door").await;
    stage.close_hour();
    disturber.disturb("Query", Disturbance::IndexIsLate, usize::MAX);
    assert_eq!(stage.export(&archive.archive).await.expect("an export").events, 0);
    disturber.calm();
    stage.close_hour();
    assert_eq!(stage.export(&archive.archive).await.expect("an export").events, 2);
    assert_eq!(lines(&archive, 1).await, of(&[("alice", 1), ("acme", 1)]));
    archive.check_against(&stage.backend.table).await.expect("a whole export");
}

#[tokio::test]
async fn an_entry_of_the_index_that_is_later_is_found_by_the_sweep_and_by_the_comparison_with_the_table() {
    let (stage, disturber, archive) = disturbed().await;
    stage.add("alice", "front door").await;
    disturber.disturb("Query", Disturbance::IndexIsLate, usize::MAX);
    for _ in 0..3 {
        stage.close_hour();
        assert_eq!(stage.export(&archive.archive).await.expect("an export").events, 0);
    }
    disturber.calm();
    let fault = archive.check_against(&stage.backend.table).await.expect_err("a fault").to_string();
    let missing = |history: &str| {
        format!(
            "log/date=2026-11-23/hour=14/manifest.json: removed: the table has version 1 of {history}, recorded at \
             2026-11-23T12:00:01Z, and the export does not"
        )
    };
    assert_eq!(fault, [missing("user \"alice\""), missing("organisation \"acme\"")].join("\n"));

    let found = SweepReport { looked_at: 2, left_behind: 2, greatest_lateness_hours: 3, is_through: true };
    assert_eq!(sweep(&stage).await, found);
    archive.check_against(&stage.backend.table).await.expect("it is known to be still to come");
    stage.close_hour();
    assert_eq!(stage.export(&archive.archive).await.expect("an export").events, 2);
    assert_eq!(lines(&archive, 3).await, of(&[("alice", 1), ("acme", 1)]));
    archive.check_against(&stage.backend.table).await.expect("a whole export");
    let nothing = SweepReport { left_behind: 0, greatest_lateness_hours: 0, ..found };
    assert_eq!(sweep(&stage).await, nothing);
    assert!(
        !stage.stored().await.keys().any(|(pk, _)| pk.starts_with("BEHIND#")),
        "who has caught up is not behind"
    );
}

/// A strongly consistent `Query` is read-committed: version 2 may show before version 1.
#[tokio::test]
async fn an_event_that_does_not_show_yet_is_waited_for_and_nothing_after_it_is_exported() {
    let (stage, disturber, archive) = disturbed().await;
    for note in ["first", "second", "third"] {
        stage.add("alice", note).await;
    }
    stage.close_hour();
    disturber.disturb("Query", Disturbance::HidesFirstEvent, usize::MAX);
    let report = stage.export(&archive.archive).await.expect("an export");
    assert_eq!((report.events, report.left_behind), (0, 2));
    disturber.calm();
    stage.pass(Duration::from_hours(1));
    stage.add("alice", "fourth, in an hour that is not closed").await;
    let report = stage.export(&archive.archive).await.expect("an export");
    assert_eq!((report.events, report.left_behind), (5, 0), "who was left behind goes on whatever the hour");
    assert_eq!(
        lines(&archive, 1).await,
        of(&[("alice", 1), ("alice", 2), ("alice", 3), ("alice", 4), ("acme", 1)])
    );
    stage.close_hour();
    assert_eq!(stage.export(&archive.archive).await.expect("an export").events, 0, "nothing comes twice");
    archive.check_against(&stage.backend.table).await.expect("a whole export");
}

#[tokio::test]
async fn what_a_file_has_no_room_for_comes_into_the_next_ones() {
    let tight = [
        Caps { events: 2, ..Caps::default() },
        Caps { histories: 1, ..Caps::default() },
        Caps { bytes: 1, ..Caps::default() },
    ];
    for caps in tight {
        let (stage, archive) = (Stage::for_trail().await, TestArchive::new());
        for note in ["a", "b", "c", "d", "e"] {
            stage.add("alice", note).await;
            stage.add("bob", note).await;
        }
        let table = &stage.backend.table;
        let mut exported = 0;
        for _ in 0..12 {
            stage.close_hour();
            // Nobody is changed any more: the hour that all of them were changed in is listed until there was room.
            let report = stage.export_with(table, &archive.archive, caps).await.expect("an export");
            assert_eq!(report.hours, 1);
            exported += report.events;
        }
        assert_eq!(exported, 11, "{caps:?}");
        let verified = archive.check_against(table).await.expect("a whole export");
        assert_eq!((verified.hours, verified.events), (12, 11));
        let checkpoint = table.audit_checkpoint().await.expect("a read").checkpoint.expect("a checkpoint");
        assert_eq!(checkpoint.listed_from, None, "{caps:?}");
    }
}

/// Whoever's clock is ahead waits: an hour is closed when it is over for the store, too.
#[tokio::test]
async fn an_hour_is_closed_by_the_stores_clock_as_well() {
    let (stage, disturber, archive) = disturbed().await;
    stage.add("alice", "front door").await;
    stage.close_hour();
    let early = Disturbance::ByClock("Mon, 23 Nov 2026 13:14:59 GMT");
    disturber.disturb("GetItem", early, usize::MAX);
    let report = stage.export(&archive.archive).await.expect("an export");
    assert_eq!((report.hours, report.behind_hours), (0, 0));
    disturber.disturb("GetItem", Disturbance::ByClock("Mon, 23 Nov 2026 13:15:00 GMT"), usize::MAX);
    assert_eq!(stage.export(&archive.archive).await.expect("an export").hours, 1);
    // And when it was closed by a clock that was ahead, that is said.
    disturber.disturb("GetItem", Disturbance::ByClock("Mon, 23 Nov 2026 10:00:00 GMT"), usize::MAX);
    let report = stage.export(&archive.archive).await.expect("an export");
    assert_eq!((report.hours, report.behind_hours, report.ahead_hours), (0, 0, 2));
}

/// Organisations are older than the first hour, when a table that is in use begins to be exported.
#[tokio::test]
async fn what_happened_before_the_first_hour_is_in_the_first_file() {
    let (stage, archive) = (Stage::for_trail().await, TestArchive::new());
    stage.turn_back(Duration::from_hours(48));
    stage.register("older").await;
    stage.add("alice", "two days before").await;
    stage.pass(Duration::from_hours(48));
    stage.add("alice", "in the first hour").await;
    stage.close_hour();
    let report = stage.export(&archive.archive).await.expect("an export");
    assert_eq!((report.hours, report.events), (1, 4));
    assert_eq!(lines(&archive, 0).await, of(&[("alice", 1), ("alice", 2), ("acme", 1), ("older", 1)]));
    archive.check_against(&stage.backend.table).await.expect("a whole export");
}

/// Whatever a head says, it takes no more than a share of a file's room: it stops nobody else's export.
#[tokio::test]
async fn a_head_that_says_more_than_there_is_stops_nobody_else() {
    let (stage, archive) = (Stage::for_trail().await, TestArchive::new());
    for user in ["alice", "bob"] {
        stage.add(user, "front door").await;
    }
    change(&stage, "USER", "version", AttributeValue::N(u64::MAX.to_string())).await;
    for (events, rest) in [(3, 1), (0, 1)] {
        stage.close_hour();
        let report = stage.export(&archive.archive).await.expect("an export");
        assert_eq!((report.events, report.left_behind), (events, rest));
    }
    assert_eq!(lines(&archive, 0).await, of(&[("alice", 1), ("bob", 1), ("acme", 1)]));
}

/// Every list is read to its end, however small its pages are.
#[tokio::test]
async fn lists_that_come_item_by_item_are_read_to_their_end() {
    let (stage, disturber, archive) = disturbed().await;
    for note in ["a", "b", "c"] {
        for user in ["alice", "bob"] {
            stage.add(user, note).await;
        }
    }
    stage.close_hour();
    disturber.disturb("Query", Disturbance::OneItemAPage, usize::MAX);
    assert_eq!(stage.export(&archive.archive).await.expect("an export").events, 7);
    disturber.disturb("Scan", Disturbance::OneItemAPage, usize::MAX);
    archive.check_against(&stage.backend.table).await.expect("a whole export");
}

#[tokio::test]
async fn a_sweep_that_was_ended_goes_on_where_it_was() {
    let (stage, disturber, archive) = disturbed().await;
    for user in ["alice", "bob", "carol"] {
        stage.add(user, "front door").await;
    }
    disturber.disturb("Query", Disturbance::IndexIsLate, usize::MAX);
    for _ in 0..2 {
        stage.close_hour();
        stage.export(&archive.archive).await.expect("an export");
    }
    let throttled = Disturbance::Failed(400, "ProvisionedThroughputExceededException");
    let page = ("Scan", Disturbance::OneItemAPage);
    disturber.disturb_in_order([page, page]);
    disturber.then_always("Scan", throttled);
    let sweeper = Sweeper { table: &stage.backend.table, clock: &stage.backend.clock };
    sweeper.sweep(Instant::now() + PATIENCE).await.expect_err("it was ended");
    disturber.disturb("Scan", Disturbance::OneItemAPage, usize::MAX);
    let found = sweep(&stage).await;
    assert_eq!((found.looked_at, found.left_behind, found.is_through), (4, 4, true), "each once");
    let scans = disturber.seen("Scan");
    assert!(
        scans.iter().all(|scan| scan["ExclusiveStartKey"].is_object()),
        "it does not begin anew: {scans:?}"
    );
    assert!(!stage.stored().await.contains_key(&("AUDIT".to_owned(), "SWEEP".to_owned())));
    disturber.calm();
    stage.close_hour();
    assert_eq!(stage.export(&archive.archive).await.expect("an export").events, 4);
    archive.check_against(&stage.backend.table).await.expect("a whole export");
}

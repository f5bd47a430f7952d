//! Parts of a log: hours that are taken out and checked by themselves, from a signed beginning, and never taken for a whole log.

use std::time::Duration;

use acceptance::Stage;
use acceptance::trail::{TestArchive, evidence, first_hour, hour};
use domain::values::Hour;
use trail::check::Evidence;
use trail::checkpoint::checkpoint_path;
use trail::part::{ExtractFault, PART, extract};

/// An export of four hours: two events of Alice's and the organisation's; one of Bob's; none; Alice's third.
async fn export() -> TestArchive {
    let (stage, archive) = (Stage::for_trail().await, TestArchive::in_folder());
    stage.add("alice", "a").await;
    stage.add("alice", "b").await;
    stage.pass(Duration::from_hours(1));
    stage.add("bob", "c").await;
    stage.pass(Duration::from_hours(2));
    stage.remove("alice", 1).await;
    stage.close_hour();
    assert_eq!(stage.export(&archive.archive).await.expect("an export").hours, 4);
    archive
}

fn from(hours: u64) -> Hour {
    Hour::new(first_hour().get() + hours)
}

async fn part_of(log: &TestArchive, hours: std::ops::Range<Hour>) -> Result<TestArchive, ExtractFault> {
    let part = TestArchive::in_folder();
    let listing = log.archive.list().await.expect("a listing");
    extract(&log.archive, &listing, &part.archive, hours, |_| {}).await.map(|()| part)
}

/// That a part will do.
fn takes_part() -> Evidence {
    Evidence { takes_part: true, ..evidence() }
}

#[tokio::test]
async fn hours_that_are_taken_out_are_checked_by_themselves() {
    let log = export().await;
    let part = part_of(&log, from(1)..from(4)).await.expect("a part");
    let verified = part.check_with(&takes_part()).await.expect("a whole part");
    assert_eq!((verified.first, verified.hours, verified.events), (Some(from(1)), 3, 2));
    assert_eq!(verified.begun_before, Some(1), "Alice's history");
    assert_eq!(verified.last, log.check().await.expect("a whole log").last);
    let kept = Evidence { since: Some(log.newest().await), ..takes_part() };
    part.check_with(&kept).await.expect("it goes as far as the log");

    // Of the middle, too, and a log's beginning is a log.
    let part = part_of(&log, from(2)..from(3)).await.expect("a part");
    assert_eq!(part.check_with(&takes_part()).await.expect("a whole part").events, 0);
    let beginning = part_of(&log, from(0)..from(2)).await.expect("a part");
    let verified = beginning.check().await.expect("a whole log");
    assert_eq!((verified.hours, verified.begun_before), (2, None));
}

#[tokio::test]
async fn a_part_is_not_taken_for_a_whole_log() {
    let log = export().await;
    let part = part_of(&log, from(1)..from(4)).await.expect("a part");
    let found = part.check().await.expect_err("faults").to_string();
    let expected = format!(
        "{PART}: removed: it is a part of the log, from 2026-11-23T13:00:00Z on, and was not to be one"
    );
    assert_eq!(found.lines().next(), Some(expected.as_str()), "{found}");
    std::fs::remove_file(part.file(PART)).expect("a file");
    let found = part.check_with(&takes_part()).await.expect_err("faults").to_string();
    let missing = "log/date=2026-11-23/hour=12/manifest.json: removed: the hour has no manifest";
    assert_eq!(found.lines().next(), Some(missing), "a whole log that has lost its beginning:\n{found}");
    log.check_with(&takes_part()).await.expect("a whole log will do, too");
}

#[tokio::test]
async fn a_part_goes_on_from_a_signed_checkpoint_and_its_tiles() {
    let log = export().await;
    let before = checkpoint_path(from(0));
    let lost = [
        (before.as_str(), "the checkpoint before the part is missing, or none"),
        ("log/tile/0/000.p/4", "the tiles of the log up to it are not there, or give another root"),
    ];
    for (path, shows) in lost {
        let part = part_of(&log, from(1)..from(4)).await.expect("a part");
        std::fs::remove_file(part.file(path)).expect("a file");
        let found = part.check_with(&takes_part()).await.expect_err("faults").to_string();
        assert_eq!(found.lines().next(), Some(format!("{before}: removed: {shows}").as_str()), "{found}");
    }
    // A history whose beginning is here begins with version 1, and one that goes on does so without a gap.
    let part = part_of(&log, from(1)..from(4)).await.expect("a part");
    let events = "events/date=2026-11-23/hour=13/events.ndjson.gz";
    part.write(events, &log.get("events/date=2026-11-23/hour=14/events.ndjson.gz").await);
    let found = part.check_with(&takes_part()).await.expect_err("faults").to_string();
    assert_eq!(
        found,
        "log/date=2026-11-23/hour=13/manifest.json: removed: the manifest counts 1 events, and there are 0"
    );
    // Signed by somebody else from its beginning on.
    let part = part_of(&log, from(1)..from(4)).await.expect("a part");
    let others = Evidence { keys: vec![acceptance::trail::verifier_key(66)], ..takes_part() };
    let found = part.check_with(&others).await.expect_err("faults").to_string();
    assert!(found.starts_with(&format!("{before}: forked: it bears the name of ")), "{found}");
    assert_eq!(found.lines().count(), 1, "it is told once:\n{found}");
}

#[tokio::test]
async fn what_a_log_does_not_have_is_not_taken_out_of_it() {
    let log = export().await;
    let hours = "the log has the hours from 2026-11-23T12:00:00Z to 2026-11-23T16:00:00Z, and not all of those that are wanted";
    for wanted in
        [from(1)..from(5), hour("2026-11-23T11:00:00Z")..from(2), from(2)..from(2), from(3)..from(1)]
    {
        let (part, listing) = (TestArchive::in_folder(), log.archive.list().await.expect("a listing"));
        let refused = extract(&log.archive, &listing, &part.archive, wanted, |_| {}).await;
        assert_eq!(refused.expect_err("a refusal").to_string(), hours);
        assert!(part.objects().await.is_empty(), "nothing is written");
    }
    std::fs::remove_file(log.file("log/tile/0/000.p/6")).expect("a file");
    let fault = part_of(&log, from(1)..from(4)).await.expect_err("a refusal").to_string();
    assert_eq!(fault, "log/tile/0/000.p/6 is missing");

    // Into a folder that has something else.
    let log = export().await;
    let part = part_of(&log, from(1)..from(2)).await.expect("a part");
    let listing = log.archive.list().await.expect("a listing");
    let again = extract(&log.archive, &listing, &part.archive, from(1)..from(2), |_| {}).await;
    again.expect("the same once more is the same");
    let other = extract(&log.archive, &listing, &part.archive, from(2)..from(3), |_| {}).await;
    assert_eq!(
        other.expect_err("a refusal").to_string(),
        format!("{PART} is there already, and is another file")
    );
}

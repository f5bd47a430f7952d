//! Tampering with real exports: every kind is found, at the first file and line where it shows, and called by its name.
//!
//! Forgers differ: a clumsy one changes a file, a careful one makes everything fit that follows from it, and one may even have the
//! key that signs. Those who have not are in `audit_signatures`.

mod files;
mod table;

use std::io::Write;
use std::time::Duration;

use acceptance::Stage;
use acceptance::trail::{SEED, TestArchive, evidence, first_hour, hour};
use domain::history::{ChainedRecord, EventHash, EventRecord, Happening};
use domain::user::RecordedEvent;
use domain::values::{EpochMillis, Hour, UserId};
use flate2::Compression;
use flate2::write::GzEncoder;
use trail::check::Evidence;
use trail::checkpoint::{NEWEST, SignedCheckpoint, checkpoint_path};
use trail::event_file::{self, parse_line};
use trail::manifest::{Manifest, events_path, manifest_path};

/// An export of four hours: noon with alice 1, bob 1, alice 2, bob 2; one without events; two with alice 3, bob 3; three
/// with alice 4.
async fn export() -> (Stage, TestArchive) {
    let (stage, archive) = (Stage::for_trail().await, TestArchive::in_folder());
    for (user, note) in [("alice", "a"), ("bob", "b"), ("alice", "c"), ("bob", "d")] {
        stage.add(user, note).await;
    }
    stage.pass(Duration::from_hours(2));
    stage.remove("alice", 1).await;
    stage.remove("bob", 1).await;
    stage.pass(Duration::from_hours(1));
    stage.add("alice", "e").await;
    stage.close_hour();
    assert_eq!(stage.export(&archive.archive).await.expect("an export").hours, 4);
    archive.check_against(&stage.backend.table).await.expect("a whole export");
    (stage, archive)
}

fn two() -> Hour {
    hour("2026-11-23T14:00:00Z")
}

pub(crate) fn gzip(lines: &[String], compression: Compression) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), compression);
    for line in lines {
        writeln!(gzip, "{line}").expect("memory");
    }
    gzip.finish().expect("memory")
}

/// Writes an hour's lines, and leaves its manifest.
fn write(archive: &TestArchive, hour: Hour, lines: &[String]) {
    std::fs::write(archive.file(&events_path(hour)), gzip(lines, Compression::default())).expect("a file");
}

fn manifest(archive: &TestArchive, hour: Hour) -> Manifest {
    let bytes = std::fs::read(archive.file(&manifest_path(hour))).expect("a manifest");
    Manifest::parse(&bytes).expect("a manifest")
}

/// The forger who has the key: lines, and everything that follows from them, signed.
async fn forge(archive: &TestArchive, hour: Hour, lines: &[String]) {
    write(archive, hour, lines);
    archive.forge_log(SEED).await;
}

/// The event of a line, changed and hashed anew, so that it is one that could have been.
fn rewritten(line: &str, change: impl Fn(&mut EventRecord)) -> String {
    let event = parse_line(line).expect("an event");
    let mut record = event.record().clone();
    change(&mut record);
    event_file::line(&ChainedRecord::after(event.previous_hash(), record))
}

/// The event of a line after another one than it followed.
fn after(head: EventHash, line: &str) -> String {
    let event = parse_line(line).expect("an event");
    event_file::line(&ChainedRecord::after(head, event.record().clone()))
}

#[track_caller]
fn is_fault<T: std::fmt::Debug, E: std::fmt::Display>(found: Result<T, E>, expected: &str) {
    assert_eq!(found.map_err(|fault| fault.to_string()).expect_err("a fault"), expected);
}

/// That so many faults are found, this one first.
#[track_caller]
fn is_first_fault<T: std::fmt::Debug, E: std::fmt::Display>(
    found: Result<T, E>,
    count: usize,
    expected: &str,
) {
    let found = found.map_err(|fault| fault.to_string()).expect_err("a fault");
    assert_eq!((found.lines().next(), found.lines().count()), (Some(expected), count), "{found}");
}

async fn check(archive: &TestArchive, expected: &str) {
    is_fault(archive.check().await, expected);
}

const NOON_EVENTS: &str = "events/date=2026-11-23/hour=12/events.ndjson.gz";
const TWO_EVENTS: &str = "events/date=2026-11-23/hour=14/events.ndjson.gz";
const LAST_MANIFEST: &str = "log/date=2026-11-23/hour=15/manifest.json";

#[tokio::test]
async fn a_changed_event_is_found_however_well_the_manifests_fit() {
    let expected = format!("{NOON_EVENTS}, line 2: changed: the event is not the one that was hashed");
    for change in [
        |line: &str| line.replace("\"number\":2", "\"number\":3"),
        |line: &str| line.replace("acme", "evil"),
        |line: &str| line.replace("\"recordedAt\":", "\"recordedAt\": "),
        |line: &str| line.replace("\"format\":2", "\"format\":2,\"more\":1"),
    ] {
        let (_stage, archive) = export().await;
        let mut lines = archive.lines(first_hour()).await;
        assert_ne!(change(&lines[1]), lines[1]);
        lines[1] = change(&lines[1]);
        write(&archive, first_hour(), &lines);
        check(&archive, &expected).await;
        forge(&archive, first_hour(), &lines).await;
        check(&archive, &expected).await;
    }
    let (_stage, archive) = export().await;
    let mut lines = archive.lines(first_hour()).await;
    lines[1] = "{}".to_owned();
    write(&archive, first_hour(), &lines);
    let later = "line 1: removed: this is version 3 of user \"alice\", and version 2 is missing";
    check(&archive, &format!("{NOON_EVENTS}, line 2: changed: it is no event\n{TWO_EVENTS}, {later}")).await;
}

/// The check goes on with the tree of what was signed: what is wrong in a later hour is told as well, and nothing else.
#[tokio::test]
async fn a_fault_does_not_hide_what_is_wrong_later() {
    let (_stage, archive) = export().await;
    let mut lines = archive.lines(first_hour()).await;
    lines[1] = lines[1].replace("acme", "evil");
    write(&archive, first_hour(), &lines);
    let last = "log/tile/0/000.p/12";
    archive.write(last, &vec![0; 12 * 32]);
    let checkpoint = checkpoint_path(two());
    let said = String::from_utf8(archive.get(&checkpoint).await.to_vec()).expect("text");
    archive.write(&checkpoint, said.replacen("\n10\n", "\n11\n", 1).as_bytes());
    let signed_by = acceptance::trail::verifier_key(SEED).short();
    let expected = format!(
        "{NOON_EVENTS}, line 2: changed: the event is not the one that was hashed\n\
         {checkpoint}: forked: it is of other events or manifests than those that are there\n\
         {checkpoint}: forked: it bears the name of {signed_by}, and should be signed by {signed_by}\n\
         {last}: changed: its hashes are not those of the entries"
    );
    check(&archive, &expected).await;
}

#[tokio::test]
async fn a_removed_event_is_found_however_well_the_manifests_fit() {
    let (_stage, archive) = export().await;
    let mut lines = archive.lines(first_hour()).await;
    lines.remove(0);
    write(&archive, first_hour(), &lines);
    let expected = "this is version 2 of user \"alice\", and version 1 is missing";
    check(&archive, &format!("{NOON_EVENTS}, line 1: removed: {expected}")).await;
    forge(&archive, first_hour(), &lines).await;
    check(&archive, &format!("{NOON_EVENTS}, line 1: removed: {expected}")).await;

    // Bob's second event: there is nothing later in the same file that shows it.
    let (_stage, archive) = export().await;
    let mut lines = archive.lines(first_hour()).await;
    lines.remove(3);
    write(&archive, first_hour(), &lines);
    let counted = "line 4: removed: the manifest counts 5 events, and there are 4";
    let later = "line 2: removed: this is version 3 of user \"bob\", and version 2 is missing";
    check(&archive, &format!("{NOON_EVENTS}, {counted}\n{TWO_EVENTS}, {later}")).await;
    forge(&archive, first_hour(), &lines).await;
    check(&archive, &format!("{TWO_EVENTS}, {later}")).await;
}

#[tokio::test]
async fn reordered_events_are_found() {
    let (_stage, archive) = export().await;
    let mut lines = archive.lines(first_hour()).await;
    lines.swap(0, 1);
    let expected = format!(
        "{NOON_EVENTS}, line 1: removed: this is version 2 of user \"alice\", and version 1 is missing\n\
         {NOON_EVENTS}, line 2: reordered: version 1 of user \"alice\" stands after version 2"
    );
    write(&archive, first_hour(), &lines);
    check(&archive, &expected).await;
    forge(&archive, first_hour(), &lines).await;
    check(&archive, &expected).await;

    // Into an hour before, and out of its own: only what was kept of an earlier check shows it.
    let (_stage, archive) = export().await;
    let kept = archive.newest().await;
    let mut later = archive.lines(two()).await;
    let mut lines = archive.lines(first_hour()).await;
    lines.push(later.remove(0));
    forge(&archive, first_hour(), &lines).await;
    let expected = "line 1: forked: version 3 of user \"alice\" is there a second time";
    check(&archive, &format!("{TWO_EVENTS}, {expected}")).await;
    forge(&archive, two(), &later).await;
    archive.check().await.expect("nothing in the forged export shows it");
    is_fault(archive.check_with(&since(&kept)).await, &other_entries(&kept));
}

/// What whoever kept a checkpoint has in hand.
fn since(kept: &SignedCheckpoint) -> Evidence {
    Evidence { since: Some(kept.clone()), ..evidence() }
}

fn other_entries(kept: &SignedCheckpoint) -> String {
    let size = kept.checkpoint().size;
    format!("the checkpoint that was kept: forked: its {size} entries are not the first ones here")
}

#[tokio::test]
async fn a_truncated_file_is_found() {
    let (_stage, archive) = export().await;
    let file = archive.file(NOON_EVENTS);
    let bytes = std::fs::read(&file).expect("a file");
    std::fs::write(&file, &bytes[..bytes.len() - 1]).expect("a file");
    check(&archive, &format!("{NOON_EVENTS}, line 6: truncated: the file ends in the middle")).await;

    let (stage, archive) = export().await;
    let mut lines = archive.lines(first_hour()).await;
    lines.pop();
    write(&archive, first_hour(), &lines);
    let expected = "line 4: removed: the manifest counts 5 events, and there are 4";
    check(&archive, &format!("{NOON_EVENTS}, {expected}")).await;
    forge(&archive, first_hour(), &lines).await;
    archive.check().await.expect("nothing of the organisation's comes later");
    let expected = format!(
        "{LAST_MANIFEST}: removed: the table has version 1 of organisation \"acme\", recorded at 2026-11-23T12:00:01Z, and the \
         export does not"
    );
    is_first_fault(archive.check_against(&stage.backend.table).await, 2, &expected);
}

#[tokio::test]
async fn a_truncated_export_is_found_by_a_checkpoint_that_was_kept_and_by_the_table() {
    let (stage, archive) = export().await;
    let (last, _) = archive.check().await.expect("a whole export").last.expect("an hour");
    let kept = archive.newest().await;
    for path in [manifest_path(last), events_path(last), checkpoint_path(last)] {
        std::fs::remove_file(archive.file(&path)).expect("a file");
    }
    check(&archive, "log/checkpoint: truncated: it is of a later hour than those that are there").await;
    let before = archive.get("log/date=2026-11-23/hour=14/checkpoint").await;
    archive.write(NEWEST, &before);
    archive.check().await.expect("nothing in what is left shows it");
    let size = kept.checkpoint().size;
    let expected = format!(
        "the checkpoint that was kept: truncated: it has {size} entries, which is more than there are here"
    );
    is_fault(archive.check_with(&since(&kept)).await, &expected);
    let expected = format!(
        "{LAST_MANIFEST}: truncated: the table says that the hours before 2026-11-23T16:00:00Z were exported"
    );
    is_first_fault(archive.check_against(&stage.backend.table).await, 2, &expected);
}

#[tokio::test]
async fn a_forked_history_is_found_however_well_the_manifests_fit() {
    // Alice's second event is another one, hashed as it should be.
    let (stage, archive) = export().await;
    let kept = archive.newest().await;
    let mut lines = archive.lines(first_hour()).await;
    let recorded = parse_line(&lines[1]).expect("an event").hash();
    lines[1] = rewritten(&lines[1], |record| record.request_id = "another".to_owned());
    let forged = parse_line(&lines[1]).expect("an event").hash();
    forge(&archive, first_hour(), &lines).await;
    let expected = "line 1: forked: version 3 of user \"alice\" follows another version 2";
    check(&archive, &format!("{TWO_EVENTS}, {expected}")).await;

    // The same to the end of her history: only what was kept elsewhere shows it.
    let mut head = forged;
    for hour in [two(), two().next()] {
        let mut lines = archive.lines(hour).await;
        lines[0] = after(head, &lines[0]);
        head = parse_line(&lines[0]).expect("an event").hash();
        forge(&archive, hour, &lines).await;
    }
    archive.check().await.expect("nothing in the forged export shows it");
    is_fault(archive.check_with(&since(&kept)).await, &other_entries(&kept));
    let expected = format!(
        "{NOON_EVENTS}, line 2: forked: version 2 of user \"alice\" is {forged} here, and {recorded} in the table"
    );
    is_first_fault(archive.check_against(&stage.backend.table).await, 4, &expected);
}

#[tokio::test]
async fn an_event_that_is_there_twice_is_a_fork() {
    let (_stage, archive) = export().await;
    let mut lines = archive.lines(first_hour()).await;
    lines.insert(1, lines[0].clone());
    forge(&archive, first_hour(), &lines).await;
    let expected = "line 2: forked: version 1 of user \"alice\" is there a second time";
    check(&archive, &format!("{NOON_EVENTS}, {expected}")).await;
}

#[tokio::test]
async fn an_added_event_is_found() {
    let (stage, archive) = export().await;
    let mut lines = archive.lines(two()).await;
    let mallory = rewritten(&archive.lines(first_hour()).await[0], |record| {
        let Happening::User(RecordedEvent::PhysicalKeyAdded(added)) = &mut record.happening else {
            panic!("{record:?}")
        };
        added.user_id = UserId::parse("mallory").expect("a user id");
        added.added_at = EpochMillis::new(two().end().get() - 1);
        record.recorded_at = EpochMillis::new(two().end().get() - 1);
    });
    lines.push(mallory);
    write(&archive, two(), &lines);
    let place = format!("{TWO_EVENTS}, line 3: added:");
    check(&archive, &format!("{place} the manifest counts 2 events, and there are more")).await;
    forge(&archive, two(), &lines).await;
    archive.check().await.expect("a history of its own, in a log signed by the forger");
    let expected = format!("{place} the table does not have version 1 of user \"mallory\"");
    is_first_fault(archive.check_against(&stage.backend.table).await, 2, &expected);
}

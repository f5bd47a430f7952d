//! `audit`: what is printed of an export that was kept, and what is said when something is wrong with it.
//!
//! The export is the one that the format is pinned by; `tests/shown` holds its events in every format.

use std::path::{Path, PathBuf};

use domain::values::{EpochMillis, Hour};
use process::clock::Clock;
use trail::calendar;

use crate::program::{Run, Server, folder, run};

fn exported() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../acceptance/tests/exported/format-2")
}

fn audit(arguments: &[&str]) -> Run {
    let arguments: Vec<_> = [&["audit"], arguments].concat();
    run(&arguments, folder().path(), &[])
}

/// A copy of the export that can be tampered with.
fn copy() -> tempfile::TempDir {
    let copy = folder();
    copy_folder(&exported(), copy.path());
    copy
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir(&to).unwrap();
            copy_folder(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[track_caller]
fn shows(arguments: &[&str], expected: &str) {
    let path = exported();
    let shown = audit(&[&["show", path.to_str().unwrap()], arguments].concat());
    assert_eq!((shown.code, shown.stderr.as_str()), (Some(0), ""));
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shown").join(expected);
    assert_eq!(shown.stdout, std::fs::read_to_string(golden).unwrap(), "{expected}");
}

#[test]
fn events_are_shown_as_a_table_as_csv_and_as_they_are() {
    shows(&[], "all.txt");
    shows(&["--format", "csv"], "all.csv");
    shows(&["--format", "ndjson"], "all.ndjson");
}

#[test]
fn events_are_chosen_by_user_organisation_and_time() {
    shows(&["--user", "münchen/1", "--format", "csv"], "one-user.csv");
    // A removal's own data does not say whose the physical key was; its record does.
    shows(&["--org", "acme", "--from", "2026-11-23T14:00:00Z", "--format", "csv"], "removed.csv");
    shows(&["--to", "2026-11-23T12:00:03Z", "--format", "csv"], "first.csv");
    shows(&["--from", "2026-11-24", "--format", "ndjson"], "none.ndjson");
}

#[test]
fn a_whole_export_is_verified_without_a_table_or_credentials() {
    let path = exported();
    let verified = audit(&["verify", path.to_str().unwrap()]);
    let expected = "\
Verified 3 hours, from 2026-11-23T12:00:00Z through 2026-11-23T15:00:00Z.
8 events of 3 users and 2 organisations, in 1.31 KiB of files.
Every file is the one that its manifest names. Every manifest follows the one before it.
Every history's versions are 1, 2, 3 and so on. Every event is the one that was hashed.
The last manifest's SHA-256 is ca6da1c9df0d55312921f59e34b046204c029c0db7bd241f08873c79ee73145c.
";
    assert_eq!((verified.code, verified.stdout.as_str()), (Some(0), expected));
    assert!(verified.stderr.contains("--anchor"), "{}", verified.stderr);

    let url = format!("file://{}", path.canonicalize().unwrap().display());
    let head = "ca6da1c9df0d55312921f59e34b046204c029c0db7bd241f08873c79ee73145c";
    assert_eq!(audit(&["verify", &url, "--anchor", head]).stdout, expected);
    let anchored = audit(&["verify", &url, "--anchor", &head.replace('5', "6")]);
    assert_eq!(anchored.code, Some(1));
    assert!(
        anchored
            .stderr
            .starts_with("The export was not verified: no manifest has the SHA-256 ca6da1c9df0d66312921f69e")
    );
}

#[test]
fn a_fault_is_one_line_with_its_file_and_line_and_exit_code_1() {
    let copy = copy();
    let events = copy.path().join("events/date=2026-11-23/hour=12/events.ndjson.gz");
    let bytes = std::fs::read(&events).unwrap();
    std::fs::write(&events, &bytes[..bytes.len() - 4]).unwrap();
    let verified = audit(&["verify", copy.path().to_str().unwrap()]);
    let expected =
        "events/date=2026-11-23/hour=12/events.ndjson.gz, line 8: truncated: the file ends in the middle.\n";
    assert_eq!((verified.code, verified.stdout.as_str(), verified.stderr.as_str()), (Some(1), "", expected));
}

/// Whoever can put a file into an export must not steer the terminal of who looks at it.
#[test]
fn a_name_that_could_steer_a_terminal_is_escaped() {
    let copy = copy();
    std::fs::write(copy.path().join("a\u{202e}b\u{2028}c.txt"), "").unwrap();
    let verified = audit(&["verify", copy.path().to_str().unwrap()]);
    assert!(verified.stderr.contains("such as a\\u{202e}b\\u{2028}c.txt."), "{}", verified.stderr);
    assert!(!verified.stderr.contains(['\u{202e}', '\u{2028}']), "{}", verified.stderr);
}

#[test]
fn what_is_no_part_of_an_export_is_said() {
    let copy = copy();
    std::fs::write(copy.path().join("notes.txt"), "looked at").unwrap();
    std::fs::create_dir_all(copy.path().join("events/date=2026-11-23/hour=15")).unwrap();
    let events =
        |hour: &str| copy.path().join(format!("events/date=2026-11-23/hour={hour}/events.ndjson.gz"));
    std::fs::copy(events("14"), events("15")).unwrap();
    let verified = audit(&["verify", copy.path().to_str().unwrap()]);
    assert_eq!(verified.code, Some(0), "{}", verified.stderr);
    assert!(verified.stdout.starts_with("Verified 3 hours"));
    let said = "The hour 2026-11-23T15:00:00Z has no manifest yet: its export is not finished.\n\
                1 other files are no part of the export, such as notes.txt.\n";
    assert!(verified.stderr.starts_with(said), "{}", verified.stderr);
}

#[test]
fn there_has_to_be_an_export() {
    let empty = folder();
    for command in ["verify", "show"] {
        let run = audit(&[command, empty.path().to_str().unwrap()]);
        assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""));
        assert!(run.stderr.starts_with("There is no export at file:///"), "{}", run.stderr);
    }
    let before = folder();
    std::fs::create_dir_all(before.path().join("date=2026-11-23/hour=12")).unwrap();
    std::fs::write(before.path().join("date=2026-11-23/hour=12/manifest.json"), "{}").unwrap();
    let run = audit(&["verify", before.path().to_str().unwrap()]);
    assert_eq!(run.code, Some(1));
    let said = " is of format 1, which was written during development: it begins anew.\n";
    assert!(run.stderr.starts_with("The export at file:///") && run.stderr.ends_with(said), "{}", run.stderr);
    let elsewhere = audit(&["verify", "https://audit.example/exports"]);
    let said = "The export cannot be opened: https://audit.example/exports is neither file:///dir nor s3://bucket/prefix.\n";
    assert_eq!((elsewhere.code, elsewhere.stderr.as_str()), (Some(1), said));
    let bucket = audit(&["verify", "s3://bucket/exports"]);
    let said = "The export cannot be opened: S3 wants credentials in the environment, as `aws configure export-credentials \
                --format env` prints them.\n";
    assert_eq!((bucket.code, bucket.stderr.as_str()), (Some(1), said));
    assert_eq!(audit(&["show", "--from", "yesterday", "here"]).code, Some(2));
}

#[test]
fn the_running_servers_inventory_is_exported_and_compared() {
    let folder = folder();
    let server = Server::start(&["serve", "--port", "0"], folder.path());
    assert!(server.paste(0).contains("\"number\":1"));
    let three_hours_ago = Clock::system().now().get() - 3 * 3_600_000;
    let first_hour = calendar::text(Hour::of(EpochMillis::new(three_hours_ago)));

    let exported = run(&["audit", "export", "exports here", "--first-hour", &first_hour], folder.path(), &[]);
    assert_eq!(exported.code, Some(0), "{}", exported.stderr);
    // The hour of the event is not over.
    assert!(exported.stdout.starts_with("{\"hours\":"), "{}", exported.stdout);
    assert!(exported.stdout.contains("\"events\":0,"), "{}", exported.stdout);
    assert!(
        exported.stdout.ends_with("\"behindHours\":0,\"aheadHours\":0,\"leftBehind\":0,\"setAside\":0}\n"),
        "{}",
        exported.stdout
    );
    assert!(exported.stderr.starts_with("Exported "), "{}", exported.stderr);
    let verified = run(&["audit", "verify", "exports here", "--against-table"], folder.path(), &[]);
    assert_eq!(verified.code, Some(0), "{}", verified.stderr);
    assert!(verified.stdout.contains("The table has the same events, and none that should be here."));

    let again = run(&["audit", "export", "exports here"], folder.path(), &[]);
    assert!(again.stdout.starts_with("{\"hours\":0,\"events\":0,\"through\":"), "{}", again.stdout);
    assert!(again.stderr.starts_with("There is nothing to export yet"), "{}", again.stderr);
    let swept = run(&["audit", "sweep"], folder.path(), &[]);
    assert!(
        swept.stdout.ends_with("\"leftBehind\":0,\"greatestLatenessHours\":0,\"isThrough\":true}\n"),
        "{}",
        swept.stdout
    );
    let said = "The export missed 0, and goes on with them in its next hour.\n";
    assert!(swept.stderr.starts_with("Looked at ") && swept.stderr.ends_with(said), "{}", swept.stderr);
    server.interrupt();
}

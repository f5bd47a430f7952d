//! `audit`: what is printed of an export that was kept, and what is said when something is wrong with it.
//!
//! The export is the one that the format is pinned by; `tests/shown` holds its events in every format.

use std::path::{Path, PathBuf};

use domain::values::{EpochMillis, Hour, VerifierKey};
use process::clock::Clock;
use trail::calendar;

use crate::program::{Run, Server, folder, inventory, run};

pub(crate) fn exported() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../acceptance/tests/exported/format-2")
}

fn audit(arguments: &[&str]) -> Run {
    let arguments: Vec<_> = [&["audit"], arguments].concat();
    run(&arguments, folder().path(), &[])
}

/// A copy of the export that can be tampered with.
pub(crate) fn copy() -> tempfile::TempDir {
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
    let unsigned = "Who signed it was not checked: no --verifier-key was given.\n";
    let expected = said(&format!("{unsigned}{NOT_SINCE}{NOT_AGAINST_TABLE}"));
    assert_eq!((verified.code, verified.stdout), (Some(0), expected.clone()));
    let keep = "Keep log/checkpoint: `--since` with it shows later that nothing before it was changed.\n";
    assert!(
        verified.stderr.starts_with("The newest hour ended ") && verified.stderr.ends_with(keep),
        "{}",
        verified.stderr
    );
    let url = format!("file://{}", path.canonicalize().unwrap().display());
    assert_eq!(audit(&["verify", &url]).stdout, expected);
}

const NOT_SINCE: &str =
    "That nothing was changed since an earlier check was not checked: no --since was given.\n";
const NOT_AGAINST_TABLE: &str =
    "That nothing was left out was not checked: without --against-table nobody knows what there was.\n";

/// What is printed of the export, and what is said of what was compared besides the files.
fn said(of_signatures: &str) -> String {
    format!(
        "\
Verified 4 hours of keys.example.com/audit, from 2026-11-23T12:00:00Z through 2026-11-23T16:00:00Z.
9 events of 3 users, 2 organisations and the log itself, in 1.53 KiB of files.
Every file is the one that its manifest names. Every event is the one that was hashed.
Every history's versions are 1, 2, 3 and so on, and what each tells could have happened.
Every hour's checkpoint is of exactly what is there up to it, and so are the tiles.
{of_signatures}\
Whether texts are those that were recorded was not checked: no --disclosures was given.
13 entries, root e3784f6e2d783b30ffb5b2259fd3946da6b1fcda66fbd81d05fd4f6968a2d8ac.
"
    )
}

/// The verifier keys that it was signed by, one after the other.
pub(crate) const SIGNED_BY: [&str; 2] = [
    "keys.example.com/audit+eb6d0eac+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs",
    "keys.example.com/audit+2e62088b+AROY9ixtGkV8UbpqS189vS9p/KkyFiGNyJl+QWvRfZPK",
];

#[test]
fn an_export_is_verified_with_the_keys_that_signed_it_and_an_earlier_checkpoint() {
    let path = exported();
    let (path, [first, next]) = (path.to_str().unwrap(), SIGNED_BY);
    let keys = ["--verifier-key", first, "--verifier-key", next];
    let verified = audit(&[&["verify", path], keys.as_slice()].concat());
    let signed = "Every hour is signed, the last one by keys.example.com/audit+2e62088b.\n";
    assert_eq!(
        (verified.code, verified.stdout),
        (Some(0), said(&format!("{signed}{NOT_SINCE}{NOT_AGAINST_TABLE}")))
    );

    let earlier = format!("{path}/log/date=2026-11-23/hour=13/checkpoint");
    let verified = audit(&[&["verify", path, "--since", &earlier], keys.as_slice()].concat());
    let kept = "The checkpoint that was kept is in it: its 9 entries are the first ones here.\n";
    assert_eq!(
        (verified.code, verified.stdout),
        (Some(0), said(&format!("{signed}{kept}{NOT_AGAINST_TABLE}")))
    );

    let one = audit(&["verify", path, "--verifier-key", first]);
    let said = format!(
        "log/date=2026-11-23/hour=14/checkpoint: forked: the hours after this one are to be signed by {next}, which was not given: \
         who wrote them is not known.\nNot whole: 1 fault in 4 hours with 9 events.\n"
    );
    assert_eq!((one.code, one.stdout, one.stderr), (Some(1), said, String::new()));
    let folder = folder();
    let no_checkpoint = folder.path().join("no checkpoint");
    std::fs::write(&no_checkpoint, "text").unwrap();
    let no_checkpoint = no_checkpoint.to_str().unwrap();
    let other = audit(&["verify", path, "--since", no_checkpoint]);
    let said = format!("The checkpoint in {no_checkpoint} cannot be used: it is no checkpoint of a log.\n");
    assert_eq!((other.code, other.stderr), (Some(2), said));
    assert_eq!(audit(&["verify", path, "--verifier-key", &first.replace("eb6d", "eb6e")]).code, Some(2));
}

#[test]
fn a_signing_key_is_made_once_and_its_verifier_key_printed() {
    let folder = inventory();
    let key = |arguments: &[&str]| run(&[&["audit", "key"], arguments].concat(), folder.path(), &[]);
    let local = key(&[]);
    assert!(local.code == Some(0) && local.stdout.starts_with("local/"), "{}{}", local.stdout, local.stderr);
    assert_eq!(key(&[]).stdout, local.stdout);
    let named = key(&["--signing-key", "a key", "--origin", "keys.example.com/audit"]);
    assert!(named.stdout.starts_with("keys.example.com/audit+"), "{}", named.stderr);
    assert_eq!(key(&["--signing-key", "a key"]).stdout, named.stdout);
    let other = key(&["--signing-key", "a key", "--origin", "keys.example.com/other"]);
    let said = "The signing key in a key is of keys.example.com/audit, and not of keys.example.com/other.\n";
    assert_eq!((other.code, other.stderr.as_str()), (Some(1), said));
    let nameless = key(&["--signing-key", "arn:aws:kms:eu-central-1:1:key/1"]);
    let said = "A signing key in KMS has no name of its own: say the log's with --origin.\n";
    assert_eq!((nameless.code, nameless.stderr.as_str()), (Some(1), said));
    for (command, said) in [
        ("rotate", "This inventory was never exported: it has no log yet.\n"),
        ("replace", "This inventory was never exported: it has no log yet.\n"),
    ] {
        let run = key(&[command, "--verifier-key", local.stdout.trim()]);
        assert_eq!((run.code, run.stderr.as_str()), (Some(1), said));
    }
    // A file that was named and is not there was mistyped.
    let export = run(&["audit", "export", "exports", "--signing-key", "no key"], folder.path(), &[]);
    let said = "The signing key cannot be used: the signing key's file no key cannot be used: No such file or directory (os error 2).\n";
    assert_eq!((export.code, export.stderr.as_str()), (Some(1), said));
    assert!(!folder.path().join("no key").exists() && !folder.path().join("exports").exists());
}

#[test]
fn every_fault_is_a_line_with_its_file_and_line_and_exit_code_1() {
    let copy = copy();
    let file = |path: &str| copy.path().join(path);
    let events = file("events/date=2026-11-23/hour=12/events.ndjson.gz");
    let bytes = std::fs::read(&events).unwrap();
    std::fs::write(&events, &bytes[..bytes.len() - 4]).unwrap();
    std::fs::write(file("log/date=2026-11-23/hour=13/checkpoint"), "").unwrap();
    std::fs::remove_file(file("log/tile/0/000.p/13")).unwrap();
    let verified = audit(&["verify", copy.path().to_str().unwrap()]);
    let expected = "\
events/date=2026-11-23/hour=12/events.ndjson.gz, line 8: truncated: the file ends in the middle.
log/date=2026-11-23/hour=13/checkpoint: changed: it is no checkpoint of a log.
log/tile/0/000.p/13: removed: the tile is missing.
Not whole: 3 faults in 4 hours with 9 events.
";
    assert_eq!((verified.code, verified.stdout.as_str(), verified.stderr.as_str()), (Some(1), expected, ""));
}

/// What cannot be read could be about anybody: it is not left out in silence.
#[test]
fn what_cannot_be_attributed_is_told_and_the_rest_is_shown() {
    let copy = copy();
    let events = copy.path().join("events/date=2026-11-23/hour=12/events.ndjson.gz");
    let bytes = std::fs::read(&events).unwrap();
    std::fs::write(&events, &bytes[..bytes.len() - 4]).unwrap();
    let shown = audit(&["show", copy.path().to_str().unwrap(), "--org", "other", "--format", "csv"]);
    assert_eq!((shown.code, shown.stdout.lines().count()), (Some(1), 3), "{}", shown.stdout);
    let said = "\
events/date=2026-11-23/hour=12/events.ndjson.gz, line 8: changed: the file ends in the middle.
1 lines or files are not as they were written, and could be about anybody: see `audit verify`.
";
    assert_eq!(shown.stderr, said);
}

#[test]
fn hours_are_taken_out_and_checked_by_themselves() {
    let (path, folder) = (exported().canonicalize().unwrap(), folder());
    let (path, part) = (path.to_str().unwrap(), folder.path().join("a part"));
    let part = part.to_str().unwrap();
    let extract = ["extract", path, part, "--from", "2026-11-23T13:00:00Z", "--to", "2026-11-23T15:00:00Z"];
    let extracted = audit(&extract);
    let said = "The hours from 2026-11-23T13:00:00Z to 2026-11-23T15:00:00Z are in file:///";
    assert!(
        extracted.code == Some(0) && extracted.stdout.starts_with(said),
        "{}{}",
        extracted.stdout,
        extracted.stderr
    );
    assert_eq!(extracted.stderr, "`audit verify --part` checks them by themselves.\n");
    let [first, next] = SIGNED_BY;
    let verified = audit(&["verify", part, "--part", "--verifier-key", first, "--verifier-key", next]);
    let told = "It is a part of the log: 1 of its histories had begun before it, and what they told then is not here.\n";
    assert!(
        verified.code == Some(0) && verified.stdout.contains(told),
        "{}{}",
        verified.stdout,
        verified.stderr
    );
    assert_eq!(audit(&["verify", part]).code, Some(1));
    let none = audit(&["extract", path, part, "--from", "2026-11-24T13:00:00Z"]);
    let said = "The hours were not taken out: the log has the hours from 2026-11-23T12:00:00Z to 2026-11-23T16:00:00Z, and not all of \
                those that are wanted.\n";
    assert_eq!((none.code, none.stderr.as_str()), (Some(1), said));
}

#[test]
fn an_export_that_should_be_newer_is_at_fault() {
    let path = exported();
    let old = audit(&["verify", path.to_str().unwrap(), "--max-age", "3h"]);
    let said = "log/checkpoint: truncated: the newest hour ended at 2026-11-23T16:00:00Z, ";
    assert!(old.code == Some(1) && old.stdout.starts_with(said), "{}", old.stdout);
    assert!(
        old.stdout.contains(" min ago, which is longer than it may be.\nNot whole: 1 fault"),
        "{}",
        old.stdout
    );
    assert_eq!(audit(&["verify", path.to_str().unwrap(), "--max-age", "1000years"]).code, Some(0));
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
    std::fs::create_dir_all(copy.path().join("events/date=2026-11-23/hour=16")).unwrap();
    let events =
        |hour: &str| copy.path().join(format!("events/date=2026-11-23/hour={hour}/events.ndjson.gz"));
    std::fs::copy(events("14"), events("16")).unwrap();
    let verified = audit(&["verify", copy.path().to_str().unwrap()]);
    assert_eq!(verified.code, Some(0), "{}", verified.stderr);
    assert!(verified.stdout.starts_with("Verified 4 hours"));
    let said = "The hour 2026-11-23T16:00:00Z has no checkpoint yet: its export is not finished.\n\
                1 other files are no part of the export, such as notes.txt.\n";
    assert!(verified.stderr.starts_with(said), "{}", verified.stderr);
}

#[test]
fn there_has_to_be_an_export() {
    let empty = folder();
    // It could not be checked, which is neither yes nor no.
    for (command, code) in [("verify", 2), ("show", 1)] {
        let run = audit(&[command, empty.path().to_str().unwrap()]);
        assert_eq!((run.code, run.stdout.as_str()), (Some(code), ""));
        assert!(run.stderr.starts_with("There is no export at file:///"), "{}", run.stderr);
    }
    let before = folder();
    std::fs::create_dir_all(before.path().join("date=2026-11-23/hour=12")).unwrap();
    std::fs::write(before.path().join("date=2026-11-23/hour=12/manifest.json"), "{}").unwrap();
    let run = audit(&["verify", before.path().to_str().unwrap()]);
    assert_eq!(run.code, Some(2));
    let said = " is of format 1, which was written during development: it begins anew.\n";
    assert!(run.stderr.starts_with("The export at file:///") && run.stderr.ends_with(said), "{}", run.stderr);
    let elsewhere = audit(&["verify", "https://audit.example/exports"]);
    let said = "The export cannot be opened: https://audit.example/exports is neither file:///dir nor s3://bucket/prefix.\n";
    assert_eq!((elsewhere.code, elsewhere.stderr.as_str()), (Some(2), said));
    let bucket = audit(&["verify", "s3://bucket/exports"]);
    let said =
        "It is not known which AWS region to use: neither AWS_REGION nor the profile default says it.\n";
    assert_eq!((bucket.code, bucket.stderr.as_str()), (Some(2), said));
    assert_eq!(audit(&["show", "--from", "yesterday", "here"]).code, Some(2));
}

/// A check may take an hour: that the texts cannot be looked at is not said at its end.
#[test]
fn where_the_texts_are_is_looked_at_before_anything_is_checked() {
    let path = exported();
    let path = path.to_str().unwrap();
    let bucket =
        "It is not known which AWS region to use: neither AWS_REGION nor the profile default says it.\n";
    let same = "The texts are kept in another place than the export: say it with --disclosures.\n";
    for (place, said) in [("s3://bucket/texts", bucket), (path, same)] {
        let refused = audit(&["verify", path, "--disclosures", place]);
        assert_eq!((refused.code, refused.stdout.as_str(), refused.stderr.as_str()), (Some(2), "", said));
    }
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
    let key = run(&["audit", "key"], folder.path(), &[]).stdout.trim().to_owned();
    let verify = ["audit", "verify", "exports here", "--against-table", "--verifier-key", &key];
    let verified = run(&verify, folder.path(), &[]);
    assert_eq!(verified.code, Some(0), "{}", verified.stderr);
    let short = key.parse::<VerifierKey>().unwrap().short();
    assert!(
        verified.stdout.contains(&format!("Every hour is signed, the last one by {short}.\n")),
        "{}",
        verified.stdout
    );
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
    // Another key is to sign, and then that one is lost.
    let signing_key = |name: &str| {
        let origin = key.split_once('+').unwrap().0;
        run(&["audit", "key", "--signing-key", name, "--origin", origin], folder.path(), &[])
            .stdout
            .trim()
            .to_owned()
    };
    let (next, last) = (signing_key("next"), signing_key("last"));
    for (command, new, said) in [
        (
            "rotate",
            &next,
            "signs the hours after this one. Until this hour is exported, the export needs both signing keys.\n",
        ),
        ("rotate", &next, "was to sign the log already.\n"),
        (
            "replace",
            &last,
            "signs from the next hour on. No event says so, because the lost key cannot sign one: whoever verifies has \
                            to be told the new verifier key by you.\n",
        ),
        ("replace", &last, "signs the next hour already.\n"),
    ] {
        let done = run(&["audit", "key", command, "--verifier-key", new], folder.path(), &[]);
        let short = new.parse::<VerifierKey>().unwrap().short();
        assert_eq!((done.code, done.stderr), (Some(0), format!("{short} {said}")), "{command}");
    }
    let said = "The export missed 0, and goes on with them in its next hour.\n";
    assert!(swept.stderr.starts_with("Looked at ") && swept.stderr.ends_with(said), "{}", swept.stderr);
    server.interrupt();
}

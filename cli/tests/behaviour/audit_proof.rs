//! `audit prove`, `check`, `find` and `extract --org`: what is written where, and with which exit code.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::audit::{SIGNED_BY, copy, exported};
use crate::program::{Run, folder, program, run};

fn audit(arguments: &[&str]) -> Run {
    run(&[&["audit"], arguments].concat(), folder().path(), &[])
}

/// The proofs that are kept of the export: of an addition with its texts, and of a removal.
fn kept(name: &str) -> String {
    let path = exported().join(format!("../format-2-proofs/{name}.tlog-proof"));
    path.canonicalize().unwrap().to_str().unwrap().to_owned()
}

const NOT_PROVEN: &str = "\
What a proof does not show:
- that the event is the last one of its history, or that what it says still holds;
- when the log was signed: a checkpoint has no time, and when an event was recorded is what the operator's clock said;
- that the operator keeps this log only, and shows everybody the same one;
- that what was recorded is true.
";

#[test]
fn a_proof_and_nothing_else_is_written_to_standard_output() {
    let path = exported();
    let (path, key) = (path.to_str().unwrap(), SIGNED_BY[1]);
    let removed = std::fs::read_to_string(kept("removed")).unwrap();
    let hash = &removed[9..73];
    for arguments in [
        &["--user", "alice", "--version", "3"][..],
        &["--event-hash", hash],
        &["--event-hash", hash, "--verifier-key", SIGNED_BY[0], "--key", key],
    ] {
        let proven = audit(&[&["prove", path], arguments].concat());
        let expected = (Some(0), removed.as_str(), "");
        assert_eq!((proven.code, proven.stdout.as_str(), proven.stderr.as_str()), expected);
    }
    let none = "There is no such event in any finished hour of the log.\n";
    let other = "The event's proof is not written: the checkpoint bears the name of keys.example.com/audit+2e62088b, and none of the \
                 given verifier keys signed it.\n";
    for (arguments, said) in [
        (["--user", "alice", "--version", "4"].as_slice(), none),
        (&["--user", "nobody", "--version", "1"], none),
        (&["--event-hash", &"0".repeat(64)], none),
        (&["--user", "alice", "--version", "3", "--verifier-key", SIGNED_BY[0]], other),
    ] {
        let refused = audit(&[&["prove", path], arguments].concat());
        let expected = (Some(1), "", said);
        assert_eq!((refused.code, refused.stdout.as_str(), refused.stderr.as_str()), expected);
    }
    for arguments in [
        &[][..],
        &["--user", "alice"],
        &["--version", "3"],
        &["--user", "alice", "--version", "0"],
        &["--user", "alice", "--version", "3", "--event-hash", hash],
        &["--event-hash", &hash.to_uppercase()],
    ] {
        assert_eq!(audit(&[&["prove", path], arguments].concat()).code, Some(2), "{arguments:?}");
    }
}

#[test]
fn what_a_proof_shows_is_said_in_words_and_so_is_what_it_does_not() {
    let (added, removed, key) = (kept("proof"), kept("removed"), SIGNED_BY[1]);
    let checked = audit(&["check", &added, &removed, "--verifier-key", key]);
    let said = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shown/proofs.txt"));
    let said = said.unwrap().replace("ADDED", &added).replace("REMOVED", &removed) + NOT_PROVEN;
    assert_eq!((checked.code, checked.stdout, checked.stderr.as_str()), (Some(0), said, ""));
    // Without the texts, from standard input: that there were some is in what was hashed.
    let folder = folder();
    let mut child = program(&["audit", "check", "-", "--key", key], folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let text = std::fs::read_to_string(&added).unwrap();
    let mut withheld: Vec<_> = text.split('\n').collect();
    withheld.remove(1);
    child.stdin.take().unwrap().write_all(withheld.join("\n").as_bytes()).unwrap();
    let output = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    assert!(output.starts_with("-: good.\n"), "{output}");
    for name in ["note", "orgName"] {
        let missing = format!("\n  Its {name} is withheld or erased: the proof has its digest alone.\n");
        assert!(output.contains(&missing), "{output}");
    }
}

#[test]
fn a_proof_that_is_wrong_is_another_answer_than_one_that_cannot_be_read() {
    let (added, key, folder) = (kept("proof"), SIGNED_BY[1], folder());
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let text = std::fs::read_to_string(&added).unwrap();
    let forged = file("forged\u{202e}", &text.replace("index 0", "index 1"));
    let (long, none) = (file("long", &"x".repeat(70_000)), folder.path().join("none"));
    let none = none.to_str().unwrap();
    let check = |files: &[&str]| audit(&[&["check"], files, &["--verifier-key", key]].concat());
    let escaped = forged.replace('\u{202e}', "\\u{202e}");
    let wrong = check(&[&forged, &long]);
    let said = format!(
        "{escaped}: wrong: the path does not lead from the event to the root that the checkpoint says.\n\
         {long}: wrong: it has more than 65536 bytes.\n"
    );
    assert_eq!((wrong.code, wrong.stdout, wrong.stderr.as_str()), (Some(1), said, ""));
    let unread = check(&[none, &added]);
    let said = format!("{none} cannot be read: No such file or directory (os error 2).\n");
    assert_eq!((unread.code, unread.stderr), (Some(2), said));
    assert!(unread.stdout.starts_with(&format!("{added}: good.\n")), "{}", unread.stdout);
    assert_eq!(check(&[none, &forged]).code, Some(1));
    let other = audit(&["check", &added, "--verifier-key", SIGNED_BY[0]]);
    let said = format!(
        "{added}: wrong: the checkpoint bears the name of keys.example.com/audit+2e62088b, and none of the given verifier keys signed it.\n"
    );
    assert_eq!((other.code, other.stdout), (Some(1), said));
    assert_eq!((audit(&["check", &added]).code, audit(&["check", "--key", key]).code), (Some(2), Some(2)));
}

/// Fifty milliseconds a file at most. This is the debug build of it, and far below.
#[test]
fn many_proofs_are_checked_in_no_time() {
    let (added, key) = (kept("proof"), SIGNED_BY[1]);
    let files = vec![added.as_str(); 200];
    let begun = Instant::now();
    let checked = audit(&[&["check"], files.as_slice(), &["--verifier-key", key]].concat());
    let each = begun.elapsed() / 200;
    println!("{each:?} each");
    assert!(checked.code == Some(0) && each < Duration::from_millis(50), "{each:?}");
}

#[test]
fn receipts_are_looked_for_and_what_is_not_there_is_said() {
    let path = exported();
    let path = path.to_str().unwrap();
    let (added, removed) =
        (std::fs::read_to_string(kept("proof")).unwrap(), std::fs::read_to_string(kept("removed")).unwrap());
    let (added, removed, unknown) = (&added[9..73], &removed[9..73], "0".repeat(64));
    let events = "events/date=2026-11-23/hour=12/events.ndjson.gz";
    let both = format!(
        "{removed}: {events}, line 3: version 3 of user \"alice\", entry 2 of the log\n\
         {added}: {events}, line 1: version 1 of user \"alice\", entry 0 of the log\n"
    );
    let prove =
        "`audit prove --event-hash HASH` proves one to somebody else: its hash alone convinces nobody.\n";
    let found = audit(&["find", path, removed, added]);
    assert_eq!((found.code, &found.stdout, found.stderr.as_str()), (Some(0), &both, prove));
    let found = audit(&["find", path, removed, added, &unknown]);
    let later = "An event that was not found may be in an hour that is not exported yet.\n";
    let expected = (Some(1), format!("{both}{unknown}: not found\n"), format!("{prove}{later}"));
    assert_eq!((found.code, found.stdout, found.stderr), expected);
    assert_eq!(audit(&["find", path]).code, Some(2));
    assert_eq!(audit(&["find", path, "a receipt"]).code, Some(2));

    // Of a file that cannot be read to its end, nobody can say that it does not have the event.
    let copy = copy();
    let file = copy.path().join(events);
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() - 4]).unwrap();
    let copy = copy.path().to_str().unwrap();
    let said = format!(
        "{events}, line 8: changed: the file ends in the middle.\n\
         1 lines or files are not as they were written, and could be about anybody: see `audit verify`.\n"
    );
    let found = audit(&["find", copy, &unknown]);
    assert_eq!((found.code, &found.stderr), (Some(2), &said));
    let proven = audit(&["prove", copy, "--event-hash", &unknown]);
    assert_eq!((proven.code, &proven.stderr, proven.stdout.as_str()), (Some(2), &said, ""));
    assert_eq!(audit(&["find", copy, added]).code, Some(0));
}

#[test]
fn an_organisations_events_are_taken_out_as_proofs() {
    let (path, folder) = (exported().canonicalize().unwrap(), folder());
    let path = path.to_str().unwrap();
    let taken = |org: &str, to: &str, more: &[&str]| {
        let to = folder.path().join(to);
        audit(&[&["extract", path, to.to_str().unwrap(), "--org", org], more].concat())
    };
    let files = |of: &str| {
        let entries = std::fs::read_dir(folder.path().join(of)).unwrap();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths.into_iter().map(|path| path.to_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let other = taken("other", "other's", &[]);
    let said =
        format!("The proofs of 2 events of other are in {}/.\n", folder.path().join("other's").display());
    assert_eq!((other.code, other.stdout), (Some(0), said), "{}", other.stderr);
    assert_eq!(other.stderr, "`audit check` checks them, each by itself.\n");
    let proofs = files("other's");
    let names: Vec<_> = proofs.iter().map(|path| path.rsplit('/').next().unwrap()).collect();
    assert_eq!(names, ["00000000000000000004.tlog-proof", "00000000000000000006.tlog-proof"]);
    let all: Vec<_> = proofs.iter().map(String::as_str).collect();
    let checked = audit(&[&["check"], all.as_slice(), &["--verifier-key", SIGNED_BY[1]]].concat());
    assert_eq!(checked.code, Some(0), "{}", checked.stdout);
    assert!(proofs.iter().all(|path| !std::fs::read_to_string(path).unwrap().contains("acme")));
    #[cfg(unix)]
    for (path, mode) in [(folder.path().join("other's").to_str().unwrap(), 0o700), (all[0], 0o600)] {
        let permissions = std::fs::metadata(path).unwrap().permissions();
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&permissions) & 0o777, mode, "{path}");
    }

    let later = taken("acme", "later", &["--from", "2026-11-23T14:00:00Z", "--to", "2026-11-23T15:00:00Z"]);
    assert_eq!((later.code, files("later").len()), (Some(0), 1), "{}", later.stderr);
    let nobody = taken("nobody", "nobody's", &[]);
    assert_eq!((nobody.code, nobody.stderr.as_str(), files("nobody's").len()), (Some(0), "", 0));
    let again = taken("other", "other's", &[]);
    let said = format!("The folder {}/ is not empty.\n", folder.path().join("other's").display());
    assert_eq!((again.code, again.stderr), (Some(1), said));
    let elsewhere = audit(&["extract", path, "s3://bucket/proofs", "--org", "acme"]);
    let said = "Proofs are put into a folder of this machine.\n";
    assert_eq!((elsewhere.code, elsewhere.stderr.as_str()), (Some(1), said));
    let texts = ["extract", path, "a part", "--disclosures", "texts"];
    assert_eq!(audit(&texts).code, Some(2), "hours have no texts");
}

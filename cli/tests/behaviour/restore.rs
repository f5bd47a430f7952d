//! The way back at a terminal: `audit replay`, `table check`, and what they say.

use std::path::Path;

use crate::audit::{SIGNED_BY, copy};
use crate::program::{Run, folder, run};

fn replay(export: &Path, keys: &[&str], data: &Path) -> Run {
    let mut arguments = vec!["audit", "replay", export.to_str().unwrap(), "--data", data.to_str().unwrap()];
    for key in keys {
        arguments.extend(["--verifier-key", key]);
    }
    run(&arguments, data, &[])
}

fn check(data: &Path, more: &[&str]) -> Run {
    let arguments = [&["table", "check", "--data", data.to_str().unwrap()], more].concat();
    run(&arguments, data, &[])
}

const WHOLE: &str = "\
Checked 6 histories with 10 events.
Every event follows the one before it, and could have happened. Everything else is what follows from them.
Both indexes have what they should, and what was exported is what is there.
";

#[test]
fn an_empty_inventory_is_filled_from_a_log_that_somebody_kept() {
    let (export, data) = (copy(), folder());
    let first = replay(export.path(), &SIGNED_BY, data.path());
    let expected = "\
Looked at 0 histories of the table and mended 0 items. Appended 9 events.
4 of them have texts that nothing discloses any more.
The log goes on from this table with the hour 2026-11-23T16:00:00Z.
";
    assert_eq!((first.code, first.stdout.as_str()), (Some(0), expected), "{}", first.stderr);
    let ask =
        "`physical-keys table check` and `audit verify --against-table` say whether everything is there.\n";
    assert_eq!(first.stderr, ask);

    let checked = check(data.path(), &[]);
    assert_eq!((checked.code, checked.stdout.as_str()), (Some(0), WHOLE), "{}", checked.stderr);
    let again = replay(export.path(), &SIGNED_BY, data.path());
    let expected = "\
Looked at 6 histories of the table and mended 0 items. Appended 0 events.
The log goes on from this table with the hour 2026-11-23T16:00:00Z.
1 history goes on beyond the log, and that hour is to have it.
";
    assert_eq!((again.code, again.stdout.as_str()), (Some(0), expected), "{}", again.stderr);
    let path = export.path().to_str().unwrap();
    let verify = ["audit", "verify", path, "--against-table", "--data", data.path().to_str().unwrap()];
    let verified = run(&verify, data.path(), &[]);
    assert_eq!(verified.code, Some(0), "{}{}", verified.stdout, verified.stderr);
}

#[test]
fn nothing_is_filled_from_a_log_that_somebody_else_could_have_written() {
    let (export, data) = (copy(), folder());
    let without = replay(export.path(), &[], data.path());
    assert_eq!(without.code, Some(2));
    assert!(without.stderr.contains("--verifier-key <VERIFIER_KEY>"), "{}", without.stderr);
    let wrong = replay(export.path(), &SIGNED_BY[1..], data.path());
    assert_eq!(wrong.code, Some(1));
    assert!(wrong.stdout.contains("none of the given keys signed it"), "{}", wrong.stdout);
    assert_eq!(
        wrong.stderr,
        "The log is not whole, and a table is filled from no such log: see `audit verify`.\n"
    );
    let nowhere = replay(&data.path().join("nowhere"), &SIGNED_BY, data.path());
    assert_eq!(nowhere.code, Some(2));
    assert!(nowhere.stderr.starts_with("There is no export at "), "{}", nowhere.stderr);
}

#[test]
fn a_check_that_was_ended_goes_on_where_it_was_and_only_for_the_same_table() {
    let (export, data) = (copy(), folder());
    assert_eq!(replay(export.path(), &SIGNED_BY, data.path()).code, Some(0));
    let progress = data.path().join("progress");
    let path = progress.to_str().unwrap();
    let whole = check(data.path(), &["--resume", path]);
    assert_eq!((whole.code, whole.stdout.as_str()), (Some(0), WHOLE));
    assert!(!progress.exists(), "there is nothing to go on with");

    // What an earlier one had found is told with the rest.
    let fault = r#"{"of":"user \"alice\"","shows":"something is wrong"}"#;
    let at = format!(r#"{{"next":null,"last":null,"histories":2,"events":5,"faults":[{fault}],"count":1}}"#);
    std::fs::write(&progress, format!(r#"{{"of":"a check of the table physical-keys","at":{at}}}"#)).unwrap();
    let resumed = check(data.path(), &["--resume", path]);
    let expected = "\
user \"alice\": something is wrong.
Not whole: 1 fault in 8 histories with 15 events.
";
    assert_eq!((resumed.code, resumed.stdout.as_str()), (Some(1), expected), "{}", resumed.stderr);

    for (kept, why) in [
        (
            r#"{"of":"a check of the table other","at":{}}"#,
            "it is of a check of the table other, and this is a check of the table physical-keys.",
        ),
        ("{\"of\":", "EOF while parsing a value at line 1 column 6."),
    ] {
        std::fs::write(&progress, kept).unwrap();
        let refused = check(data.path(), &["--resume", path]);
        let expected = format!("The progress in {path} cannot be used: {why}\n");
        assert_eq!((refused.code, refused.stdout.as_str(), refused.stderr), (Some(2), "", expected));
    }
}

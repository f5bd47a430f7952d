//! `import`, against a running server: one outcome for each row, however it ends.

use std::process::{Command, Stdio};

use crate::office::{Office, last_line};
use crate::program::run;

const HEADER: &str = "row,line,user,number,outcome,reason,addition\n";
const RUN_AGAIN: &str = "Run the same command again: it adds the rest, and nothing twice.\n";

#[test]
fn an_import_adds_each_row_once_however_often_it_is_run() {
    let office = Office::open();
    // The second and the third row are alike and are two physical keys.
    office
        .write("keys.csv", "user,orgName,note\nalice,Demo,Front door\nbob,,Mailbox\nbob,,Mailbox\nalice,,\n");
    let first = office.import(&["keys.csv", "--concurrency", "1"]);
    assert_eq!((first.code, first.stdout.as_str()), (Some(0), ""), "{}", first.stderr);
    let said = "4 rows: 4 new, 0 out already, 0 taken back since.\n\
                4 added, 0 out before, 0 taken back since, 0 refused; see keys.results.csv.\n";
    assert_eq!(first.stderr, said);
    let results = "1,2,alice,1,added,,\n4,5,alice,2,added,,\n2,3,bob,1,added,,\n3,4,bob,2,added,,\n";
    assert_eq!(office.read("keys.results.csv"), format!("{HEADER}{results}"));

    // A line that is added, and others that moved, change nothing for those that were there.
    office.write(
        "keys.csv",
        "user,orgName,note\nbob,,Mailbox\ncarol,,\nbob,,Mailbox\nalice,,\nalice,Demo,Front door\n",
    );
    let second = office.import(&["keys.csv"]);
    let said = "5 rows: 1 new, 4 out already, 0 taken back since.\n\
                1 added, 4 out before, 0 taken back since, 0 refused; see keys.results.2.csv.\n";
    assert_eq!((second.code, second.stderr.as_str()), (Some(0), said));
    let results = "1,2,bob,1,out before,,\n3,4,bob,2,out before,,\n4,5,alice,2,out before,,\n5,6,alice,1,out before,,\n\
                   2,3,carol,1,added,,\n";
    assert_eq!(office.read("keys.results.2.csv"), format!("{HEADER}{results}"));
    assert_eq!(office.exported().len(), 5);
    office.server.interrupt();
}

#[test]
fn an_import_that_was_killed_half_way_is_finished_by_the_next() {
    const ROWS: usize = 600;
    let office = Office::open();
    office.write_rows("keys.csv", ROWS);
    let mut import = office.start_import(&["keys.csv"]);
    while office.exported().len() < 20 {}
    import.kill().unwrap();
    import.wait().unwrap();
    let half = office.exported().len();
    assert!(half < ROWS, "it was killed half-way, not at the end");
    let told = office.read("keys.results.csv").lines().count() - 1;
    assert!(
        (half - 7..=half).contains(&told),
        "{told} of {half} told: those of 7 users may have been under way"
    );

    let finished = office.import(&["keys.csv"]);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let counts = format!("{} added, {half} out before, 0 taken back since, 0 refused", ROWS - half);
    assert_eq!(last_line(&finished), counts);
    let exported = office.exported();
    assert_eq!(exported.len(), ROWS);
    for row in 0..ROWS {
        let (user, number) = (row % 7, row / 7 + 1);
        let is_it = |line: &&String| {
            line.contains(&format!(r#""number":{number},"#))
                && line.contains(&format!(r#""note":"Key {row}""#))
                && line.contains(&format!(r#""userId":"user-{user}""#))
        };
        assert_eq!(exported.iter().filter(is_it).count(), 1, "row {row} is number {number} of user-{user}");
    }
    office.server.interrupt();
}

#[test]
fn ctrl_c_leaves_an_outcome_for_every_row() {
    const ROWS: usize = 3_000;
    let office = Office::open();
    office.write_rows("keys.csv", ROWS);
    let import = office.import_with_words(&["keys.csv"]);
    while office.exported().len() < 20 {}
    let kill = format!("kill -INT {}", import.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    let ended = import.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(said.contains("Stopped. ") && said.ends_with(RUN_AGAIN), "{said}");
    let results = office.read("keys.results.csv");
    let count =
        |outcome: &str| results.lines().filter(|line| line.split(',').nth(4) == Some(outcome)).count();
    let (added, not_answered, not_sent) = (count("added"), count("not answered"), count("not sent"));
    assert_eq!(added + not_answered + not_sent, ROWS, "the sums are the rows");
    assert!(not_answered <= 7 && not_sent > 0, "{not_answered} {not_sent}");
    assert!(said.contains(&format!("{added} added, 0 out before, 0 taken back since, 0 refused, {not_answered} not answered, {not_sent} not sent")), "{said}");
    office.server.interrupt();
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "Linux has /dev/full and says these words")]
fn results_that_cannot_be_written_end_the_import_and_cost_nothing() {
    let office = Office::open();
    office.write_rows("keys.csv", 200);
    let full = office.import(&["keys.csv", "--results", "/dev/full"]);
    assert_eq!(full.code, Some(1));
    assert!(full.stderr.contains("/dev/full cannot be written: No space left on device"), "{}", full.stderr);
    assert_eq!(office.exported(), [""; 0], "nothing is sent before the results are open");

    // A file that may have 1,024 bytes, as on a disk that is full.
    let limited = "trap '' XFSZ; ulimit -f 1; exec \"$0\" import keys.csv --org demo-org";
    let limited = Command::new("bash")
        .args(["-c", limited, env!("CARGO_BIN_EXE_physical-keys")])
        .current_dir(office.path())
        .envs(office.environment.iter().cloned())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8(limited.stderr).unwrap();
    assert_eq!(limited.status.code(), Some(1), "{said}");
    assert!(
        said.contains("keys.results.csv cannot be written: File too large") && said.ends_with(RUN_AGAIN),
        "{said}"
    );
    let finished = office.import(&["keys.csv"]);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert_eq!(office.exported().len(), 200);
    office.server.interrupt();
}

#[test]
fn everything_that_is_wrong_is_said_and_nothing_is_sent() {
    let office = Office::open();
    let long = "n".repeat(501);
    office.write("keys.csv", format!("Person;Where;Room\nalice;Door;1\n;Door;2\nbob;{long};3\n;x;4\n"));
    let columns = ["keys.csv", "--user-column", "Person", "--note-column", "Where", "--delimiter", ";"];
    let lines = "Not used: column `Room`.\n2 lines (3, 5): The user must not be empty.\n\
                 Line 4: The note must be at most 500 characters long.\n";
    for arguments in [&columns[..], &[&columns[..], &["--dry-run"]].concat()] {
        let refused = office.import(arguments);
        assert_eq!(refused.code, Some(1));
        assert_eq!(refused.stderr, format!("{lines}3 of 4 rows cannot be imported. Nothing was sent.\n"));
    }
    office.write("keys.csv", "user,Notes\nalice,Door\nAlice,Door\n");
    let refused = office.import(&["keys.csv"]);
    let said = "Not used: column `Notes`.\nLook alike: `alice` (1 row, first in line 2), `Alice` (1 row, first in line 3).\n\
                Is the column `Notes` meant? Say --note-column with its name, or --ignore-column with it. \
                Users look alike (1). If they are different persons, say --similar-users. \
                Nothing was sent.\n";
    assert_eq!((refused.code, refused.stderr.as_str()), (Some(1), said));
    let answered = ["keys.csv", "--note-column", "notes", "--similar-users", "--dry-run"];
    let checked = office.import(&answered);
    assert_eq!(
        (checked.code, checked.stderr.as_str()),
        (Some(0), "2 rows can be imported. Nothing was sent.\n")
    );
    assert_eq!(office.exported(), [""; 0]);
    assert!(!office.path().join("keys.results.csv").exists());
    office.server.interrupt();
}

#[test]
fn a_file_that_cannot_be_read_is_named_with_the_reason() {
    let office = Office::open();
    office.write("empty.csv", "");
    for (file, why) in [
        (".", ". cannot be read: Is a directory (os error 21).\n"),
        ("nothing.csv", "nothing.csv cannot be read: No such file or directory (os error 2).\n"),
        ("empty.csv", "empty.csv cannot be read: it is empty.\n"),
        ("-", "- cannot be read: it is empty.\n"),
    ] {
        let refused = office.import(&[file]);
        assert_eq!((refused.code, refused.stderr.as_str()), (Some(1), why));
    }
    office.server.interrupt();
}

#[test]
fn what_the_api_refuses_ends_the_command_in_its_words() {
    let office = Office::open();
    office.write("keys.csv", "user\nalice\n");
    let foreign = office.run(&["import", "keys.csv", "--org", "acme"]);
    assert_eq!(foreign.code, Some(1));
    let words = "The API refuses the request: The credentials are for another organisation than `orgId`.";
    assert!(foreign.stderr.starts_with(words), "{}", foreign.stderr);
    let foreign = office.run(&["export", "--org", "acme", "--output", "export.csv"]);
    assert_eq!(foreign.code, Some(1));
    assert!(!office.path().join("export.csv").exists());

    let nobody = run(&["export", "--user", "alice"], office.path(), &office.environment[..1]);
    let words = "Set the caller's credentials: PHYSICAL_KEYS_TOKEN, PHYSICAL_KEYS_API_KEY, or both.\n";
    assert_eq!((nobody.code, nobody.stderr.as_str()), (Some(1), words));
    office.server.interrupt();
}

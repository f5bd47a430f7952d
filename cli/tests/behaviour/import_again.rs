//! The same rows once more: what is out, what was taken back, and what only a person knows.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::office::{Office, last_line};
use crate::program::run;

const ROWS: &str = "user,orgName,note\nalice,Demo,Front door\nalice,Demo,Front door\nbob,,Mailbox\n";
const QUESTION: &str =
    " Are they the same physical keys (--only-new), or further ones (--again)? Nothing was sent.\n";

#[test]
fn the_same_rows_in_another_file_are_a_question() {
    let office = Office::open();
    office.write("a/keys.csv", ROWS);
    assert_eq!(office.import(&["a/keys.csv"]).code, Some(0));
    office.write("b/keys.csv", ROWS);
    office.write("a/keys (1).csv", ROWS);
    for file in ["b/keys.csv", "a/keys (1).csv"] {
        let asked = office.import(&[file]);
        let words = "Not new: 3 rows (3 out already, 0 taken back since), and no import of this file has left results here.";
        assert_eq!(asked.code, Some(1));
        assert_eq!(
            asked.stderr,
            format!("3 rows: 0 new, 3 out already, 0 taken back since.\n{words}{QUESTION}")
        );
    }
    let compared = office.import(&["b/keys.csv", "--dry-run", "--compare"]);
    let words = "3 rows: 0 new, 3 out already, 0 taken back since.\nNothing was sent.\n";
    assert_eq!((compared.code, compared.stderr.as_str()), (Some(0), words));
    assert_eq!(office.exported().len(), 3);

    let same = office.import(&["b/keys.csv", "--only-new"]);
    assert_eq!(
        (same.code, last_line(&same)),
        (Some(0), "0 added, 3 out before, 0 taken back since, 0 refused")
    );
    assert_eq!(office.exported().len(), 3);
    for all in [6, 9] {
        let further = office.import(&["b/keys.csv", "--again"]);
        assert_eq!(
            (further.code, last_line(&further)),
            (Some(0), "3 added, 0 out before, 0 taken back since, 0 refused")
        );
        assert_eq!(office.exported().len(), all);
    }
    office.server.interrupt();
}

#[test]
fn what_was_taken_back_since_is_not_issued_again_without_a_word() {
    let office = Office::open();
    office.write("keys.csv", ROWS);
    assert_eq!(office.import(&["keys.csv"]).code, Some(0));
    office.remove("alice", 1);
    office.remove("bob", 1);
    let second = office.import(&["keys.csv"]);
    let said = "3 rows: 0 new, 1 out already, 2 taken back since.\n\
                0 added, 1 out before, 2 taken back since, 0 refused; see keys.results.2.csv.\n";
    assert_eq!((second.code, second.stderr.as_str()), (Some(0), said));
    let results = office.read("keys.results.2.csv");
    let lines: Vec<_> = results.lines().skip(1).collect();
    assert_eq!(
        lines,
        ["1,2,alice,2,out before,,", "2,3,alice,1,taken back since,,", "3,4,bob,1,taken back since,,"]
    );

    // A third row like the others is new, although two were added and one of them is out.
    office.write("keys.csv", format!("{ROWS}alice,Demo,Front door\n"));
    let third = office.import(&["keys.csv"]);
    assert_eq!(last_line(&third), "1 added, 1 out before, 2 taken back since, 0 refused");
    let again = office.import(&["keys.csv", "--again"]);
    assert_eq!(last_line(&again), "4 added, 0 out before, 0 taken back since, 0 refused");
    assert_eq!(office.exported().len(), 2 + 4);
    office.server.interrupt();
}

#[test]
fn an_import_with_again_that_was_cut_off_is_gone_on_with() {
    const EACH: usize = 80;
    let office = Office::open();
    let rows: Vec<_> = (0..7 * EACH).map(|row| format!("user-{},Key {}", row % 7, row % 3)).collect();
    office.write("keys.csv", format!("user,note\n{}\n", rows.join("\n")));
    assert_eq!(office.import(&["keys.csv"]).code, Some(0));
    let mut cut_off = office.start_import(&["keys.csv", "--again"]);
    while office.exported().len() < 8 * EACH {}
    cut_off.kill().unwrap();
    cut_off.wait().unwrap();
    let half = office.exported().len();
    assert!(half < 14 * EACH, "it was killed half-way, not at the end");

    let forgotten = office.import(&["keys.csv"]);
    let words = "The last import of this file was with --again, and was cut off: go on with --again, or leave it with --only-new.\n";
    assert_eq!((forgotten.code, forgotten.stderr.as_str()), (Some(1), words));
    office.write("other.csv", "user,note\nuser-0,Key 0\n");
    let other = office.import(&["other.csv", "--again", "--results", "keys.results.csv"]);
    assert!(
        other.stderr.starts_with("The rows are others than when the import with --again was cut off."),
        "{}",
        other.stderr
    );

    let mut once_more = office.start_import(&["keys.csv", "--again"]);
    while office.exported().len() < half + 20 {}
    once_more.kill().unwrap();
    once_more.wait().unwrap();
    let half = office.exported().len();
    assert!(half < 14 * EACH, "it was killed half-way, not at the end");

    let gone_on = office.import(&["keys.csv", "--again"]);
    assert_eq!(gone_on.code, Some(0), "{}", gone_on.stderr);
    let counts =
        format!("{} added, {} out before, 0 taken back since, 0 refused", 14 * EACH - half, half - 7 * EACH);
    assert_eq!(last_line(&gone_on), counts);
    assert_eq!(office.exported().len(), 14 * EACH, "no row is added a third time");
    let third = office.import(&["keys.csv", "--again"]);
    assert_eq!(last_line(&third), format!("{} added, 0 out before, 0 taken back since, 0 refused", 7 * EACH));
    office.server.interrupt();
}

/// `script` gives the program a terminal.
#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "`script` of util-linux has these options")]
fn a_person_at_a_terminal_is_asked() {
    let office = Office::open();
    office.write("a.csv", ROWS);
    assert_eq!(office.import(&["a.csv"]).code, Some(0));
    for (answer, said, held) in [
        ("", "There was no answer. Nothing was sent.", 3),
        ("what?\nsame\n", "0 added, 3 out before, 0 taken back since, 0 refused; see b.results.csv.", 3),
        ("further\n", "3 added, 0 out before, 0 taken back since, 0 refused; see c.results.csv.", 6),
    ] {
        let file = if answer == "further\n" { "c.csv" } else { "b.csv" };
        office.write(file, ROWS);
        let command = format!("{} import {file} --org demo-org", env!("CARGO_BIN_EXE_physical-keys"));
        let mut terminal = Command::new("script")
            .args(["-qec", &command, "/dev/null"])
            .current_dir(office.path())
            .envs(office.environment.iter().cloned())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = terminal.stdin.take().unwrap();
        // What ends the input of a terminal.
        stdin.write_all(answer.as_bytes()).and_then(|()| stdin.write_all(b"\x04")).unwrap();
        let shown = String::from_utf8(terminal.wait_with_output().unwrap().stdout).unwrap();
        assert!(
            shown.contains("Are they the same physical keys, or further ones? [same/further]"),
            "{shown}"
        );
        assert!(shown.contains(said), "{answer:?}: {shown}");
        assert_eq!(office.exported().len(), held);
    }
    office.server.interrupt();
}

#[test]
fn an_import_with_again_that_was_ended_before_it_sent_anything_begins_anew() {
    let office = Office::open();
    office.write("keys.csv", ROWS);
    assert_eq!(office.import(&["keys.csv"]).code, Some(0));
    let header = "row,line,user,number,outcome,reason,addition\n";
    office.write("keys.results.2.csv", format!("{header}1,2,alice,,to be added,,3\n2,3,al"));
    let again = office.import(&["keys.csv", "--again"]);
    assert_eq!(last_line(&again), "3 added, 0 out before, 0 taken back since, 0 refused", "{}", again.stderr);

    // It had said all of it and was ended with the first request under way, which was carried out.
    office.write("d.csv", "user,note\ndora,x\ndora,x\n");
    assert_eq!(office.import(&["d.csv"]).code, Some(0));
    office.write("one.csv", "user,note\ndora,x\n");
    assert_eq!(office.import(&["one.csv", "--again"]).code, Some(0));
    let begun = format!("{header}1,2,dora,,to be added,,3\n2,3,dora,,to be added,,4\n");
    office.write("d.results.2.csv", begun);
    let gone_on = office.import(&["d.csv", "--again"]);
    assert_eq!(
        last_line(&gone_on),
        "1 added, 1 out before, 0 taken back since, 0 refused",
        "{}",
        gone_on.stderr
    );
    // The disk was full within its last line, which would be another one.
    office.write("e.csv", "user,note\neve,x\neve,x\n");
    assert_eq!(office.import(&["e.csv"]).code, Some(0));
    office.write("e.results.2.csv", format!("{header}1,2,eve,,to be added,,3\n2,3,eve,,to be added,,1"));
    let again = office.import(&["e.csv", "--again"]);
    assert_eq!(last_line(&again), "2 added, 0 out before, 0 taken back since, 0 refused", "{}", again.stderr);
    office.server.interrupt();
}

#[test]
fn a_person_whose_token_is_for_one_user_imports_by_that_user_s_history() {
    let office = Office::open();
    let token = run(&["token", "--user", "alice"], office.path(), &[]).stdout;
    let mut environment = office.environment.clone();
    environment[1].1 = token.trim_end().to_owned();
    office.write("keys.csv", "user,note\nalice,Front door\n");
    let import = || run(&["import", "keys.csv", "--org", "demo-org"], office.path(), &environment);
    let first = import();
    assert_eq!(last_line(&first), "1 added, 0 out before, 0 taken back since, 0 refused", "{}", first.stderr);
    assert_eq!(last_line(&import()), "0 added, 1 out before, 0 taken back since, 0 refused");
    office.server.interrupt();
}

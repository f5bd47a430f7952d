//! `import` and `export`, against a running server.

use std::path::Path;

use tempfile::TempDir;

use crate::program::{Run, Server, folder, run, start};

/// A server, a folder to work in, and the credentials of a service of the demo organisation.
struct Office {
    server: Server,
    folder: TempDir,
    environment: Vec<(&'static str, String)>,
}

impl Office {
    fn open() -> Self {
        let folder = folder();
        let server = Server::start(&["--port", "0"], folder.path());
        let token = run(&["token", "--org", "demo-org"], folder.path(), &[]).stdout;
        let environment = vec![
            ("PHYSICAL_KEYS_API", server.address()),
            ("PHYSICAL_KEYS_TOKEN", token.trim_end().to_owned()),
            ("PHYSICAL_KEYS_API_KEY", server.api_key()),
        ];
        Self { server, folder, environment }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Run {
        run(arguments, self.path(), &self.environment)
    }

    fn import(&self, arguments: &[&str]) -> Run {
        self.run(&[&["import", "--org", "demo-org"], arguments].concat())
    }

    /// All that the demo organisation has out, a line each.
    fn exported(&self) -> Vec<String> {
        let exported = self.run(&["export", "--org", "demo-org", "--format", "ndjson"]);
        assert_eq!(exported.code, Some(0), "{}", exported.stderr);
        exported.stdout.lines().map(str::to_owned).collect()
    }
}

#[test]
fn an_import_adds_each_row_once_however_often_it_is_run() {
    let office = Office::open();
    // The second and the third row are alike and are two physical keys.
    office
        .write("keys.csv", "user,orgName,note\nalice,Demo,Front door\nbob,,Mailbox\nbob,,Mailbox\nalice,,\n");
    let first = office.import(&["keys.csv"]);
    assert_eq!((first.code, first.stdout.as_str()), (Some(0), ""));
    assert_eq!(first.stderr, "4 added, 0 added before, 0 refused; see keys.results.csv.\n");
    let header = "line,user,number,outcome,reason\n";
    let results = "2,alice,1,added,\n3,bob,1,added,\n4,bob,2,added,\n5,alice,2,added,\n";
    assert_eq!(office.read("keys.results.csv"), format!("{header}{results}"));

    // A line that is added, and others that moved, change nothing for those that were there.
    office.write(
        "keys.csv",
        "user,orgName,note\nbob,,Mailbox\ncarol,,\nbob,,Mailbox\nalice,,\nalice,Demo,Front door\n",
    );
    let second = office.import(&["keys.csv"]);
    assert_eq!(second.stderr, "1 added, 4 added before, 0 refused; see keys.results.csv.\n");
    assert_eq!(office.exported().len(), 5);

    // Another import of the same rows is another import.
    let third = office.import(&["keys.csv", "--name", "December", "--results", "december.csv"]);
    assert_eq!(third.stderr, "5 added, 0 added before, 0 refused; see december.csv.\n");
    assert_eq!(office.exported().len(), 10);
    office.server.interrupt();
}

#[test]
fn an_import_that_was_killed_half_way_is_finished_by_the_next() {
    const ROWS: usize = 600;
    let office = Office::open();
    let rows: Vec<_> = (0..ROWS).map(|row| format!("user-{},Key {row}", row % 7)).collect();
    office.write("keys.csv", &format!("user,note\n{}\n", rows.join("\n")));
    let mut import = start(&["import", "keys.csv", "--org", "demo-org"], office.path(), &office.environment);
    while office.exported().len() < 20 {}
    import.kill().unwrap();
    import.wait().unwrap();
    let half = office.exported().len();
    assert!(half < ROWS, "it was killed half-way, not at the end");
    assert!(!office.path().join("keys.results.csv").exists(), "a result file tells of a whole run");

    let finished = office.import(&["keys.csv"]);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let exported = office.exported();
    assert_eq!(exported.len(), ROWS);
    for row in 0..ROWS {
        let (user, number) = (row % 7, row / 7 + 1);
        let is_it = |line: &&String| {
            line.contains(&format!(r#""note":"Key {row}","number":{number},"#))
                && line.contains(&format!(r#""userId":"user-{user}""#))
        };
        assert_eq!(exported.iter().filter(is_it).count(), 1, "row {row} is number {number} of user-{user}");
    }
    office.server.interrupt();
}

#[test]
fn every_bad_line_is_named_and_nothing_is_sent() {
    let office = Office::open();
    let long = "n".repeat(501);
    office.write("keys.csv", &format!("Person;Where\nalice;Door\n;Door\nbob;{long}\n"));
    let columns = ["keys.csv", "--user-column", "Person", "--note-column", "Where", "--delimiter", ";"];
    let lines =
        "Line 3: The user must not be empty.\nLine 4: The note must be at most 500 characters long.\n";
    for arguments in [&columns[..], &[&columns[..], &["--dry-run"]].concat()] {
        let refused = office.import(arguments);
        assert_eq!(refused.code, Some(1));
        assert_eq!(refused.stderr, format!("{lines}2 of 3 lines cannot be imported. Nothing was sent.\n"));
    }
    office.write("keys.csv", "Person;Where\nalice;Door\n");
    let checked = office.import(&[&columns[..], &["--dry-run"]].concat());
    assert_eq!(
        (checked.code, checked.stderr.as_str()),
        (Some(0), "All 1 lines can be imported. Nothing was sent.\n")
    );
    assert_eq!(office.exported(), [""; 0]);
    office.server.interrupt();
}

#[test]
fn an_export_is_exact_or_safe_to_open_in_a_spreadsheet() {
    let office = Office::open();
    office.write("keys.csv", "user,orgName,note\n=1+1,@Demo,\"-2, \"\"quoted\"\"\nsecond line\"\n");
    assert_eq!(office.import(&["keys.csv"]).code, Some(0));
    let exported = office.run(&["export", "--user", "=1+1", "--output", "export.csv"]);
    assert_eq!((exported.code, exported.stdout.as_str(), exported.stderr.as_str()), (Some(0), "", ""));
    let text = office.read("export.csv");
    let expected = "userId,number,orgId,orgName,note,addedAt\n\
                    '=1+1,1,demo-org,'@Demo,\"'-2, \"\"quoted\"\"\nsecond line\",20";
    assert!(text.starts_with(expected), "{text}");
    let exact = office.exported();
    assert!(
        exact[0].contains(r#""note":"-2, \"quoted\"\nsecond line","number":1,"orgId":"demo-org""#),
        "{exact:?}"
    );
    assert!(exact[0].ends_with(r#""userId":"=1+1"}"#), "{exact:?}");
    office.server.interrupt();
}

#[test]
fn what_the_api_refuses_ends_the_command_in_its_words() {
    let office = Office::open();
    office.write("keys.csv", "user\nalice\n");
    let foreign = office.run(&["import", "keys.csv", "--org", "acme"]);
    assert_eq!(foreign.code, Some(1));
    let words = "The API refuses the request: The credentials are for another organisation than `orgId`.\n\
                 Lines may have been imported. Run the same command again: none is added twice.\n";
    assert_eq!(foreign.stderr, words);
    let foreign = office.run(&["export", "--org", "acme", "--output", "export.csv"]);
    assert_eq!(foreign.code, Some(1));
    assert!(!office.path().join("export.csv").exists());

    let nobody = run(&["export", "--user", "alice"], office.path(), &office.environment[..1]);
    let words = "Set the caller's credentials: PHYSICAL_KEYS_TOKEN, PHYSICAL_KEYS_API_KEY, or both.\n";
    assert_eq!((nobody.code, nobody.stderr.as_str()), (Some(1), words));
    office.server.interrupt();
}

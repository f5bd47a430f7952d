//! What was typed is erased while the server runs: from the table, from the files, and from the database's own.

use std::path::Path;

use crate::program::{Run, Server, folder, run};

/// The files below a folder that have a text.
fn having(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(having(&path, text));
        } else if std::fs::read(&path).unwrap().windows(text.len()).any(|part| part == text.as_bytes()) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn what_was_typed_is_in_no_file_any_more_while_the_server_runs() {
    const NOTE: &str = "Zimmer-4711-Schließfach";
    let folder = folder();
    let server = Server::start(&["serve", "--port", "0"], folder.path());
    let token = run(&["token", "--org", "demo-org"], folder.path(), &[]).stdout.trim().to_owned();
    let body = format!(r#"{{"orgId":"demo-org","note":"{NOTE}"}}"#);
    let added = server.add("alice", &token, &server.api_key(), &body);
    assert!(added.contains(NOTE), "{added}");
    let export = ["audit", "export", "exports", "--disclosures", "texts", "--through-now"];
    assert_eq!(run(&export, folder.path(), &[]).code, Some(0));
    assert!(!having(folder.path(), NOTE).is_empty(), "it is found where it is");

    let reason = ["--reason", "asked for"];
    let erase = |more: &[&str]| -> Run {
        run(&[&["erase", "--user", "alice"], more, &reason].concat(), folder.path(), &[])
    };
    let erased = erase(&["--disclosures", "texts"]);
    let said = "Recorded that the texts of these physical keys are erased: 1.\nItems of the table that had them: 2.\n\
                Events that files disclosed: 1, of 1 files looked at.\n";
    assert_eq!((erased.code, erased.stdout.as_str()), (Some(0), said), "{}", erased.stderr);
    assert_eq!(having(folder.path(), NOTE), Vec::<String>::new());

    let again = erase(&["--number", "1"]);
    let said = "It was recorded before of these: 1.\nItems of the table that had them: 0.\n";
    assert_eq!((again.code, again.stdout.as_str()), (Some(0), said));
    let said = "No --disclosures was given: what is disclosed beside an export was not looked at.\n\
                docs/erasure.md says what an erasure does not reach.\n";
    assert_eq!(again.stderr, said);
    let never = erase(&["--number", "2"]);
    let said = "No physical key with this number was ever issued to the user.\n";
    assert_eq!((never.code, never.stdout.as_str(), never.stderr.as_str()), (Some(1), "", said));
    assert_eq!(erase(&["--number", "0"]).code, Some(2));
    assert_eq!(run(&["erase", "--user", "alice", "--reason", " "], folder.path(), &[]).code, Some(2));

    // The erasure is in the hour that is not exported yet.
    let verify = |more: &[&str]| {
        let arguments = [&["audit", "verify", "exports", "--disclosures", "texts"], more].concat();
        run(&arguments, folder.path(), &[])
    };
    let verified = verify(&[]);
    assert_eq!(verified.code, Some(0), "{}", verified.stderr);
    assert!(verified.stdout.contains("Texts: 1 disclosed as they were recorded, 0 erased, 1 withheld.\n"));
    let withheld = "line 1: the note of version 1 of user \"alice\" is withheld\n";
    assert!(verified.stdout.ends_with(withheld), "{}", verified.stdout);
    assert_eq!(verify(&["--texts"]).code, Some(1), "which is a fault if it is said so");
    let checked = run(&["table", "check"], folder.path(), &[]);
    assert_eq!(checked.code, Some(0), "{}", checked.stdout);
}

//! What is mistyped, missing or broken is one sentence that says what is wrong, and what mends it.

use std::net::TcpListener;
use std::path::Path;

use crate::program::{Server, folder, inventory, run};

/// Commands that only ask something of a local inventory, and their exit code where there is none.
const ASKING: [(&[&str], i32); 10] = [
    (&["token", "--user", "alice"], 1),
    (&["token", "explain"], 2),
    (&["jwks"], 1),
    (&["org", "close", "acme"], 1),
    (&["api-key", "issue", "acme"], 1),
    (&["api-key", "list", "acme"], 1),
    (&["table", "check"], 2),
    (&["erase", "--user", "alice", "--reason", "asked"], 1),
    (&["audit", "sweep"], 1),
    (&["audit", "key"], 1),
];

#[test]
fn a_folder_that_is_mistyped_is_said_and_not_made() {
    let folder = folder();
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    for (command, code) in ASKING {
        for data in ["typo", "empty"] {
            let ran = run(&[command, &["--data", data]].concat(), folder.path(), &[]);
            let said = format!(
                "There is no local inventory in {data}. `physical-keys serve --data {data}` makes one.\n"
            );
            assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr), (Some(code), "", said), "{command:?}");
        }
        let ran = run(command, folder.path(), &[]);
        let said = "There is no local inventory in .physical-keys. `physical-keys serve` makes one; --data names another folder.\n";
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(code), said), "{command:?}");
    }
    let there: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(there, ["empty"]);
    assert_eq!(std::fs::read_dir(folder.path().join("empty")).unwrap().count(), 0);
}

#[test]
fn an_inventory_is_made_by_whoever_fills_one() {
    let folder = folder();
    for (data, command) in [("a", &["org", "register", "acme"][..]), ("b", &["table", "create"])] {
        assert_eq!(run(&[command, &["--data", data]].concat(), folder.path(), &[]).code, Some(0));
        assert_eq!(run(&["token", "--org", "acme", "--data", data], folder.path(), &[]).code, Some(0));
    }
    Server::start(&["serve", "--port", "0", "--data", "c"], folder.path()).interrupt();
    assert_eq!(run(&["jwks", "--data", "c"], folder.path(), &[]).code, Some(0));
}

#[track_caller]
fn check_no_database(folder: &Path) {
    let said = "The inventory in .physical-keys cannot be opened: .physical-keys/inventory.sqlite is not a database, or is damaged; put \
                a copy of it back, or take another folder.\n";
    for command in [&["serve", "--port", "0"][..], &["org", "register", "acme"], &["api-key", "list", "acme"]]
    {
        let ran = run(command, folder, &[]);
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (Some(1), "", said), "{command:?}");
    }
}

#[test]
fn a_database_that_is_none_or_is_damaged_is_one_sentence() {
    let folder = inventory();
    let file = folder.path().join(".physical-keys/inventory.sqlite");
    let whole = std::fs::read(&file).unwrap();
    let mut torn = whole.clone();
    torn[100..].fill(0);
    for bytes in [
        b"this is no database, but it is long".repeat(99).as_slice(),
        &whole[..whole.len() / 2],
        &whole[..50],
        &torn,
    ] {
        std::fs::write(&file, bytes).unwrap();
        check_no_database(folder.path());
    }
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    check_no_database(folder.path());
    std::fs::remove_dir(&file).unwrap();
    std::fs::write(&file, whole).unwrap();
    assert_eq!(run(&["org", "register", "acme"], folder.path(), &[]).code, Some(0), "a copy of it mends it");
}

#[test]
fn an_api_that_is_not_there_is_one_sentence_at_once() {
    let folder = folder();
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let nowhere = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    folder_with_rows(folder.path());
    let nothing = format!(
        "Nothing listens at {nowhere}. `physical-keys serve` starts the API on this machine; --api, or PHYSICAL_KEYS_API, names another \
         one.\n"
    );
    let unknown = "There is no host of this name: https://keys.invalid. --api, or PHYSICAL_KEYS_API, names another one.\n";
    for command in [
        &["add", "--user", "alice", "--org", "acme"][..],
        &["take-back", "--user", "alice", "--number", "1"],
        &["show", "--user", "alice", "--number", "1"],
        &["list", "--user", "alice"],
        &["who", "--org", "acme"],
        &["export", "--org", "acme"],
        &["import", "keys.csv", "--org", "acme"],
        &["smoke", "--org", "acme"],
    ] {
        for (api, said) in [(nowhere.as_str(), nothing.as_str()), ("https://keys.invalid", unknown)] {
            let environment =
                [("PHYSICAL_KEYS_API", api.to_owned()), ("PHYSICAL_KEYS_API_KEY", "pki".to_owned())];
            let ran = run(command, folder.path(), &environment);
            assert_eq!(
                (ran.code, ran.stdout.as_str(), ran.stderr.as_str()),
                (Some(1), "", said),
                "{command:?}"
            );
        }
    }
}

fn folder_with_rows(folder: &Path) {
    std::fs::write(folder.join("keys.csv"), "user\nalice\n").unwrap();
}

#[test]
fn what_is_mistyped_is_said_with_all_that_could_be_meant() {
    let folder = folder();
    let commands = "the commands are serve, add, take-back, show, list, who, org, api-key, token, jwks, ";
    for (arguments, words) in [
        (&["frobnicate"][..], commands),
        (&["--port", "1", "frobnicate"], commands),
        (&["lst"], "a similar subcommand exists: 'list'"),
        (&["org", "frobnicate"], "the commands are register, close\n"),
        (&["api-key", "frobnicate"], "the commands are issue, list, revoke\n"),
        (&["audit", "key", "frobnicate"], "the commands are rotate, replace\n"),
        (&["org"], "\n  register  "),
        (&["audit"], "\n  verify  "),
        (&["--port", "1", "token", "--user", "alice"], "what is before a command is for `serve`"),
        (&["serve", "--required-credentials", "nope"], "[possible values: both, either]"),
        (&["export", "--org", "acme", "--format", "pdf"], "[possible values: csv, ndjson, xlsx]"),
        (&["token"], "<--user <ID>|--org <ID>>"),
        (&["export"], "<--user <ID>|--org <ID>>"),
        (&["audit", "prove", "exports"], "<--user <USER>|--event-hash <HASH>>"),
        (&["add", "--user", " "], "white space"),
        (&["add", "--user", "alice", "--note", &"n".repeat(501)], "500"),
        (&["add", "--user", "alice", "--idempotency-key", "a,b"], "without comma"),
        (&["take-back", "--user", "alice", "--number", "0"], "1, 2, 3, …"),
        (&["take-back", "--user", "alice"], "--number <N>"),
        (&["who", "--limit", "0"], "--limit"),
        (&["who", "--api", "http://keys.example"], "must be an https URL"),
    ] {
        let refused = run(arguments, folder.path(), &[]);
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(refused.stderr.contains(words), "{arguments:?}: {}", refused.stderr);
    }
}

//! `add`, `take-back`, `show`, `list` and `who`, against a running server.

use std::io::Read;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::disturber::{Disturber, Fault};
use crate::office::Office;
use crate::program::{Run, run};

/// What a run printed in JSON, a value a line.
pub(crate) fn in_json(ran: &Run) -> Vec<Value> {
    ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The receipt that was told.
fn receipt(ran: &Run) -> &str {
    ran.stderr.trim_end().rsplit_once("Its receipt is ").unwrap().1.trim_end_matches('.')
}

#[test]
fn a_physical_key_is_added_listed_shown_and_taken_back() {
    let office = Office::open();
    let added = office.run(&["add", "--user", "alice", "--note", "Front door", "--org-name", "Acme Ltd"]);
    assert_eq!((added.code, added.stdout.as_str()), (Some(0), "1\n"), "{}", added.stderr);
    let said =
        format!("Physical key 1 of demo-org is issued to alice. Its receipt is {}.\n", receipt(&added));
    assert_eq!(added.stderr, said);
    assert_eq!(office.run(&["add", "--user", "bob", "--org", "demo-org"]).stdout, "1\n");

    let listed = office.run(&["list", "--user", "alice"]);
    let mut lines = listed.stdout.lines();
    assert_eq!(lines.next(), Some("NUMBER  ORGANISATION  ORG NAME  NOTE        SINCE"));
    assert!(
        lines.next().unwrap().starts_with("1       demo-org      Acme Ltd  Front door  20"),
        "{listed:?}"
    );
    let who = office.run(&["who"]);
    let rows: Vec<Vec<_>> =
        who.stdout.lines().map(|line| line.split_whitespace().take(2).collect()).collect();
    assert_eq!(rows, [vec!["USER", "NUMBER"], vec!["bob", "1"], vec!["alice", "1"]], "the newest first");

    let shown = office.run(&["show", "--user", "alice", "--number", "1"]);
    let expected =
        "Physical key 1 of alice\n  issued by  demo-org (Acme Ltd)\n  note       Front door\n  since      20";
    assert!(shown.stdout.starts_with(expected), "{shown:?}");

    let taken_back = office.run(&["take-back", "--user", "alice", "--number", "1"]);
    let said = format!("Physical key 1 is taken back from alice. Its receipt is {}.\n", receipt(&taken_back));
    assert_eq!(
        (taken_back.code, taken_back.stdout.as_str(), taken_back.stderr.as_str()),
        (Some(0), "", said.as_str())
    );
    let again = office.run(&["take-back", "--user", "alice", "--number", "1"]);
    let said = "The user holds no physical key with this number. `physical-keys list --user alice` lists those that are held.\n";
    assert_eq!((again.code, again.stderr.as_str()), (Some(1), said));

    let gone = office.run(&["show", "--user", "alice", "--number", "1"]);
    let said = "alice holds no physical key 1. --history tells whether it was taken back, and by whom.\n";
    assert_eq!((gone.code, gone.stderr.as_str()), (Some(1), said));
    let story = office.run(&["show", "--user", "alice", "--number", "1", "--history"]);
    assert!(story.stdout.starts_with("Physical key 1 of alice was taken back.\n\nRECORDED AT "), "{story:?}");
    for (event, ran) in [("PhysicalKeyAdded", &added), ("PhysicalKeyRemoved", &taken_back)] {
        let row = story.stdout.lines().find(|line| line.contains(event)).unwrap();
        assert!(row.contains("  service service@demo-org  ") && row.ends_with(receipt(ran)), "{row}");
    }
    let never = office.run(&["show", "--user", "alice", "--number", "2", "--history"]);
    assert_eq!((never.code, never.stderr.as_str()), (Some(1), "alice holds no physical key 2.\n"));
    let nothing = office.run(&["list", "--user", "alice"]);
    assert_eq!((nothing.code, nothing.stdout.as_str()), (Some(0), ""));
    assert_eq!(nothing.stderr, "alice holds no physical keys.\n");
    office.server.interrupt();
}

/// The block of docs/command-line.md after this mark.
fn documented(mark: &str) -> String {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/command-line.md");
    let text = std::fs::read_to_string(document).unwrap();
    let (_, block) = text.split_once(&format!("<!-- {mark} -->\n```sh\n")).unwrap();
    block.split_once("```").unwrap().0.to_owned()
}

#[test]
fn what_the_document_says_works_when_it_is_pasted() {
    let office = Office::open();
    let program = Path::new(env!("CARGO_BIN_EXE_physical-keys")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let script = format!("set -e\n{}{}", documented("one-physical-key"), documented("shell-files"));
    let pasted = Command::new("sh")
        .args(["-c", &script])
        .current_dir(office.path())
        .env("PATH", path)
        .env("HOME", office.path())
        .env("PHYSICAL_KEYS_API", office.server.address())
        .output()
        .unwrap();
    let (said, told) = (String::from_utf8(pasted.stdout).unwrap(), String::from_utf8(pasted.stderr).unwrap());
    assert!(pasted.status.success(), "{told}");
    assert!(said.contains("\nPhysical key 1 of alice was taken back.\n"), "{said}{told}");
    assert!(office.path().join(".local/share/man/man1/physical-keys-take-back.1").is_file());
    office.server.interrupt();
}

#[test]
fn all_of_it_is_there_in_json() {
    let office = Office::open();
    let added = in_json(&office.run(&["add", "--user", "alice", "--note", "Door", "--json"]));
    let [added] = added.as_slice() else { panic!("{added:?}") };
    let expected = json!([true, "alice", 1, 1, "demo-org", "Door", "PhysicalKeyAdded", false]);
    let names = ["success", "aggregateId", "version", "number", "orgId", "note"];
    let mut found: Vec<_> = names.iter().map(|name| added[name].clone()).collect();
    found.extend([added["event"]["type"].clone(), added["replayed"].clone()]);
    assert_eq!(Value::from(found), expected);
    assert_eq!(added["eventHash"].as_str().unwrap().len(), 64);

    let key = json!({"userId": "alice", "number": 1, "orgId": "demo-org", "note": "Door", "addedAt": added["addedAt"]});
    for command in [&["list", "--user", "alice", "--json"][..], &["who", "--json"]] {
        assert_eq!(in_json(&office.run(command)), std::slice::from_ref(&key), "{command:?}");
    }
    assert_eq!(
        office.exported(),
        [office.run(&["who", "--json"]).stdout.trim_end()],
        "the same as an export"
    );
    let mut shown = key.clone();
    shown["out"] = true.into();
    assert_eq!(in_json(&office.run(&["show", "--user", "alice", "--number", "1", "--json"])), [shown]);

    let taken_back = in_json(&office.run(&["take-back", "--user", "alice", "--number", "1", "--json"]));
    assert_eq!(taken_back[0]["event"]["type"], "PhysicalKeyRemoved");
    let story = in_json(&office.run(&["show", "--user", "alice", "--number", "1", "--json", "--history"]));
    let [story] = story.as_slice() else { panic!("{story:?}") };
    assert_eq!(
        (&story["userId"], &story["number"], &story["out"]),
        (&json!("alice"), &json!(1), &json!(false))
    );
    let hashes: Vec<_> = story["events"].as_array().unwrap().iter().map(|event| &event["hash"]).collect();
    assert_eq!(hashes, [&added["eventHash"], &taken_back[0]["eventHash"]]);
    let nothing = office.run(&["list", "--user", "alice", "--json"]);
    assert_eq!((nothing.code, nothing.stdout.as_str()), (Some(0), ""));
    office.server.interrupt();
}

#[test]
fn a_list_is_filtered_and_cut_and_read_over_all_its_pages() {
    let office = Office::open();
    let rows: Vec<_> = (0..108).map(|row| format!("alice,Key {row}\n")).collect();
    office.write("keys.csv", format!("user,note\nbob,Door\n{}", rows.concat()));
    assert_eq!(office.import(&["keys.csv"]).code, Some(0));
    let numbers = |arguments: &[&str]| in_json(&office.run(&[arguments, &["--json"]].concat())).len();
    assert_eq!(numbers(&["list", "--user", "alice"]), 108);
    assert_eq!(numbers(&["who"]), 109);
    assert_eq!(numbers(&["who", "--limit", "101"]), 101);
    assert_eq!(numbers(&["list", "--user", "alice", "--search", "KEY 70"]), 1);
    assert_eq!(numbers(&["list", "--user", "alice", "--org", "acme"]), 0);
    assert_eq!(numbers(&["list", "--user", "alice", "--org-name", "Acme"]), 0);
    for (limit, said) in
        [("5", "5 of 108; --limit takes more.\n"), ("100", "100 of 108; --limit takes more.\n"), ("108", "")]
    {
        let cut = office.run(&["list", "--user", "alice", "--limit", limit]);
        assert_eq!((cut.stdout.lines().count() - 1, cut.stderr.as_str()), (limit.parse().unwrap(), said));
    }
    let cut = office.run(&["who", "--limit", "100"]);
    assert_eq!(cut.stderr, "There are more than these 100; --limit takes more.\n");
    office.server.interrupt();
}

#[test]
fn what_was_typed_cannot_steer_a_terminal() {
    let office = Office::open();
    let note = "two\nlines \u{202e}turned \u{1b}[31mred";
    assert_eq!(office.run(&["add", "--user", "alice", "--note", note]).code, Some(0));
    let shown = r"two\nlines \u{202e}turned \u{1b}[31mred";
    for command in [
        &["list", "--user", "alice"][..],
        &["who"],
        &["show", "--user", "alice", "--number", "1", "--history"],
    ] {
        let said = office.run(command);
        assert!(said.stdout.contains(shown), "{command:?}: {said:?}");
    }
    for command in [&["list", "--user", "alice", "--json"][..], &["who", "--json"]] {
        let said = office.run(command);
        assert!(said.stdout.contains(r"\u202eturned \u001b[31mred"), "{said:?}");
        assert_eq!(in_json(&said)[0]["note"], note);
    }
    office.server.interrupt();
}

#[test]
fn a_command_is_carried_out_once_whatever_comes_between() {
    let office = Office::open();
    let disturber = Disturber::before(&office.server.address(), |request, _| {
        (request == 1).then_some(Fault::AfterTheCommand("504 Gateway Timeout"))
    });
    let added = run(&["add", "--user", "alice"], office.path(), &office.through(&disturber.address));
    assert_eq!((added.code, added.stdout.as_str()), (Some(0), "1\n"), "{}", added.stderr);
    assert!(added.stderr.starts_with("Physical key 1 of demo-org was issued before to alice. "), "{added:?}");
    let twice: Vec<_> = (0..2)
        .map(|_| office.run(&["add", "--user", "alice", "--idempotency-key", "order-17", "--json"]))
        .collect();
    let [first, second] = [in_json(&twice[0]), in_json(&twice[1])];
    assert_eq!((&first[0]["number"], &second[0]["number"]), (&json!(2), &json!(2)));
    assert_eq!((&first[0]["replayed"], &second[0]["replayed"]), (&json!(false), &json!(true)));
    assert_eq!(in_json(&office.run(&["list", "--user", "alice", "--json"])).len(), 2);
    let other = office.run(&["add", "--user", "alice", "--note", "x", "--idempotency-key", "order-17"]);
    assert_eq!(other.code, Some(1), "another command under the same key is refused");
    office.server.interrupt();
}

/// What takes a request, says nothing, and is gone.
#[test]
fn where_nobody_knows_what_became_of_a_command_it_is_said_how_it_is_given_once() {
    let office = Office::open();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let silent = std::thread::spawn(move || {
        let mut taken = [0];
        listener.accept().unwrap().0.read_exact(&mut taken).unwrap();
    });
    let command = ["take-back", "--user", "alice", "--number", "1"];
    let ran = run(&command, office.path(), &office.through(&address));
    silent.join().unwrap();
    let lines: Vec<_> = ran.stderr.lines().collect();
    let [first, second] = lines.as_slice() else { panic!("{lines:?}") };
    assert!(first.starts_with(&format!("The API at {address} cannot be used: ")), "{first}");
    assert!(second.starts_with(
        "Whether it was carried out is not known. The same command with --idempotency-key cli-"
    ));
    assert_eq!(ran.code, Some(1));
    office.server.interrupt();
}

#[test]
fn the_organisation_is_the_tokens_unless_it_is_said() {
    let office = Office::open();
    let token = run(&["token", "--user", "alice"], office.path(), &[]).stdout;
    let mut environment = office.environment.clone();
    environment[1].1 = token.trim_end().to_owned();
    let nameless = run(&["add", "--user", "alice"], office.path(), &environment);
    let said = "The bearer token has no claim `org_id` that names an organisation; say --org ORG.\n";
    assert_eq!((nameless.code, nameless.stderr.as_str()), (Some(1), said));
    let named = run(&["add", "--user", "alice", "--org", "demo-org"], office.path(), &environment);
    assert_eq!(named.stdout, "1\n", "{named:?}");
    environment.remove(1);
    let without = run(&["who"], office.path(), &environment);
    let said = "There is no bearer token that names the organisation; say --org ORG.\n";
    assert_eq!((without.code, without.stderr.as_str()), (Some(1), said));
    let other = office.run(&["who", "--org", "acme"]);
    let said = "The API refuses the request: The credentials are for another organisation than `orgId`.\n";
    assert_eq!((other.code, other.stderr.as_str()), (Some(1), said));
    office.server.interrupt();
}

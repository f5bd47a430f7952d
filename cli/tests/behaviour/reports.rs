//! Whatever is printed as a table or a report is there in JSON, with members of these names.

use std::path::Path;

use serde_json::{Value, json};

use crate::audit::{SIGNED_BY, copy, exported};
use crate::office::Office;
use crate::physical_keys::in_json;
use crate::program::{Run, folder, inventory, run, run_on};

/// The one object that a run printed.
#[track_caller]
fn object(ran: &Run) -> Value {
    let mut all = in_json(ran);
    assert_eq!(all.len(), 1, "{ran:?}");
    all.remove(0)
}

/// The names of an object's members, in the order of the alphabet.
fn names(object: &Value) -> Vec<&str> {
    let mut names: Vec<_> = object.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

fn audit(arguments: &[&str], folder: &Path) -> Run {
    run(&[&["audit"], arguments].concat(), folder, &[])
}

#[test]
fn api_keys_are_listed_one_a_line() {
    let folder = inventory();
    run(&["org", "register", "acme"], folder.path(), &[]);
    let issue = ["api-key", "issue", "acme", "--expires", "90d", "--for", "job"];
    let issued = run(&issue, folder.path(), &[]).stdout;
    run(&["api-key", "issue", "acme"], folder.path(), &[]);
    let listed = in_json(&run(&["api-key", "list", "acme", "--json"], folder.path(), &[]));
    assert_eq!(listed.len(), 2);
    let id = issued.strip_prefix("pki_").unwrap().split('_').next().unwrap();
    let listed = listed.iter().find(|listed| listed["apiKeyId"] == id).unwrap();
    assert_eq!(names(listed), ["apiKeyId", "for", "issuedAt", "revokedAt", "state", "validUntil"]);
    assert_eq!((&listed["state"], &listed["for"]), (&json!("active"), &json!(["job"])));
    assert!(
        listed["validUntil"].as_str().unwrap().ends_with('Z') && listed["revokedAt"].is_null(),
        "{listed}"
    );
}

#[test]
fn a_table_is_whole_or_not() {
    let folder = inventory();
    run(&["org", "register", "acme"], folder.path(), &[]);
    let checked = run(&["table", "check", "--json"], folder.path(), &[]);
    let expected = json!({"whole": true, "histories": 1, "events": 1, "faultCount": 0, "faults": []});
    assert_eq!((checked.code, object(&checked)), (Some(0), expected));
}

#[test]
fn what_is_made_of_a_token_is_told() {
    let folder = inventory();
    let token = run(&["token", "--user", "mia", "--org", "acme", "--key-manager"], folder.path(), &[]).stdout;
    let explained = run_on(&token, &["token", "explain", "--json"], folder.path(), &[]);
    let told = object(&explained);
    let expected = [
        "at",
        "conditions",
        "goodFor",
        "kind",
        "leewaySeconds",
        "orgId",
        "reasons",
        "requiredCredentials",
        "rules",
        "steps",
        "subject",
        "verdict",
    ];
    assert_eq!((explained.code, names(&told)), (Some(0), expected.to_vec()));
    let found =
        ["verdict", "kind", "subject", "orgId", "leewaySeconds", "reasons"].map(|name| told[name].clone());
    assert_eq!(
        found,
        [json!("accepted"), json!("keyManager"), json!("mia"), json!("acme"), json!(60), json!([])]
    );
    let signature =
        told["steps"].as_array().unwrap().iter().find(|step| step["step"] == "signature").unwrap();
    assert_eq!(
        *signature,
        json!({"step": "signature", "holds": true, "found": "by a key of the local server's key set"})
    );
    let manager = json!({"of": "keyManager", "condition": "groups=key-managers/{org}", "holds": true});
    assert!(told["conditions"].as_array().unwrap().contains(&manager), "{told}");

    let elsewhere = [("JWT_ISSUER", "https://issuer.example"), ("JWT_AUDIENCE", "keys")];
    let refused = run_on(&token, &["token", "explain", "--offline", "--json"], folder.path(), &elsewhere);
    let told = object(&refused);
    assert_eq!((refused.code, &told["verdict"], &told["goodFor"]), (Some(1), &json!("refused"), &json!([])));
    assert_eq!(told["reasons"][0], "The bearer token is from another issuer.");
    let none = run_on("no token", &["token", "explain", "--json"], folder.path(), &[]);
    let reason = "The bearer token is not a signed JSON Web Token.";
    assert_eq!((none.code, object(&none)), (Some(1), json!({"verdict": "refused", "reasons": [reason]})));
}

#[test]
fn an_import_tells_what_became_of_it_however_it_ends() {
    let office = Office::open();
    office.write("keys.csv", "user,note,extra\nalice,Door,x\nbob,Door,x\n");
    let imported = office.import(&["keys.csv", "--json"]);
    let expected = json!({
        "rows": 2, "faultyRows": 0, "faultKinds": 0, "faults": [], "questions": [], "similarUsers": [],
        "unused": ["column `extra`"], "standing": {"new": 2, "out": 0, "takenBack": 0},
        "sent": {"added": 2, "refused": 0, "notAnswered": 0, "notSent": 0, "whole": true}, "results": "keys.results.csv",
    });
    assert_eq!((imported.code, object(&imported)), (Some(0), expected), "{}", imported.stderr);

    office.write("bad.csv", "user,note\n,Door\n,Door\nalice,Door\nAlice,Door\n");
    let refused = office.import(&["bad.csv", "--json"]);
    let told = object(&refused);
    let fault = json!({"fault": "The user must not be empty.", "count": 2, "lines": [2, 3]});
    assert_eq!((refused.code, &told["faultyRows"], &told["faults"]), (Some(1), &json!(2), &json!([fault])));
    let alike =
        json!([[{"userId": "alice", "rows": 1, "line": 4}, {"userId": "Alice", "rows": 1, "line": 5}]]);
    assert_eq!((&told["similarUsers"], told.get("sent")), (&alike, None));
    let missing = office.import(&["missing.csv", "--json"]);
    assert_eq!((missing.code, missing.stdout.as_str()), (Some(1), ""));
    office.server.interrupt();
}

#[test]
fn a_deployment_works_or_does_not_and_at_which_step() {
    let office = Office::open();
    let works = object(&office.run(&["smoke", "--json"]));
    assert_eq!(names(&works), ["orgId", "steps", "userId", "works"]);
    let steps: Vec<_> =
        works["steps"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect();
    assert_eq!((&works["works"], steps), (&json!(true), vec!["add", "list", "removal", "refusal", "replay"]));
    let refused = office.run(&["smoke", "--org", "acme", "--json"]);
    let told = object(&refused);
    assert_eq!((refused.code, &told["works"], &told["steps"]), (Some(1), &json!(false), &json!([])));
    assert_eq!(told["fault"], refused.stderr.trim_end());
    office.server.interrupt();
}

#[test]
fn an_export_is_whole_or_not() {
    let path = exported();
    let path = path.to_str().unwrap();
    let keys = ["--verifier-key", SIGNED_BY[0], "--verifier-key", SIGNED_BY[1]];
    let verified = audit(&[&["verify", path, "--json"], keys.as_slice()].concat(), folder().path());
    let told = object(&verified);
    let expected = [
        "againstTable",
        "begunBefore",
        "bytes",
        "entries",
        "events",
        "faultCount",
        "faults",
        "from",
        "hours",
        "late",
        "log",
        "organisations",
        "replaced",
        "root",
        "setAside",
        "signedBy",
        "sinceEntries",
        "texts",
        "through",
        "unusedVerifierKeys",
        "users",
        "whole",
    ];
    assert_eq!((verified.code, names(&told)), (Some(0), expected.to_vec()), "{}", verified.stderr);
    let found = ["whole", "log", "events", "againstTable", "texts"].map(|name| told[name].clone());
    assert_eq!(found[..2], [json!(true), json!("keys.example.com/audit")]);
    assert_eq!((&found[3], &found[4]), (&json!(false), &Value::Null));

    let tampered = copy();
    let file = walk(tampered.path()).into_iter().find(|file| file.ends_with("manifest.json")).unwrap();
    std::fs::write(&file, "{}").unwrap();
    let refused = audit(&["verify", tampered.path().to_str().unwrap(), "--json"], folder().path());
    let told = object(&refused);
    assert_eq!((refused.code, &told["whole"]), (Some(1), &json!(false)));
    assert!(
        told["faultCount"].as_u64().unwrap() >= 1 && !told["faults"].as_array().unwrap().is_empty(),
        "{told}"
    );
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[test]
fn exported_events_their_proofs_and_their_places_are_told_one_a_line() {
    let (path, folder) = (exported(), folder());
    let path = path.to_str().unwrap();
    let shown = audit(&["show", path, "--user", "alice", "--json"], folder.path());
    let plain = audit(&["show", path, "--user", "alice", "--format", "ndjson"], folder.path());
    assert_eq!((shown.code, &shown.stdout), (Some(0), &plain.stdout));
    let event = in_json(&shown).remove(0);
    assert_eq!(names(&event), ["hash", "previousHash", "record"]);

    let hash = event["hash"].as_str().unwrap();
    let found = audit(&["find", path, hash, &"0".repeat(64), "--json"], folder.path());
    let [there, gone] = in_json(&found).try_into().unwrap();
    assert_eq!(found.code, Some(1));
    assert_eq!(
        names(&there),
        ["aggregateId", "aggregateType", "entry", "eventHash", "found", "place", "version"]
    );
    assert_eq!(
        (&there["found"], &there["aggregateId"], &there["version"]),
        (&json!(true), &json!("alice"), &json!(1))
    );
    assert_eq!(gone, json!({"eventHash": "0".repeat(64), "found": false}));

    let proof = exported().join("../format-2-proofs/removed.tlog-proof");
    let proof = proof.to_str().unwrap();
    let bad = folder.path().join("bad");
    std::fs::write(&bad, "nothing").unwrap();
    let checked = audit(
        &["check", proof, bad.to_str().unwrap(), "--verifier-key", SIGNED_BY[1], "--json"],
        folder.path(),
    );
    let [good, wrong] = in_json(&checked).try_into().unwrap();
    assert_eq!(checked.code, Some(1));
    assert_eq!(
        (names(&good), names(&wrong)),
        (vec!["event", "file", "good", "says"], vec!["file", "good", "why"])
    );
    assert_eq!((&good["good"], &wrong["good"]), (&json!(true), &json!(false)));
    assert_eq!(good["event"]["record"]["type"], "PhysicalKeyRemoved");
}

#[test]
fn what_was_taken_out_and_filled_in_is_told() {
    // A replay writes into the log that it goes on with.
    let (export, folder) = (copy(), folder());
    let path = export.path().to_str().unwrap();
    let extracted = object(&audit(&["extract", path, "part", "--json"], folder.path()));
    assert_eq!(names(&extracted), ["from", "in", "to"]);
    let proofs = object(&audit(&["extract", path, "proofs", "--org", "acme", "--json"], folder.path()));
    assert_eq!(proofs["orgId"], "acme");
    let files = std::fs::read_dir(folder.path().join("proofs")).unwrap().count();
    assert!(files > 0 && proofs["proofs"] == files, "{proofs}");

    let keys = ["--verifier-key", SIGNED_BY[0], "--verifier-key", SIGNED_BY[1]];
    let unsigned = [&["replay", path, "--data", "unfilled", "--json"], &keys[..2]].concat();
    let refused = audit(&unsigned, folder.path());
    let told = object(&refused);
    assert_eq!((refused.code, names(&told)), (Some(1), vec!["logFaults"]), "{told}");
    let replay = [&["replay", path, "--data", "filled", "--json"], keys.as_slice()].concat();
    let replayed = object(&audit(&replay, folder.path()));
    let expected = ["appended", "erased", "forks", "fromHour", "histories", "longer", "mended", "withheld"];
    assert_eq!((names(&replayed), &replayed["appended"]), (expected.to_vec(), &json!(9)));
    let erase = ["erase", "--user", "alice", "--reason", "asked", "--data", "filled", "--json"];
    let erased = object(&run(&erase, folder.path(), &[]));
    assert_eq!(names(&erased), ["disclosedEvents", "files", "items", "recorded", "recordedBefore", "userId"]);
    assert_eq!((&erased["userId"], &erased["files"]), (&json!("alice"), &Value::Null));
}

//! `sam-local`, without SAM: what it gets ready for a command, and that it is gone with the command.
//! `.ci/sam-local` runs the real thing.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::program::{Run, folder, run, start};

/// Another address of this machine, in place of a bridge's.
const BRIDGE: &str = "127.0.0.2";
const EVENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../events");

/// Runs a shell command with everything ready.
fn run_with_sam(folder: &Path, arguments: &[&str], script: &str) -> Run {
    let environment = [
        ("PROGRAM", env!("CARGO_BIN_EXE_physical-keys").to_owned()),
        ("AWS_SESSION_TOKEN", "the person's own".to_owned()),
        ("AWS_PROFILE", "the-persons-own".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "the person's own".to_owned()),
    ];
    let always = ["sam-local", "--bridge", BRIDGE, "--events", EVENTS];
    let arguments: Vec<_> =
        always.iter().chain(arguments).chain(&["--", "sh", "-ec", script]).copied().collect();
    run(&arguments, folder, &environment)
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(".physical-keys/sam-local").join(name)).unwrap()
}

#[test]
fn a_command_finds_a_database_that_containers_reach_until_it_ends() {
    let folder = folder();
    // The other process gets in as a function in a container does: by the bridge, with the access key id.
    let script = r#"
        value() { sed -n "s/.*\"$1\": \"\(.*\)\".*/\1/p" .physical-keys/sam-local/variables.json; }
        export AWS_ENDPOINT_URL_DYNAMODB=$(value LOCAL_AWS_ENDPOINT) AWS_ACCESS_KEY_ID=$(value LOCAL_AWS_ACCESS_KEY_ID)
        export TABLE_NAME=$(value TABLE_NAME)
        "$PROGRAM" api-key list demo-org
        env -u TABLE_NAME "$PROGRAM" api-key list demo-org"#;
    let ran = run_with_sam(folder.path(), &[], script);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let listed: Vec<_> = ran.stdout.lines().collect();
    assert_eq!(listed.len(), 2, "the demo's API key, by the bridge and by the folder: {}", ran.stdout);
    assert_eq!(listed[0], listed[1]);

    let variables: Value = serde_json::from_str(&read(folder.path(), "variables.json")).unwrap();
    let endpoint = variables["Parameters"]["LOCAL_AWS_ENDPOINT"].as_str().unwrap();
    let address = endpoint.strip_prefix("http://").unwrap();
    assert!(address.starts_with(BRIDGE), "{address}");
    assert!(TcpStream::connect(address).is_err(), "nothing listens after the command");
    assert!(!folder.path().join(".physical-keys/endpoint").exists());
}

#[test]
fn every_sample_event_gets_its_credentials() {
    let folder = folder();
    let ran = run_with_sam(folder.path(), &[], "true");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let mut events = 0;
    for sample in fs::read_dir(EVENTS).unwrap().map(|entry| entry.unwrap().path()) {
        if sample.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let name = sample.file_name().unwrap().to_str().unwrap();
        let event = read(folder.path(), &format!("events/{name}"));
        assert!(!event.contains("${"), "{name}");
        let event: Value = serde_json::from_str(&event).unwrap();
        if let Some(claims) = claims(&event) {
            let expected = if name.contains("encoded-id") { "münchen/1 50%" } else { "demo-user" };
            let expected = if claims.get("org_id").is_some() { "service@demo-org" } else { expected };
            assert_eq!(claims["sub"], expected, "{name}");
        }
        events += 1;
    }
    assert!(events > 30, "{events}");
    let curl = read(folder.path(), "curl");
    assert!(curl.starts_with("header = \"Authorization: Bearer eyJ") && curl.contains("\"X-API-Key: pki_"));
}

/// What the bearer token of an event says.
fn claims(event: &Value) -> Option<Value> {
    // Of several tokens, the last one is ours.
    let listed = event["multiValueHeaders"]["Authorization"].as_array().and_then(|tokens| tokens.last());
    let headers = [&event["headers"]["authorization"], listed.unwrap_or(&Value::Null)];
    let token = headers.into_iter().find_map(Value::as_str)?.strip_prefix("Bearer ")?;
    let claims = data_encoding::BASE64URL_NOPAD.decode(token.split('.').nth(1)?.as_bytes()).unwrap();
    Some(serde_json::from_slice(&claims).unwrap())
}

#[test]
fn the_persons_own_credentials_stay_out_of_containers() {
    let folder = folder();
    let ran = run_with_sam(
        folder.path(),
        &[],
        "env | grep -E '^AWS_(ACCESS|SECRET|SESSION|SECURITY|PROFILE|DEFAULT|REGION)' | sort",
    );
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let expected = "AWS_ACCESS_KEY_ID=local\nAWS_REGION=us-east-1\nAWS_SECRET_ACCESS_KEY=local\n";
    assert_eq!(ran.stdout, expected);
}

#[test]
fn a_command_that_fails_or_is_not_there_is_told() {
    let folder = folder();
    let failed = run_with_sam(folder.path(), &[], "exit 3");
    assert_eq!(failed.code, Some(1));
    assert!(failed.stderr.ends_with("`sh` ended with exit status: 3.\n"), "{}", failed.stderr);

    let arguments = ["sam-local", "--bridge", BRIDGE, "--events", EVENTS, "--", "no-such-program"];
    let absent = run(&arguments, folder.path(), &[]);
    assert_eq!(absent.code, Some(1));
    assert!(absent.stderr.contains("`no-such-program` cannot be run: "), "{}", absent.stderr);
}

#[test]
fn without_docker_the_mend_is_named() {
    let folder = folder();
    let arguments = ["sam-local", "--events", EVENTS, "--", "true"];
    let ran = run(&arguments, folder.path(), &[("PATH", folder.path().display().to_string())]);
    assert_eq!(ran.code, Some(1));
    let expected = "Docker does not say where containers reach this machine; say --bridge ADDRESS: `docker` cannot be run";
    assert!(ran.stderr.contains(expected), "{}", ran.stderr);
}

#[cfg(unix)]
#[test]
fn a_wish_to_stop_is_passed_on_so_that_the_command_can_clear_up() {
    let folder = folder();
    let script = "trap 'touch cleared; exit 0' TERM; touch ready; while :; do sleep 0.05; done";
    let arguments = ["sam-local", "--bridge", BRIDGE, "--events", EVENTS, "--", "sh", "-c", script];
    let mut child = start(&arguments, folder.path(), &[]);
    while !folder.path().join("ready").exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended early");
        std::thread::yield_now();
    }
    let kill = format!("kill -TERM {}", child.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    assert!(child.wait().unwrap().success());
    assert!(folder.path().join("cleared").exists());
}

//! `smoke`, against the local server and against what is none.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

use crate::program::{Run, Server, folder, run};

const STEPS: [&str; 5] = ["add: ", "list: ", "removal: ", "refusal: ", "replay: "];

/// Runs `smoke` against an address with these credentials.
fn smoke(address: &str, token: &str, api_key: &str, arguments: &[&str]) -> Run {
    let environment = [
        ("PHYSICAL_KEYS_API", address.to_owned()),
        ("PHYSICAL_KEYS_TOKEN", token.to_owned()),
        ("PHYSICAL_KEYS_API_KEY", api_key.to_owned()),
    ];
    run(&[&["smoke"], arguments].concat(), folder().path(), &environment)
}

#[track_caller]
fn check_failed(ran: &Run, beginning: &str, holding: &str) {
    assert_eq!(ran.code, Some(1), "{}", ran.stdout);
    assert!(ran.stderr.starts_with(beginning) && ran.stderr.contains(holding), "{}", ran.stderr);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
}

#[test]
fn an_api_that_works_is_told_so_step_by_step() {
    let folder = folder();
    let server = Server::start(&["--port", "0"], folder.path());
    let token = |of: &[&str]| run(&[&["token"], of].concat(), folder.path(), &[]).stdout;
    let service = token(&["--org", "demo-org"]);

    for arguments in [&[][..], &["--org", "demo-org"]] {
        let ran = smoke(&server.address(), &service, &server.api_key(), arguments);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let said: Vec<_> = ran.stdout.lines().collect();
        assert_eq!(said.len(), STEPS.len() + 1, "{}", ran.stdout);
        assert!(said.iter().zip(STEPS).all(|(said, step)| said.starts_with(step)), "{}", ran.stdout);
        assert!(said[STEPS.len()].starts_with("The API works. smoke-"), "{}", ran.stdout);
    }

    let person = token(&["--user", "alice"]);
    let ran = smoke(&server.address(), &person, &server.api_key(), &[]);
    check_failed(&ran, "The bearer token has no claim `org_id` that names an organisation", "--org ORG");
    let ran = smoke(&server.address(), &person, &server.api_key(), &["--org", "demo-org"]);
    check_failed(&ran, "add: 403 Forbidden (another_users_inventory) instead of 200: ", "Its request id is ");
    let ran = smoke(&server.address(), &service, &server.api_key(), &["--org", "acme"]);
    check_failed(&ran, "add: 403 Forbidden (another_organisation)", "Use the credentials of a service");
    let ran = smoke(&server.address(), &service, "pki_nothing", &[]);
    check_failed(
        &ran,
        "add: 401 Unauthorized (credentials_refused)",
        "of this deployment's issuer and table?",
    );
}

/// Reads a request to its end: what is left unread when a connection is closed may cost the client its answer.
fn read_request(stream: &mut TcpStream) {
    let mut request = Vec::new();
    let mut part = [0; 4_096];
    loop {
        let read = stream.read(&mut part).unwrap();
        request.extend_from_slice(&part[..read]);
        let text = String::from_utf8_lossy(&request);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if read == 0 || body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
            return;
        }
    }
}

/// Something that gives these answers, one after the other, and ends.
fn answering(answers: Vec<(&'static str, &'static str)>) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let answering = std::thread::spawn(move || {
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().unwrap();
            read_request(&mut stream);
            let length = body.len();
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
            stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
        }
    });
    (address, answering)
}

#[test]
fn what_is_not_this_api_is_told() {
    let (address, answering) = answering(vec![("404 Not Found", r#"{"message":"Not Found"}"#)]);
    let ran = smoke(&address, "token", "pki_key", &["--org", "acme"]);
    answering.join().unwrap();
    check_failed(&ran, "add: 404 Not Found instead of 200, and not in this API's words", "ApiUrl");
}

#[test]
fn an_api_that_goes_wrong_at_a_step_is_told_at_which() {
    const ADDED: &str =
        r#"{"number":1,"version":1,"orgId":"acme","event":{"type":"PhysicalKeyAdded","data":{"addedAt":1}}}"#;
    const LATER: &str =
        r#"{"number":1,"version":1,"orgId":"acme","event":{"type":"PhysicalKeyAdded","data":{"addedAt":2}}}"#;
    const SECOND: &str = r#"{"number":2,"version":2,"orgId":"acme","event":{"type":"PhysicalKeyAdded"}}"#;
    const LISTED: &str = r#"{"keys":[{"number":1,"note":"Smoke test"}],"total":1}"#;
    const REMOVED: &str = r#"{"version":2,"event":{"type":"PhysicalKeyRemoved"}}"#;
    const REFUSED: &str = r#"{"success":false,"error":"physical_key_not_found"}"#;
    const OK: &str = "200 OK";
    const AGAIN: &str = "200 OK\r\nidempotent-replayed: true";
    const NOT_FOUND: &str = "404 Not Found";
    let right = [(OK, ADDED), (OK, LISTED), (OK, REMOVED), (NOT_FOUND, REFUSED), (AGAIN, ADDED)];
    let wrong = [
        (0, (OK, SECOND), "add: the first number and version are not 1.\n"),
        (
            1,
            (OK, r#"{"keys":[],"total":0}"#),
            "list: the physical key that was just added is not in the list.\n",
        ),
        (2, (OK, r#"{"version":3}"#), "removal: the version after it is not 2.\n"),
        (
            3,
            (NOT_FOUND, r#"{"error":"route_not_found"}"#),
            "refusal: a physical key that is gone is not refused in the contract's words.\n",
        ),
        (4, (OK, ADDED), "replay: the same request with the same Idempotency-Key is carried out twice.\n"),
        (4, (AGAIN, LATER), "replay: the answer to the same request has other bytes than the first.\n"),
    ];
    for (step, answer, expected) in wrong {
        let answers = right[..step].iter().copied().chain([answer]).collect();
        let (address, answering) = answering(answers);
        let ran = smoke(&address, "token", "pki_key", &["--org", "acme"]);
        answering.join().unwrap();
        check_failed(&ran, expected, "");
    }
    let (address, answering) = answering(right.to_vec());
    let ran = smoke(&address, "token", "pki_key", &["--org", "acme"]);
    answering.join().unwrap();
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}

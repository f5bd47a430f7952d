//! `smoke`, against the local server and against what is none.

use std::io::{Read, Write};
use std::net::TcpListener;

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

#[test]
fn what_is_not_this_api_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let gateway = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4_096];
        let _ = stream.read(&mut request).unwrap();
        let body = r#"{"message":"Not Found"}"#;
        let head =
            format!("HTTP/1.1 404 Not Found\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
    });
    let ran = smoke(&address, "token", "pki_key", &["--org", "acme"]);
    gateway.join().unwrap();
    check_failed(&ran, "add: 404 Not Found instead of 200, and not in this API's words", "ApiUrl");
}

//! The local server ends what is not finished, and requires the credentials that it is told to.

use crate::program::{Server, folder};

/// Fast enough for a test, slow enough for a request that is sent at once.
const ARGUMENTS: [&str; 8] =
    ["serve", "--port", "0", "--memory", "--request-timeout", "1s", "--required-credentials", "either"];

#[test]
fn a_request_that_is_never_finished_is_ended() {
    let folder = folder();
    let server = Server::start(&ARGUMENTS, folder.path());
    let head = format!("POST /users/a/AddPhysicalKey HTTP/1.1\r\nHost: {}\r\n", server.authority());
    let never_came = format!("{head}Content-Length: 100\r\n\r\n");
    let broke_off = format!("{head}Content-Length: 100\r\n\r\n{{\"orgId\"");
    let kinds = ["", "GET / HT", head.as_str(), &never_came, &broke_off];
    let waiting: Vec<_> = kinds.iter().cycle().take(65).map(|kind| (kind, server.open(kind))).collect();
    for (kind, stream) in waiting {
        let answer = Server::until_closed(stream);
        if kind.contains("Content-Length") {
            assert!(answer.starts_with("HTTP/1.1 408"), "{kind:?}: {answer}");
            check_timed_out(&answer);
        } else {
            assert!(!answer.contains(" 200 "), "{kind:?}: {answer}");
        }
    }
    let reply = server.paste(0);
    assert!(reply.starts_with("HTTP/1.1 200"), "there is room again: {reply}");
    let list = format!(
        "GET /orgs/demo-org/PhysicalKeys HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nX-API-Key: {}\r\n\r\n",
        server.authority(),
        server.api_key(),
    );
    let listed = Server::until_closed(server.open(&list));
    assert_eq!(listed.matches(r#""number":"#).count(), 1, "what was not finished wrote nothing: {listed}");
    let headers = reply.to_ascii_lowercase();
    assert!(headers.contains("\r\nx-content-type-options: nosniff\r\n"), "{reply}");
    assert!(!headers.contains("strict-transport-security"), "it is no TLS: {reply}");
}

/// The refusal of a body that did not come, as a whole.
fn check_timed_out(answer: &str) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let request_id = head.lines().find_map(|line| line.strip_prefix("x-request-id: ")).unwrap();
    let message = "The body did not come in time. Nothing was written; send the request again.";
    let expected = serde_json::json!({
        "success": false, "error": "request_timeout", "message": message, "type": "about:blank",
        "title": "Request Timeout", "status": 408, "detail": message, "requestId": request_id,
        "errors": [{"code": 408, "message": message}],
    });
    assert_eq!(serde_json::from_str::<serde_json::Value>(body).unwrap(), expected);
}

#[test]
fn the_required_credentials_are_the_ones_that_it_is_told() {
    let folder = folder();
    for (arguments, status) in [
        (&["--required-credentials", "either"][..], "200"),
        (&["--required-credentials", "both"], "401"),
        (&[], "401"),
    ] {
        let server =
            Server::start(&[&["serve", "--port", "0", "--memory"], arguments].concat(), folder.path());
        for method in ["GET", "HEAD"] {
            let request = format!(
                "{method} /users/demo-user/PhysicalKeys HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{}\r\n\r\n",
                server.authority(),
                server.authorization()
            );
            let reply = Server::until_closed(server.open(&request));
            assert!(reply.starts_with(&format!("HTTP/1.1 {status}")), "{arguments:?}: {reply}");
            assert_eq!(reply.ends_with("\r\n\r\n"), method == "HEAD", "{reply}");
        }
    }
}

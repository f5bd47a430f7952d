//! The local server ends what is not finished, and requires the credentials that it is told to.

use crate::program::{Server, folder};

/// Fast enough for a test, slow enough for a request that is sent at once.
const ARGUMENTS: [&str; 6] = ["serve", "--port", "0", "--memory", "--request-timeout", "1s"];

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
            assert!(answer.contains(r#""error":"request_timeout""#), "{answer}");
            assert!(answer.to_ascii_lowercase().contains("\r\nx-request-id: "), "{answer}");
        } else {
            assert!(!answer.contains(" 200 "), "{kind:?}: {answer}");
        }
    }
    let reply = server.paste(0);
    assert!(reply.starts_with("HTTP/1.1 200"), "there is room again: {reply}");
    let headers = reply.to_ascii_lowercase();
    assert!(headers.contains("\r\nx-content-type-options: nosniff\r\n"), "{reply}");
    assert!(!headers.contains("strict-transport-security"), "it is no TLS: {reply}");
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

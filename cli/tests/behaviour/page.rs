//! `page`: the page for key managers, configured for another host, and the same as the local server has it.

use std::fs;
use std::path::Path;

use crate::program::{Server, folder, run};

fn policies(html: &str) -> (&str, &str) {
    let content = |after: &str| {
        let (_, rest) = html.split_once(after).unwrap();
        rest.split_once("content=\"").unwrap().1.split_once('"').unwrap().0
    };
    (content("name=\"configuration\""), content("http-equiv=\"Content-Security-Policy\""))
}

#[test]
fn the_page_may_call_the_api_and_the_issuer_and_nobody_else() {
    let folder = folder();
    let arguments = [
        "page",
        "site",
        "--api",
        "https://api.example/prod",
        "--sign-in-client",
        "cabinet",
        "--sign-in-scope",
        "openid keys",
        "--sign-in-audience",
        "https://keys.example/\"<",
        "--sign-in-origin",
        "https://tokens.example/oauth2/token",
    ];
    let issuer =
        [("JWT_ISSUER", "https://login.example/tenant".to_owned()), ("JWT_ORG_CLAIM", "org".to_owned())];
    let written = run(&arguments, folder.path(), &issuer);
    assert_eq!(
        (written.code, written.stderr.as_str()),
        (Some(0), "The page is in site. Its host should send this header with each file:\n")
    );
    let html = fs::read_to_string(folder.path().join("site/index.html")).unwrap();
    let (configuration, policy) = policies(&html);
    assert_eq!(
        configuration.replace("&quot;", "\""),
        r#"{"api":"https://api.example/prod","demo":false,"organisationClaim":"org","signIn":{"audience":"https://keys.example/\"&lt;","clientId":"cabinet","issuer":"https://login.example/tenant","resource":null,"scope":"openid keys"}}"#
    );
    assert!(
        policy.contains("connect-src https://api.example https://login.example https://tokens.example;"),
        "{policy}"
    );
    assert_eq!(written.stdout, format!("Content-Security-Policy: {policy}; frame-ancestors 'none'\n"));
    for name in files(&html, &folder.path().join("site")) {
        // A browser asks for all of them at once, and not for one after the other has said so.
        let is_asked_for =
            html.contains(&format!("href=\"{name}\"")) || html.contains(&format!("src=\"{name}\""));
        assert!(
            is_asked_for
                || ["issuer.js", "vendor/oauth4webapi-3.8.8.js", "vendor/write-excel-file-4.1.1.js"]
                    .contains(&name.as_str()),
            "{name}"
        );
        assert!(folder.path().join("site").join(&name).is_file(), "{name}");
    }
}

/// Every file that the page or one of its scripts asks for.
fn files(html: &str, site: &Path) -> Vec<String> {
    let mut found: Vec<_> =
        html.split('"').filter(|part| is(part, "js") || is(part, "css")).map(str::to_owned).collect();
    let mut place = 0;
    while let Some(name) = found.get(place).cloned() {
        place += 1;
        if !is(&name, "js") || name.starts_with("vendor/") {
            continue;
        }
        let script = fs::read_to_string(site.join(&name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let imported =
            script.split('"').filter_map(|part| part.strip_prefix("./")).filter(|part| is(part, "js"));
        for name in imported.map(str::to_owned) {
            if !found.contains(&name) {
                found.push(name);
            }
        }
    }
    assert!(found.len() > 20, "{found:?}");
    found
}

fn is(name: &str, extension: &str) -> bool {
    Path::new(name).extension().is_some_and(|found| found == extension)
}

#[tokio::test]
async fn the_local_server_sends_the_policy_that_the_page_has() {
    let folder = folder();
    let server = Server::start(&["--port", "0", "--memory"], folder.path());
    let answer = reqwest::get(format!("{}/keys/", server.address())).await.unwrap();
    let header = answer.headers()["Content-Security-Policy"].to_str().unwrap().to_owned();
    let html = answer.text().await.unwrap();
    server.interrupt();
    let (configuration, policy) = policies(&html);
    assert!(configuration.contains("&quot;demo&quot;:true"), "{configuration}");
    assert_eq!(header, format!("{policy}; frame-ancestors 'none'"));
    assert!(policy.contains("connect-src 'self';"), "{policy}");
}

#[test]
fn without_an_issuer_nobody_can_sign_in_at_it() {
    let folder = folder();
    for (issuer, said) in [
        ("", "Set JWT_ISSUER to the issuer at which --sign-in-client is a client.\n"),
        ("http://login.example", "JWT_ISSUER must be an https URL (http only for this machine).\n"),
    ] {
        let refused = run(
            &["page", "site", "--sign-in-client", "cabinet"],
            folder.path(),
            &[("JWT_ISSUER", issuer.to_owned())],
        );
        assert_eq!((refused.code, refused.stderr.as_str()), (Some(1), said));
    }
    assert!(!folder.path().join("site").exists());
}

//! A key manager signs in to the page at an issuer that nobody here wrote (npm's `oidc-provider`, installed by `.ci/install-tools`).

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::Browser;
use super::axe::tools;
use super::console::assert_console_is_empty;
use super::keys::assert_no_credential_is_kept;
use crate::program::{folder, program, run};

/// The issuer, a server that takes its tokens, and a browser at the server's page.
struct Cabinet {
    issuer: Child,
    asks: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    server: Child,
    address: String,
    browser: Browser,
    folder: TempDir,
}

impl Cabinet {
    /// The page is this client at the issuer: `cabinet` gets refresh tokens, `desk` does not.
    async fn open(client: &str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.ci/issuer/main.mjs");
        let mut command = Command::new("node");
        command.arg(script).env("OIDC_PROVIDER", tools().join("node/node_modules/oidc-provider"));
        let mut issuer =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let asks = issuer.stdin.take().unwrap();
        let mut answers = BufReader::new(issuer.stdout.take().unwrap()).lines();
        let at = answers.next().unwrap().unwrap();
        let folder = folder();
        let (server, address) = serve(client, &at, folder.path());
        let registered = run(&["org", "register", "demo-org"], folder.path(), &[]);
        assert_eq!(registered.code, Some(0), "{}", registered.stderr);
        let browser = Browser::open(1_280).await;
        let mut cabinet = Self { issuer, asks, answers, server, address, browser, folder };
        cabinet.ask(&format!("register {}/keys/", cabinet.address));
        cabinet
    }

    fn ask(&mut self, what: &str) -> String {
        writeln!(self.asks, "{what}").unwrap();
        self.answers.next().unwrap().unwrap()
    }

    async fn goto(&self, address: &str) {
        self.browser.session.goto(&format!("{}/keys/{address}", self.address)).await;
    }

    /// At the issuer's own page.
    async fn log_in(&mut self, user: &str) {
        let password = self.ask(&format!("password {user}"));
        self.browser.fill("#user", user).await;
        self.browser.fill("#password", &password).await;
        self.browser.click("#log-in").await;
    }

    /// Lets 59 and a half minutes pass for the page, in five steps after each of which somebody does something. An access token is about
    /// to end then; a minute later, the ID tokens of the issuer, for which no time passes, would have ended as well.
    async fn pass_busily(&self) {
        for _ in 0..5 {
            let script = "const real = Date.now; Date.now = () => real() + 11.9 * 60_000";
            self.browser.session.run(script).await;
            self.browser.session.press("\u{e008}").await;
        }
    }

    /// A quarter of an hour in which nobody does anything; then the page is looked at again.
    async fn pass_idly(&self) {
        let script = "const real = Date.now; Date.now = () => real() + 15 * 60_000; \
            document.dispatchEvent(new Event('visibilitychange'))";
        self.browser.session.run(script).await;
    }

    /// How often the page has called an address with this in it since it was opened.
    async fn calls(&self, part: &str) -> Value {
        let script = "return performance.getEntriesByType('resource').filter(({ name }) => name.includes(PART)).length";
        self.browser.session.run(&script.replace("PART", &json!(part).to_string())).await
    }
}

impl Drop for Cabinet {
    fn drop(&mut self) {
        for child in [&mut self.issuer, &mut self.server] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A server that takes the issuer's tokens, and where it listens.
fn serve(client: &str, issuer: &str, folder: &Path) -> (Child, String) {
    let scope = ["--sign-in-scope", "openid keys:use", "--sign-in-resource", "https://keys.example/api"];
    let mut command = program(&["serve", "--port", "0", "--sign-in-client", client], folder);
    command.args(scope).stdout(Stdio::null()).stderr(Stdio::piped());
    let variables = [
        ("JWT_ISSUER", issuer.to_owned()),
        ("JWT_JWKS_URL", format!("{issuer}/jwks")),
        ("JWT_AUDIENCE", "https://keys.example/api".to_owned()),
        ("JWT_CLIENTS", client.to_owned()),
        ("JWT_MANAGER_CLAIM", "groups=key-managers/{org}".to_owned()),
    ];
    let mut server = command.envs(variables).spawn().unwrap();
    let mut told = BufReader::new(server.stderr.take().unwrap()).lines();
    let first = told.next().unwrap().unwrap();
    let address =
        first.split_whitespace().find(|word| word.starts_with("http://")).unwrap().trim_end_matches(',');
    // What is not read would stop whoever writes it.
    std::thread::spawn(move || told.for_each(drop));
    (server, address.to_owned())
}

#[tokio::test]
#[ignore = "needs Chromium, Node and npm's oidc-provider"]
async fn a_key_manager_signs_in_stays_signed_in_and_signs_out() {
    let mut cabinet = Cabinet::open("cabinet").await;
    cabinet.goto("#user=alice").await;
    cabinet.browser.click("#sign-in").await;
    cabinet.log_in("mia").await;
    cabinet.browser.reads("#who-text", "mia for demo-org").await;
    cabinet.browser.reads("#person-heading", "Physical keys of alice").await;
    assert_no_credential_is_kept(&cabinet.browser).await;
    cabinet.browser.issue("alice", "Front door", true).await;

    // A draft survives a reload, after which nobody is asked for a password.
    cabinet.browser.fill("#add-note", "Mailbox").await;
    cabinet.browser.session.run("location.reload()").await;
    cabinet.browser.reads("#history", "by mia for demo-org").await;
    assert_eq!(
        cabinet.browser.session.run("return document.getElementById('add-note').value").await,
        "Mailbox"
    );

    // An hour later the access token is renewed, without leaving the page.
    let before = cabinet.calls("/token").await;
    cabinet.pass_busily().await;
    // Two lists are asked for at once, and one renewal is enough for both.
    cabinet.browser.session.run("location.hash = '#user=bob'").await;
    cabinet.browser.reads("#person", "Holds none now.").await;
    cabinet.browser.reads("#person", "Nothing has happened yet.").await;
    assert_eq!((before, cabinet.calls("/token").await), (json!(1), json!(2)));
    cabinet.browser.session.run("location.hash = '#user=alice'").await;
    cabinet.browser.click("#add").await;
    cabinet.browser.reads("#add-messages", "Physical key 2 was issued").await;
    assert_no_credential_is_kept(&cabinet.browser).await;
    cabinet.browser.keep_screenshot("keys-signed-in.png").await;

    cabinet.browser.click("#sign-out").await;
    cabinet.browser.click("[name=logout][value=yes]").await;
    cabinet.browser.reads("#entrance", "Sign in").await;
    assert_eq!(cabinet.browser.session.run("return sessionStorage.length").await, 0);
    cabinet.browser.click("#sign-in").await;
    // The issuer's session has ended, too: it wants a password.
    cabinet.log_in("mia").await;
    cabinet.browser.reads("#organisation-count", "2 physical keys").await;
    cabinet.browser.session.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium, Node and npm's oidc-provider"]
async fn whoever_does_nothing_for_a_quarter_of_an_hour_is_signed_out() {
    let mut cabinet = Cabinet::open("cabinet").await;
    cabinet.goto("").await;
    cabinet.browser.click("#sign-in").await;
    cabinet.log_in("mia").await;
    cabinet.browser.reads("#organisation-count", "0 physical keys").await;
    cabinet.browser.fill("#add-note", "a draft").await;
    cabinet.pass_idly().await;
    cabinet.browser.click("[name=logout][value=yes]").await;
    cabinet.browser.reads("#entrance", "Sign in").await;
    assert_eq!(cabinet.browser.session.run("return sessionStorage.length").await, 0);
    assert_eq!(cabinet.browser.session.run("return document.getElementById('add-note').value").await, "");
    cabinet.browser.session.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium, Node and npm's oidc-provider"]
async fn without_a_refresh_token_the_issuer_is_visited_and_nothing_typed_is_lost() {
    let mut cabinet = Cabinet::open("desk").await;
    cabinet.goto("#user=alice").await;
    cabinet.browser.click("#sign-in").await;
    cabinet.log_in("mia").await;
    cabinet.browser.reads("#person-heading", "Physical keys of alice").await;
    cabinet.browser.fill("#add-note", "Front door").await;
    cabinet.pass_busily().await;
    // The press that found it ended is lost, what was typed is not.
    cabinet.browser.session.run("window.isStill = true").await;
    cabinet.browser.click("#add").await;
    let session = &cabinet.browser.session;
    let back =
        session.wait(super::PATIENCE, async || match session.run("return window.isStill !== true").await {
            Value::Bool(true) => Ok(()),
            other => Err(other.to_string()),
        });
    back.await.unwrap();
    cabinet.browser.reads("#who-text", "mia").await;
    cabinet.browser.reads("#person-heading", "Physical keys of alice").await;
    cabinet.browser.click("#add").await;
    cabinet.browser.click("#ask-confirm").await;
    cabinet.browser.reads("#held", "Front door").await;
    cabinet.browser.session.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium, Node and npm's oidc-provider"]
async fn an_answer_that_was_not_asked_for_signs_nobody_in() {
    let mut cabinet = Cabinet::open("cabinet").await;
    for answer in
        ["?code=stolen&state=made-up", "?error=access_denied&state=made-up&error_description=Call+us"]
    {
        cabinet.goto(answer).await;
        let said = cabinet.browser.reads("#messages", "This sign-in was begun somewhere else").await;
        assert!(!said.contains("Call us"), "{said}");
        assert!(
            !cabinet.browser.session.run("return location.search").await.as_str().unwrap().contains("code")
        );
    }
    // One that was asked for, with the state of another.
    cabinet.browser.session.run("sessionStorage.setItem('sign-in', JSON.stringify({ state: 'ours', nonce: 'n', verifier: 'v', address: '' }))").await;
    cabinet.goto("?code=stolen&state=theirs").await;
    cabinet.browser.reads("#messages", "The issuer's answer cannot be used").await;

    // A person who is no key manager is told so.
    cabinet.goto("").await;
    cabinet.browser.click("#sign-in").await;
    cabinet.log_in("alice").await;
    cabinet.browser.reads("#messages", "alice is not known as a key manager of demo-org").await;
    cabinet.browser.keep_screenshot("keys-no-key-manager.png").await;
    assert_console_is_empty(
        &cabinet.browser,
        &["Failed to load resource", "OperationProcessingError", "autocomplete"],
    )
    .await;
    cabinet.browser.session.close().await;
    assert!(cabinet.folder.path().exists());
}

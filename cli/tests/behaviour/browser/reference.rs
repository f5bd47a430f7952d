//! The interactive reference, as an engineer who integrates uses it.

mod elsewhere;

use std::process::Command;

use serde_json::{Value, json};

use super::axe::assert_accessible;
use super::console::assert_console_is_empty;
use super::{Browser, HOSTILE_NOTE, assert_nothing_is_kept};
use crate::program::{Server, folder};

const PREVIEW: &str = "[role=tabpanel]";
const OUTCOME: &str = ".outcome";
const BODY: &str = ".body";
const SEND: &str = ".tried button.primary";
/// Keys, as the driver names them.
const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";
const ARROW_RIGHT: &str = "\u{e014}";
/// Browsers tell of every refusal in the console.
const REFUSED: &[&str] = &["Failed to load resource: the server responded with a status of 40"];

fn field(name: &str) -> String {
    format!(".field[data-name=\"{name}\"] :is(input, textarea, select)")
}

/// Types a text of any characters, at once.
async fn insert(browser: &Browser, name: &str, text: &str) {
    browser.fill(&field(name), "").await;
    browser.click(&field(name)).await;
    browser.session.devtools("Input.insertText", json!({"text": text})).await;
}

/// Presses the tabulator key until something is focused, from whatever was before.
async fn tab_to(browser: &Browser, selector: &str) {
    for _ in 0..60 {
        browser.session.press(TAB).await;
        let is_there =
            browser.session.run(&format!("return document.activeElement.matches({})", json!(selector))).await;
        if is_there == true {
            return;
        }
    }
    panic!("{selector} is not reached with the keyboard");
}

async fn answered(browser: &Browser, status: &str) -> Value {
    browser.reads(OUTCOME, status).await;
    let body = browser.text(BODY).await;
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"))
}

#[tokio::test]
#[ignore = "needs Chromium and its driver"]
async fn the_reference_sends_what_it_shows() {
    let folder = folder();
    let server = Server::start(&["--port", "0", "--memory"], folder.path());
    let browser = Browser::open(1_280).await;
    browser.session.goto(&server.address()).await;
    browser.reads("h1", "Physical key inventory").await;
    assert_accessible(&browser, "the overview").await;
    assert!(wire_size(&browser).await < 100 * 1024, "the page is small");

    browser.click("nav a[href=\"#AddPhysicalKey\"]").await;
    browser.reads(".credentials", "demo-org").await;
    browser.reads(OUTCOME, "Response will appear here").await;
    for (name, said) in [
        ("Base URL", "Edit to use your own host."),
        ("Bearer token", "Required"),
        ("X-API-Key", "Required"),
        ("id", "Max length: 128"),
        ("Idempotency-Key", "Max length: 255"),
        ("orgId", "Min length: 1"),
        ("note", "Max length: 500"),
    ] {
        browser.reads(&format!(".field[data-name=\"{name}\"]"), said).await;
    }
    assert_accessible(&browser, "an operation").await;

    let note = format!("{HOSTILE_NOTE} it's `$HOME` \\ 🗝");
    insert(&browser, "note", &note).await;
    browser.reads(PREVIEW, "it'\\''s `$HOME` \\\\ 🗝").await;
    insert(&browser, "id", "mü/1").await;
    browser.reads(PREVIEW, "/users/m%C3%BC%2F1/AddPhysicalKey'").await;
    browser.click(SEND).await;
    let added = answered(&browser, "200 OK in ").await;
    assert_eq!((&added["number"], &added["note"]), (&json!(1), &json!(note)));
    let headers = browser.text(".headers").await;
    assert!(headers.contains("event-hash") && headers.contains("x-request-id"), "{headers}");
    assert_accessible(&browser, "a response").await;
    browser.keep_screenshot("reference.png").await;
    assert_console_is_empty(&browser, &[]).await;

    assert_eq!(run_copied(&browser).await["number"], 2);
    assert_nothing_is_kept(&browser).await;
    browser.session.close().await;
    server.interrupt();
}

/// All that came over the wire, with the heads of responses.
async fn wire_size(browser: &Browser) -> u64 {
    let sizes =
        "return performance.getEntries().reduce((sum, { transferSize }) => sum + (transferSize ?? 0), 0)";
    browser.session.run(sizes).await.as_u64().unwrap()
}

/// Runs the command that the page has copied, and gives what was answered to it.
async fn run_copied(browser: &Browser) -> Value {
    let granted = json!({"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]});
    browser.session.devtools("Browser.grantPermissions", granted).await;
    browser.click(".tried .actions button:not(.primary)").await;
    browser.reads(".tried .actions [role=status]", "Copied.").await;
    let copied = browser.session.run("return navigator.clipboard.readText()").await;
    let output = Command::new("sh").args(["-c", copied.as_str().unwrap()]).output().unwrap();
    let answer = String::from_utf8(output.stdout).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{copied}: {answer:?}"));
    serde_json::from_str(body).unwrap()
}

#[tokio::test]
#[ignore = "needs Chromium and its driver"]
async fn the_reference_tells_what_is_wrong_and_lets_the_api_refuse() {
    let folder = folder();
    let server = Server::start(&["--port", "0", "--memory"], folder.path());
    let browser = Browser::open(1_280).await;
    browser.session.goto(&format!("{}/#RemovePhysicalKey", server.address())).await;

    browser.fill(&field("number"), "one").await;
    browser.reads(".field[data-name=number] .fault", "It is not a number.").await;
    browser.click(SEND).await;
    assert_eq!(answered(&browser, "400 Bad Request").await["error"], "invalid_request");
    browser.fill(&field("number"), "7").await;
    browser.click(SEND).await;
    assert_eq!(answered(&browser, "404 Not Found").await["error"], "physical_key_not_found");
    assert_accessible(&browser, "a refusal").await;
    browser.keep_screenshot("reference-refusal.png").await;

    // What the vendor's document has and clients must not send.
    browser.reads("fieldset:last-of-type > .hint", "_callerOrgId: the server sets it from the API key").await;
    browser.click("[aria-pressed]").await;
    let body = r#"{"number":1,"_callerOrgId":"demo-org"}"#;
    browser.fill("textarea.code", body).await;
    browser.reads(PREVIEW, body).await;
    browser.click(SEND).await;
    let refused = answered(&browser, "400 Bad Request").await;
    assert_eq!(refused["message"], "`_callerOrgId` is set by the server from the API key; leave it out.");

    // Without credentials there are words in their place, and nothing is sent.
    browser.fill(&field("X-API-Key"), " ").await;
    browser.reads(PREVIEW, "X-API-Key: YOUR_API_KEY").await;
    browser.click(SEND).await;
    assert_eq!(answered(&browser, "401 Unauthorized").await["error"], "credentials_missing");

    // What cannot be in a request is not sent.
    browser.fill(&field("id"), "..").await;
    browser.click(SEND).await;
    browser.reads(".field[data-name=id] .fault", "a step in the path").await;
    browser.fill(&field("id"), "alice").await;
    browser.fill(&field("Base URL"), "https://api.example.com/v1/").await;
    browser.reads(PREVIEW, "'https://api.example.com/v1/users/alice/RemovePhysicalKey'").await;
    browser.click(SEND).await;
    browser.reads(OUTCOME, &format!("requests are sent to {} only", server.address())).await;
    assert_accessible(&browser, "what is not sent").await;
    assert_console_is_empty(&browser, REFUSED).await;
    assert_nothing_is_kept(&browser).await;

    let address = server.address();
    browser.fill(&field("Base URL"), &address).await;
    server.interrupt();
    browser.click(SEND).await;
    browser.reads(OUTCOME, &format!("{address} could not be reached.")).await;
    assert_accessible(&browser, "a server that has gone").await;
    browser.session.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium and its driver"]
async fn the_reference_fits_a_small_screen_and_a_dark_one() {
    let folder = folder();
    let server = Server::start(&["--port", "0", "--memory"], folder.path());
    let browser = Browser::open(1_280).await;
    let screen = json!({"width": 360, "height": 800, "deviceScaleFactor": 1, "mobile": true});
    browser.session.devtools("Emulation.setDeviceMetricsOverride", screen).await;
    for scheme in ["dark", "light"] {
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        browser.session.devtools("Emulation.setEmulatedMedia", media).await;
        browser.session.goto("about:blank").await;
        browser.session.goto(&server.address()).await;
        browser.reads("h1", "Physical key inventory").await;
        assert_fits(&browser, scheme).await;
        browser.click("nav summary").await;
        assert_fits(&browser, scheme).await;
        browser.click("nav a[href=\"#AddPhysicalKey\"]").await;
        insert(&browser, "note", &"long".repeat(126)).await;
        browser.reads(".field[data-name=note] .fault", "504 characters").await;
        assert_fits(&browser, scheme).await;
        browser.click(SEND).await;
        answered(&browser, "400").await;
        for tab in 1..=4 {
            browser.click(&format!("[role=tab]:nth-child({tab})")).await;
            assert_fits(&browser, scheme).await;
        }
        unfold(&browser).await;
        assert_fits(&browser, scheme).await;
        browser.keep_screenshot(&format!("reference-small-{scheme}.png")).await;
    }
    browser.session.close().await;
    server.interrupt();
}

async fn assert_fits(browser: &Browser, what: &str) {
    assert_accessible(browser, what).await;
    let widths = browser.session.run("return [document.documentElement.scrollWidth, innerWidth]").await;
    assert!(widths[0].as_u64() <= widths[1].as_u64(), "{what}: {widths}");
}

/// Opens everything that unfolds, and what is in it, as deep as a schema without an end may go.
async fn unfold(browser: &Browser) {
    for _ in 0..4 {
        let opened = "document.querySelectorAll('main details:not([open])').forEach((one) => { one.open = true; });
                      return new Promise((shown) => requestAnimationFrame(() => requestAnimationFrame(shown)))";
        browser.session.run(opened).await;
    }
}

#[tokio::test]
#[ignore = "needs Chromium and its driver"]
async fn the_reference_is_used_with_the_keyboard_alone() {
    let folder = folder();
    let server = Server::start(&["--port", "0", "--memory"], folder.path());
    let browser = Browser::open(1_280).await;
    browser.session.goto(&server.address()).await;
    browser.reads("h1", "Physical key inventory").await;
    tab_to(&browser, ".skip").await;
    browser.session.press(ENTER).await;
    tab_to(&browser, "main a[href=\"#AddPhysicalKey\"]").await;
    browser.session.press(ENTER).await;
    browser.reads("h1", "issued").await;
    tab_to(&browser, &field("orgName")).await;
    browser.session.devtools("Input.insertText", json!({"text": "Büro"})).await;
    browser.session.press(ENTER).await;
    assert_eq!(answered(&browser, "200 OK").await["orgName"], "Büro");

    tab_to(&browser, "[role=tab]").await;
    for (language, said) in
        [("Python", "import requests"), ("TypeScript", "await fetch("), ("Rust", "reqwest::blocking")]
    {
        browser.session.press(ARROW_RIGHT).await;
        browser.reads("[role=tab][aria-selected=true]", language).await;
        browser.reads(PREVIEW, said).await;
    }
    // A language is chosen for all operations, and the way back leads to what was typed.
    browser.session.run("history.back()").await;
    browser.reads("h1", "Physical key inventory").await;
    browser.session.run("history.forward()").await;
    assert!(browser.reads(PREVIEW, "reqwest::blocking").await.contains("Büro"));
    browser.session.close().await;
    server.interrupt();
}

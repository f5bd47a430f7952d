//! The page for people who manage physical keys, as the demo's key manager: finding, adding, taking back, erased texts, small screens.

use std::path::Path;

use serde_json::json;

use super::axe::assert_accessible;
use super::console::assert_console_is_empty;
use super::{Browser, HOSTILE_NOTE};
use crate::program::{Server, folder, run};

/// What a browser says of each refusal that a page gets.
const REFUSED: &str = "Failed to load resource";

impl Browser {
    /// The page of this server, as its demo's key manager.
    pub(super) async fn open_keys(server: &Server) -> Self {
        let browser = Self::open(1_280).await;
        browser.session.goto(&format!("{}/keys/", server.address())).await;
        browser.reads("#who-text", "demo-manager for demo-org").await;
        browser
    }

    /// Issues a physical key by the form; a person who is new is confirmed.
    pub(super) async fn issue(&self, user: &str, note: &str, is_new: bool) {
        self.fill("#add-user", user).await;
        self.fill("#add-note", note).await;
        self.click("#add").await;
        if is_new {
            self.reads("#ask", user).await;
            self.click("#ask-confirm").await;
        }
        self.reads("#add-messages", "was issued to").await;
    }

    async fn count(&self, selector: &str) -> u64 {
        let script = format!("return document.querySelectorAll({}).length", json!(selector));
        self.session.run(&script).await.as_u64().unwrap()
    }

    /// Waits until so many elements are there.
    pub(super) async fn has(&self, selector: &str, count: u64) {
        let seen = self.session.wait(super::PATIENCE, async || match self.count(selector).await {
            seen if seen == count => Ok(()),
            seen => Err(seen.to_string()),
        });
        seen.await.unwrap_or_else(|seen| panic!("{selector}: {seen} rather than {count}"));
    }
}

#[tokio::test]
#[ignore = "needs Chromium and its driver"]
async fn a_key_manager_sees_and_finds_who_holds_what() {
    let folder = folder();
    let server = Server::start(&["--port", "0"], folder.path());
    let browser = Browser::open_keys(&server).await;
    browser.reads("#organisation-count", "0 physical keys").await;
    browser.issue("mü/1 ?#", "Front door", true).await;
    browser.reads("#out tr.new", "Front door").await;
    browser.issue("mü/1 ?#", HOSTILE_NOTE, false).await;
    browser.issue("alice", "Büro", true).await;
    assert!(browser.text("#out tbody tr:first-child").await.contains("Büro"), "newest first");
    assert_eq!(browser.count("img").await, 0);
    assert_ne!(browser.session.title().await, "owned");
    browser.keep_screenshot("keys.png").await;

    for (query, found) in [("buro", 1), ("DOOR front", 1), ("#2", 1), ("mü", 2), ("nobody", 0)] {
        browser.fill("#query", query).await;
        browser.has("#out tbody tr", found).await;
        browser.reads("#organisation-count", &format!("{found} of 3 physical keys")).await;
    }
    browser.reads("#out-empty", "the person “nobody”").await;
    browser.fill("#query", "mü").await;
    browser.session.run("location.reload()").await;
    browser.has("#out tbody tr", 2).await;

    browser.click("#out tbody tr a").await;
    browser.reads("#person-heading", "Physical keys of mü/1 ?#").await;
    browser.session.run("location.reload()").await;
    browser.reads("#history li:first-child", HOSTILE_NOTE).await;
    browser.reads("#history li:first-child", "by demo-manager for demo-org").await;
    assert_eq!(browser.count("#history li").await, 2);
    browser.click("#held tr[data-number='1'] a").await;
    browser.reads("#story", "Front door").await;
    browser.session.run("history.back()").await;
    browser.reads("#person-heading", "Physical keys of mü/1 ?#").await;
    browser.session.run("history.back()").await;
    browser.has("#out tbody tr", 2).await;
    assert_console_is_empty(&browser, &[]).await;
    browser.session.close().await;
    server.interrupt();
}

#[tokio::test]
#[ignore = "needs Chromium and its driver"]
async fn what_is_cancelled_is_not_done_and_what_is_done_is_seen_at_once() {
    let folder = folder();
    let server = Server::start(&["--port", "0"], folder.path());
    let browser = Browser::open_keys(&server).await;
    browser.fill("#add-user", "alcie").await;
    browser.click("#add").await;
    browser.reads("#ask", "alcie has never had a physical key").await;
    browser.click("#ask-cancel").await;
    browser.reads("#organisation-count", "0 physical keys").await;
    browser.issue("alice", "Front door", true).await;
    let calls =
        "return performance.getEntriesByType('resource').filter(({name}) => name.includes('/orgs/')).length";
    assert_eq!(browser.session.run(calls).await, 1, "the list is not read again for one change");

    browser.click("#out .take-back").await;
    browser.click("#ask-cancel").await;
    browser.has("#out tbody tr", 1).await;
    browser.click("#out a").await;
    browser.click("#held .take-back").await;
    browser.keep_screenshot("keys-confirmation.png").await;
    browser.click("#ask-confirm").await;
    browser.reads("#messages", "Physical key 1 was taken back.").await;
    browser.reads("#held-empty", "Holds none now.").await;
    browser.reads("#history li:first-child", "was taken back").await;

    let erase = ["erase", "--user", "alice", "--reason", "asked for", "--actor", "Olga"];
    assert_eq!(run(&erase, folder.path(), &[]).code, Some(0));
    browser.session.run("location.reload()").await;
    browser.reads("#history li:first-child", "was erased of its texts").await;
    browser.reads("#history li:first-child", "the operator Olga").await;
    assert!(!browser.text("#person").await.contains("Front door"), "it is read again without its texts");
    assert_no_credential_is_kept(&browser).await;
    assert_console_is_empty(&browser, &[]).await;
    browser.session.close().await;
    server.interrupt();
}

#[tokio::test]
#[ignore = "needs Chromium and its driver"]
async fn several_are_taken_back_at_once_and_each_outcome_is_said() {
    let folder = folder();
    let server = Server::start(&["--port", "0", "--memory"], folder.path());
    let browser = Browser::open_keys(&server).await;
    browser.issue("demo-user", "Front door", true).await;
    browser.issue("bob", "Mailbox", true).await;
    browser.click("#out thead input").await;
    browser.reads(".chosen", "2 physical keys chosen").await;
    // Meanwhile somebody else takes one of them back.
    assert!(server.paste(1).contains("PhysicalKeyRemoved"));
    browser.click(".chosen .danger").await;
    browser.reads("#ask-heading", "Take back 2 physical keys?").await;
    browser.click("#ask-confirm").await;
    browser.reads("#ask li:first-child", "Mailbox\nTaken back").await;
    browser.reads("#ask li:last-child", "Front door\nHad been taken back already").await;
    browser.keep_screenshot("keys-outcomes.png").await;
    browser.click("#ask-cancel").await;
    browser.reads("#messages", "1 physical key taken back.").await;
    browser.reads("#organisation-count", "0 physical keys").await;
    browser.reads("#out-empty", "None is out.").await;
    assert_console_is_empty(&browser, &[REFUSED]).await;
    browser.session.close().await;
    server.interrupt();
}

#[tokio::test]
#[ignore = "needs Chromium and its driver"]
async fn what_is_wrong_is_said_once_and_at_its_field() {
    let folder = folder();
    let server = Server::start(&["--port", "0", "--memory"], folder.path());
    let browser = Browser::open_keys(&server).await;
    // An emoji is one character, as the API counts it, and two of a browser's.
    let script = "const note = document.getElementById('add-note'); note.value = '🔑'.repeat(501); note.dispatchEvent(new Event('input'))";
    browser.session.run(script).await;
    browser.reads("#add-note-length", "501 of 500").await;
    browser.fill("#add-user", "alice").await;
    browser.click("#add").await;
    browser.reads("#add-note-error", "1 too long").await;
    browser.session.run(&script.replace("501", "500")).await;
    browser.click("#add").await;
    browser.click("#ask-confirm").await;
    browser.reads("#organisation-count", "1 physical key").await;

    browser.fill("#add-user", "alice\u{200b}").await;
    browser.click("#add").await;
    browser.reads("#add-messages", "must not").await;
    browser.click("#sign-out").await;
    // An API key does not say whose it is.
    browser.fill("#api-key", &server.api_key()).await;
    browser.click("#use").await;
    browser.reads("#messages", "Neither the token nor you have named an organisation.").await;
    browser.click("#sign-out").await;
    browser.fill("#api-key", &server.api_key()).await;
    browser.fill("#org", "acme").await;
    browser.click("#use").await;
    browser.reads("#messages", "You").await;
    assert_no_credential_is_kept(&browser).await;
    assert_console_is_empty(&browser, &[REFUSED]).await;
    browser.session.close().await;
    server.interrupt();
}

#[tokio::test]
#[ignore = "needs Chromium and its driver"]
async fn every_state_is_accessible_light_and_dark_on_a_desk_and_in_a_hand() {
    let folder = folder();
    let server = Server::start(&["--port", "0", "--memory"], folder.path());
    let browser = Browser::open_keys(&server).await;
    every_look(&browser, "nothing").await;
    browser.fill("#add-user", "alice").await;
    browser.fill("#add-note", &"long ".repeat(90)).await;
    browser.click("#add").await;
    every_look(&browser, "asking").await;
    browser.click("#ask-confirm").await;
    browser.reads("#add-messages", "was issued").await;
    browser.click("#out tbody input").await;
    every_look(&browser, "list").await;
    browser.click("#out .take-back").await;
    every_look(&browser, "taking-back").await;
    browser.click("#ask-cancel").await;
    browser.fill("#add-user", "").await;
    browser.click("#add").await;
    every_look(&browser, "fault").await;
    for (address, name) in
        [("#user=alice", "person"), ("#user=alice&number=1", "story"), ("#user=alice&receipt=", "receipt")]
    {
        browser.session.run(&format!("location.hash = {}", json!(address))).await;
        browser.reads(&format!("#{name}"), "long long").await;
        every_look(&browser, name).await;
    }
    browser.click("#sign-out").await;
    every_look(&browser, "entrance").await;
    assert_console_is_empty(&browser, &[]).await;
    browser.session.close().await;
    server.interrupt();
}

/// Looks at a state in both schemes and widths. Nothing is wider than the window, and axe finds nothing.
async fn every_look(browser: &Browser, state: &str) {
    for scheme in ["light", "dark"] {
        // What fades is measured when it has.
        let still = json!({"name": "prefers-reduced-motion", "value": "reduce"});
        let scheme_media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}, still]});
        browser.session.devtools("Emulation.setEmulatedMedia", scheme_media).await;
        for width in [1_280, 360] {
            let size = json!({"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false});
            browser.session.devtools("Emulation.setDeviceMetricsOverride", size).await;
            let widths =
                browser.session.run("return [document.documentElement.scrollWidth, innerWidth]").await;
            assert!(widths[0].as_u64() <= widths[1].as_u64(), "{state}, {scheme}, {width}: {widths}");
            assert_accessible(browser, &format!("{state}, {scheme}, {width} px")).await;
            browser.keep_screenshot(&format!("keys-{state}-{scheme}-{width}.png")).await;
        }
    }
    browser.session.devtools("Emulation.clearDeviceMetricsOverride", json!({})).await;
}

#[tokio::test]
#[ignore = "needs Chromium and its driver"]
async fn the_keyboard_alone_is_enough() {
    const TAB: &str = "\u{e004}";
    const ENTER: &str = "\u{e007}";
    const SPACE: &str = " ";
    let folder = folder();
    let server = Server::start(&["--port", "0", "--memory"], folder.path());
    let browser = Browser::open_keys(&server).await;
    // The title, sign out, find, download, and the form.
    for _ in 0..5 {
        browser.session.press(TAB).await;
    }
    browser.session.press("alice").await;
    browser.session.press(TAB).await;
    browser.session.press("Front door").await;
    for key in [TAB, TAB, ENTER] {
        browser.session.press(key).await;
    }
    browser.reads("#ask", "alice").await;
    browser.session.press(TAB).await;
    browser.session.press(ENTER).await;
    browser.reads("#add-messages", "Physical key 1 was issued").await;
    assert_eq!(focused(&browser).await, "add");

    browser.session.run("document.getElementById('query').focus()").await;
    // Download, all, this one.
    for key in [TAB, TAB, TAB, SPACE] {
        browser.session.press(key).await;
    }
    browser.reads(".chosen", "1 physical key chosen").await;
    for _ in 0..3 {
        browser.session.press(TAB).await;
    }
    assert_eq!(browser.session.run("return document.activeElement.className").await, "take-back");
    browser.session.press(ENTER).await;
    browser.reads("#ask-heading", "Take back physical key 1?").await;
    assert_eq!(focused(&browser).await, "ask-cancel", "what does no harm is first");
    browser.session.press(TAB).await;
    browser.session.press(ENTER).await;
    browser.reads("#messages", "was taken back").await;
    assert_eq!(focused(&browser).await, "organisation-heading", "the row is gone with its button");
    assert_console_is_empty(&browser, &[]).await;
    browser.session.close().await;
    server.interrupt();
}

async fn focused(browser: &Browser) -> serde_json::Value {
    browser.session.run("return document.activeElement.id").await
}

/// Nothing that opens anything is kept in the browser.
pub(super) async fn assert_no_credential_is_kept(browser: &Browser) {
    let script =
        "return [localStorage.length, document.cookie, JSON.stringify(Object.entries(sessionStorage))]";
    let kept = browser.session.run(script).await;
    assert_eq!((&kept[0], &kept[1]), (&json!(0), &json!("")));
    let session = kept[2].as_str().unwrap();
    assert!(!session.contains("eyJ") && !session.contains("pki_"), "{session}");
}

/// Where the browser puts what it is told to save.
pub(super) async fn save_into(browser: &Browser, folder: &Path) {
    let behaviour = json!({"behavior": "allow", "downloadPath": folder});
    browser.session.devtools("Browser.setDownloadBehavior", behaviour).await;
}

//! What leaves the page for key managers: files for spreadsheets, and receipts. And a list of several pages.

use std::path::Path;

use serde_json::json;

use super::console::assert_console_is_empty;
use super::keys::save_into;
use super::{Browser, PATIENCE};
use crate::program::{Server, folder, run};

/// Texts that a spreadsheet, or a reader of CSV, would take for something else.
const AWKWARD: [&str; 6] = ["=1+1", "a, \"b\"", "-5;+6", "'quoted", "#N/A", "Büro 🔑"];

#[tokio::test]
#[ignore = "needs Chromium and its driver"]
async fn a_download_is_what_the_program_exports() {
    let folder = folder();
    let server = Server::start(&["--port", "0"], folder.path());
    let browser = Browser::open_keys(&server).await;
    save_into(&browser, folder.path()).await;
    for (place, note) in AWKWARD.iter().enumerate() {
        browser.issue("=alice", note, place == 0).await;
    }
    for format in ["csv", "xlsx"] {
        browser.click("#download summary").await;
        browser.click(&format!("#download [data-format={format}]")).await;
        browser.reads("#messages", &format!("6 physical keys saved as physical-keys.{format}.")).await;
    }
    let saved = folder.path().join("physical-keys.csv");
    let saved = browser.session.wait(PATIENCE, async || read(&saved)).await.unwrap();
    let token =
        run(&["token", "--user", "mia", "--org", "demo-org", "--key-manager"], folder.path(), &[]).stdout;
    let environment =
        [("PHYSICAL_KEYS_TOKEN", token.trim().to_owned()), ("PHYSICAL_KEYS_API", server.address())];
    let exported = run(&["export", "--org", "demo-org", "--format", "csv"], folder.path(), &environment);
    assert_eq!(exported.code, Some(0), "{}", exported.stderr);
    let lines = |text: &str| {
        let mut lines: Vec<_> = text.trim_start_matches('\u{feff}').lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(lines(&saved), lines(&exported.stdout));

    // A whole second is written like any other moment.
    let noon = "return import('./downloads.js').then(({ csv }) => \
        csv([{ userId: 'bob', number: 1, orgId: 'demo-org', addedAt: 1795435200000 }]).text())";
    let noon = browser.session.run(noon).await;
    assert!(noon.as_str().unwrap().ends_with("bob,1,demo-org,,,2026-11-23T12:00:00.000Z\n"), "{noon}");

    let workbook = folder.path().join("physical-keys.xlsx");
    browser.session.wait(PATIENCE, async || exists(&workbook)).await.unwrap();
    let arguments = ["import", "--org", "demo-org", "--dry-run", "--compare", "physical-keys.xlsx"];
    let compared = run(&arguments, folder.path(), &environment);
    assert!(
        compared.stderr.contains("6 rows: 0 new, 6 out already")
            || compared.stdout.contains("6 rows: 0 new, 6 out already"),
        "{compared:?}"
    );
    assert_console_is_empty(&browser, &[]).await;
    browser.session.close().await;
    server.interrupt();
}

fn read(path: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    if text.is_empty() { Err("nothing yet".to_owned()) } else { Ok(text) }
}

fn exists(path: &Path) -> Result<(), String> {
    if path.exists() { Ok(()) } else { Err("not there".to_owned()) }
}

#[tokio::test]
#[ignore = "needs Chromium and its driver"]
async fn a_receipt_says_who_what_since_when_and_by_which_event() {
    let folder = folder();
    let server = Server::start(&["--port", "0", "--memory"], folder.path());
    let browser = Browser::open_keys(&server).await;
    browser.issue("alice", "Front door", true).await;
    browser.issue("alice", "Cabinet", false).await;
    browser.click("#out tr[data-number='1'] input").await;
    browser.click(".chosen a").await;
    let receipt = browser.reads("#receipt-body", "Front door").await;
    assert!(!receipt.contains("Cabinet"), "{receipt}");
    for part in [
        "alice holds these physical keys of demo-org",
        "by demo-manager",
        "Received: alice, date",
        "Handed out for demo-org, date",
    ] {
        assert!(receipt.contains(part), "{part}: {receipt}");
    }
    let hash = "return fetch('/keys/demo-credentials.json').then((answer) => answer.json()).then(({ token }) => \
        fetch('/users/alice/PhysicalKeyEvents', { headers: { Authorization: `Bearer ${token}` } })) \
        .then((answer) => answer.json()).then(({ events }) => events[0].hash)";
    let hash = browser.session.run(hash).await;
    assert!(receipt.contains(hash.as_str().unwrap()), "{hash}: {receipt}");

    browser.session.devtools("Emulation.setEmulatedMedia", json!({"media": "print"})).await;
    assert_nothing_to_press(&browser).await;
    browser.keep_screenshot("keys-receipt-on-paper.png").await;
    assert_console_is_empty(&browser, &[]).await;
    browser.session.close().await;
    server.interrupt();
}

#[tokio::test]
#[ignore = "needs Chromium and its driver"]
async fn on_paper_there_is_nothing_to_press_and_notes_are_whole() {
    let folder = folder();
    let server = Server::start(&["--port", "0", "--memory"], folder.path());
    let browser = Browser::open_keys(&server).await;
    browser.issue("alice", &format!("{} its end", "a long note ".repeat(20)), true).await;
    browser.session.devtools("Emulation.setEmulatedMedia", json!({"media": "print"})).await;
    for (address, view) in
        [("#", "organisation"), ("#user=alice", "person"), ("#user=alice&number=1", "story")]
    {
        browser.session.run(&format!("location.hash = {}", json!(address))).await;
        // The driver takes what is folded for unseen, on paper, too.
        let script = format!("return document.getElementById({}).innerText", json!(view));
        let seen = browser.session.wait(PATIENCE, async || match browser.session.run(&script).await {
            seen if seen.as_str().is_some_and(|seen| seen.contains("its end")) => Ok(()),
            seen => Err(seen.to_string()),
        });
        seen.await.unwrap();
        assert_nothing_to_press(&browser).await;
    }
    browser.session.close().await;
    server.interrupt();
}

async fn assert_nothing_to_press(browser: &Browser) {
    let pressable = "return [...document.querySelectorAll('button, input, textarea, summary, .button')] \
        .filter((part) => part.checkVisibility()).map((part) => part.outerHTML)";
    assert_eq!(browser.session.run(pressable).await, json!([]));
}

#[tokio::test]
#[ignore = "needs Chromium and its driver"]
async fn a_list_of_several_pages_is_read_to_its_end_and_shown_as_far_as_one_looks() {
    const ROWS: usize = 205;
    let folder = folder();
    let server = Server::start(&["--port", "0"], folder.path());
    let rows: Vec<_> = (1..=ROWS).map(|row| format!("person-{},Locker {row}", row % 40)).collect();
    std::fs::write(folder.path().join("register.csv"), format!("user,note\n{}\n", rows.join("\n"))).unwrap();
    let token =
        run(&["token", "--user", "mia", "--org", "demo-org", "--key-manager"], folder.path(), &[]).stdout;
    let environment =
        [("PHYSICAL_KEYS_TOKEN", token.trim().to_owned()), ("PHYSICAL_KEYS_API", server.address())];
    let imported =
        run(&["import", "--org", "demo-org", "--similar-users", "register.csv"], folder.path(), &environment);
    assert_eq!(imported.code, Some(0), "{}", imported.stderr);

    let browser = Browser::open_keys(&server).await;
    browser.reads("#organisation-count", "205 physical keys").await;
    for shown in [100, 200, 205] {
        browser.has("#out tbody tr", shown).await;
        if shown < 205 {
            browser.click("#out-more").await;
        }
    }
    browser.click("#out thead input").await;
    browser.reads(".chosen", "205 physical keys chosen: no more than 100 are taken back at once").await;
    browser.fill("#query", "locker 123").await;
    browser.reads("#out tbody", "person-3").await;
    browser.has("#out tbody tr", 1).await;
    browser.session.close().await;
    server.interrupt();
}

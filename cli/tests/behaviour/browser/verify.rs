//! The page that checks a proof, opened from its folder as whoever was sent it would.

mod signed;
mod spoilt;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use data_encoding::BASE64;
use export_audit::signing::KeyFile;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::axe::assert_accessible;
use super::console::assert_console_is_empty;
use super::{Browser, assert_nothing_is_kept};
use crate::program::folder;
use crate::webdriver::Element;

/// The name of the logs that the tests have.
const ORIGIN: &str = "keys.example.com/audit";
/// The seeds of the signing keys of the export that the format is pinned by: the first one, and the one that followed.
const SEEDS: [u8; 2] = [7, 8];

fn in_workspace(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(path)
}

/// A proof from the export that the format is pinned by.
fn golden(name: &str) -> String {
    std::fs::read_to_string(in_workspace("acceptance/tests/exported/format-2-proofs").join(name)).unwrap()
}

fn signing_key(seed: u8) -> KeyFile {
    KeyFile::of_seed(ORIGIN.parse().unwrap(), &[seed; 32]).unwrap()
}

/// The verifier key of whoever signed a proof, and another one of the same log.
fn verifier_keys(proof: &str) -> [String; 2] {
    let signature = BASE64.decode(proof.trim_end().rsplit(' ').next().unwrap().as_bytes()).unwrap();
    let mut keys = SEEDS.map(|seed| signing_key(seed).verifier_key().clone());
    if signature[..4] != keys[0].id() {
        keys.reverse();
    }
    assert_eq!(signature[..4], keys[0].id(), "a key of the tests signed it");
    keys.map(|key| key.to_string())
}

/// The page in a browser, and a folder for the files that are chosen in it.
struct Page {
    browser: Browser,
    folder: TempDir,
    files: std::cell::Cell<usize>,
}

impl Page {
    async fn open(width: u32) -> Self {
        let browser = Browser::open(width).await;
        let url = reqwest::Url::from_file_path(in_workspace("pages/verify/index.html")).unwrap();
        browser.session.goto(url.as_str()).await;
        Self { browser, folder: folder(), files: std::cell::Cell::new(0) }
    }

    /// The verdict about a file of these bytes.
    async fn verdict_of(&self, proof: impl AsRef<[u8]>, verifier_key: &str) -> String {
        self.files.set(self.files.get() + 1);
        let path = self.folder.path().join(format!("{}.tlog-proof", self.files.get()));
        std::fs::write(&path, proof).unwrap();
        let path = path.to_str().unwrap();
        self.browser.on_usable("#file", async |field: &Element<'_>| field.give(path).await).await;
        self.browser.fill("#verifier-key", verifier_key).await;
        assert_eq!(self.browser.text("#status").await, "", "what was said of another proof is gone");
        self.verdict().await
    }

    async fn verdict(&self) -> String {
        self.browser.click("form button").await;
        self.browser.reads("#status.good, #status.bad", "").await
    }

    /// Has a proof refused, for what is wrong with it.
    async fn refuses(&self, proof: impl AsRef<[u8]>, verifier_key: &str, sentence: &str) {
        let verdict = self.verdict_of(&proof, verifier_key).await;
        let is_refused = verdict.starts_with("Not proven\n") && verdict.contains(sentence);
        let proof = String::from_utf8_lossy(proof.as_ref());
        assert!(is_refused, "not {sentence:?}, but {verdict:?}: {}", proof.get(..1_000).unwrap_or(&proof));
    }

    async fn close(self) {
        self.browser.session.close().await;
    }
}

#[tokio::test]
#[ignore = "needs Chromium and its driver"]
async fn a_proof_is_checked_in_a_page_without_a_server() {
    let page = Page::open(1_200).await;
    assert_accessible(&page.browser, "before anything is chosen").await;
    let proof = golden("proof.tlog-proof");
    let [key, _] = verifier_keys(&proof);
    let mut lines = proof.split('\n');
    let event: Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    let disclosures: Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    let (record, note) = (&event["record"], disclosures["texts"]["note"]["text"].as_str().unwrap());
    let size = proof.rsplit("\n\n").nth(1).unwrap().split('\n').nth(1).unwrap();

    let verdict = page.verdict_of(&proof, &key).await;
    let user = record["aggregateId"].as_str().unwrap();
    let said = format!(
        "is in the log {ORIGIN} as it was signed at {size} entries: Physical key 1 was issued to {user} by acme."
    );
    assert!(verdict.contains(&said), "{verdict}");
    let recorded_at = UNIX_EPOCH + Duration::from_millis(record["recordedAt"].as_u64().unwrap());
    let moment =
        humantime::format_rfc3339_millis(recorded_at).to_string().replace('T', " ").replace('Z', " UTC");
    let facts = page.browser.text("#facts").await;
    for said in
        [note, record["actor"]["id"].as_str().unwrap(), &moment, record["requestId"].as_str().unwrap()]
    {
        assert!(facts.contains(said), "{said}: {facts}");
    }
    let limits = page.browser.text(".limits").await;
    for said in ["last event", "When it was signed", "only one log", "That it is true"] {
        assert!(limits.contains(said), "{said}: {limits}");
    }
    page.browser.keep_screenshot("verify.png").await;
    assert_accessible(&page.browser, "a proof that holds").await;
    assert_console_is_empty(&page.browser, &[]).await;

    let removed = golden("removed.tlog-proof");
    let verdict = page.verdict_of(&removed, &verifier_keys(&removed)[0]).await;
    assert!(verdict.contains("was taken back."), "{verdict}");
    assert_nothing_is_kept(&page.browser).await;
    assert_nothing_is_sent(&page.browser).await;
    page.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium and its driver"]
async fn a_proof_is_chosen_pasted_or_dropped_and_the_last_one_counts() {
    let page = Page::open(1_200).await;
    let (proof, removed) = (golden("proof.tlog-proof"), golden("removed.tlog-proof"));
    let [key, other_key] = verifier_keys(&proof);
    assert!(page.verdict_of(&removed, &verifier_keys(&removed)[0]).await.contains("was taken back."));
    page.browser.fill("#verifier-key", &key).await;
    // Without the last line feed, which copying leaves behind.
    page.browser.fill("#pasted", proof.trim_end()).await;
    assert!(page.verdict().await.contains("was issued to"));
    page.browser.fill("#verifier-key", &other_key).await;
    assert!(page.verdict().await.starts_with("Not proven\nNothing is signed by "));

    page.browser.fill("#verifier-key", &key).await;
    page.browser.fill("#pasted", "something else").await;
    let drop = format!(
        "const dataTransfer = new DataTransfer(); dataTransfer.items.add(new File([{}], 'dropped'));
         document.body.dispatchEvent(new DragEvent('drop', {{ dataTransfer, bubbles: true }}));",
        json!(proof)
    );
    page.browser.session.run(&drop).await;
    assert_eq!(page.browser.session.run("return document.getElementById('pasted').value").await, "");
    assert!(page.verdict().await.contains("was issued to"));
    page.browser.fill("#pasted", "nothing of a proof").await;
    page.browser.fill("#pasted", "").await;
    assert!(page.verdict().await.contains("There is no proof yet"));
    page.close().await;
}

/// Nothing was loaded but the files beside the page; and what a script in it would send is kept back by its policy.
async fn assert_nothing_is_sent(browser: &Browser) {
    let loaded =
        browser.session.run("return performance.getEntriesByType('resource').map(({ name }) => name)").await;
    let loaded: Vec<_> = loaded.as_array().unwrap().iter().map(|url| url.as_str().unwrap()).collect();
    assert!(loaded.iter().all(|url| url.starts_with("file:") || *url == "data:,"), "{loaded:?}");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    // An image, a script, a call; a script in a text that is read as HTML is no script either.
    let attempts = format!(
        "const loads = (name) => new Promise((end) => {{ const made = document.createElement(name);
           Object.assign(made, {{ onload: () => end('sent'), onerror: () => end('kept back') }});
           made.src = '{address}'; document.head.append(made); }});
         const attempts = [() => loads('img'), () => loads('script'), () => fetch('{address}', {{ mode: 'no-cors' }}),
           () => {{ document.body.innerHTML = '<p>'; }}];
         const attempt = async (act) => {{ try {{ return await act(); }} catch {{ return 'kept back'; }} }};
         return Promise.all(attempts.map(attempt));"
    );
    let kept_back = "kept back";
    assert_eq!(browser.session.run(&attempts).await, json!([kept_back, kept_back, kept_back, kept_back]));
    assert!(listener.accept().is_err(), "something was sent");
}

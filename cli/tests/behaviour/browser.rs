//! The pages in a browser. They need Debian's `chromium` and `chromium-driver` and an installed axe-core, so a plain test run leaves them out:
//! `cargo test --workspace --test behaviour -- --ignored browser`. Screenshots are kept in `target/screenshots`.

mod axe;
mod console;
mod reference;
mod verify;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::json;

use crate::program::{Server, folder, run};
use crate::webdriver::{Element, Session};

/// How long a page may take for anything.
const PATIENCE: Duration = Duration::from_mins(1);
/// A note that would run a script if it were taken for HTML.
const HOSTILE_NOTE: &str = "<img src=x onerror=\"document.title='owned'\">";

/// A browser without a window, and the driver it is spoken to through.
struct Browser {
    session: Session,
    driver: Child,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Whoever has not closed the browser before leaves it running: a test that failed.
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Browser {
    async fn open(width: u32) -> Self {
        let mut driver = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines().map(Result::unwrap);
        let port = lines.find_map(|line| {
            let port = line.strip_prefix("ChromeDriver was started successfully on port ")?;
            Some(port.trim_end_matches('.').to_owned())
        });
        let size = format!("--window-size={width},1000");
        let arguments = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", &size];
        let session = Session::open(&format!("http://127.0.0.1:{}", port.unwrap()), &arguments).await;
        Self { session, driver }
    }

    /// Does something with an element as soon as a person could: what a person does next waits for the page as well.
    async fn on_usable(&self, selector: &str, act: impl AsyncFn(&Element<'_>) -> Result<(), String>) {
        let acted = self.session.wait(PATIENCE, async || {
            let element = self.session.find(selector).await?;
            if !element.is_usable().await? {
                return Err("it cannot be used".to_owned());
            }
            act(&element).await
        });
        acted.await.unwrap_or_else(|why| panic!("{selector}: {why}"));
    }

    async fn click(&self, selector: &str) {
        self.on_usable(selector, async |element: &Element<'_>| element.click().await).await;
    }

    async fn fill(&self, selector: &str, text: &str) {
        self.on_usable(selector, async |field: &Element<'_>| field.fill(text).await).await;
    }

    async fn text(&self, selector: &str) -> String {
        self.reads(selector, "").await
    }

    /// Waits until an element has this text in it.
    async fn reads(&self, selector: &str, text: &str) -> String {
        let read = self.session.wait(PATIENCE, async || {
            let element = self.session.find(selector).await?;
            let read = element.text().await?;
            if read.contains(text) { Ok(read) } else { Err(read) }
        });
        read.await.unwrap_or_else(|read| panic!("{selector} does not read {text:?}, but {read:?}"))
    }

    async fn keep_screenshot(&self, name: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(name), self.session.screenshot().await).unwrap();
    }
}

#[tokio::test]
#[ignore = "needs Chromium and its driver"]
async fn people_manage_physical_keys_in_a_page() {
    let folder = folder();
    let server = Server::start(&["--port", "0"], folder.path());
    let browser = Browser::open(1_200).await;
    browser.session.goto(&format!("{}/keys/", server.address())).await;
    // The demo's credentials are filled in where there is a demo.
    browser.reads("#demo", "demo").await;

    browser.fill("#user", "mü/1 ?#").await;
    browser.click("#show").await;
    browser.reads("#total", "0").await;
    for note in ["Front door", HOSTILE_NOTE] {
        browser.fill("#add-org-name", "Demo Organisation").await;
        browser.fill("#add-note", note).await;
        browser.click("#add").await;
        browser.reads("#keys", note).await;
    }
    assert_eq!(browser.text("#status").await, "Physical key 2 was added.");
    browser.reads("#history", HOSTILE_NOTE).await;
    assert_eq!(browser.session.run("return document.querySelectorAll('img').length").await, 0);
    assert_ne!(browser.session.title().await, "owned");
    browser.keep_screenshot("keys.png").await;

    browser.click("[data-number=\"2\"] .take-back").await;
    browser.click("#confirm-cancel").await;
    assert!(browser.text("#keys").await.contains(HOSTILE_NOTE), "cancelled is not taken back");
    browser.click("[data-number=\"2\"] .take-back").await;
    browser.keep_screenshot("keys-confirmation.png").await;
    browser.click("#confirm-take-back").await;
    browser.reads("#total", "1").await;
    browser.reads("#history", "taken back").await;
    assert!(!browser.text("#keys").await.contains(HOSTILE_NOTE));

    let erase = ["erase", "--user", "mü/1 ?#", "--reason", "asked for", "--actor", "Olga"];
    assert_eq!(run(&erase, folder.path(), &[]).code, Some(0));
    browser.click("#show").await;
    browser.reads("#history", "What was typed about physical key 2 was erased").await;
    browser.reads("#history", "Operator Olga").await;
    let (held, history) = (browser.text("#keys").await, browser.text("#history").await);
    assert!(![held, history].concat().contains("Front door"), "it is read again without its texts");

    // Only the API decides: a foreign organisation is refused in its words.
    browser.fill("#add-org", "acme").await;
    browser.click("#add").await;
    browser.reads("#problem", "another organisation").await;
    assert_nothing_is_kept(&browser).await;
    browser.session.close().await;
    server.interrupt();
}

#[tokio::test]
#[ignore = "needs Chromium and its driver"]
async fn the_page_for_people_fits_a_small_screen() {
    let folder = folder();
    let server = Server::start(&["--port", "0", "--memory"], folder.path());
    let browser = Browser::open(500).await;
    // A window has a least width; a frame has not.
    browser.session.goto(&format!("{}/keys/", server.address())).await;
    browser.session.resize(360, 800).await;
    browser.reads("#demo", "demo").await;
    browser.fill("#user", "alice").await;
    browser.click("#show").await;
    browser.fill("#add-note", &"long".repeat(100)).await;
    browser.click("#add").await;
    browser.reads("#keys", "longlong").await;
    let widths = browser.session.run("return [document.documentElement.scrollWidth, innerWidth]").await;
    assert!(widths[0].as_u64() <= widths[1].as_u64(), "{widths}");
    browser.keep_screenshot("keys-small.png").await;
    browser.session.close().await;
    server.interrupt();
}

/// Credentials stay in the page's memory.
async fn assert_nothing_is_kept(browser: &Browser) {
    let kept =
        browser.session.run("return [localStorage.length, sessionStorage.length, document.cookie]").await;
    assert_eq!(kept, json!([0, 0, ""]));
}

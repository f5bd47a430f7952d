//! The pages in a browser. They need Debian's `chromium` and `chromium-driver`, so a plain test run leaves them out:
//! `cargo test --workspace --test behaviour -- --ignored browser`. Screenshots are kept in `target/screenshots`.

mod axe;
mod console;
mod keys;
mod keys_on_paper;
mod sign_in;
mod verify;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::program::{Server, folder};
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

/// Opens an operation of the reference, sends it as it is filled in, and gives the answer's body.
async fn try_out(browser: &Browser, operation: &str, status: &str) -> Value {
    let operation = format!("#operations-Commands-{operation}");
    if browser.session.find(&format!("{operation} .execute")).await.is_err() {
        browser.click(&format!("{operation} .opblock-summary-control")).await;
    }
    browser.click(&format!("{operation} .execute")).await;
    browser.reads(&format!("{operation} .live-responses-table tbody .response-col_status"), status).await;
    let body = browser.text(&format!("{operation} .live-responses-table .highlight-code code")).await;
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"))
}

#[tokio::test]
#[ignore = "needs Chromium and its driver"]
async fn the_reference_sends_what_it_shows() {
    let folder = folder();
    let server = Server::start(&["--port", "0", "--memory"], folder.path());
    let browser = Browser::open(1_200).await;
    browser.session.goto(&server.address()).await;
    browser.reads("#credentials", "demo-org").await;

    let added = try_out(&browser, "AddPhysicalKey", "200").await;
    assert_eq!((&added["number"], &added["event"]["type"]), (&json!(1), &json!("PhysicalKeyAdded")));
    let curl = browser.text("#operations-Commands-AddPhysicalKey .curl-command").await;
    assert!(curl.contains("/users/demo-user/AddPhysicalKey") && curl.contains("X-API-Key"), "{curl}");
    browser.keep_screenshot("reference.png").await;

    let removed = try_out(&browser, "RemovePhysicalKey", "200").await;
    assert_eq!((&removed["number"], &removed["version"]), (&json!(1), &json!(2)));
    let again = try_out(&browser, "RemovePhysicalKey", "404").await;
    assert_eq!(again["error"], "physical_key_not_found");
    browser.keep_screenshot("reference-refusal.png").await;
    assert_nothing_is_kept(&browser).await;
    browser.session.close().await;
    server.interrupt();
}

/// Credentials stay in the page's memory.
async fn assert_nothing_is_kept(browser: &Browser) {
    let kept =
        browser.session.run("return [localStorage.length, sessionStorage.length, document.cookie]").await;
    assert_eq!(kept, json!([0, 0, ""]));
}

//! The pages in a browser. They need Debian's `chromium` and `chromium-driver`, so a plain test run leaves them out:
//! `cargo test -p physical-keys --test behaviour -- --ignored`. Screenshots are kept in `target/screenshots`.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};

use crate::program::{Server, folder};

/// How long a page may take for anything.
const PATIENCE: Duration = Duration::from_mins(1);
/// A note that would run a script if it were taken for HTML.
const HOSTILE_NOTE: &str = "<img src=x onerror=\"document.title='owned'\">";

/// A browser without a window, and the driver it is spoken to through.
struct Browser {
    client: Client,
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
        let options = json!({"args": ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", size]});
        let capabilities = Capabilities::from_iter([("goog:chromeOptions".to_owned(), options)]);
        let address = format!("http://127.0.0.1:{}", port.unwrap());
        let client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(capabilities)
            .connect(&address)
            .await;
        Self { client: client.unwrap(), driver }
    }

    /// Ends the session, and Chromium with it; the driver ends when this is dropped.
    async fn close(self) {
        self.client.clone().close().await.unwrap();
    }

    async fn goto(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    async fn find(&self, selector: &str) -> fantoccini::elements::Element {
        let found = self.client.wait().at_most(PATIENCE).for_element(Locator::Css(selector)).await;
        found.unwrap_or_else(|error| panic!("{selector}: {error}"))
    }

    /// An element that can be used by now: what a person does next waits for the page as well.
    async fn usable(&self, selector: &str) -> fantoccini::elements::Element {
        let waiting = async {
            loop {
                let element = self.find(selector).await;
                if let (Ok(true), Ok(true)) = (element.is_displayed().await, element.is_enabled().await) {
                    return element;
                }
                tokio::task::yield_now().await;
            }
        };
        let element = tokio::time::timeout(PATIENCE, waiting).await;
        element.unwrap_or_else(|_| panic!("{selector} cannot be used"))
    }

    async fn click(&self, selector: &str) {
        self.usable(selector).await.click().await.unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    async fn fill(&self, selector: &str, text: &str) {
        let field = self.usable(selector).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    async fn text(&self, selector: &str) -> String {
        self.find(selector).await.text().await.unwrap()
    }

    /// Waits until an element has this text in it.
    async fn reads(&self, selector: &str, text: &str) -> String {
        let reading = async {
            loop {
                let present = self.client.find(Locator::Css(selector)).await;
                if let Ok(element) = present
                    && let Ok(read) = element.text().await
                    && read.contains(text)
                {
                    return read;
                }
                tokio::task::yield_now().await;
            }
        };
        let read = tokio::time::timeout(PATIENCE, reading).await;
        match read.ok() {
            Some(read) => read,
            None => panic!("{selector} does not read {text:?}, but {:?}", self.text(selector).await),
        }
    }

    async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    async fn keep_screenshot(&self, name: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(name), self.client.screenshot().await.unwrap()).unwrap();
    }
}

/// Opens an operation of the reference, sends it as it is filled in, and gives the answer's body.
async fn try_out(browser: &Browser, operation: &str, status: &str) -> Value {
    let operation = format!("#operations-Commands-{operation}");
    if browser.client.find(Locator::Css(&format!("{operation} .execute"))).await.is_err() {
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
    browser.goto(&server.address()).await;
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
    browser.close().await;
    server.interrupt();
}

#[tokio::test]
#[ignore = "needs Chromium and its driver"]
async fn people_manage_physical_keys_in_a_page() {
    let folder = folder();
    let server = Server::start(&["--port", "0", "--memory"], folder.path());
    let browser = Browser::open(1_200).await;
    browser.goto(&format!("{}/keys/", server.address())).await;
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
    assert_eq!(browser.run("return document.querySelectorAll('img').length").await, 0);
    assert_ne!(browser.client.title().await.unwrap(), "owned");
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

    // Only the API decides: a foreign organisation is refused in its words.
    browser.fill("#add-org", "acme").await;
    browser.click("#add").await;
    browser.reads("#problem", "another organisation").await;
    assert_nothing_is_kept(&browser).await;
    browser.close().await;
    server.interrupt();
}

#[tokio::test]
#[ignore = "needs Chromium and its driver"]
async fn the_page_for_people_fits_a_small_screen() {
    let folder = folder();
    let server = Server::start(&["--port", "0", "--memory"], folder.path());
    let browser = Browser::open(500).await;
    // A window has a least width; a frame has not.
    browser.goto(&format!("{}/keys/", server.address())).await;
    browser.client.set_window_size(360, 800).await.unwrap();
    browser.reads("#demo", "demo").await;
    browser.fill("#user", "alice").await;
    browser.click("#show").await;
    browser.fill("#add-note", &"long".repeat(100)).await;
    browser.click("#add").await;
    browser.reads("#keys", "longlong").await;
    let widths = browser.run("return [document.documentElement.scrollWidth, innerWidth]").await;
    assert!(widths[0].as_u64() <= widths[1].as_u64(), "{widths}");
    browser.keep_screenshot("keys-small.png").await;
    browser.close().await;
    server.interrupt();
}

/// Credentials stay in the page's memory.
async fn assert_nothing_is_kept(browser: &Browser) {
    let kept = browser.run("return [localStorage.length, sessionStorage.length, document.cookie]").await;
    assert_eq!(kept, json!([0, 0, ""]));
}

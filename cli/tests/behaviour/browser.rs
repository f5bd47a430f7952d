//! The pages in a browser. They need Debian's `chromium` and `chromium-driver` and an installed axe-core, so a plain test run leaves them out:
//! `cargo test --workspace --test behaviour -- --ignored browser`. Screenshots are kept in `target/screenshots`.

mod axe;
mod console;
mod keys;
mod keys_on_paper;
mod reference;
mod sign_in;
mod verify;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::json;

use crate::webdriver::{Element, Session};

/// How long a page may take for anything.
const PATIENCE: Duration = Duration::from_mins(1);
/// A note that would run a script if it were taken for HTML.
const HOSTILE_NOTE: &str = "<img src=x onerror=\"document.title='owned'\">";

/// A browser without a window, and the driver it is spoken to through.
pub(crate) struct Browser {
    pub(crate) session: Session,
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
    pub(crate) async fn open(width: u32) -> Self {
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
    pub(crate) async fn reads(&self, selector: &str, text: &str) -> String {
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

/// Credentials stay in the page's memory.
async fn assert_nothing_is_kept(browser: &Browser) {
    let kept =
        browser.session.run("return [localStorage.length, sessionStorage.length, document.cookie]").await;
    assert_eq!(kept, json!([0, 0, ""]));
}

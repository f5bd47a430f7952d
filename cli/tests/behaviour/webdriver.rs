//! A browser through its driver ([WebDriver](https://www.w3.org/TR/webdriver2/)): the dozen commands that the pages' tests use.
//!
//! The libraries for it turn features of `time`, `syn` or `serde_json` on for the whole workspace: all that is below them would
//! be compiled twice, or JSON objects would have another order in tests than in a function.

use std::time::{Duration, Instant};

use data_encoding::BASE64;
use reqwest::{Method, Url};
use serde_json::{Value, json};

/// The member that makes a JSON object the reference of an element (section 12).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A session with a browser.
pub(crate) struct Session {
    http: reqwest::Client,
    url: String,
}

/// An element of the page. It may have gone since it was found.
pub(crate) struct Element<'a> {
    session: &'a Session,
    id: String,
}

impl Session {
    /// A new window of Chromium, started with these arguments.
    pub(crate) async fn open(driver: &str, arguments: &[&str]) -> Self {
        let http = reqwest::Client::new();
        let opening = Self { http: http.clone(), url: format!("{driver}/session") };
        let capabilities = json!({"alwaysMatch": {
            "goog:chromeOptions": {"args": arguments}, "goog:loggingPrefs": {"browser": "ALL"},
        }});
        let opened = opening.command(Method::POST, "", json!({"capabilities": capabilities})).await.unwrap();
        let id = opened["sessionId"].as_str().unwrap();
        Self { http, url: format!("{}/{id}", opening.url) }
    }

    /// Carries out a command; the fault is the driver's words.
    async fn command(&self, method: Method, path: &str, body: Value) -> Result<Value, String> {
        let request =
            self.http.request(method.clone(), format!("{}{path}", self.url).parse::<Url>().unwrap());
        let request = if method == Method::POST { request.json(&body) } else { request };
        let mut answer: Value = request.send().await.unwrap().json().await.unwrap();
        let value = answer["value"].take();
        match value["error"].as_str() {
            Some(error) => Err(format!("{error}: {}", value["message"])),
            None => Ok(value),
        }
    }

    async fn get(&self, path: &str) -> Result<Value, String> {
        self.command(Method::GET, path, Value::Null).await
    }

    async fn post(&self, path: &str, body: Value) -> Result<Value, String> {
        self.command(Method::POST, path, body).await
    }

    /// Ends the session, and the browser with it.
    pub(crate) async fn close(&self) {
        self.command(Method::DELETE, "", Value::Null).await.unwrap();
    }

    pub(crate) async fn goto(&self, url: &str) {
        self.post("/url", json!({"url": url})).await.unwrap();
    }

    pub(crate) async fn title(&self) -> String {
        self.get("/title").await.unwrap().as_str().unwrap().to_owned()
    }

    /// What a script in the page returns.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", json!({"script": script, "args": []})).await.unwrap()
    }

    /// Makes the page's window another one: a command of the `DevTools` protocol, which has what the driver's own have not.
    pub(crate) async fn devtools(&self, command: &str, parameters: Value) {
        self.post("/goog/cdp/execute", json!({"cmd": command, "params": parameters})).await.unwrap();
    }

    /// Presses keys one after the other, wherever the focus is.
    pub(crate) async fn press(&self, keys: &str) {
        let active = self.get("/element/active").await.unwrap();
        let element = Element { session: self, id: active[ELEMENT].as_str().unwrap().to_owned() };
        element.give(keys).await.unwrap();
    }

    /// What the console was told since the last look.
    pub(crate) async fn console(&self) -> Vec<String> {
        let said = self.post("/se/log", json!({"type": "browser"})).await.unwrap();
        let messages = said.as_array().unwrap().iter();
        messages.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The window as a PNG.
    pub(crate) async fn screenshot(&self) -> Vec<u8> {
        let png = self.get("/screenshot").await.unwrap();
        BASE64.decode(png.as_str().unwrap().as_bytes()).unwrap()
    }

    /// The first element that a CSS selector finds now.
    pub(crate) async fn find(&self, selector: &str) -> Result<Element<'_>, String> {
        let found = self.post("/element", json!({"using": "css selector", "value": selector})).await?;
        Ok(Element { session: self, id: found[ELEMENT].as_str().unwrap().to_owned() })
    }

    /// What a look at the page gives as soon as it gives anything; the last reason against it if it never does. Looks are paced
    /// by the driver's answers.
    pub(crate) async fn wait<T>(
        &self,
        patience: Duration,
        look: impl AsyncFn() -> Result<T, String>,
    ) -> Result<T, String> {
        let until = Instant::now() + patience;
        loop {
            let seen = look().await;
            if seen.is_ok() || Instant::now() >= until {
                return seen;
            }
        }
    }
}

impl Element<'_> {
    async fn get(&self, what: &str) -> Result<Value, String> {
        self.session.get(&format!("/element/{}/{what}", self.id)).await
    }

    async fn post(&self, what: &str, body: Value) -> Result<Value, String> {
        self.session.post(&format!("/element/{}/{what}", self.id), body).await
    }

    /// Whether a person could use it.
    pub(crate) async fn is_usable(&self) -> Result<bool, String> {
        Ok(self.get("displayed").await? == true && self.get("enabled").await? == true)
    }

    pub(crate) async fn text(&self) -> Result<String, String> {
        Ok(self.get("text").await?.as_str().unwrap_or_default().to_owned())
    }

    pub(crate) async fn click(&self) -> Result<(), String> {
        self.post("click", json!({})).await.map(|_| ())
    }

    /// Types a text in the place of what is there.
    pub(crate) async fn fill(&self, text: &str) -> Result<(), String> {
        self.post("clear", json!({})).await?;
        self.give(text).await
    }

    /// Types a text, or has a field for files choose the one at this path.
    pub(crate) async fn give(&self, text: &str) -> Result<(), String> {
        self.post("value", json!({"text": text})).await.map(|_| ())
    }
}

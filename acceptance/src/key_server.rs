//! An issuer's JWKS endpoint on loopback, which counts its requests and whose answer can be changed.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// The endpoint; it ends with the test's runtime.
#[derive(Debug, Clone)]
pub struct KeyServer {
    url: String,
    answers: Arc<Answers>,
}

#[derive(Debug)]
struct Answers {
    answer: Mutex<(StatusCode, String)>,
    requests: watch::Sender<usize>,
    held: watch::Sender<bool>,
}

impl KeyServer {
    /// Starts with a set of these keys.
    pub async fn start(keys: &[Value]) -> Self {
        let answers = Arc::new(Answers {
            answer: Mutex::new((StatusCode::OK, set(keys))),
            requests: watch::Sender::new(0),
            held: watch::Sender::new(false),
        });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&answers));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let url = format!("http://{}/jwks.json", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, answers }
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Answers with a set of these keys from now on.
    pub fn publish(&self, keys: &[Value]) {
        self.answer(200, set(keys));
    }

    /// Answers with anything from now on.
    pub fn answer(&self, status: u16, body: String) {
        let status = StatusCode::from_u16(status).expect("a status");
        *self.answers.answer.lock().expect("no panic") = (status, body);
    }

    /// How often it was asked.
    #[must_use]
    pub fn requests(&self) -> usize {
        *self.answers.requests.borrow()
    }

    /// Waits until it was asked so often.
    pub async fn asked(&self, times: usize) {
        let mut requests = self.answers.requests.subscribe();
        requests.wait_for(|requests| *requests >= times).await.expect("a server");
    }

    /// Keeps requests waiting for their answers, or answers those that wait and all that come.
    pub fn hold(&self, held: bool) {
        self.answers.held.send_replace(held);
    }
}

fn set(keys: &[Value]) -> String {
    json!({"keys": keys}).to_string()
}

async fn answer(State(answers): State<Arc<Answers>>) -> impl IntoResponse {
    answers.requests.send_modify(|requests| *requests += 1);
    let mut held = answers.held.subscribe();
    held.wait_for(|held| !held).await.expect("a server");
    let (status, body) = answers.answer.lock().expect("no panic").clone();
    // Only a redirection makes use of a location. It leads back here, so that following it would be counted.
    (status, [(LOCATION, "/elsewhere.json")], body)
}

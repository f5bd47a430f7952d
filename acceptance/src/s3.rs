//! A stand-in for S3 on a loopback port, with conditional writes, that keeps objects in memory and does what S3 does on bad days.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::values::Sha256Hash;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use trail::archive::Archive;
use url::Url;

use crate::message::{Message, listen};

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// It is answered with this status, and nothing is done.
    Status(u16),
    /// It is carried out, and answered with this status.
    DoneAndStatus(u16),
    /// The connection breaks in the middle of the answer's body.
    CutBody,
}

#[derive(Debug, Default)]
struct State {
    objects: BTreeMap<String, Vec<u8>>,
    mishaps: VecDeque<(&'static str, &'static str, Mishap)>,
    requests: Vec<String>,
}

/// The stand-in; it ends with the test's runtime.
#[derive(Debug, Clone)]
pub struct S3 {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl S3 {
    /// Starts with nothing in it.
    pub async fn start() -> Self {
        let state = Arc::<Mutex<State>>::default();
        let shared = Arc::clone(&state);
        let address = listen(move |client| serve(client, Arc::clone(&shared))).await;
        Self { address, state }
    }

    /// An archive in it.
    #[must_use]
    pub fn archive(&self) -> Archive {
        let url = Url::parse("s3://audit/trail").expect("a URL");
        Archive::open_at(&url, Some(format!("http://{}", self.address))).expect("an archive")
    }

    /// The next so many requests with this method whose path ends like this have this mishap.
    pub fn disturb(&self, method: &'static str, path: &'static str, mishap: Mishap, times: usize) {
        self.state().mishaps.extend(std::iter::repeat_n((method, path, mishap), times));
    }

    /// An object, by its path below the archive's root.
    #[must_use]
    pub fn object(&self, path: &str) -> Option<Vec<u8>> {
        self.state().objects.get(&key(path)).cloned()
    }

    /// Puts an object, whether it is there or not.
    pub fn put(&self, path: &str, bytes: &[u8]) {
        self.state().objects.insert(key(path), bytes.to_vec());
    }

    /// How many requests with this method had a path that ends like this.
    #[must_use]
    pub fn requests(&self, method: &str, path: &str) -> usize {
        let is_one = |line: &&String| line.starts_with(method) && line.ends_with(path);
        self.state().requests.iter().filter(is_one).count()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn key(path: &str) -> String {
    format!("/audit/trail/{path}").replace('=', "%3D")
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Serves one connection until it ends or is cut.
async fn serve(client: TcpStream, state: Arc<Mutex<State>>) {
    let mut client = BufReader::new(client);
    while let Ok(request) = Message::read(&mut client).await {
        let (answer, is_cut) = lock(&state).meet(&request);
        let mut bytes = answer.bytes();
        if is_cut {
            bytes.truncate(bytes.len() - answer.body.len() / 2);
        }
        if client.get_mut().write_all(&bytes).await.is_err() || is_cut {
            return;
        }
    }
}

impl State {
    fn meet(&mut self, request: &Message) -> (Message, bool) {
        let line = request.head.first().cloned().unwrap_or_default();
        let mut words = line.split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default().to_owned());
        self.requests.push(format!("{method} {path}"));
        let is_next = |(of, end, _): &(&str, &str, Mishap)| *of == method && path.ends_with(end);
        let place = self.mishaps.iter().position(is_next);
        let mishap = place.and_then(|place| self.mishaps.remove(place)).map(|(_, _, mishap)| mishap);
        match mishap {
            Some(Mishap::Status(status)) => (answer(status, "", Vec::new()), false),
            Some(Mishap::DoneAndStatus(status)) => {
                self.carry_out(method, path, request);
                (answer(status, "", Vec::new()), false)
            }
            Some(Mishap::CutBody) => (self.carry_out(method, path, request), true),
            None => (self.carry_out(method, path, request), false),
        }
    }

    fn carry_out(&mut self, method: &str, path: String, request: &Message) -> Message {
        let there = self.objects.get(&path);
        let tag = there.map(|bytes| tag(bytes));
        match (method, there) {
            ("GET", None) => answer(404, "", Vec::new()),
            ("GET", Some(bytes)) => {
                let range = request.header("range").and_then(|range| range.strip_prefix("bytes="));
                let from = range.and_then(|range| range.split('-').next()?.parse().ok()).unwrap_or(0);
                let (status, all) = (if range.is_some() { 206 } else { 200 }, bytes.len());
                let headers = format!(
                    "etag: {}\r\ncontent-range: bytes {from}-{}/{all}\r\nlast-modified: Mon, 23 Nov 2026 12:00:00 GMT",
                    tag.unwrap_or_default(),
                    all.saturating_sub(1)
                );
                answer(status, &headers, bytes[from.min(all)..].to_vec())
            }
            ("PUT", Some(_)) if request.header("if-none-match") == Some("*") => answer(412, "", Vec::new()),
            ("PUT", _) if request.header("if-match").is_some_and(|wanted| Some(wanted) != tag.as_deref()) => {
                answer(412, "", Vec::new())
            }
            ("PUT", _) => {
                let headers = format!("etag: {}", self::tag(&request.body));
                self.objects.insert(path, request.body.clone());
                answer(200, &headers, Vec::new())
            }
            _ => answer(501, "", Vec::new()),
        }
    }
}

fn tag(bytes: &[u8]) -> String {
    format!("\"{}\"", Sha256Hash::of(bytes))
}

fn answer(status: u16, headers: &str, body: Vec<u8>) -> Message {
    let headers = headers.split("\r\n").filter(|line| !line.is_empty()).map(str::to_owned);
    let head = std::iter::once(format!("HTTP/1.1 {status} Said")).chain(headers).collect();
    Message { head, body }
}

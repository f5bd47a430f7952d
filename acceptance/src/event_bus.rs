//! A stand-in for EventBridge and SQS on a loopback port, which the real clients call. It keeps what it accepts,
//! and does what services and networks do on bad days.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lambda_http::{Context, LambdaEvent};
use local_inventory::dynamodb::{Access, AccessKeyId, environment};
use process::chance::Chance;
use process::clock::Clock;
use publish_events::{Publisher, PublisherConfig, StreamBatch};
use serde_json::{Value, json};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::NOON;
use crate::documented;
use crate::message::{Message, listen};

/// The operation that puts events on the bus.
pub const PUT_EVENTS: &str = "PutEvents";
/// The operation that puts a message into the dead-letter queue.
pub const SEND_MESSAGE: &str = "SendMessage";

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// It is answered with this status and error code, and nothing is accepted.
    Failed(u16, &'static str),
    /// The connection breaks before anything is accepted.
    CutBefore,
    /// Everything is accepted, and the connection breaks before the answer arrives.
    CutAfter,
    /// No answer ever comes.
    Silence,
}

/// Decides about an entry: none if it is accepted, or the error code.
type Doorkeeper = Box<dyn FnMut(&Value) -> Option<&'static str> + Send>;
/// Whether an entry spoils the call that it is in.
type Spoiler = Box<dyn Fn(&Value) -> bool + Send>;

/// What happens to the next calls of an operation.
struct Disturbed {
    operation: &'static str,
    mishap: Mishap,
    times: usize,
}

#[derive(Default)]
struct State {
    mishaps: Vec<Disturbed>,
    doorkeeper: Option<Doorkeeper>,
    spoiler: Option<Spoiler>,
    calls: Vec<Vec<Value>>,
    accepted: Vec<Value>,
    letters: Vec<Value>,
}

/// The stand-in; it ends with the test's runtime.
#[derive(Clone)]
pub struct EventBus {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl EventBus {
    /// Starts. Everything is accepted until told otherwise.
    pub async fn start() -> Self {
        let state = Arc::<Mutex<State>>::default();
        let shared = Arc::clone(&state);
        let address = listen(move |client| serve(client, Arc::clone(&shared))).await;
        Self { address, state }
    }

    /// Hands a batch to the function, in an invocation that ends after `time`. Gives the answer to Lambda.
    pub async fn publish(&self, batch: StreamBatch, time: Duration) -> Value {
        let access =
            Access { endpoint: format!("http://{}", self.address), access_key_id: AccessKeyId::any() };
        publish(&access, batch, time).await
    }

    /// Something happens to the next calls of an operation, and nothing else to it.
    pub fn disturb(&self, operation: &'static str, mishap: Mishap, times: usize) {
        let mut state = self.state();
        state.mishaps.retain(|disturbed| disturbed.operation != operation);
        state.mishaps.push(Disturbed { operation, mishap, times });
    }

    /// Has every entry decided about from now on.
    pub fn admit(&self, doorkeeper: impl FnMut(&Value) -> Option<&'static str> + Send + 'static) {
        self.state().doorkeeper = Some(Box::new(doorkeeper));
    }

    /// Has every call refused as a whole that has such an entry.
    pub fn spoil(&self, spoils: impl Fn(&Value) -> bool + Send + 'static) {
        self.state().spoiler = Some(Box::new(spoils));
    }

    /// The entries of every call of `PutEvents`, accepted or not. `Detail` is read.
    #[must_use]
    pub fn calls(&self) -> Vec<Vec<Value>> {
        let calls = self.state().calls.clone();
        calls.iter().flatten().for_each(documented::check_published);
        calls
    }

    /// The entries that were accepted, in order. `Detail` is read.
    #[must_use]
    pub fn accepted(&self) -> Vec<Value> {
        let accepted = self.state().accepted.clone();
        accepted.iter().for_each(documented::check_published);
        accepted
    }

    /// The dead-letter queue.
    #[must_use]
    pub fn letters(&self) -> Vec<Value> {
        self.state().letters.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hands a batch to the function, whose bus and queue are behind `access`. Gives the answer to Lambda.
pub async fn publish(access: &Access, batch: StreamBatch, time: Duration) -> Value {
    let config = PublisherConfig {
        event_bus_name: "inventory".to_owned(),
        dead_letter_queue_url: "https://queue.invalid/dead-letters".to_owned(),
    };
    let clock = Clock::from_fn(|| NOON);
    let publisher = Publisher::new(&environment(access), config, clock, Chance::system());
    let mut context = Context::default();
    context.deadline = NOON.plus(time).get();
    let response = publish_events::handle(&publisher, LambdaEvent::new(batch, context)).await;
    serde_json::to_value(response).expect("a JSON answer")
}

/// Serves one connection until it ends or is cut.
async fn serve(client: TcpStream, state: Arc<Mutex<State>>) {
    let mut client = BufReader::new(client);
    while let Ok(request) = Message::read(&mut client).await {
        let (mishap, answer) = state.lock().unwrap_or_else(PoisonError::into_inner).meet(&request);
        match mishap {
            Some(Mishap::CutBefore | Mishap::CutAfter) => return,
            Some(Mishap::Silence) => std::future::pending().await,
            Some(Mishap::Failed(..)) | None => {}
        }
        if client.get_mut().write_all(&answer.bytes()).await.is_err() {
            return;
        }
    }
}

impl State {
    /// Carries out a call, unless something happens to it.
    fn meet(&mut self, request: &Message) -> (Option<Mishap>, Message) {
        let operation = request.operation();
        let body = request.json();
        let mut disturbed = self.mishaps.iter_mut().filter(|disturbed| disturbed.operation == operation);
        let mishap = disturbed.find(|disturbed| disturbed.times > 0).map(|disturbed| {
            disturbed.times -= 1;
            disturbed.mishap
        });
        let entries = if operation == PUT_EVENTS { entries(&body) } else { Vec::new() };
        if operation == PUT_EVENTS {
            self.calls.push(entries.clone());
        }
        let is_spoilt = self.spoiler.as_ref().is_some_and(|spoils| entries.iter().any(spoils));
        let answer = match mishap {
            None if is_spoilt => {
                let body = json!({"__type": "ValidationException", "message": "one of them"});
                Message::json_answer("400 Bad Request", &body)
            }
            Some(Mishap::Failed(status, code)) => {
                let body = json!({"__type": code, "message": "a bad day"});
                Message::json_answer(&format!("{status} Disturbed"), &body)
            }
            Some(Mishap::CutBefore | Mishap::Silence) => Message::json_answer("200 OK", &json!({})),
            Some(Mishap::CutAfter) | None if operation == PUT_EVENTS => self.put(entries),
            Some(Mishap::CutAfter) | None => self.keep(&body),
        };
        (mishap, answer)
    }

    fn put(&mut self, entries: Vec<Value>) -> Message {
        let mut results = Vec::new();
        for entry in entries {
            let refusal = self.doorkeeper.as_mut().and_then(|doorkeeper| doorkeeper(&entry));
            if let Some(code) = refusal {
                results.push(json!({"ErrorCode": code, "ErrorMessage": "a bad day"}));
            } else {
                results.push(json!({"EventId": self.accepted.len().to_string()}));
                self.accepted.push(entry);
            }
        }
        let failed = results.iter().filter(|result| result.get("ErrorCode").is_some()).count();
        Message::json_answer("200 OK", &json!({"FailedEntryCount": failed, "Entries": results}))
    }

    fn keep(&mut self, body: &Value) -> Message {
        let letter = body["MessageBody"].as_str().expect("a message");
        self.letters.push(serde_json::from_str(letter).expect("a JSON message"));
        Message::json_answer("200 OK", &json!({"MessageId": self.letters.len().to_string()}))
    }
}

fn entries(body: &Value) -> Vec<Value> {
    let read = |entry: &Value| {
        let mut entry = entry.clone();
        entry["Detail"] = serde_json::from_str(entry["Detail"].as_str().expect("a text")).expect("JSON");
        entry
    };
    body["Entries"].as_array().expect("entries").iter().map(read).collect()
}

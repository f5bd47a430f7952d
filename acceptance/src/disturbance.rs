//! A proxy between the functions and their DynamoDB that does to requests what networks and DynamoDB do to them on
//! bad days. It speaks HTTP on a loopback port, so that the SDK's own retries are under test as well.
//!
//! Neither engine ever answers `TransactionConflict`, throttles, or leaves keys unprocessed: it has to be done here.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::Client;
use local_inventory::dynamodb::{Access, AccessKeyId, EmbeddedDynamoDb};
use serde_json::{Value, json};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::message::{self, Message};

/// What every disturbance gives as its cause. No caller may ever read it.
pub const SECRET_CAUSE: &str = "arn:aws:dynamodb:eu-central-1:123456789012:table/internal-name";

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disturbance {
    /// It is answered with this status and error code and not carried out.
    Failed(u16, &'static str),
    /// It is cancelled for these reasons, one for each item of the transaction, and not carried out.
    Cancelled(&'static [&'static str]),
    /// It is answered by something that is not DynamoDB, a load balancer say, and not carried out.
    BadGateway,
    /// The connection breaks before it arrives.
    CutBefore,
    /// It is carried out, and the connection breaks before the answer arrives.
    CutAfter,
    /// It does not arrive, and no answer ever comes.
    Silence,
    /// Only the first of the keys that a `BatchGetItem` asks for is read.
    OneKeyProcessed,
    /// A `BatchGetItem` finds the item that [`Disturber::show_stale`] was given, as one that it read a moment ago.
    FindsStale,
}

/// What is to be disturbed, and what came by since.
#[derive(Debug, Default)]
struct Plan {
    operation: &'static str,
    next: Option<Disturbance>,
    times: usize,
    seen: Vec<(String, Value)>,
    stale: Value,
}

/// The proxy. It lets everything pass until it is told otherwise.
#[derive(Debug)]
pub struct Disturber {
    address: SocketAddr,
    access_key_id: AccessKeyId,
    plan: Arc<Mutex<Plan>>,
}

/// The engine of one test, and a disturber in front of it.
pub async fn disturbed_engine() -> (Option<EmbeddedDynamoDb>, Disturber) {
    let (engine, _) = crate::engine().await;
    let disturber = Disturber::in_front_of(crate::access(engine.as_ref())).await;
    (engine, disturber)
}

impl Disturber {
    async fn in_front_of(engine: Access) -> Self {
        let access_key_id = engine.access_key_id;
        let engine = message::authority(&engine.endpoint).to_owned();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a loopback port");
        let address = listener.local_addr().expect("an address");
        let plan = Arc::<Mutex<Plan>>::default();
        let shared = Arc::clone(&plan);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, engine.clone(), Arc::clone(&shared)));
            }
        });
        Self { address, access_key_id, plan }
    }

    /// A client that goes through the disturber, with the retries of the functions' client.
    #[must_use]
    pub fn client(&self) -> Client {
        let endpoint = format!("http://{}", self.address);
        crate::patient_client(&Access { endpoint, access_key_id: self.access_key_id.clone() })
    }

    /// Disturbs the next requests of an operation, and nothing else.
    pub fn disturb(&self, operation: &'static str, disturbance: Disturbance, times: usize) {
        let mut plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        let stale = std::mem::take(&mut plan.stale);
        *plan = Plan { operation, next: Some(disturbance), times, seen: Vec::new(), stale };
    }

    /// What [`Disturbance::FindsStale`] finds, in DynamoDB's JSON.
    pub fn show_stale(&self, item: Value) {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner).stale = item;
    }

    /// Lets everything pass again.
    pub fn calm(&self) {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner).times = 0;
    }

    /// The bodies of an operation's requests since the last call of [`Self::disturb`], passed or not.
    #[must_use]
    pub fn seen(&self, operation: &str) -> Vec<Value> {
        let plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        plan.seen.iter().filter(|(of, _)| of == operation).map(|(_, body)| body.clone()).collect()
    }
}

impl Plan {
    /// Notes a request and says what happens to it.
    fn meet(&mut self, request: &Message) -> Option<Disturbance> {
        let operation = request.operation();
        let disturbed = operation == self.operation && self.times > 0;
        self.seen.push((operation, request.json()));
        if !disturbed {
            return None;
        }
        self.times -= 1;
        self.next
    }
}

/// Serves one connection until it ends or is cut.
async fn serve(client: TcpStream, engine: String, plan: Arc<Mutex<Plan>>) {
    let mut client = BufReader::new(client);
    while let Ok(request) = Message::read(&mut client).await {
        let (disturbance, stale) = {
            let mut plan = plan.lock().unwrap_or_else(PoisonError::into_inner);
            (plan.meet(&request), plan.stale.clone())
        };
        let Some(answer) = answer(disturbance, request, stale, &engine).await else { return };
        if client.get_mut().write_all(&answer.bytes()).await.is_err() {
            return;
        }
    }
}

/// The answer to a request; none if the connection is to be cut.
async fn answer(
    disturbance: Option<Disturbance>,
    request: Message,
    stale: Value,
    engine: &str,
) -> Option<Message> {
    match disturbance {
        None => Some(request.forward(engine).await),
        Some(Disturbance::Failed(status, code)) => Some(error(status, code, &Value::Null)),
        Some(Disturbance::Cancelled(reasons)) => {
            let reasons = reasons.iter().map(|code| json!({"Code": code, "Message": SECRET_CAUSE})).collect();
            Some(error(400, "TransactionCanceledException", &reasons))
        }
        Some(Disturbance::BadGateway) => {
            let head = vec!["HTTP/1.1 502 Bad Gateway".to_owned(), "content-type: text/html".to_owned()];
            Some(Message { head, body: format!("<h1>{SECRET_CAUSE}</h1>").into_bytes() })
        }
        Some(Disturbance::CutBefore) => None,
        Some(Disturbance::CutAfter) => {
            request.forward(engine).await;
            None
        }
        Some(Disturbance::Silence) => std::future::pending().await,
        Some(Disturbance::OneKeyProcessed) => Some(read_one_key(&request, engine).await),
        Some(Disturbance::FindsStale) => Some(read_stale(&request, stale, engine).await),
    }
}

/// Has everything read, and adds an item that was there a moment ago.
async fn read_stale(request: &Message, stale: Value, engine: &str) -> Message {
    let mut body = request.forward(engine).await.json();
    let tables = body["Responses"].as_object_mut().expect("tables");
    let items = tables.values_mut().next().and_then(Value::as_array_mut).expect("items");
    items.push(stale);
    Message::json_answer("200 OK", &body)
}

/// Has the first key read and says that the others were not.
async fn read_one_key(request: &Message, engine: &str) -> Message {
    let mut wanted = request.json();
    let mut unprocessed = wanted["RequestItems"].clone();
    let tables = unprocessed.as_object_mut().expect("tables");
    let table = tables.keys().next().expect("a table").clone();
    let others = tables[&table]["Keys"].as_array_mut().expect("keys");
    wanted["RequestItems"][&table]["Keys"] = json!([others.remove(0)]);
    let nobody_left_out = others.is_empty();
    let request = Message { head: request.head.clone(), body: wanted.to_string().into_bytes() };
    let answered = request.forward(engine).await;
    let mut body = answered.json();
    body["UnprocessedKeys"] = if nobody_left_out { json!({}) } else { unprocessed };
    Message::json_answer("200 OK", &body)
}

/// DynamoDB's way to tell an error (DynamoDB Developer Guide, "Error handling").
fn error(status: u16, code: &str, reasons: &Value) -> Message {
    let mut body = json!({
        "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"),
        "message": SECRET_CAUSE,
    });
    if !reasons.is_null() {
        body["CancellationReasons"] = reasons.clone();
    }
    Message::json_answer(&format!("{status} Disturbed"), &body)
}

//! A proxy between the functions and their DynamoDB that does to requests what networks and DynamoDB do to them on
//! bad days. It speaks HTTP on a loopback port, so that the SDK's own retries are under test as well.
//!
//! Neither engine ever answers `TransactionConflict`, throttles, or leaves keys unprocessed: it has to be done here.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::Client;
use local_inventory::dynamodb::EmbeddedDynamoDb;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

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
    plan: Arc<Mutex<Plan>>,
}

/// The engine of one test, and a disturber in front of it.
pub async fn disturbed_engine() -> (Option<EmbeddedDynamoDb>, Disturber) {
    let (engine, _) = crate::engine().await;
    let endpoint = match &engine {
        Some(engine) => engine.endpoint(),
        None => std::env::var("ACCEPTANCE_DYNAMODB_ENDPOINT").expect("the engine's endpoint"),
    };
    let disturber = Disturber::in_front_of(&endpoint).await;
    (engine, disturber)
}

impl Disturber {
    async fn in_front_of(endpoint: &str) -> Self {
        let engine = endpoint.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a loopback port");
        let address = listener.local_addr().expect("an address");
        let plan = Arc::<Mutex<Plan>>::default();
        let shared = Arc::clone(&plan);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, engine.clone(), Arc::clone(&shared)));
            }
        });
        Self { address, plan }
    }

    /// A client that goes through the disturber, with the retries of the functions' client.
    #[must_use]
    pub fn client(&self) -> Client {
        crate::patient_client(&format!("http://{}", self.address))
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
        Some(Disturbance::Failed(status, code)) => Some(Message::error(status, code, &Value::Null)),
        Some(Disturbance::Cancelled(reasons)) => {
            let reasons = reasons.iter().map(|code| json!({"Code": code, "Message": SECRET_CAUSE})).collect();
            Some(Message::error(400, "TransactionCanceledException", &reasons))
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

/// An HTTP/1.1 message. Its length is told by `Content-Length`, as the SDK and both engines do, or by chunks, as DynamoDB
/// Local does when its answer is long.
#[derive(Debug)]
struct Message {
    /// The first line and the headers.
    head: Vec<String>,
    body: Vec<u8>,
}

impl Message {
    async fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<Self> {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            match line.trim_end() {
                "" => break,
                line => head.push(line.to_owned()),
            }
        }
        let mut message = Self { head, body: Vec::new() };
        if message.header("transfer-encoding") == Some("chunked") {
            message.body = read_chunks(stream).await?;
        } else {
            let length = message.header("content-length").and_then(|length| length.parse().ok());
            message.body.resize(length.unwrap_or(0), 0);
            stream.read_exact(&mut message.body).await?;
        }
        Ok(message)
    }

    fn json_answer(status: &str, body: &Value) -> Self {
        let head = vec![format!("HTTP/1.1 {status}"), "content-type: application/x-amz-json-1.0".to_owned()];
        Self { head, body: body.to_string().into_bytes() }
    }

    /// DynamoDB's way to tell an error (DynamoDB Developer Guide, "Error handling").
    fn error(status: u16, code: &str, reasons: &Value) -> Self {
        let mut body = json!({
            "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"),
            "message": SECRET_CAUSE,
        });
        if !reasons.is_null() {
            body["CancellationReasons"] = reasons.clone();
        }
        Self::json_answer(&format!("{status} Disturbed"), &body)
    }

    fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head.iter().skip(1).filter_map(|line| line.split_once(':'));
        let mut values = headers.filter(|(of, _)| of.eq_ignore_ascii_case(name));
        values.next().map(|(_, value)| value.trim())
    }

    /// `TransactWriteItems` out of `X-Amz-Target: DynamoDB_20120810.TransactWriteItems`.
    fn operation(&self) -> String {
        let target = self.header("x-amz-target").and_then(|target| target.split_once('.'));
        target.map(|(_, operation)| operation.to_owned()).unwrap_or_default()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a JSON body")
    }

    /// Hands the message to the engine, on a connection of its own, and gives the answer.
    async fn forward(&self, engine: &str) -> Self {
        let mut engine = TcpStream::connect(engine).await.expect("the engine listens");
        engine.write_all(&self.bytes()).await.expect("the engine reads");
        Self::read(&mut BufReader::new(engine)).await.expect("the engine answers")
    }

    fn bytes(&self) -> Vec<u8> {
        let is_length = |line: &str| {
            let line = line.to_ascii_lowercase();
            line.starts_with("content-length:") || line.starts_with("transfer-encoding:")
        };
        let mut bytes = Vec::new();
        for line in self.head.iter().filter(|line| !is_length(line)) {
            bytes.extend_from_slice(line.as_bytes());
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(format!("content-length: {}\r\n\r\n", self.body.len()).as_bytes());
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// Reads a body that comes in chunks (RFC 9112, section 7.1).
async fn read_chunks(stream: &mut BufReader<TcpStream>) -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let length = line.trim_end().split(';').next().unwrap_or_default();
        let length = usize::from_str_radix(length, 16).map_err(std::io::Error::other)?;
        let begin = body.len();
        // Each chunk ends with a line break that is not part of it; so does the empty one, which is the last.
        body.resize(begin + length + 2, 0);
        stream.read_exact(&mut body[begin..]).await?;
        body.truncate(begin + length);
        if length == 0 {
            return Ok(body);
        }
    }
}

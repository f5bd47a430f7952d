//! The embedded DynamoDB is for whoever has its access key id: not for web pages, and for no other user of the machine.

use std::time::Duration;

use acceptance::PATIENCE;
use acceptance::event_bus::publish;
use local_inventory::bus::RecordedBus;
use local_inventory::dynamodb::{self, Access, AccessKeyId, EmbeddedDynamoDb, Reach};
use local_inventory::server::Bounds;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An engine with a table, and the parts of a request that is let in.
struct Engine {
    engine: EmbeddedDynamoDb,
    access: Access,
}

/// A request in the making: first line, headers, body.
#[derive(Clone)]
struct Raw {
    line: &'static str,
    headers: Vec<(&'static str, String)>,
}

impl Raw {
    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(present, _)| *present != name);
        self.headers.push((name, value.into()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(present, _)| *present != name);
        self
    }
}

const SIGNED: &str = "/20261125/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0";

impl Engine {
    async fn start() -> Self {
        Self::of(EmbeddedDynamoDb::in_memory().await.expect("an engine")).await
    }

    async fn of(engine: EmbeddedDynamoDb) -> Self {
        let access = engine.access();
        let client = dynamodb::client(&access);
        let table = store::Table::new(client, "inventory".to_owned(), store::AuditShards::DEFAULT);
        table.create(store::Stream::Off).await.expect("a table");
        Self { engine, access }
    }

    fn authority(&self) -> &str {
        self.access.endpoint.trim_start_matches("http://")
    }

    /// A request that is let in: it puts an item.
    fn put(&self) -> Raw {
        let credential = self.access.access_key_id.as_str();
        Raw { line: "POST / HTTP/1.1", headers: Vec::new() }
            .with("host", self.authority())
            .with("authorization", format!("AWS4-HMAC-SHA256 Credential={credential}{SIGNED}"))
            .with("content-type", "application/x-amz-json-1.0")
            .with("x-amz-target", "DynamoDB_20120810.PutItem")
    }

    /// All that comes back to a text, whether or not it is a request, until the connection is closed.
    async fn say(&self, text: &str) -> String {
        let mut stream = TcpStream::connect(self.authority()).await.expect("a connection");
        stream.write_all(text.as_bytes()).await.expect("room for a request");
        let mut answer = Vec::new();
        // A connection that is closed with something unread on it may be reset instead.
        let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("it ends");
        String::from_utf8_lossy(&answer).to_ascii_lowercase()
    }

    async fn check_empty(&self, after: &str) {
        let client = dynamodb::client(&self.access);
        let stored = client.scan().table_name("inventory").send().await.expect("a scan");
        assert_eq!(stored.count(), 0, "nothing was written: {after}");
    }

    /// The head and the body of the answer.
    async fn send(&self, request: &Raw) -> (String, Value) {
        let body =
            json!({"TableName": "inventory", "Item": {"pk": {"S": "A"}, "sk": {"S": "A"}}}).to_string();
        let mut text = format!("{}\r\n", request.line);
        for (name, value) in &request.headers {
            text.extend([name, ": ", value, "\r\n"]);
        }
        let length = body.len().to_string();
        text.extend(["content-length: ", &length, "\r\nconnection: close\r\n\r\n", &body]);
        let mut stream = TcpStream::connect(self.authority()).await.expect("a connection");
        stream.write_all(text.as_bytes()).await.expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        (head.to_ascii_lowercase(), serde_json::from_str(body).unwrap_or(Value::Null))
    }

    async fn check_refused(&self, request: Raw, status: &str, code: &str, message: &str) {
        let (head, body) = self.send(&request).await;
        assert!(head.starts_with(&format!("http/1.1 {status}")), "{head}");
        assert!(!head.contains("access-control"), "{head}");
        let code = format!("com.amazon.coral.service#{code}");
        assert_eq!(body, json!({"__type": code, "message": message}));
        let client = dynamodb::client(&self.access);
        let stored = client.scan().table_name("inventory").send().await.expect("a scan");
        assert_eq!(stored.count(), 0, "nothing was written");
    }
}

const UNKNOWN_CALLER: &str = "The access key id is not the one of this inventory's folder.";

#[tokio::test]
async fn nobody_is_let_in_without_the_access_key_id() {
    let engine = Engine::start().await;
    let id = engine.access.access_key_id.as_str().to_owned();
    let other = EmbeddedDynamoDb::in_memory().await.expect("another engine").access().access_key_id;
    for credential in [
        "",
        "local",
        other.as_str(),
        &id[1..],
        &id[..id.len() - 1],
        &format!("{id}x"),
        &id.to_ascii_lowercase(),
    ] {
        let authorization = format!("AWS4-HMAC-SHA256 Credential={credential}{SIGNED}");
        let request = engine.put().with("authorization", authorization);
        engine.check_refused(request, "400", "UnrecognizedClientException", UNKNOWN_CALLER).await;
    }
    for authorization in [id.clone(), format!("Bearer {id}"), format!("Credential={id}"), String::new()] {
        let request = engine.put().with("authorization", authorization);
        engine.check_refused(request, "400", "UnrecognizedClientException", UNKNOWN_CALLER).await;
    }
    let request = engine.put().without("authorization");
    engine.check_refused(request, "400", "UnrecognizedClientException", UNKNOWN_CALLER).await;
}

/// What cleans the database's file is no operation of AWS, and is behind the same door.
#[tokio::test]
async fn the_file_is_cleaned_for_nobody_who_may_not_use_the_database() {
    let engine = Engine::start().await;
    let vacuum = engine.put().with("x-amz-target", "PhysicalKeyInventory.Vacuum");
    let unknown = vacuum.clone().without("authorization");
    engine.check_refused(unknown, "400", "UnrecognizedClientException", UNKNOWN_CALLER).await;
    let from_page = vacuum.clone().with("origin", "https://evil.example");
    engine.check_refused(from_page, "403", "AccessDeniedException", "Web pages are not served here.").await;
    let other = vacuum.clone().with("x-amz-target", "PhysicalKeyInventory.Drop");
    let message = "There is no such operation here.";
    engine.check_refused(other, "400", "UnknownOperationException", message).await;
    let (head, body) = engine.send(&vacuum).await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert_eq!(body, json!({}));
}

#[tokio::test]
async fn a_page_is_refused_whatever_it_knows() {
    let engine = Engine::start().await;
    for origin in ["https://evil.example", "null", "http://127.0.0.1:3000", &engine.access.endpoint, ""] {
        let request = engine.put().with("origin", origin);
        engine.check_refused(request, "403", "AccessDeniedException", "Web pages are not served here.").await;
    }
}

#[tokio::test]
async fn a_preflight_is_not_answered() {
    let engine = Engine::start().await;
    let preflight = Raw { line: "OPTIONS / HTTP/1.1", ..engine.put() };
    let asked = preflight.clone().with("access-control-request-method", "POST");
    let asked = asked.with("access-control-request-headers", "authorization, x-amz-target");
    let from_page = asked.clone().with("origin", "https://evil.example");
    engine.check_refused(from_page, "403", "AccessDeniedException", "Web pages are not served here.").await;
    for line in ["OPTIONS / HTTP/1.1", "GET / HTTP/1.1", "PUT / HTTP/1.1", "DELETE /x HTTP/1.1"] {
        let request = Raw { line, ..asked.clone() };
        let message = "There is no such operation here.";
        engine.check_refused(request, "400", "UnknownOperationException", message).await;
    }
}

#[tokio::test]
async fn another_name_for_this_machine_is_refused() {
    let engine = Engine::start().await;
    let port = engine.authority().rsplit_once(':').expect("a port").1.to_owned();
    for host in [
        format!("localhost:{port}"),
        format!("evil.example:{port}"),
        format!("host.docker.internal:{port}"),
        "127.0.0.1".to_owned(),
        "127.0.0.1:1".to_owned(),
        format!("127.0.0.1:{port}.evil.example"),
        String::new(),
    ] {
        let request = engine.put().with("host", host);
        engine.check_refused(request, "403", "AccessDeniedException", "This server has another name.").await;
    }
    let mut twice = engine.put();
    twice.headers.push(("Host", "evil.example".to_owned()));
    engine.check_refused(twice, "403", "AccessDeniedException", "This server has another name.").await;
    let message = "This server has another name.";
    engine.check_refused(engine.put().without("host"), "403", "AccessDeniedException", message).await;
}

#[tokio::test]
async fn a_target_in_absolute_form_is_held_against_this_servers_name() {
    let engine = Engine::start().await;
    let message = "This server has another name.";
    for line in [
        "POST http://evil.example/ HTTP/1.1",
        "POST http://user@127.0.0.1/ HTTP/1.1",
        "POST http://127.0.0.1:1/ HTTP/1.1",
    ] {
        let request = Raw { line, ..engine.put() };
        engine.check_refused(request, "403", "AccessDeniedException", message).await;
    }
    let old = Raw { line: "POST / HTTP/1.0", ..engine.put().without("host") };
    let (head, body) = engine.send(&old).await;
    assert!(head.starts_with("http/1.0 403") || head.starts_with("http/1.1 403"), "{head}");
    assert_eq!(body["message"], message);
    engine.check_empty("HTTP/1.0").await;
}

#[tokio::test]
async fn a_request_that_could_be_read_in_two_ways_is_not_carried_out() {
    let engine = Engine::start().await;
    let id = engine.access.access_key_id.as_str();
    let credential = format!("authorization: AWS4-HMAC-SHA256 Credential={id}{SIGNED}\r\n");
    let host = format!("host: {}\r\n", engine.authority());
    let target = "x-amz-target: DynamoDB_20120810.PutItem\r\nconnection: close\r\n";
    let item = r#"{"TableName":"inventory","Item":{"pk":{"S":"A"},"sk":{"S":"A"}}}"#;
    let length = format!("content-length: {}\r\n", item.len());
    for (case, lines) in [
        ("two lengths", format!("{host}{credential}{target}{length}content-length: 1\r\n")),
        ("a length that is none", format!("{host}{credential}{target}content-length: +{}\r\n", item.len())),
        (
            "a folded header",
            format!("{host}{target}{length}authorization:\r\n AWS4-HMAC-SHA256 Credential={id}{SIGNED}\r\n"),
        ),
        ("a space before the colon", format!("{host}{target}{length}{}", credential.replacen(':', " :", 1))),
        ("two credentials", format!("{host}{credential}{target}{length}{credential}")),
        ("an unknown coding", format!("{host}{credential}{target}transfer-encoding: gzip\r\n")),
        (
            "a host in the middle",
            format!("{credential}{target}{length}x: y\r\nHost : {}\r\n", engine.authority()),
        ),
    ] {
        let answer = engine.say(&format!("POST / HTTP/1.1\r\n{lines}\r\n{item}")).await;
        assert!(answer.starts_with("http/1.1 4") || answer.is_empty(), "{case}: {answer}");
        engine.check_empty(case).await;
    }
}

/// More connections than there is room for, none of which is ever finished by the client.
#[tokio::test]
async fn a_request_that_is_never_finished_is_ended() {
    let bounds = Bounds { request: Duration::from_millis(100), connections: 24 };
    let engine = Engine::of(
        EmbeddedDynamoDb::in_memory_with(Reach { bounds, ..Reach::default() }).await.expect("an engine"),
    )
    .await;
    let id = engine.access.access_key_id.as_str();
    let head = format!(
        "POST / HTTP/1.1\r\nhost: {}\r\nauthorization: AWS4-HMAC-SHA256 Credential={id}{SIGNED}\r\nx-amz-target: \
         DynamoDB_20120810.PutItem\r\n",
        engine.authority()
    );
    let never_came = format!("{head}content-length: 100\r\n\r\n");
    let broke_off = format!("{head}content-length: 100\r\n\r\n{{\"TableName\"");
    let chunked = format!("{head}transfer-encoding: chunked\r\n\r\n10\r\n{{");
    let kinds = ["", "P", "POST / HTTP/1.1\r\nhost:", &head, &never_came, &broke_off, &chunked, "\r\n"];
    let answers = kinds.iter().cycle().take(64).map(|kind| engine.say(kind));
    let answers = futures_util::future::join_all(answers).await;
    for (kind, answer) in kinds.iter().cycle().zip(answers) {
        let has_head = kind.contains("content-length") || kind.contains("chunked");
        let expected = if has_head { answer.starts_with("http/1.1 408") } else { !answer.contains(" 200 ") };
        assert!(expected, "{kind:?} was answered {answer:?}");
    }
    engine.check_empty("half-open requests").await;
    let (head, _) = engine.send(&engine.put()).await;
    assert!(head.starts_with("http/1.1 200"), "there is room again: {head}");
}

/// Sanity of the tests above: the request that they change is carried out as it is.
#[tokio::test]
async fn whoever_has_the_access_key_id_is_served() {
    let engine = Engine::start().await;
    let (head, body) = engine.send(&engine.put()).await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert_eq!(body, json!({}));
    for target in ["DynamoDB_20120810.Backup", "AWSEvents.PutEvents", "PutItem", ""] {
        let (head, body) = engine.send(&engine.put().with("x-amz-target", target)).await;
        assert!(head.starts_with("http/1.1 400"), "{head}");
        assert_eq!(body["__type"], "com.amazon.coral.service#UnknownOperationException");
    }
}

#[tokio::test]
async fn what_functions_put_on_the_stand_in_of_the_bus_is_recorded() {
    let folder = tempfile::tempdir().expect("a folder");
    let record = folder.path().join("bus");
    std::fs::write(&record, "").expect("a file");
    let reach = Reach { bus: Some(RecordedBus::new(record.clone())), ..Reach::default() };
    let id = AccessKeyId::generate();
    let database = folder.path().join("inventory.sqlite");
    let engine = EmbeddedDynamoDb::in_file(&database, id, reach).await.expect("an engine");
    let sample = include_str!("../../../events/publish-events-poison.json");
    let batch = serde_json::from_str(sample).expect("a batch");
    let answer = publish(&engine.access(), batch, PATIENCE).await;
    assert_eq!(answer, json!({"batchItemFailures": []}));
    let recorded = std::fs::read_to_string(record).expect("a record");
    let recorded: Vec<Value> =
        recorded.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(recorded.iter().filter(|line| line["Source"] == "spk.api").count(), 2);
    assert_eq!(recorded.iter().filter(|line| line.get("MessageBody").is_some()).count(), 1);
    engine.stop().await.expect("an end");
}

#[tokio::test]
async fn a_stopped_engine_listens_no_more() {
    let engine = Engine::start().await;
    let authority = engine.authority().to_owned();
    engine.engine.stop().await.expect("an end");
    assert!(TcpStream::connect(authority).await.is_err());
}

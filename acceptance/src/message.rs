//! HTTP/1.1 messages of the services of AWS, for stand-ins that do what a server never would.

use std::net::{Ipv4Addr, SocketAddr};

use serde_json::Value;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// The host and port in the URL of a server on this machine.
pub(crate) fn authority(endpoint: &str) -> &str {
    endpoint.trim_start_matches("http://").trim_end_matches('/')
}

/// Listens on a loopback port and serves each connection, until the test's runtime ends. Gives the address.
pub(crate) async fn listen<F: Future<Output = ()> + Send + 'static>(
    serve: impl Fn(TcpStream) -> F + Send + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a loopback port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(serve(client));
        }
    });
    address
}

/// An HTTP/1.1 message. Its length is told by `Content-Length`, or comes in chunks: DynamoDB Local's streams do that.
#[derive(Debug)]
pub(crate) struct Message {
    /// The first line and the headers.
    pub(crate) head: Vec<String>,
    pub(crate) body: Vec<u8>,
}

impl Message {
    pub(crate) async fn read(stream: &mut (impl AsyncBufRead + Unpin)) -> std::io::Result<Self> {
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
        if message.header("transfer-encoding").is_some() {
            message.body = read_chunks(stream).await?;
            return Ok(message);
        }
        let length = message.header("content-length").and_then(|length| length.parse().ok());
        message.body.resize(length.unwrap_or(0), 0);
        stream.read_exact(&mut message.body).await?;
        Ok(message)
    }

    pub(crate) fn json_answer(status: &str, body: &Value) -> Self {
        let head = vec![format!("HTTP/1.1 {status}"), "content-type: application/x-amz-json-1.0".to_owned()];
        Self { head, body: body.to_string().into_bytes() }
    }

    /// The same with the date of an answer.
    pub(crate) fn json_answer_at(status: &str, body: &Value, date: &str) -> Self {
        let mut answer = Self::json_answer(status, body);
        answer.head.push(format!("date: {date}"));
        answer
    }

    /// The same request with another operation and body.
    pub(crate) fn as_another(&self, operation: &str, body: &Value) -> Self {
        let mut head = self.head.clone();
        for line in head.iter_mut().filter(|line| line.to_ascii_lowercase().starts_with("x-amz-target:")) {
            *line = format!("x-amz-target: DynamoDB_20120810.{operation}");
        }
        Self { head, body: body.to_string().into_bytes() }
    }

    /// Whether it is an answer that says 200.
    pub(crate) fn is_ok(&self) -> bool {
        self.head.first().is_some_and(|line| line.contains(" 200 "))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head.iter().skip(1).filter_map(|line| line.split_once(':'));
        let mut values = headers.filter(|(of, _)| of.eq_ignore_ascii_case(name));
        values.next().map(|(_, value)| value.trim())
    }

    /// `TransactWriteItems` out of `X-Amz-Target: DynamoDB_20120810.TransactWriteItems`.
    pub(crate) fn operation(&self) -> String {
        let target = self.header("x-amz-target").and_then(|target| target.split_once('.'));
        target.map(|(_, operation)| operation.to_owned()).unwrap_or_default()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a JSON body")
    }

    /// The message under the name of the server that it is for.
    pub(crate) fn under(&self, name: &str) -> Self {
        let mut head = self.head.clone();
        for line in head.iter_mut().filter(|line| line.to_ascii_lowercase().starts_with("host:")) {
            *line = format!("host: {name}");
        }
        Self { head, body: self.body.clone() }
    }

    /// Hands the message to the engine, under the engine's name, on a connection of its own, and gives the answer.
    pub(crate) async fn forward(&self, engine: &str) -> Self {
        let message = self.under(engine);
        let mut engine = TcpStream::connect(engine).await.expect("the engine listens");
        engine.write_all(&message.bytes()).await.expect("the engine reads");
        Self::read(&mut BufReader::new(engine)).await.expect("the engine answers")
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
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

/// A body in chunks, without trailers (RFC 9112, section 7.1).
async fn read_chunks(stream: &mut (impl AsyncBufRead + Unpin)) -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut size = String::new();
        stream.read_line(&mut size).await?;
        let size = usize::from_str_radix(size.trim_end(), 16).map_err(|_| std::io::ErrorKind::InvalidData)?;
        let begin = body.len();
        body.resize(begin + size, 0);
        stream.read_exact(&mut body[begin..]).await?;
        stream.read_line(&mut String::new()).await?;
        if size == 0 {
            return Ok(body);
        }
    }
}

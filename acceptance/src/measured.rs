//! A function's executable whose time is measured, and the Lambda runtime API that it gets its invocations from.
//!
//! Blocking, on a socket of its own: between the function and the clock is nothing else.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use process::clock::Clock;

/// Where Debian keeps what the Lambda image has in `/etc/pki/tls/certs/ca-bundle.crt`.
pub const ROOTS: &str = "/etc/ssl/certs/ca-certificates.crt";
const NEXT: &str = "GET /2018-06-01/runtime/invocation/next ";
const ANSWERED: &str = "POST /2018-06-01/runtime/invocation/measured/response ";
/// How long an invocation may take.
const TIME_OUT: Duration = Duration::from_secs(10);

/// A process of a function that was started and has asked for its first invocation.
#[derive(Debug)]
pub struct Measured {
    child: Child,
    runtime_api: BufReader<TcpStream>,
    /// From the start of the process until it asked.
    pub init: Duration,
}

/// How long an invocation took.
#[derive(Debug, Clone, Copy)]
pub struct Took {
    /// Until the answer: what a caller waits for.
    pub answered: Duration,
    /// Until the next invocation was asked for: what is billed.
    pub billed: Duration,
}

/// An executable of the release profile, which has to be built already.
#[must_use]
pub fn executable(name: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"), PathBuf::from);
    let path = target.join("release").join(name);
    assert!(path.exists(), "{} is not there; see the top of the bench's file", path.display());
    path
}

/// What Lambda tells a process of itself, in one region.
#[must_use]
pub fn lambda_environment() -> Vec<(&'static str, String)> {
    [
        ("AWS_REGION", "eu-central-1"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        // In one file, as in Lambda's image; a folder of them, as on Debian, takes 2.5 ms more.
        ("SSL_CERT_FILE", ROOTS),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

impl Measured {
    /// Starts a process and waits until it asks for an invocation.
    #[must_use]
    pub fn start(command: &mut Command, environment: &[(&str, String)]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let command = command
            .env_clear()
            .envs(environment.iter().cloned())
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let began = Instant::now();
        let child = command.spawn().expect("a process");
        let (stream, _) = listener.accept().expect("a connection");
        let mut runtime_api = BufReader::new(stream);
        let (asked, _) = read(&mut runtime_api);
        let init = began.elapsed();
        assert!(asked.starts_with(NEXT), "{asked}");
        runtime_api.get_ref().set_nodelay(true).expect("a socket");
        Self { child, runtime_api, init }
    }

    /// Hands out an event. Gives the answer, and how long it took.
    pub fn invoke(&mut self, event: &str) -> (String, Took) {
        let deadline = Clock::system().now().plus(TIME_OUT).get();
        let head = format!(
            "HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id: measured\r\nlambda-runtime-deadline-ms: {deadline}\r\n\
             lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-central-1:123456789012:function:bench\r\n\
             lambda-runtime-trace-id: Root=1-69230c40-0f1e2d3c4b5a69788796a5b4;Sampled=0\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            event.len()
        );
        let began = Instant::now();
        self.write(&[head.as_bytes(), event.as_bytes()].concat());
        let (posted, answer) = read(&mut self.runtime_api);
        let answered = began.elapsed();
        assert!(posted.starts_with(ANSWERED), "{posted}");
        self.write(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n");
        let (asked, _) = read(&mut self.runtime_api);
        let billed = began.elapsed();
        assert!(asked.starts_with(NEXT), "{asked}");
        (answer, Took { answered, billed })
    }

    fn write(&mut self, bytes: &[u8]) {
        self.runtime_api.get_mut().write_all(bytes).expect("the function reads");
    }

    /// The process's id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The most memory that it had until now, in KiB.
    #[must_use]
    pub fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).expect("a status");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak.and_then(|value| value.trim().trim_end_matches(" kB").parse().ok()).expect("VmHWM")
    }

    /// How long its threads have been on a CPU, those that ended left out.
    #[must_use]
    pub fn cpu_time(&self) -> Duration {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.id())).expect("threads");
        let nanoseconds = threads.map(|thread| {
            let path = thread.expect("a thread").path().join("schedstat");
            let statistics = std::fs::read_to_string(path).unwrap_or_default();
            statistics.split(' ').next().and_then(|first| first.parse::<u64>().ok()).unwrap_or_default()
        });
        Duration::from_nanos(nanoseconds.sum())
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads a request: its first line and its body.
fn read(stream: &mut BufReader<TcpStream>) -> (String, String) {
    let (mut first, mut length) = (String::new(), 0);
    assert!(stream.read_line(&mut first).expect("a request") > 0, "the process ended");
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).expect("a header");
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).expect("a body");
    (first, String::from_utf8(body).expect("text"))
}

//! What a cold start costs before the first event: from the start of the process to its first call of the runtime
//! API, and its memory at that moment; beside a function that does nothing, in the same run.
//!
//! Build what is measured first:
//! `cargo build --release -p add-physical-key --bins --examples`

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "A bench that cannot be set up ends here, and prints."
)]

use std::io::Read;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use local_inventory::dynamodb::{Access, EmbeddedDynamoDb};
use local_inventory::issuer::{LOCAL_AUDIENCE, LOCAL_ISSUER, LocalIssuer};

const STARTS: usize = 40;
/// Where Debian keeps what the Lambda image has in `/etc/pki/tls/certs/ca-bundle.crt`.
const ROOTS: &str = "/etc/ssl/certs/ca-certificates.crt";

fn main() {
    // `cargo test` runs benches too, to see that they start; there is nothing to measure then.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let database = runtime.block_on(EmbeddedDynamoDb::in_memory()).expect("a database");
    let environment = environment(&database.access());
    for executable in ["examples/hello_world", "add-physical-key"] {
        let path = release_folder().join(executable);
        assert!(path.exists(), "{} is not there; see the top of this file", path.display());
        let mut starts: Vec<_> = (0..STARTS).map(|_| start(&path, &environment)).collect();
        starts.sort_unstable();
        let (median, _) = starts[STARTS / 2];
        let peak = starts.iter().map(|(_, memory)| *memory).max().unwrap_or_default();
        let size = std::fs::metadata(&path).expect("a file").len();
        println!(
            "{executable}: init {:.1} ms (median of {STARTS}), peak memory {peak} KiB, executable {size} bytes",
            median.as_secs_f64() * 1_000.0
        );
    }
}

fn release_folder() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"), PathBuf::from);
    target.join("release")
}

/// What the command functions need, with a DynamoDB of this process.
fn environment(access: &Access) -> Vec<(&'static str, String)> {
    let key_set = LocalIssuer::ephemeral().expect("a signing key").key_set().to_string();
    [
        ("TABLE_NAME", "inventory"),
        ("JWT_ISSUER", LOCAL_ISSUER),
        ("JWT_AUDIENCE", LOCAL_AUDIENCE),
        ("AWS_SAM_LOCAL", "true"),
        ("LOCAL_JWT_JWKS", &key_set),
        ("AWS_ENDPOINT_URL_DYNAMODB", &access.endpoint),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", access.access_key_id.as_str()),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

/// One start: how long until the runtime API is asked for an event, and the most memory in KiB until then.
fn start(executable: &Path, environment: &[(&str, String)]) -> (Duration, u64) {
    let runtime_api = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = runtime_api.local_addr().expect("an address").to_string();
    let began = Instant::now();
    let mut child = Command::new(executable)
        .envs(environment.iter().cloned())
        .env("AWS_LAMBDA_RUNTIME_API", address)
        // Trusted roots in one file, as in Lambda's image; a folder of them, as on Debian, takes 2.5 ms more.
        .env("SSL_CERT_FILE", ROOTS)
        .env_remove("SSL_CERT_DIR")
        .stdout(Stdio::null())
        .spawn()
        .expect("a process");
    let (mut stream, _) = runtime_api.accept().expect("a connection");
    wait_for_request(&mut stream);
    let took = began.elapsed();
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).expect("a status");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|value| value.trim().trim_end_matches(" kB").parse().ok());
    child.kill().expect("an end");
    child.wait().expect("an end");
    (took, peak.expect("VmHWM"))
}

/// Reads until the request asks for the next event.
fn wait_for_request(stream: &mut TcpStream) {
    let mut request = Vec::new();
    let mut part = [0; 4_096];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read(&mut part).expect("a request");
        assert!(read > 0, "the process ended");
        request.extend_from_slice(&part[..read]);
    }
    assert!(request.starts_with(b"GET /2018-06-01/runtime/invocation/next"), "it asks for an event");
}

//! Runs the program, in a folder of its own, and speaks plain HTTP to its server.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use local_inventory::dynamodb::{Access, EmbeddedDynamoDb};
use tempfile::TempDir;

/// A folder to run in.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// The same with a local inventory in it.
pub(crate) fn inventory() -> TempDir {
    let folder = folder();
    assert_eq!(run(&["table", "create"], folder.path(), &[]).code, Some(0));
    folder
}

/// What a finished run printed.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) fn program(arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_physical-keys"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    for variable in [
        "AWS_ACCESS_KEY_ID",
        "AWS_CONFIG_FILE",
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL",
        "AWS_PROFILE",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_REGION",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "TABLE_NAME",
        "PHYSICAL_KEYS_API",
        "PHYSICAL_KEYS_TOKEN",
        "PHYSICAL_KEYS_API_KEY",
        "AUDIT_EXPORT_URL",
        "AUDIT_DISCLOSURES_URL",
        "REQUIRED_CREDENTIALS",
    ] {
        command.env_remove(variable);
    }
    for (variable, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("JWT_")) {
        command.env_remove(variable);
    }
    // What whoever runs the tests is signed in with is nobody's business here, nor what the machine may be.
    command.env("HOME", folder).env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

/// Runs the program to its end.
pub(crate) fn run(arguments: &[&str], folder: &Path, environment: &[(&str, String)]) -> Run {
    Run::of(&program(arguments, folder).envs(environment.iter().cloned()).output().unwrap())
}

impl Run {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }
}

/// Runs the program to its end on this standard input.
pub(crate) fn run_on(input: &str, arguments: &[&str], folder: &Path, environment: &[(&str, &str)]) -> Run {
    let file = folder.join("standard-input");
    std::fs::write(&file, input).unwrap();
    let mut command = program(arguments, folder);
    command.envs(environment.iter().copied()).stdin(std::fs::File::open(file).unwrap());
    Run::of(&command.output().unwrap())
}

/// Starts the program and leaves it running.
pub(crate) fn start(arguments: &[&str], folder: &Path, environment: &[(&str, String)]) -> Child {
    let mut command = program(arguments, folder);
    command.envs(environment.iter().cloned()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// A server that is running, and the curl lines that it printed.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    lines: Vec<String>,
}

impl Server {
    /// Starts the server and reads its two curl lines, after which it answers.
    pub(crate) fn start(arguments: &[&str], folder: &Path) -> Self {
        let mut child =
            program(arguments, folder).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let lines: Vec<_> = stdout.lines().take(2).map(Result::unwrap).collect();
        assert_eq!(lines.len(), 2, "the server printed two lines and did not end");
        Self { child, lines }
    }

    /// Sends what the curl line of this number would send. Gives the whole reply.
    pub(crate) fn paste(&self, number: usize) -> String {
        let quoted: Vec<_> = self.lines[number].split('\'').collect();
        // Between single quotes: the URL, three headers, the body.
        let (url, headers, body) = (quoted[1], [quoted[3], quoted[5], quoted[7]], quoted[9]);
        let path = url.strip_prefix("http://").unwrap().split_once('/').unwrap().1;
        self.send(path, &headers, body)
    }

    /// Adds a physical key.
    pub(crate) fn add(&self, user: &str, token: &str, api_key: &str, body: &str) -> String {
        let headers = [
            &format!("Authorization: Bearer {token}"),
            &format!("X-API-Key: {api_key}"),
            "Content-Type: application/json",
        ];
        self.send(&format!("users/{user}/AddPhysicalKey"), &headers, body)
    }

    pub(crate) fn add_without_api_key(&self, user: &str, token: &str, body: &str) -> String {
        let headers = [&format!("Authorization: Bearer {token}"), "Content-Type: application/json"];
        self.send(&format!("users/{user}/AddPhysicalKey"), &headers, body)
    }

    /// Where it listens: `http://127.0.0.1:…`.
    pub(crate) fn address(&self) -> String {
        let url = self.lines[0].split('\'').nth(1).unwrap();
        url.split_once("/users/").unwrap().0.to_owned()
    }

    /// The demo organisation's API key.
    pub(crate) fn api_key(&self) -> String {
        self.lines[0].split('\'').nth(5).unwrap().strip_prefix("X-API-Key: ").unwrap().to_owned()
    }

    /// The same without the scheme.
    pub(crate) fn authority(&self) -> String {
        self.address().strip_prefix("http://").unwrap().to_owned()
    }

    /// The header with the demo user's token.
    pub(crate) fn authorization(&self) -> String {
        self.lines[0].split('\'').nth(3).unwrap().to_owned()
    }

    /// A connection on which this was said, and nothing else will be.
    pub(crate) fn open(&self, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.authority()).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        stream
    }

    /// What comes back until the server closes the connection.
    pub(crate) fn until_closed(mut stream: TcpStream) -> String {
        let mut answer = Vec::new();
        // A connection that is closed with something unread on it may be reset instead.
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8(answer).unwrap()
    }

    pub(crate) fn send(&self, path: &str, headers: &[&str], body: &str) -> String {
        let address = self.lines[0].split('\'').nth(1).unwrap();
        let address = address.strip_prefix("http://").unwrap().split('/').next().unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let head = headers.join("\r\n");
        write!(
            stream,
            "POST /{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n{head}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply
    }

    /// Ctrl-C: the server ends by itself, with success.
    pub(crate) fn interrupt(mut self) {
        let kill = format!("kill -INT {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // After a failed assertion the server must not outlive its test.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A DynamoDB that is not the program's own.
#[derive(Debug)]
pub(crate) struct DynamoDb {
    access: Access,
    _runtime: tokio::runtime::Runtime,
    _database: EmbeddedDynamoDb,
}

impl DynamoDb {
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let database = runtime.block_on(EmbeddedDynamoDb::in_memory()).unwrap();
        Self { access: database.access(), _runtime: runtime, _database: database }
    }

    /// What the SDK reads to find it.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let mut environment = self.place();
        environment.extend([
            ("AWS_ACCESS_KEY_ID", self.access_key_id().to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ]);
        environment
    }

    /// The same without credentials.
    pub(crate) fn place(&self) -> Vec<(&'static str, String)> {
        vec![
            ("TABLE_NAME", "inventory".to_owned()),
            ("AWS_ENDPOINT_URL_DYNAMODB", self.access.endpoint.clone()),
            ("AWS_REGION", "eu-central-1".to_owned()),
        ]
    }

    /// What it lets in.
    pub(crate) fn access_key_id(&self) -> &str {
        self.access.access_key_id.as_str()
    }
}

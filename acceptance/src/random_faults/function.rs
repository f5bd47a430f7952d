//! One process of a function, and the Lambda runtime API that it gets its invocations from.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use process::clock::Clock;
use serde_json::Value;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::invocation::Invocation;
use crate::message::Message;

/// How often it is looked whether the process has ended.
const LOOK: Duration = Duration::from_millis(20);
/// How long a process may take until it asks for its first invocation, on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_mins(1);
const NEXT: &str = "/2018-06-01/runtime/invocation/next";

/// How processes of one function are started.
#[derive(Debug, Clone)]
pub(crate) struct Deployment {
    pub(crate) executable: PathBuf,
    pub(crate) environment: Vec<(&'static str, String)>,
    /// Where the log goes, if anywhere.
    pub(crate) log: Option<PathBuf>,
}

/// A process that runs.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    calls: mpsc::UnboundedReceiver<Call>,
    /// Its call for the next invocation, which is answered when there is one.
    next: Option<Call>,
    listening: JoinHandle<()>,
}

/// A call of the runtime API.
#[derive(Debug)]
struct Call {
    request: Message,
    answer: oneshot::Sender<Message>,
}

/// What became of an invocation.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The function answered.
    Answered(Value),
    /// It told the runtime API of an error.
    Reported(String),
    /// The process ended by itself.
    Ended(String),
    /// It was killed, as intended.
    Killed,
    /// Its time was up.
    CutOff,
}

impl Process {
    pub(crate) async fn start(deployment: &Deployment) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a loopback port");
        let address = listener.local_addr().expect("an address").to_string();
        let (called, calls) = mpsc::unbounded_channel();
        let listening = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let _ = client.set_nodelay(true);
                tokio::spawn(serve(client, called.clone()));
            }
        });
        let log = || match &deployment.log {
            None => Stdio::null(),
            Some(path) => {
                let file = std::fs::File::options().create(true).append(true).open(path);
                file.expect("a file for the log").into()
            }
        };
        let child = Command::new(&deployment.executable)
            .envs(deployment.environment.iter().map(|(name, value)| (name, value)))
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .stdin(Stdio::null())
            .stdout(log())
            .stderr(log())
            .spawn()
            .expect("the function's executable starts");
        Self { child, calls, next: None, listening }
    }

    /// Waits until the process asks for an invocation. If it ends instead, that is said.
    pub(crate) async fn ready(&mut self) -> Result<(), String> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while self.next.is_none() {
            tokio::select! {
                call = self.calls.recv() => self.next = call.filter(|call| call.path() == NEXT),
                () = tokio::time::sleep(LOOK) => {}
            }
            self.still_runs()?;
            if tokio::time::Instant::now() > deadline {
                return Err("it asks for no invocation".to_owned());
            }
        }
        self.still_runs()
    }

    /// Hands out an invocation and waits for what becomes of it. `begin` is called right before.
    pub(crate) async fn invoke(&mut self, invocation: &Invocation, begin: impl FnOnce()) -> Outcome {
        let Some(next) = self.next.take() else { return Outcome::Ended("nobody asks".to_owned()) };
        let deadline = Clock::system().now().plus(invocation.time).get();
        begin();
        let _ = next.answer.send(handed_out(invocation, deadline));
        let killed = tokio::time::sleep(invocation.killed_after.unwrap_or(PATIENCE));
        let cut_off = tokio::time::sleep(invocation.time);
        tokio::pin!(killed, cut_off);
        loop {
            tokio::select! {
                biased;
                () = &mut killed => return self.kill(Outcome::Killed),
                call = self.calls.recv() => {
                    if let Some(call) = call { return hear(call) }
                }
                () = &mut cut_off => return self.kill(Outcome::CutOff),
                () = tokio::time::sleep(LOOK) => {
                    if let Err(how) = self.still_runs() { return Outcome::Ended(how) }
                }
            }
        }
    }

    fn kill(&mut self, outcome: Outcome) -> Outcome {
        self.child.kill().expect("a process of ours can be killed");
        self.child.wait().expect("a process that was killed ends");
        outcome
    }

    /// Whether the process runs; if not, how it ended.
    pub(crate) fn still_runs(&mut self) -> Result<(), String> {
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => Err(format!("it ended: {status}")),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.listening.abort();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Call {
    fn path(&self) -> &str {
        self.request.head.first().and_then(|line| line.split(' ').nth(1)).unwrap_or_default()
    }
}

/// The function's word on an invocation.
fn hear(call: Call) -> Outcome {
    let outcome = if call.path().ends_with("/response") {
        Outcome::Answered(call.request.json())
    } else {
        Outcome::Reported(String::from_utf8_lossy(&call.request.body).into_owned())
    };
    let _ = call.answer.send(Message::json_answer("202 Accepted", &Value::Null));
    outcome
}

/// One connection of the runtime API.
async fn serve(client: TcpStream, called: mpsc::UnboundedSender<Call>) {
    let mut client = BufReader::new(client);
    while let Ok(request) = Message::read(&mut client).await {
        let (answer, answered) = oneshot::channel();
        if called.send(Call { request, answer }).is_err() {
            return;
        }
        let Ok(answer) = answered.await else { return };
        if client.get_mut().write_all(&answer.bytes()).await.is_err() {
            return;
        }
    }
}

fn handed_out(invocation: &Invocation, deadline: u64) -> Message {
    let mut message = Message::json_answer("200 OK", &invocation.event);
    message.head.extend([
        format!("lambda-runtime-aws-request-id: invocation-{}", invocation.request_id),
        format!("lambda-runtime-deadline-ms: {deadline}"),
        "lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-central-1:123456789012:function:any"
            .to_owned(),
        "lambda-runtime-trace-id: Root=1-69230c40-0f1e2d3c4b5a69788796a5b4;Sampled=0".to_owned(),
    ]);
    message
}

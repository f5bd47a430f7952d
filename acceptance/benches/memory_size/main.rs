//! What the memory size of a function buys: init phase, first invocation and warm ones of `add-physical-key` with the
//! share of a CPU that Lambda gives to each size, and what a million of them cost. DynamoDB and the issuer of tokens are
//! stood in for behind TLS, so that handshakes, the verification of certificates and the machine's roots are in it.
//!
//! Linux and root, for the control group that holds the share. Build what is measured first:
//! `cargo build --release -p add-physical-key`

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "A bench that cannot be set up ends here, and prints."
)]

mod share;

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use acceptance::key_server::KeyServer;
use acceptance::measured::{Measured, ROOTS, Took, executable, lambda_environment};
use acceptance::tls_front::{self, Certificates};
use acceptance::{NOON, Setting, Stage};
use local_inventory::dynamodb::{self, EmbeddedDynamoDb};
use local_inventory::issuer::{LOCAL_AUDIENCE, LOCAL_ISSUER};
use process::clock::Clock;

use self::share::Share;

/// In MB, as they are configured.
const SIZES: [u32; 5] = [128, 256, 512, 1_024, 1_769];
/// Processes that are started for each size, and as many again that have only their share in the init phase, too.
const STARTS: usize = 20;
/// Invocations of one process, one right after the other.
const INVOCATIONS: usize = 400;
/// How long DynamoDB and the issuer take for each answer, besides what their stand-ins compute. DynamoDB's own promise is
/// "single-digit milliseconds".
const WAIT: Duration = Duration::from_millis(4);
/// Dollars for a gigabyte and a second on arm64, and for a million requests: list prices of us-east-1, November 2026.
const GIGABYTE_SECOND: f64 = 0.000_013_333_4;
const MILLION_REQUESTS: f64 = 0.20;

fn main() {
    // `cargo test` runs benches too, to see that they start; there is nothing to measure then.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let certificates = Certificates::make();
    // The machine's roots, and the stand-ins' as the last of them.
    let mut roots = tempfile::NamedTempFile::new().expect("a file");
    roots.write_all(&std::fs::read(ROOTS).expect("the roots")).expect("a file");
    roots.write_all(certificates.root().as_bytes()).expect("a file");
    println!(
        "| memory | CPU | init | init with the share only | first | warm, median | p99 | CPU of one | a million |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for size in SIZES {
        // The embedded engine looks through its recent transactions at every write: each size has a new one.
        let scene = runtime.block_on(Scene::new(&certificates, roots.path()));
        println!("{}", scene.measure(size));
    }
}

/// A table, everything that a function needs to work on it, and a request that is accepted each time.
struct Scene {
    _stage: Stage,
    environment: Vec<(&'static str, String)>,
    event: String,
}

impl Scene {
    async fn new(certificates: &Certificates, roots: &Path) -> Self {
        let engine = EmbeddedDynamoDb::in_memory().await.expect("a database");
        let access = engine.access();
        let stage = Stage::on(Some(engine), dynamodb::client(&access), Setting::default()).await;
        let now = Clock::system().now();
        stage.pass(now.since(NOON));
        stage.turn_back(NOON.since(now));
        let keys = stage.issuer.key_set()["keys"].as_array().expect("keys").clone();
        let key_server = KeyServer::start(&keys).await;
        let database = tls_front::in_front_of(&access.endpoint, certificates, WAIT).await;
        let (authority, _) = key_server.url().rsplit_once('/').expect("a path");
        let issuer = tls_front::in_front_of(authority, certificates, WAIT).await;
        let mut environment = lambda_environment();
        environment.retain(|(name, _)| *name != "SSL_CERT_FILE");
        environment.extend(
            [
                ("SSL_CERT_FILE", roots.to_str().expect("a path")),
                ("TABLE_NAME", stage.backend.table.name()),
                ("JWT_ISSUER", LOCAL_ISSUER),
                ("JWT_AUDIENCE", LOCAL_AUDIENCE),
                ("JWT_JWKS_URL", &format!("{issuer}/jwks.json")),
                ("AWS_ENDPOINT_URL_DYNAMODB", &database),
                ("AWS_ACCESS_KEY_ID", access.access_key_id.as_str()),
            ]
            .map(|(name, value)| (name, value.to_owned())),
        );
        let (api_key, _) = stage.api_key("demo-org").await;
        let event = include_str!("../../../events/add-physical-key.json");
        let event = event.replace("${TOKEN}", &stage.user_token("demo-user")).replace("${API_KEY}", &api_key);
        Self { _stage: stage, environment, event }
    }

    /// One row of the table.
    fn measure(&self, size: u32) -> String {
        let (function, share) = (executable("add-physical-key"), Share::of_memory(size));
        let (mut inits, mut firsts, mut shared_inits) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..STARTS {
            let mut function = Measured::start(&mut Command::new(&function), &self.environment);
            share.take(function.id());
            inits.push(function.init);
            firsts.push(self.invoke(&mut function).answered);
        }
        for _ in 0..STARTS {
            shared_inits.push(Measured::start(&mut share.command(&function), &self.environment).init);
        }
        let mut function = Measured::start(&mut Command::new(&function), &self.environment);
        share.take(function.id());
        self.invoke(&mut function);
        let before = function.cpu_time();
        let warm: Vec<_> = (0..INVOCATIONS).map(|_| self.invoke(&mut function)).collect();
        let cpu = function.cpu_time().saturating_sub(before) / u32::try_from(INVOCATIONS).expect("few");
        let answered: Vec<_> = warm.iter().map(|took| took.answered).collect();
        format!(
            "| {size} MB | {:.1} % | {} ms | {} ms | {} ms | {} ms | {} ms | {:.2} ms | ${:.2} |",
            100.0 * share::of_memory(size),
            shown(&inits, 0.5),
            shown(&shared_inits, 0.5),
            shown(&firsts, 0.5),
            shown(&answered, 0.5),
            shown(&answered, 0.99),
            cpu.as_secs_f64() * 1_000.0,
            dollars(&warm, size)
        )
    }

    fn invoke(&self, function: &mut Measured) -> Took {
        let (answer, took) = function.invoke(&self.event);
        assert!(answer.contains("\"statusCode\":200"), "{answer}");
        took
    }
}

/// Milliseconds that so large a part of them stays below.
fn shown(durations: &[Duration], part: f64) -> String {
    let mut sorted = durations.to_vec();
    sorted.sort_unstable();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "An index of a few hundred."
    )]
    let index = ((sorted.len() as f64 * part) as usize).min(sorted.len() - 1);
    format!("{:.1}", sorted[index].as_secs_f64() * 1_000.0)
}

/// What a million such invocations cost: every one is billed by the millisecond, rounded up.
fn dollars(invocations: &[Took], size: u32) -> f64 {
    let seconds = |took: &Took| (took.billed.as_secs_f64() * 1_000.0).ceil() / 1_000.0;
    #[expect(clippy::cast_precision_loss, reason = "A few hundred.")]
    let mean = invocations.iter().map(seconds).sum::<f64>() / invocations.len() as f64;
    1_000_000.0 * mean * f64::from(size) / 1_024.0 * GIGABYTE_SECOND + MILLION_REQUESTS
}

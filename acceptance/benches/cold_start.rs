//! What a cold start costs before the first event: from the start of the process to its first call of the runtime
//! API, and its memory at that moment; beside a function that does nothing, turn by turn in the same run.
//!
//! Build what is measured first:
//! `cargo build --release -p add-physical-key --bins --examples`

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "A bench that cannot be set up ends here, and prints."
)]

use std::process::Command;
use std::time::Duration;

use acceptance::measured::{Measured, executable, lambda_environment};
use local_inventory::dynamodb::{Access, EmbeddedDynamoDb};
use local_inventory::issuer::{LOCAL_AUDIENCE, LOCAL_ISSUER, LocalIssuer};

const STARTS: usize = 400;
/// The floor, and what is held against it.
const EXECUTABLES: [&str; 2] = ["examples/hello_world", "add-physical-key"];

fn main() {
    // `cargo test` runs benches too, to see that they start; there is nothing to measure then.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let database = runtime.block_on(EmbeddedDynamoDb::in_memory()).expect("a database");
    let environment = environment(&database.access());
    let paths = EXECUTABLES.map(executable);
    let mut starts = EXECUTABLES.map(|_| Vec::with_capacity(STARTS));
    // By turns, so that what else the machine does in the meantime slows down both.
    for _ in 0..STARTS {
        for (path, starts) in paths.iter().zip(&mut starts) {
            let started = Measured::start(&mut Command::new(path), &environment);
            starts.push((started.init, started.peak_memory(), started.cpu_time()));
        }
    }
    let mut floor = None;
    for ((name, path), starts) in EXECUTABLES.iter().zip(&paths).zip(&mut starts) {
        starts.sort_unstable();
        let (median, fastest) = (starts[STARTS / 2].0, starts[0].0);
        let mut cpu: Vec<_> = starts.iter().map(|(_, _, cpu)| *cpu).collect();
        cpu.sort_unstable();
        let peak = starts.iter().map(|(_, memory, _)| *memory).max().unwrap_or_default();
        let size = std::fs::metadata(path).expect("a file").len();
        let [median, fastest, cpu] = [median, fastest, cpu[STARTS / 2]].map(milliseconds);
        println!(
            "{name}: init {median:.2} ms (median of {STARTS}), {fastest:.2} ms (fastest), {cpu:.2} ms of CPU, \
             peak memory {peak} KiB, executable {size} bytes"
        );
        let [of_median, of_fastest, of_cpu] = floor.get_or_insert([median, fastest, cpu]);
        println!(
            "  beside the floor: {:.2} x, fastest {:.2} x, CPU {:.2} x",
            median / *of_median,
            fastest / *of_fastest,
            cpu / *of_cpu
        );
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

/// What the command functions need, with a DynamoDB of this process.
fn environment(access: &Access) -> Vec<(&'static str, String)> {
    let key_set = LocalIssuer::ephemeral().expect("a signing key").key_set().to_string();
    let mut environment = lambda_environment();
    environment.extend(
        [
            ("TABLE_NAME", "inventory"),
            ("JWT_ISSUER", LOCAL_ISSUER),
            ("JWT_AUDIENCE", LOCAL_AUDIENCE),
            ("AWS_SAM_LOCAL", "true"),
            ("LOCAL_JWT_JWKS", &key_set),
            ("AWS_ENDPOINT_URL_DYNAMODB", &access.endpoint),
            ("AWS_ACCESS_KEY_ID", access.access_key_id.as_str()),
        ]
        .map(|(name, value)| (name, value.to_owned())),
    );
    environment
}

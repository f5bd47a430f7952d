//! What an hour of very many events costs to export, how many files it takes, and what checks and sweeps of it take, on the embedded
//! DynamoDB. `cargo bench -p acceptance --bench export -- 200000 5`: so many histories of so many events each.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "A bench that cannot be set up ends here, and prints."
)]

use std::time::{Duration, Instant};

use acceptance::Stage;
use acceptance::trail::{TestArchive, first_hour, many_events};
use domain::values::EpochMillis;
use export_audit::export::{Caps, GRACE};

fn main() {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse().ok());
    // `cargo test` runs benches too, to see that they start; there is nothing to measure then.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let (histories, each) = (numbers.next().unwrap_or(20_000), numbers.next().unwrap_or(5));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(measure(histories, each));
}

async fn measure(histories: usize, each: usize) {
    let (stage, archive) = (Stage::for_trail().await, TestArchive::in_folder());
    let apart = Duration::from_nanos(3_590_000_000_000 / (histories * each) as u64);
    let began = Instant::now();
    stage.store(many_events(histories, each, apart)).await;
    println!("{histories} histories of {each} events, stored in {:.0} s", began.elapsed().as_secs_f64());
    stage.pass(first_hour().end().since(EpochMillis::new(stage.now().get())).saturating_add(GRACE));
    let (mut events, total) = (0, (histories * each) as u64);
    while events < total {
        let began = Instant::now();
        let table = &stage.backend.table;
        let report = stage.export_with(table, &archive.archive, Caps::default()).await.expect("an export");
        events += report.events;
        let took = began.elapsed().as_secs_f64();
        println!("a file with {} events in {took:.1} s, at most {} KB in memory", report.events, peak());
        stage.pass(Duration::from_hours(1));
    }
    let began = Instant::now();
    let verified = archive.check().await.expect("a whole export");
    let took = began.elapsed().as_secs_f64();
    println!("{} events in {} bytes of files, verified in {took:.1} s", verified.events, verified.bytes);
    let began = Instant::now();
    let deadline = Instant::now() + Duration::from_hours(2);
    archive.check_against_until(&stage.backend.table, deadline).await.expect("a whole export");
    println!("verified against the table in {:.1} s", began.elapsed().as_secs_f64());
}

/// The most memory that the process had, the embedded DynamoDB included.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

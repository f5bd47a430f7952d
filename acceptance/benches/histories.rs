//! How much memory a verification keeps of each history, measured as what the process has more of when all of them are in hand.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "A bench that cannot be set up ends here, and prints."
)]

use std::cell::Cell;
use std::convert::Infallible;
use std::process::Command;
use std::time::Duration;

use acceptance::trail::{TestArchive, evidence, many_events};
use domain::checkpoint::AuditCheckpoint;
use domain::values::Hour;
use trail::archive::Archive;
use trail::check::{Recorded, check_against};
use trail::compare::Differences;
use trail::histories::Histories;

/// A million histories, half of them of one event and half of two; nobody's has more, in the log that goes before.
const HISTORIES: usize = 1_000_000;
const EVENTS: usize = HISTORIES + HISTORIES / 2;
const APART: Duration = Duration::from_millis(120);
/// A log of as many events in as many hours, of few histories: what it takes to read is taken, and stays with the allocator.
const FEW_HISTORIES: usize = 1_000;

/// The archives that a process is to measure, in its environment: whoever wrote them has memory left that would be used again.
const ARCHIVES: [&str; 2] = ["BENCH_FEW", "BENCH_MANY"];

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    if let [Ok(few), Ok(many)] = ARCHIVES.map(std::env::var) {
        return runtime.block_on(measure(&few, &many));
    }
    // `cargo test` runs benches too, to see that they start; there is nothing to measure then.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let archives = [FEW_HISTORIES, HISTORIES].map(|histories| {
        let archive = TestArchive::in_folder();
        let each = EVENTS.div_ceil(histories);
        runtime.block_on(archive.export_events(many_events(histories, each, APART).take(EVENTS)));
        archive
    });
    let mut measuring = Command::new(std::env::current_exe().expect("this program"));
    for (name, archive) in ARCHIVES.iter().zip(&archives) {
        measuring.env(name, archive.url.as_str());
    }
    assert!(measuring.status().expect("a process").success());
}

async fn measure(few: &str, many: &str) {
    let mut before = 0;
    for url in [few, few, many] {
        let archive = Archive::open(&url.parse().expect("a URL")).expect("an archive");
        let listing = archive.list().await.expect("a listing");
        let in_hand = InHand::default();
        let verified =
            check_against(&in_hand, &archive, &listing, &evidence(), |_| {}).await.expect("a check");
        assert_eq!(verified.faults.count(), 0);
        let (histories, resident) = in_hand.0.get();
        assert_eq!(verified.users, histories);
        println!("{} events of {histories} histories: {} MB", verified.events, resident >> 20);
        if url == many {
            println!("{} bytes a history", resident.saturating_sub(before) / histories);
        }
        before = resident;
    }
}

/// How many histories there were in hand, and how many bytes the process had then.
#[derive(Default)]
struct InHand(Cell<(usize, usize)>);

impl Recorded for InHand {
    type Fault = Infallible;

    async fn checkpoint(&self) -> Result<Option<AuditCheckpoint>, Infallible> {
        Ok(None)
    }

    async fn differences(&self, exported: &Histories, _: Hour) -> Result<Differences, Infallible> {
        self.0.set((exported.users(), resident()));
        Ok(Differences::default())
    }
}

fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    kilobytes.unwrap_or(0_usize) << 10
}

//! What the verification of a million events takes; beside the least that it could: reading the files' lines and
//! hashing them, in the same run.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "A bench that cannot be set up ends here, and prints."
)]

use std::time::{Duration, Instant};

use acceptance::trail::{TestArchive, many_events};
use domain::values::Sha256Hash;
use trail::event_file::Lines;

const USERS: usize = 10_000;
const EVENTS_EACH: usize = 100;
/// A million events in a hundred hours.
const APART: Duration = Duration::from_millis(360);
const RUNS: usize = 5;

fn main() {
    // `cargo test` runs benches too, to see that they start; there is nothing to measure then.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let archive = TestArchive::in_folder();
    runtime.block_on(archive.export_events(many_events(USERS, EVENTS_EACH, APART)));
    let events = (USERS * EVENTS_EACH) as u64;

    let floor = median(|| {
        let (mut lines, mut bytes) = (0, 0);
        for file in
            runtime.block_on(archive.objects()).values().filter(|bytes| bytes.starts_with(b"\x1f\x8b"))
        {
            bytes += file.len();
            for line in Lines::of(file) {
                std::hint::black_box(Sha256Hash::of(line.expect("a line").as_bytes()));
                lines += 1;
            }
        }
        assert_eq!(lines, events);
        bytes
    });
    let verification = median(|| {
        let verified = runtime.block_on(archive.check()).expect("a whole export");
        assert_eq!((verified.events, verified.users), (events, USERS));
        verified.bytes
    });
    println!("{events} events of {USERS} users, {} bytes of files; medians of {RUNS}", verification.1);
    println!("reading and hashing the lines: {:.2} s", floor.0.as_secs_f64());
    let (seconds, milliseconds) = (verification.0.as_secs_f64(), verification.0.as_millis());
    println!("verification: {seconds:.2} s, {} events a second", u128::from(events) * 1_000 / milliseconds);
}

fn median<T>(mut run: impl FnMut() -> T) -> (Duration, T) {
    let mut runs: Vec<_> = (0..RUNS)
        .map(|_| {
            let began = Instant::now();
            let result = run();
            (began.elapsed(), result)
        })
        .collect();
    runs.sort_by_key(|(took, _)| *took);
    runs.swap_remove(RUNS / 2)
}

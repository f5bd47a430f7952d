//! What the verification of a million events takes; beside the least that it could: reading the files' lines and
//! hashing them, in the same run.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "A bench that cannot be set up ends here, and prints."
)]

use std::time::{Duration, Instant};

use acceptance::trail::{ORIGIN, SEED, TestArchive, first_hour, many_events};
use domain::values::{Hour, Sha256Hash};
use trail::event_file::{EventFile, Lines};
use trail::log::{self, Identity};
use trail::manifest::{FORMAT, FileEntry, Manifest, events_path, manifest_path};

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
    runtime.block_on(export(&archive));
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
    println!("verification: {:.2} s", verification.0.as_secs_f64());
}

/// An export as the function writes it, without a table.
async fn export(archive: &TestArchive) {
    let mut events = many_events(USERS, EVENTS_EACH, APART).peekable();
    let identity =
        Identity { first_hour: first_hour(), format: FORMAT, origin: ORIGIN.parse().expect("a name") };
    log::begin(&archive.archive, &identity, "table").await.expect("a log");
    while let Some(first) = events.peek() {
        let hour = Hour::of(first.record().recorded_at);
        let mut file = EventFile::default();
        while let Some(event) = events.next_if(|event| Hour::of(event.record().recorded_at) == hour) {
            file.push(&event).expect("an event");
        }
        let (bytes, contents) = file.finish().expect("a file");
        let manifest = Manifest {
            format: FORMAT,
            hour,
            events: contents.events(),
            file: FileEntry::of(&bytes),
            set_aside: Vec::new(),
            table_id: "table".to_owned(),
        };
        archive.put(&events_path(hour), bytes).await;
        archive.put(&manifest_path(hour), manifest.bytes().into()).await;
    }
    archive.forge_log(SEED).await;
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

//! The committed corpus, and what is near it, through every target.

#![expect(clippy::unwrap_used, reason = "A test that cannot be set up ends here.")]

use std::path::Path;

use fastrand::Rng;
use fuzz_targets::TARGETS;

/// How many neighbours of each file are tried, unless `FUZZ_NEIGHBOURS` says otherwise, as it does in CI.
const NEIGHBOURS: u32 = 20;
/// The longest neighbour.
const LONGEST: usize = 8_192;

/// The files of a target, in an order that is always the same.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.display().to_string(), std::fs::read(&path).unwrap())).collect()
}

#[test]
fn the_committed_corpus_finds_nothing() {
    for (name, target) in TARGETS {
        let files = corpus(name);
        assert!(files.len() >= 10, "{name} has {} files", files.len());
        for (path, bytes) in files {
            println!("{path}");
            target(&bytes);
        }
    }
}

/// What libFuzzer does with coverage to guide it (`.ci/fuzz`), this does without, and without anything to be compiled for it.
#[test]
fn neighbours_of_the_committed_corpus_find_nothing() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse().unwrap());
    let seed = number("FUZZ_SEED").unwrap_or_else(|| Rng::new().u64(..));
    println!("FUZZ_SEED={seed}");
    let neighbours = number("FUZZ_NEIGHBOURS").unwrap_or(NEIGHBOURS.into());
    let mut random = Rng::with_seed(seed);
    for (name, target) in TARGETS {
        let files = corpus(name);
        for (path, bytes) in &files {
            println!("{path}");
            for _ in 0..neighbours {
                let (_, other) = random.choice(&files).unwrap();
                target(&neighbour(bytes, other, &mut random));
            }
        }
    }
}

/// Up to four changes: a byte is another one, a stretch goes, comes twice, or is one of another file.
fn neighbour(bytes: &[u8], other: &[u8], random: &mut Rng) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    for _ in 0..random.u8(1..=4) {
        let (from, to) = stretch(&changed, random);
        match random.u8(0..4) {
            0 if from < changed.len() => changed[from] = random.u8(..),
            1 => _ = changed.drain(from..to),
            2 => changed.extend_from_within(from..to),
            _ => {
                let (begin, end) = stretch(other, random);
                changed.splice(from..to, other[begin..end].iter().copied());
            }
        }
    }
    changed.truncate(LONGEST);
    changed
}

fn stretch(bytes: &[u8], random: &mut Rng) -> (usize, usize) {
    let from = random.usize(..=bytes.len());
    (from, random.usize(from..=bytes.len()))
}

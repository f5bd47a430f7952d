//! What an auditor reads.

use domain::values::VerifierKey;
use trail::checkpoint::SignedCheckpoint;
use trail::event_file::{self, EventFile, Lines, parse_line};
use trail::manifest::Manifest;
use trail::proof::Proof;
use trail::tile::Tile;

/// Most lines of a file that are looked at: a few bytes of gzip may be many.
const MOST_LINES: usize = 1_000;

/// A line of an export, a file of events, a manifest, a checkpoint, a proof, a verifier key and the path of a tile: what is read is what would be
/// written.
pub fn exported_line(bytes: &[u8]) {
    if let Some(event) = std::str::from_utf8(bytes).ok().and_then(|line| parse_line(line).ok()) {
        let mut file = EventFile::default();
        file.push(&event).expect("written");
        let (written, _) = file.finish().expect("written");
        let lines: Vec<_> = Lines::of(&written).collect::<Result<_, _>>().expect("lines");
        let [line] = lines.as_slice() else { panic!("{} lines", lines.len()) };
        assert_eq!(parse_line(line), Ok(event.clone()), "read again");
        assert_eq!(line.as_bytes(), bytes, "a line is kept as it is");
        assert_eq!(*line, event_file::line(&event));
    }
    for line in Lines::of(bytes).take(MOST_LINES).flatten() {
        let _ = parse_line(&line);
    }
    if let Ok(manifest) = Manifest::parse(bytes) {
        assert_eq!(Manifest::parse(&manifest.bytes()), Ok(manifest), "read again");
    }
    if let Ok(checkpoint) = SignedCheckpoint::parse(bytes) {
        assert_eq!(checkpoint.bytes(), bytes, "a checkpoint is spelled in one way");
    }
    if let Ok(proof) = Proof::parse(bytes) {
        assert_eq!(proof.bytes(), bytes, "a proof is spelled in one way");
        // Whether it holds is another question, which has an answer.
        let _ = proof.check(&[]);
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text, "a verifier key is spelled in one way");
    }
    if let Some(tile) = Tile::of_path(text) {
        assert_eq!(tile.path(), text, "a tile has one path");
    }
}

//! What an auditor reads.

use trail::event_file::{self, EventFile, Lines, parse_line};
use trail::manifest::Manifest;

/// Most lines of a file that are looked at: a few bytes of gzip may be many.
const MOST_LINES: usize = 1_000;

/// A line of an export, a file of events, and a manifest: what is read is what would be written.
pub fn exported_line(bytes: &[u8]) {
    if let Some(event) = std::str::from_utf8(bytes).ok().and_then(|line| parse_line(line).ok()) {
        let mut file = EventFile::default();
        file.push(&event).expect("written");
        let written = file.finish().expect("written");
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
}

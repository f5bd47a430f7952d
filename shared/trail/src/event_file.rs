//! A file of events: gzip of one line for each event, `{"hash":"…","previousHash":"…","record":{…}}`, by history and version.
//! An hour without events has one, too, without lines.
//!
//! An event's hash is SHA-256 over the 32 bytes of `previousHash` and the record, which stands in every line from the same
//! byte on to before the last brace: no JSON library is needed to check it.

use std::io::{BufRead, BufReader, Read, Write};

use bytes::Bytes;
use domain::audit_log;
use domain::history::{ChainedRecord, EventHash, Happening, NotARecord};
use domain::values::{TableId, VerifierKey};
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};

/// The largest file that is read: twice what an export writes.
pub const MOST_BYTES: u64 = 1 << 30;
/// The longest line that is read. The longest event is about 8 KB: nobody's file fills the memory of who checks it.
const LONGEST_LINE: u64 = 64 << 10;

/// A file that is being made in memory. The same events give the same bytes.
#[derive(Debug)]
pub struct EventFile {
    gzip: GzEncoder<Vec<u8>>,
    contents: Contents,
}

/// What of a file's events goes on: into the tree, into who signs the next hour, and into which table an hour is of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// The hash of each event, in the order of the lines.
    pub hashes: Vec<EventHash>,
    /// The key that the last event of the log's own history names.
    pub named: Option<VerifierKey>,
    /// The table that the last claim of the log names.
    pub claimed: Option<TableId>,
}

impl Contents {
    /// One more event.
    pub fn push(&mut self, event: &ChainedRecord) {
        self.hashes.push(event.hash());
        match &event.record().happening {
            Happening::AuditLog(audit_log::Event::SigningKeyChanged(changed)) => {
                self.named = Some(changed.verifier_key.clone());
            }
            Happening::AuditLog(audit_log::Event::LogClaimed(claimed)) => {
                self.claimed = Some(claimed.table_id.clone());
            }
            Happening::User(_) | Happening::Organisation(_) => {}
        }
    }

    /// How many events it has.
    #[must_use]
    pub fn events(&self) -> u64 {
        u64::try_from(self.hashes.len()).unwrap_or(u64::MAX)
    }
}

impl Default for EventFile {
    fn default() -> Self {
        Self { gzip: compressed(), contents: Contents::default() }
    }
}

/// Compressed bytes that are being made in memory.
pub(crate) fn compressed() -> GzEncoder<Vec<u8>> {
    // Neither a time nor an operating system: the header is the same whoever writes it.
    GzBuilder::new().mtime(0).operating_system(255).write(Vec::new(), Compression::default())
}

impl EventFile {
    /// Adds an event.
    pub fn push(&mut self, event: &ChainedRecord) -> std::io::Result<()> {
        self.gzip.write_all(line(event).as_bytes())?;
        self.gzip.write_all(b"\n")?;
        self.contents.push(event);
        Ok(())
    }

    /// How many events it has.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.contents.events()
    }

    /// How many bytes it has so far, about.
    #[must_use]
    pub fn length(&self) -> usize {
        self.gzip.get_ref().len()
    }

    /// Its bytes, and what is in it.
    pub fn finish(self) -> std::io::Result<(Bytes, Contents)> {
        Ok((self.gzip.finish()?.into(), self.contents))
    }
}

/// Why a line cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// The file ends within it.
    #[error("the file ends in the middle")]
    EndsEarly,
    /// It is not compressed text, or longer than any event.
    #[error("it is not compressed text")]
    NotText,
    /// It is not a record between its hashes.
    #[error("it is no event")]
    NotAnEvent,
    /// What stands between its hashes and its end is no record.
    #[error("it {0}")]
    NotARecord(#[from] NotARecord),
}

/// The lines of a file, in order.
#[derive(Debug)]
pub struct Lines<'a> {
    text: BufReader<GzDecoder<&'a [u8]>>,
    /// The bytes of the last line.
    line: Vec<u8>,
    ended: bool,
}

impl<'a> Lines<'a> {
    /// The lines of these bytes.
    #[must_use]
    pub fn of(bytes: &'a [u8]) -> Self {
        Self {
            text: BufReader::with_capacity(64 << 10, GzDecoder::new(bytes)),
            line: Vec::new(),
            ended: false,
        }
    }

    /// Puts the next line behind a text. After a fault there are no more.
    pub(crate) fn next_onto(&mut self, text: &mut String) -> Option<Result<(), LineFault>> {
        if self.ended {
            return None;
        }
        let line = self.read().map(|line| line.map(|line| text.push_str(line)));
        self.ended = !matches!(line, Ok(Some(())));
        line.transpose()
    }

    fn read(&mut self) -> Result<Option<&str>, LineFault> {
        self.line.clear();
        let line = &mut self.line;
        let read = (&mut self.text).take(LONGEST_LINE).read_until(b'\n', line);
        match read {
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Err(LineFault::EndsEarly),
            // Nothing may follow the compressed text: it would be in the file and nobody would read it.
            Ok(0) if self.text.get_ref().get_ref().is_empty() => Ok(None),
            Err(_) | Ok(0) => Err(LineFault::NotText),
            Ok(_) if line.pop() == Some(b'\n') => {
                std::str::from_utf8(line).map(Some).map_err(|_| LineFault::NotText)
            }
            Ok(length) if length as u64 == LONGEST_LINE => Err(LineFault::NotText),
            Ok(_) => Err(LineFault::EndsEarly),
        }
    }
}

impl Iterator for Lines<'_> {
    type Item = Result<String, LineFault>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut line = String::new();
        Some(self.next_onto(&mut line)?.map(|()| line))
    }
}

/// What stands in a line around its hashes and its record.
const BEFORE_HASH: &str = "{\"hash\":\"";
const BEFORE_PREVIOUS: &str = "\",\"previousHash\":\"";
const BEFORE_RECORD: &str = "\",\"record\":";
const AFTER_RECORD: &str = "}";
/// How many hexadecimal digits a hash has.
const HASH_DIGITS: usize = 64;

/// The line of an event.
#[must_use]
pub fn line(event: &ChainedRecord) -> String {
    let (hash, previous, record) = (event.hash(), event.previous_hash(), event.canonical());
    format!("{BEFORE_HASH}{hash}{BEFORE_PREVIOUS}{previous}{BEFORE_RECORD}{record}{AFTER_RECORD}")
}

/// The event that a line spells. Whether it is the one that was hashed is another question.
pub fn parse_line(line: &str) -> Result<ChainedRecord, LineFault> {
    let (hash, previous_hash, record) = parts(line).ok_or(LineFault::NotAnEvent)?;
    Ok(ChainedRecord::read(record.to_owned(), previous_hash, hash)?)
}

/// The hash that a line names, the one before it, and the record between its last quotes and its end.
pub(crate) fn parts(line: &str) -> Option<(EventHash, EventHash, &str)> {
    let (hash, rest) = line.strip_prefix(BEFORE_HASH)?.split_at_checked(HASH_DIGITS)?;
    let (previous_hash, rest) = rest.strip_prefix(BEFORE_PREVIOUS)?.split_at_checked(HASH_DIGITS)?;
    let record = rest.strip_prefix(BEFORE_RECORD)?.strip_suffix(AFTER_RECORD)?;
    // Between the members of JSON a line feed may stand, and what has one would be written as two lines.
    // To count them is to look at many at once, and nearly always there is none to stop at.
    if record.bytes().filter(|byte| *byte < b' ').count() > 0 {
        return None;
    }
    Some((hash.parse().ok()?, previous_hash.parse().ok()?, record))
}

#[cfg(test)]
mod tests {
    use domain::history::{Actor, ActorKind, Circumstances, RANDOM_BYTES, Salts, Snapshot};
    use domain::user::{AddPhysicalKey, Command, User};
    use domain::values::{EpochMillis, Note, OrgId, Subject, UserId};

    use super::*;

    fn event() -> ChainedRecord {
        let snapshot = Snapshot::new(User::new(UserId::parse("\",\"record\":{} 鍵").unwrap()));
        let (issuer, note) = (OrgId::parse("acme").unwrap(), Note::parse("front").ok());
        let command = AddPhysicalKey { note, ..AddPhysicalKey::of(issuer.clone()) };
        let now = EpochMillis::new(1_795_435_200_000);
        let actor = Actor {
            kind: ActorKind::User,
            iss: None,
            id: Subject::parse("alice").ok(),
            org_id: None,
            api_key_id: None,
        };
        let salts = Salts::new([7; RANDOM_BYTES]);
        let circumstances = Circumstances { actor, request_id: "r1".to_owned(), recorded_at: now, salts };
        let event = command.decide(&snapshot.state, None, now).unwrap().happened.into();
        snapshot.append(&event, Some(issuer), circumstances).0.chained
    }

    fn file() -> Bytes {
        let mut file = EventFile::default();
        file.push(&event()).unwrap();
        file.finish().unwrap().0
    }

    #[test]
    fn a_line_has_the_bytes_that_were_hashed_between_fixed_places() {
        let bytes = file();
        let line = Lines::of(&bytes).next().unwrap().unwrap();
        assert_eq!(&line[166..line.len() - 1], event().canonical());
        assert_eq!(parse_line(&line), Ok(event()));
        assert!(event().is_hashed());
        for changed in [line.replace("r1", "r2"), line.replace("{\"actor\"", "{ \"actor\"")] {
            assert!(!parse_line(&changed).unwrap().is_hashed(), "{changed}");
        }
        for feed in ["\n", "\r", "\t"] {
            let spoilt = line.replace(",\"format\"", &format!(",{feed}\"format\""));
            assert_eq!(parse_line(&spoilt), Err(LineFault::NotAnEvent), "{spoilt:?} is not one line of text");
        }
        for spoilt in [
            line.clone() + " ",
            line.replace("{\"hash\"", "{ \"hash\""),
            line.replace("\"record\":{\"a", "\"record\": {\"a"),
            String::new(),
        ] {
            assert!(
                matches!(parse_line(&spoilt), Err(LineFault::NotAnEvent | LineFault::NotARecord(_)))
                    || !parse_line(&spoilt).unwrap().is_hashed(),
                "{spoilt}"
            );
        }
    }

    #[test]
    fn the_same_events_give_the_same_bytes() {
        assert_eq!(file(), file());
        let header = file();
        assert_eq!((&header[4..8], header[9]), (&[0; 4][..], 255), "neither a time nor a system (RFC 1952)");
        let empty = EventFile::default().finish().unwrap().0;
        assert_eq!(Lines::of(&empty).next(), None, "a file without events has no line");
    }

    #[test]
    fn what_ends_early_or_goes_on_is_told() {
        let bytes = file();
        for length in 0..bytes.len() {
            let last = Lines::of(&bytes[..length]).last();
            assert_eq!(last, Some(Err(LineFault::EndsEarly)), "{length} bytes");
        }
        let more = [&bytes[..], b"more"].concat();
        assert_eq!(Lines::of(&more).last(), Some(Err(LineFault::NotText)));
        let mut other = EventFile::default();
        other.gzip.write_all(&vec![b'x'; 1 << 20]).unwrap();
        let long = other.gzip.finish().unwrap();
        assert_eq!(Lines::of(&long).next(), Some(Err(LineFault::NotText)));
    }
}

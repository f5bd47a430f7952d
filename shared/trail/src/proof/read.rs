//! A proof as it is read: in the one spelling that it is written in, and nothing after it.

use data_encoding::BASE64;
use domain::history::{ChainedRecord, Disclosures};
use domain::values::Sha256Hash;

use super::{Disclosed, HEADER, INDEX, MOST_BYTES, Proof, disclosed};
use crate::checkpoint::SignedCheckpoint;
use crate::event_file::{LineFault, parse_line};
use crate::inclusion::Inclusion;

/// What ends the event's lines, and the hashes.
const EMPTY_LINE: &str = "\n\n";
/// The line with which a C2SP `tlog-proof` says something that is not of the log.
const EXTRA: &str = "extra ";

/// Why bytes are no proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAProof {
    /// Nobody has such a long one.
    #[error("it has more than {MOST_BYTES} bytes")]
    TooLarge,
    /// It is not text, or has a carriage return, say.
    #[error("it is no text of printable lines")]
    NotText,
    /// There is no empty line behind the event.
    #[error("no empty line follows the event")]
    EndsEarly,
    /// The first line is none of an export.
    #[error("its first line is none of an export: {0}")]
    Event(#[from] LineFault),
    /// The record is not spelled as it is hashed.
    #[error("its record has members, or a spelling, that this release does not write")]
    NotCanonical,
    /// What follows the event's line discloses no texts.
    #[error("what follows the event is not what discloses texts")]
    NotDisclosures,
    /// What follows the empty line begins with something else.
    #[error("no {HEADER} follows the first empty line")]
    NotATlogProof,
    /// It says something that no proof of this log says.
    #[error("it has a line `extra`, which nothing here is written with")]
    Extra,
    /// The index is missing, or spelled in another way.
    #[error("it does not say which entry of the log it is of")]
    Index,
    /// A line that should be a hash is none.
    #[error("hash {0} of its path is not the base64 of 32 bytes")]
    Hash(usize),
    /// It does not end with a checkpoint.
    #[error("it does not end with a signed checkpoint")]
    NotACheckpoint,
    /// The log is not so long.
    #[error("it is of entry {index}, and the checkpoint is of {size} entries: the first is entry 0")]
    BeyondTheLog {
        /// Which entry it says it is of.
        index: u64,
        /// How many the checkpoint has.
        size: u64,
    },
}

impl Proof {
    /// Reads a proof. Bytes that spell one in another way are none.
    pub fn parse(bytes: &[u8]) -> Result<Self, NotAProof> {
        if bytes.len() as u64 > MOST_BYTES {
            return Err(NotAProof::TooLarge);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| NotAProof::NotText)?;
        if text.bytes().any(|byte| byte < b' ' && byte != b'\n') {
            return Err(NotAProof::NotText);
        }
        let (event, rest) = text.split_once(EMPTY_LINE).ok_or(NotAProof::EndsEarly)?;
        let (event, disclosures) = self::event(event)?;
        let rest = rest.strip_prefix(HEADER).and_then(|rest| rest.strip_prefix('\n'));
        let rest = rest.ok_or(NotAProof::NotATlogProof)?;
        let (place, checkpoint) = rest.split_once(EMPTY_LINE).ok_or(NotAProof::NotACheckpoint)?;
        let (index, path) = self::place(place)?;
        let checkpoint =
            SignedCheckpoint::parse(checkpoint.as_bytes()).map_err(|_| NotAProof::NotACheckpoint)?;
        let size = checkpoint.checkpoint().size;
        let inclusion = Inclusion::new(index, size).ok_or(NotAProof::BeyondTheLog { index, size })?;
        Ok(Self::new(event, disclosures, inclusion, path, checkpoint))
    }
}

/// The event, and what discloses its texts.
fn event(lines: &str) -> Result<(ChainedRecord, Disclosures), NotAProof> {
    let (event, texts) = lines.split_once('\n').map_or((lines, None), |(event, texts)| (event, Some(texts)));
    let event = parse_line(event)?;
    if event.record().canonical() != event.canonical() {
        return Err(NotAProof::NotCanonical);
    }
    let Some(line) = texts else { return Ok((event, Disclosures::default())) };
    let Disclosed { texts } = serde_json::from_str(line).map_err(|_| NotAProof::NotDisclosures)?;
    // Without texts there is no line, and there is one way to write one with them.
    if disclosed(&texts).as_deref() == Some(line) {
        Ok((event, texts))
    } else {
        Err(NotAProof::NotDisclosures)
    }
}

/// Which entry it is, and the hashes beside its way.
fn place(lines: &str) -> Result<(u64, Vec<Sha256Hash>), NotAProof> {
    let mut lines = lines.split('\n');
    let line = lines.next().unwrap_or_default();
    if line.starts_with(EXTRA) {
        return Err(NotAProof::Extra);
    }
    let digits = line.strip_prefix(INDEX).ok_or(NotAProof::Index)?;
    let index: u64 = digits.parse().map_err(|_| NotAProof::Index)?;
    if index.to_string() != digits {
        return Err(NotAProof::Index);
    }
    let hashes = lines.zip(1..).map(|(line, number)| hash(line).ok_or(NotAProof::Hash(number)));
    Ok((index, hashes.collect::<Result<_, _>>()?))
}

fn hash(line: &str) -> Option<Sha256Hash> {
    let bytes: [u8; 32] = BASE64.decode(line.as_bytes()).ok()?.try_into().ok()?;
    // The decoder takes padding in the middle, as of two texts one after the other.
    (BASE64.encode(&bytes) == line).then(|| Sha256Hash::from_bytes(bytes))
}

//! Checkpoints: what the log was at the end of an hour, signed (C2SP `tlog-checkpoint`, without extension lines).

use data_encoding::BASE64;
use domain::values::{Hour, Origin, Sha256Hash, VerifierKey};

use crate::calendar;
use crate::note::{Signature, SignedNote};

/// The name of an hour's checkpoint.
pub const CHECKPOINT: &str = "checkpoint";
/// The path of the newest one, which takes the place of the one before.
pub const NEWEST: &str = "log/checkpoint";
/// The longest checkpoint that is read: an origin has at most 255 bytes, and witnesses add a line each.
pub const MOST_BYTES: u64 = 64 << 10;

/// The path of an hour's checkpoint below the export's root.
#[must_use]
pub fn checkpoint_path(hour: Hour) -> String {
    format!("log/{}/{CHECKPOINT}", calendar::folder(hour))
}

/// What a log is at some time: which log, how many entries, and the root of the tree over them. `Display` is the text that is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name.
    pub origin: Origin,
    /// How many entries it has.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Sha256Hash,
}

impl std::fmt::Display for Checkpoint {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { origin, size, root } = self;
        writeln!(formatter, "{origin}\n{size}\n{}", BASE64.encode(&root.bytes()))
    }
}

impl Checkpoint {
    /// The checkpoint that a text spells.
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.split('\n');
        let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        let root: [u8; 32] = BASE64.decode(root.as_bytes()).ok()?.try_into().ok()?;
        let read = Self {
            origin: origin.parse().ok()?,
            size: size.parse().ok()?,
            root: Sha256Hash::from_bytes(root),
        };
        // Nothing more, and in no other spelling.
        (read.to_string() == text).then_some(read)
    }
}

/// A checkpoint and its signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: SignedNote,
}

/// The bytes are no checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no checkpoint of a log")]
pub struct NotACheckpoint;

impl SignedCheckpoint {
    /// A checkpoint, and the signature of its text that this key made.
    #[must_use]
    pub fn new(checkpoint: Checkpoint, key: &VerifierKey, signature: &Signature) -> Self {
        let note = SignedNote::new(checkpoint.to_string(), key, signature);
        Self { checkpoint, note }
    }

    /// Reads a checkpoint.
    pub fn parse(bytes: &[u8]) -> Result<Self, NotACheckpoint> {
        let note = SignedNote::parse(bytes).map_err(|_| NotACheckpoint)?;
        let checkpoint = Checkpoint::parse(note.text()).ok_or(NotACheckpoint)?;
        Ok(Self { checkpoint, note })
    }

    /// What it says.
    #[must_use]
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Who signed it.
    #[must_use]
    pub const fn note(&self) -> &SignedNote {
        &self.note
    }

    /// Whether it is as an export writes it: with one signature, by this key.
    #[must_use]
    pub fn is_signed_only_by(&self, key: &VerifierKey) -> bool {
        self.note.signatures() == 1 && self.note.is_signed_by(key)
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.note.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "keys.example.com/audit\n12\nupwz3lnPMbbMl1hOuwVJPpjA9cW6XLLqcI6MRMWkJuo=\n";

    #[test]
    fn a_checkpoint_is_read_as_others_write_it_and_in_no_other_spelling() {
        let other = tlog_tiles::Checkpoint::from_bytes(TEXT.as_bytes()).unwrap();
        let read = Checkpoint::parse(TEXT).unwrap();
        assert_eq!((read.origin.as_str(), read.size), (other.origin(), other.size()));
        assert_eq!(read.root.bytes(), other.hash().0);
        assert_eq!(read.to_string().as_bytes(), other.to_bytes());
        for spoilt in [
            TEXT.replace("12", "012"),
            TEXT.replace("12", "+12"),
            TEXT.replace("12", "-1"),
            TEXT.replace("12", "99999999999999999999"),
            TEXT.replace("Juo=", "Jup="),
            TEXT.replace("Juo=", "Juo"),
            TEXT.replace("keys.example.com/audit", ""),
            TEXT.replace("keys.example.com/audit", "keys example"),
            TEXT.trim_end().to_owned(),
            format!("{TEXT}more\n"),
            format!("{TEXT}\n"),
        ] {
            assert_eq!(Checkpoint::parse(&spoilt), None, "{spoilt:?}");
        }
    }

    #[test]
    fn a_witness_may_sign_as_well_and_an_export_does_not_write_that() {
        let checkpoint = Checkpoint::parse(TEXT).unwrap();
        let pair = aws_lc_rs::signature::Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
        let public_key = aws_lc_rs::signature::KeyPair::public_key(&pair).as_ref().try_into().unwrap();
        let key = VerifierKey::new(checkpoint.origin.clone(), public_key);
        let signature = pair.sign(TEXT.as_bytes()).as_ref().try_into().unwrap();
        let signed = SignedCheckpoint::new(checkpoint, &key, &signature);
        assert!(signed.is_signed_only_by(&key));
        assert_eq!(SignedCheckpoint::parse(&signed.bytes()), Ok(signed.clone()));
        let witnessed = [signed.bytes(), "\u{2014} witness.example/w1 AAAAAAECAwQ=\n".into()].concat();
        let witnessed = SignedCheckpoint::parse(&witnessed).unwrap();
        assert!(witnessed.note().is_signed_by(&key) && !witnessed.is_signed_only_by(&key));
    }
}

//! The proof of one event, which is carried away and checked by itself: without a network, an archive or a table.
//!
//! The event's line as it was exported; if texts are disclosed, a line `{"texts":{…}}`; an empty line; and then, as it is, a C2SP
//! `tlog-proof`: which entry of the log it is, the hashes beside its way in the tree, and the signed checkpoint that they lead to.

mod read;

use data_encoding::BASE64;
use domain::history::{ChainedRecord, DisclosureFault, Disclosures, KeptRecord, Texts};
use domain::values::{Origin, Sha256Hash, VerifierKey};
use serde::{Deserialize, Serialize};

pub use self::read::NotAProof;
use crate::checkpoint::SignedCheckpoint;
use crate::event_file;
use crate::inclusion::Inclusion;
use crate::tree;

/// The longest proof that is read or written.
pub const MOST_BYTES: u64 = 64 << 10;
/// What the name of a file with a proof ends with.
pub const EXTENSION: &str = "tlog-proof";

/// What a C2SP `tlog-proof` begins with, and what stands before the entry's index.
const HEADER: &str = "c2sp.org/tlog-proof@v1";
const INDEX: &str = "index ";

/// One event, and what shows that it is in a log. Whether it does, is asked of [`Proof::check`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    event: ChainedRecord,
    disclosures: Disclosures,
    inclusion: Inclusion,
    path: Vec<Sha256Hash>,
    checkpoint: SignedCheckpoint,
}

/// The second line, if there is one.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Disclosed {
    texts: Disclosures,
}

/// Why a proof does not prove its event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofFault {
    /// The record is another one.
    #[error("the event is not the one that was hashed")]
    NotHashed,
    /// A text is another one, or was not recorded at all.
    #[error(transparent)]
    Disclosure(#[from] DisclosureFault),
    /// The event is not in the tree, or not at this place.
    #[error("the path does not lead from the event to the root that the checkpoint says")]
    OtherRoot,
    /// It is of another log than the verifier keys.
    #[error("it is of the log {0}, and none of the given verifier keys is")]
    OtherLog(Origin),
    /// Nobody signed it who should have.
    #[error("the checkpoint bears the name of {0}, and none of the given verifier keys signed it")]
    NotSigned(String),
}

impl Proof {
    /// The proof of an event, with what discloses its texts, as the entry of a tree.
    pub(crate) const fn new(
        event: ChainedRecord,
        disclosures: Disclosures,
        inclusion: Inclusion,
        path: Vec<Sha256Hash>,
        checkpoint: SignedCheckpoint,
    ) -> Self {
        Self { event, disclosures, inclusion, path, checkpoint }
    }

    /// The event.
    #[must_use]
    pub const fn event(&self) -> &ChainedRecord {
        &self.event
    }

    /// What discloses its texts, as far as it was put in.
    #[must_use]
    pub const fn disclosures(&self) -> &Disclosures {
        &self.disclosures
    }

    /// Which entry it is.
    #[must_use]
    pub const fn inclusion(&self) -> Inclusion {
        self.inclusion
    }

    /// What the log was when it was signed.
    #[must_use]
    pub const fn checkpoint(&self) -> &SignedCheckpoint {
        &self.checkpoint
    }

    /// Whether the event is in the log as one of these keys signed it. Gives which one did.
    pub fn check<'a>(&self, keys: &'a [VerifierKey]) -> Result<&'a VerifierKey, ProofFault> {
        self.check_unsigned()?;
        let origin = &self.checkpoint.checkpoint().origin;
        let mut of_log = keys.iter().filter(|key| key.name() == origin).peekable();
        if of_log.peek().is_none() {
            return Err(ProofFault::OtherLog(origin.clone()));
        }
        let note = self.checkpoint.note();
        let signer = of_log.find(|key| note.is_signed_by(key));
        signer.ok_or_else(|| ProofFault::NotSigned(note.first_signer()))
    }

    /// Whether it holds in itself, whoever signed the checkpoint.
    pub fn check_unsigned(&self) -> Result<(), ProofFault> {
        if !self.event.is_hashed() {
            return Err(ProofFault::NotHashed);
        }
        let nothing = Texts::default();
        let digests = self.event.record().happening.texts().unwrap_or(&nothing);
        digests.check(&self.disclosures)?;
        // A text that fits its digest may still be none that this program would ever have recorded.
        let kept = KeptRecord { chained: self.event.clone(), disclosures: self.disclosures.clone() };
        kept.told()?;
        let root = self.inclusion.root(tree::leaf(&self.event.hash().bytes()), &self.path);
        if root != Some(self.checkpoint.checkpoint().root) {
            return Err(ProofFault::OtherRoot);
        }
        Ok(())
    }

    /// Its bytes; always the same for the same proof.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let event = event_file::line(&self.event);
        let texts = disclosed(&self.disclosures).map(|line| line + "\n").unwrap_or_default();
        let hashes = self.path.iter().map(|hash| BASE64.encode(&hash.bytes()) + "\n");
        let (index, hashes) = (self.inclusion.index(), hashes.collect::<String>());
        let before = format!("{event}\n{texts}\n{HEADER}\n{INDEX}{index}\n{hashes}\n");
        [before.into_bytes(), self.checkpoint.bytes()].concat()
    }
}

/// The line that discloses texts, if there are any.
#[expect(
    clippy::expect_used,
    reason = "Serialising fails for maps with keys that are no strings and for failing writers; this has neither."
)]
fn disclosed(texts: &Disclosures) -> Option<String> {
    let texts = texts.clone();
    (!texts.is_empty()).then(|| serde_json::to_string(&Disclosed { texts }).expect("texts are JSON"))
}

#[cfg(test)]
pub(crate) mod tests;

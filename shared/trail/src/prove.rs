//! Proofs of single events, made from the files of a log: all of them against the newest checkpoint that there is.

use std::collections::BTreeMap;

use domain::history::Disclosures;
use domain::values::Sha256Hash;

use crate::archive::{Archive, ArchiveFault, Listing};
use crate::checkpoint::{self, SignedCheckpoint, checkpoint_path};
use crate::inclusion::Inclusion;
use crate::numbered::Numbered;
use crate::proof::{NotAProof, Proof, ProofFault};
use crate::tile::{self, Tile};
use crate::tree::{TileFile, Tree};

/// Makes proofs. Of events in the order of the log, each tile is read once: one full tile of each level is kept, and those that the tree
/// ends with.
#[derive(Debug)]
pub struct Prover<'a> {
    archive: &'a Archive,
    checkpoint: SignedCheckpoint,
    /// The tiles that the tree ends with.
    edge: BTreeMap<Tile, Vec<Sha256Hash>>,
    /// The full tile of each level that was needed last.
    full: BTreeMap<u8, (Tile, Vec<Sha256Hash>)>,
}

/// Why an event cannot be proven.
#[derive(Debug, thiserror::Error)]
pub enum ProveFault {
    /// There is no checkpoint yet.
    #[error("no hour of the log is finished yet")]
    NothingFinished,
    /// The newest checkpoint cannot be read.
    #[error("{0} is no checkpoint of a log")]
    NotACheckpoint(String),
    /// A tile is missing, or is none.
    #[error("{0} is missing, or has not as many hashes as it should")]
    Tile(String),
    /// The tiles are not those of the checkpoint.
    #[error("the tiles that the log ends with give another root than {0} says")]
    OtherTiles(String),
    /// No checkpoint says where the event's hour begins in the tree.
    #[error("the checkpoint before its hour is missing, or none")]
    NotNumbered,
    /// The event is not where it should be in the tree.
    #[error("it is not in the log as it was signed: {0}")]
    NotInTheLog(#[from] ProofFault),
    /// Its proof would not be read: of a record that another release wrote, say.
    #[error("its proof would be none: {0}")]
    NotAProof(#[from] NotAProof),
    /// The files cannot be read.
    #[error(transparent)]
    Archive(#[from] ArchiveFault),
}

impl<'a> Prover<'a> {
    /// Proves against the checkpoint of the newest hour that is finished.
    pub async fn new(archive: &'a Archive, listing: &Listing) -> Result<Self, ProveFault> {
        let unfinished = listing.unfinished();
        let newest = listing.hours.keys().rfind(|hour| Some(**hour) != unfinished);
        let path = checkpoint_path(*newest.ok_or(ProveFault::NothingFinished)?);
        let bytes = archive.read(&path, checkpoint::MOST_BYTES).await?;
        let checkpoint = bytes.and_then(|bytes| SignedCheckpoint::parse(&bytes).ok());
        let checkpoint = checkpoint.ok_or_else(|| ProveFault::NotACheckpoint(path.clone()))?;
        let (size, root) = (checkpoint.checkpoint().size, checkpoint.checkpoint().root);
        let mut files = Vec::new();
        for tile in Tree::edge_of(size) {
            let bytes = archive.read(&tile.path(), tile::MOST_BYTES).await?;
            files.push((tile, bytes.ok_or_else(|| ProveFault::Tile(tile.path()))?));
        }
        let tree = Tree::of_edge(size, &files);
        if tree.is_none_or(|tree| tree.root() != root) {
            return Err(ProveFault::OtherTiles(path));
        }
        let hashes = |(tile, bytes): &TileFile| Some((*tile, tile::hashes(bytes, tile.width)?));
        let edge = files.iter().filter_map(hashes).collect();
        Ok(Self { archive, checkpoint, edge, full: BTreeMap::new() })
    }

    /// The checkpoint that it proves against.
    #[must_use]
    pub const fn checkpoint(&self) -> &SignedCheckpoint {
        &self.checkpoint
    }

    /// The proof of an event, with what discloses its texts. It holds: that is checked before it is given, but for who signed the
    /// checkpoint.
    pub async fn prove(&mut self, numbered: Numbered, disclosures: Disclosures) -> Result<Proof, ProveFault> {
        let index = numbered.index.ok_or(ProveFault::NotNumbered)?;
        let inclusion = Inclusion::new(index, self.checkpoint.checkpoint().size);
        let inclusion = inclusion.ok_or(ProofFault::OtherRoot)?;
        for tile in inclusion.tiles() {
            self.read(tile).await?;
        }
        let path = inclusion.path(|tile| self.hashes(tile)).ok_or(ProofFault::OtherRoot)?;
        let proof = Proof::new(numbered.event, disclosures, inclusion, path, self.checkpoint.clone());
        // What is carried away is what was checked.
        let proof = Proof::parse(&proof.bytes())?;
        proof.check_unsigned()?;
        Ok(proof)
    }

    async fn read(&mut self, tile: Tile) -> Result<(), ProveFault> {
        if self.hashes(tile).is_some() {
            return Ok(());
        }
        let bytes = self.archive.read(&tile.path(), tile::MOST_BYTES).await?;
        let hashes = bytes.and_then(|bytes| tile::hashes(&bytes, tile.width));
        let hashes = hashes.ok_or_else(|| ProveFault::Tile(tile.path()))?;
        self.full.insert(tile.level, (tile, hashes));
        Ok(())
    }

    fn hashes(&self, tile: Tile) -> Option<&[Sha256Hash]> {
        let full = self.full.get(&tile.level).filter(|(of, _)| *of == tile).map(|(_, hashes)| hashes);
        full.or_else(|| self.edge.get(&tile)).map(Vec::as_slice)
    }
}

#[cfg(test)]
mod tests;

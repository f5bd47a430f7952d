//! The end of the log, as the table remembers it and the files have it: what the next hour goes on from, and what says to everybody
//! how far the log has come.

use bytes::Bytes;
use domain::checkpoint::AuditCheckpoint;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use trail::archive::Written;
use trail::checkpoint::{Checkpoint, MOST_BYTES, NEWEST, SignedCheckpoint, checkpoint_path};
use trail::tile;
use trail::tree::Tree;

use crate::export::{AT_ONCE, ExportFault, Exporter};

impl Exporter<'_> {
    /// The tree over everything up to a checkpoint. The hour's checkpoint has to be the one that the table remembers, and the tiles
    /// that the log ends with have to give its root.
    pub(crate) async fn tree_at(&self, checkpoint: &AuditCheckpoint) -> Result<Tree, ExportFault> {
        self.signed_checkpoint(checkpoint).await?;
        let tiles = stream::iter(Tree::edge_of(checkpoint.size)).map(|tile| async move {
            let there = self.archive.read(&tile.path(), tile::MOST_BYTES).await?;
            let there = there.ok_or_else(|| ExportFault::HourBefore(tile.path()))?;
            Ok::<_, ExportFault>((tile, there))
        });
        let tiles: Vec<_> = tiles.buffered(AT_ONCE).try_collect().await?;
        let tree = Tree::of_edge(checkpoint.size, &tiles).filter(|tree| tree.root() == checkpoint.root);
        let path = tiles.first().map(|(tile, _)| tile.path()).unwrap_or_default();
        tree.ok_or(ExportFault::HourBefore(path))
    }

    /// The file of the checkpoint that the table remembers.
    async fn signed_checkpoint(&self, checkpoint: &AuditCheckpoint) -> Result<Bytes, ExportFault> {
        let AuditCheckpoint { hour, size, root, signed_by, .. } = checkpoint;
        let remembered = Checkpoint { origin: self.signing.origin().clone(), size: *size, root: *root };
        let path = checkpoint_path(*hour);
        let there = self.archive.read(&path, MOST_BYTES).await?;
        let is_remembered = |there: &Bytes| {
            SignedCheckpoint::parse(there)
                .is_ok_and(|there| *there.checkpoint() == remembered && there.is_signed_only_by(signed_by))
        };
        there.filter(is_remembered).ok_or(ExportFault::HourBefore(path))
    }

    /// Puts the checkpoint of the last hour where everybody looks for the newest one, unless a later one is there. Failing is no
    /// fault: the next run does it.
    pub(crate) async fn show_newest(&self, checkpoint: &AuditCheckpoint) {
        if let Err(fault) = self.replace_newest(checkpoint).await {
            tracing::warn!(cause = %fault, "the newest checkpoint was not put in its place");
        }
    }

    async fn replace_newest(&self, checkpoint: &AuditCheckpoint) -> Result<(), ExportFault> {
        let bytes = self.signed_checkpoint(checkpoint).await?;
        let Some(found) = self.archive.find(NEWEST, MOST_BYTES).await? else {
            // Whoever was first wrote the same, or a later one.
            let _: Written = self.archive.create(NEWEST, bytes, MOST_BYTES).await?;
            return Ok(());
        };
        let is_later = SignedCheckpoint::parse(&found.bytes).is_ok_and(|there| {
            there.checkpoint().size > checkpoint.size && there.is_signed_only_by(checkpoint.next_key())
        });
        if found.bytes != bytes && !is_later {
            self.archive.replace(NEWEST, &found, bytes).await?;
        }
        Ok(())
    }
}

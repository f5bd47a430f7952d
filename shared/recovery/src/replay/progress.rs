//! How far the table says that it was exported: as far as the files go.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::checkpoint::AuditCheckpoint;
use domain::history::{HistoryId, Position};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use store::{Behind, CheckpointFault, HistoryKey};

use super::{Replay, ReplayFault, Step, WholeLog};
use crate::{AT_ONCE, BATCH};

impl Replay<'_> {
    /// Moves every cursor to what the files have of its history, then the checkpoint to the last hour. The log's own history, which has
    /// just claimed the log, is left behind: the first hour of this table has it.
    pub(super) async fn go_on(
        &self,
        whole: WholeLog<'_>,
        progress: &(impl Fn(Step) + Sync),
    ) -> Result<(), ReplayFault> {
        let WholeLog { log, histories, .. } = whole;
        let moved = AtomicU64::new(0);
        let batches = stream::iter(histories.each()).chunks(BATCH).map(Ok);
        let moving = batches.try_for_each_concurrent(AT_ONCE, async |batch| {
            self.move_cursors(&batch).await?;
            let batch = u64::try_from(batch.len()).unwrap_or_default();
            progress(Step::Moving(moved.fetch_add(batch, Ordering::Relaxed) + batch));
            Ok::<_, ReplayFault>(())
        });
        moving.await?;
        let of_log = HistoryKey::from(&HistoryId::AuditLog(log.identity.origin.clone()));
        for standing in self.table.standings(&[of_log], self.deadline).await? {
            if standing.head.version > standing.cursor.version {
                let behind = Behind { key: standing.key, version: standing.head.version };
                self.table.leave_behind(&behind).await?;
            }
        }
        self.move_checkpoint(whole).await
    }

    async fn move_cursors(&self, batch: &[(HistoryId, Position)]) -> Result<(), ReplayFault> {
        let keys: Vec<_> = batch.iter().map(|(history, _)| HistoryKey::from(history)).collect();
        let standings = self.table.standings(&keys, self.deadline).await?;
        for (key, (_, position)) in keys.iter().zip(batch) {
            let standing = standings.iter().find(|standing| standing.key == *key);
            if standing.is_none_or(|standing| standing.cursor.version < position.version) {
                self.table.move_cursor(key, *position).await?;
            }
        }
        Ok(())
    }

    async fn move_checkpoint(&self, whole: WholeLog<'_>) -> Result<(), ReplayFault> {
        let verified = whole.verified;
        let Some(((last, checkpoint), signed_by)) = verified.last.as_ref().zip(verified.signed_by.as_ref())
        else {
            return Err(ReplayFault::NotWhole);
        };
        let from = self.table.audit_checkpoint().await?.checkpoint;
        if from.as_ref().is_some_and(|from| from.hour >= *last) {
            return Ok(());
        }
        let to = AuditCheckpoint {
            hour: *last,
            size: checkpoint.size,
            root: checkpoint.root,
            signed_by: signed_by.clone(),
            next_signed_by: verified.next_signed_by.clone().filter(|next| next != signed_by),
            replaced_by: None,
            // Who is not exported to the end was left behind, whatever hour it was changed in.
            listed_from: None,
        };
        match self.table.move_audit_checkpoint(from.as_ref(), &to).await {
            Ok(()) => Ok(()),
            Err(CheckpointFault::Moved) => Err(ReplayFault::Exporting),
            Err(CheckpointFault::Store(fault)) => Err(fault.into()),
        }
    }
}

//! What the table has, before anything is appended: each history folded anew and compared with the log at the shorter of both. A backup
//! may have texts that were erased since, and the erasure: it is carried out again.

use store::{AttemptToken, Behind, HistoryKey, MendFault};
use trail::histories::Histories;

use super::tally::Tally;
use super::{Replay, ReplayFault, Step, each};

impl Replay<'_> {
    /// Looks at every history of the table. What does not follow from its events is made to; who goes on where the files end is left
    /// behind, so that the next hour has it.
    pub(super) async fn mend(
        &self,
        exported: &Histories,
        tally: &Tally,
        progress: &(impl Fn(Step) + Sync),
    ) -> Result<(), ReplayFault> {
        let mut after = None;
        loop {
            let scanned = self.table.scan_on(after.as_ref(), self.deadline).await?;
            each(&scanned.histories, |key| self.mend_one(key, exported, tally)).await?;
            progress(Step::Looking(tally.so_far().histories));
            after = scanned.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    async fn mend_one(
        &self,
        key: &HistoryKey,
        exported: &Histories,
        tally: &Tally,
    ) -> Result<(), ReplayFault> {
        tally.note(|replayed| replayed.histories += 1);
        let partition = self.table.partition(key, self.deadline).await?;
        let history = partition.history();
        let folded = partition.fold(self.table)?;
        let in_files = history.as_ref().map(|history| exported.position(history)).unwrap_or_default();
        let fork = folded.faults.first().map(ToString::to_string).or_else(|| {
            let here = folded.hash(in_files.version).filter(|here| *here != in_files.hash)?;
            let (version, there) = (in_files.version, in_files.hash);
            Some(format!("version {version} is {here} in the table, and {there} in the log"))
        });
        if let Some(shows) = fork {
            tally.fork(history, key.as_str(), shows);
            return Ok(());
        }
        // The head comes last: that it is as it was read is a condition of all.
        let (heads, others): (Vec<_>, Vec<_>) = folded
            .differences
            .iter()
            .filter(|difference| difference.is_known())
            .partition(|difference| partition.is_head(difference));
        for difference in others.into_iter().chain(heads) {
            let token = AttemptToken::new(self.operator.chance.bytes());
            match self.table.mend(&partition, difference, &token, self.deadline).await {
                Ok(()) => tally.note(|replayed| replayed.mended += 1),
                Err(MendFault::Raced) => return Err(ReplayFault::Written),
                Err(MendFault::Store(fault)) => return Err(fault.into()),
            }
        }
        for leftover in &folded.leftovers {
            self.table.clear(leftover).await?;
            tally.note(|replayed| replayed.erased += 1);
        }
        let version = folded.position().version;
        if version > in_files.version {
            self.table.leave_behind(&Behind { key: key.clone(), version }).await?;
            tally.note(|replayed| replayed.longer += 1);
        }
        Ok(())
    }
}

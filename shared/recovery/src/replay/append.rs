//! The records that the log has and the table lacks, hour by hour, each by a conditional write.

use std::collections::{BTreeMap, HashMap};

use domain::history::{ChainedRecord, Disclosures, Head, HistoryId, KeptRecord};
use futures_util::TryStreamExt;
use store::{AppendFault, AttemptToken};
use trail::calendar;
use trail::event_file::{Lines, parse_line};
use trail::manifest::FileEntry;
use trail::reading::hours;

use super::tally::Tally;
use super::{Replay, ReplayFault, Step, WholeLog, each};
use crate::BATCH;

/// Lines of a file whose records are in memory at once.
const LINES: usize = 20_000;

/// Records of several histories, those of each in order.
type Records = BTreeMap<HistoryId, Vec<ChainedRecord>>;

impl Replay<'_> {
    /// Appends what is missing. Every file has to be the one that was checked, byte for byte.
    pub(super) async fn append(
        &self,
        WholeLog { listing, verified, .. }: WholeLog<'_>,
        tally: &Tally,
        progress: &(impl Fn(Step) + Sync),
    ) -> Result<(), ReplayFault> {
        let mut hours = std::pin::pin!(hours(self.archive, listing));
        while let Some((hour, files)) = hours.try_next().await? {
            let Some(checked) = verified.files.get(&hour) else { continue };
            let bytes = files.events.bytes().filter(|bytes| FileEntry::of(bytes) == *checked);
            let changed = || ReplayFault::Changed(calendar::text(hour));
            let mut lines = Lines::of(bytes.ok_or_else(changed)?);
            loop {
                let mut records = Records::new();
                for line in lines.by_ref().take(LINES) {
                    let record = line.and_then(|line| parse_line(&line)).map_err(|_| changed())?;
                    records.entry(record.record().happening.history()).or_default().push(record);
                }
                if records.is_empty() {
                    break;
                }
                self.append_all(records, tally).await?;
                progress(Step::Appending(tally.so_far().appended));
            }
        }
        Ok(())
    }

    async fn append_all(&self, records: Records, tally: &Tally) -> Result<(), ReplayFault> {
        let open: Vec<_> = records.into_iter().filter(|(history, _)| !tally.is_forked(history)).collect();
        for batch in open.chunks(BATCH) {
            let histories: Vec<_> = batch.iter().map(|(history, _)| history.clone()).collect();
            let heads = self.table.heads(&histories, self.deadline).await?;
            let heads: HashMap<_, _> = heads.into_iter().map(|head| (head.history(), head)).collect();
            each(batch, |(history, records)| {
                let head = heads.get(history).cloned().unwrap_or_else(|| Head::new(history));
                self.append_to(head, records, tally)
            })
            .await?;
        }
        Ok(())
    }

    /// Appends to one history what it lacks of these records.
    async fn append_to(
        &self,
        mut head: Head,
        records: &[ChainedRecord],
        tally: &Tally,
    ) -> Result<(), ReplayFault> {
        for record in records {
            let (at, version) = (head.position(), record.record().version);
            if version < at.version || record.position() == at {
                continue;
            }
            let fork = if version == at.version {
                format!("version {version} is {} in the table, and {} in the log", at.hash, record.hash())
            } else {
                let kept = KeptRecord { chained: record.clone(), disclosures: Disclosures::default() };
                let token = AttemptToken::new(self.operator.chance.bytes());
                match self.table.append(&head, &kept, &token, self.deadline).await {
                    Ok(after) => {
                        head = after;
                        tally.note(|replayed| replayed.appended += 1);
                        continue;
                    }
                    Err(AppendFault::Store(fault)) => return Err(fault.into()),
                    Err(AppendFault::NotNext(why)) => format!("version {version} of the log {why}"),
                    Err(AppendFault::Taken) => format!("the table has another version {version}"),
                }
            };
            tally.fork(Some(head.history()), "", fork);
            return Ok(());
        }
        Ok(())
    }
}

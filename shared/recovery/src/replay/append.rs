//! The records that the log has and the table lacks, hour by hour, each by a conditional write.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use domain::history::{Happening, Head, HistoryId, KeptRecord};
use domain::user::RecordedEvent;
use domain::values::Hour;
use futures_util::TryStreamExt;
use store::{AppendFault, AttemptToken, HistoryKey};
use trail::calendar;
use trail::disclosure_file::{DisclosureLines, disclosures_path};
use trail::event_file::{Lines, MOST_BYTES, parse_line};
use trail::manifest::FileEntry;
use trail::reading::hours;

use super::tally::Tally;
use super::{Replay, ReplayFault, Step, WholeLog, each};
use crate::BATCH;

/// Lines of a file whose records are in memory at once.
const LINES: usize = 20_000;

/// Records of several histories, those of each in order.
type Records = BTreeMap<HistoryId, Vec<KeptRecord>>;

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
            let disclosures = self.disclosures_of(hour).await?;
            let mut disclosures = DisclosureLines::of(&disclosures);
            loop {
                let mut records = Records::new();
                for line in lines.by_ref().take(LINES) {
                    let chained = line.and_then(|line| parse_line(&line)).map_err(|_| changed())?;
                    let disclosures = disclosures.next_of(&chained);
                    let history = chained.record().happening.history();
                    records.entry(history).or_default().push(KeptRecord { chained, disclosures });
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

    /// What discloses the texts of an hour's events: nothing, if it is not kept or cannot be read.
    async fn disclosures_of(&self, hour: Hour) -> Result<Bytes, ReplayFault> {
        let Some(archive) = self.disclosures else { return Ok(Bytes::new()) };
        Ok(archive.read(&disclosures_path(hour), MOST_BYTES).await?.unwrap_or_default())
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
        records: &[KeptRecord],
        tally: &Tally,
    ) -> Result<(), ReplayFault> {
        for kept in records {
            let record = &kept.chained;
            let (at, version) = (head.position(), record.record().version);
            if version < at.version || record.position() == at {
                continue;
            }
            let fork = if version == at.version {
                format!("version {version} is {} in the table, and {} in the log", at.hash, record.hash())
            } else {
                let token = AttemptToken::new(self.operator.chance.bytes());
                match self.table.append(&head, kept, &token, self.deadline).await {
                    Ok(after) => {
                        head = after;
                        let digests = record.record().happening.texts();
                        let is_disclosed = digests.is_none_or(|digests| {
                            digests.names().all(|name| kept.disclosures.get(name).is_some())
                        });
                        tally.note(|replayed| {
                            replayed.appended += 1;
                            replayed.withheld += u64::from(!is_disclosed);
                        });
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
        if records.iter().any(is_erasure) {
            let key = HistoryKey::from(&head.history());
            let cleared = self.table.clear_erased(&key, self.deadline).await?;
            tally.note(|replayed| replayed.erased += cleared.items);
        }
        Ok(())
    }
}

/// Whether it says that texts were erased: those of lower versions, which the table may have from a backup.
fn is_erasure(kept: &KeptRecord) -> bool {
    matches!(kept.chained.record().happening, Happening::User(RecordedEvent::PhysicalKeyTextsErased(_)))
}

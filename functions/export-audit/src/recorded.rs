//! What the table has of the histories, for an export to be held against: every event item of every head that a strongly
//! consistent scan finds, and never the index that the export was made by.

use std::collections::{BTreeMap, HashSet};
use std::time::Instant;

use domain::checkpoint::AuditCheckpoint;
use domain::history::{ChainedRecord, EventHash, HistoryId, Position};
use domain::values::{Hour, Version};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use store::{AuditShards, Behind, HistoryKey, Standing, StoreFault, Table};
use trail::check::Recorded;
use trail::compare::{Differences, Missing};
use trail::histories::Histories;

use crate::export::AT_ONCE;

/// Events of a page.
const PAGE: i32 = 500;
/// Histories whose heads and cursors are read at once, in one call each.
const BATCH: usize = 50;

/// The records of a table.
#[derive(Debug, Clone, Copy)]
pub struct RecordedInTable<'a> {
    /// The inventory's table.
    pub table: &'a Table,
    /// Until when it may be read.
    pub deadline: Instant,
}

/// What was found of one history.
struct Compared {
    history: HistoryId,
    /// The hash of each version that was recorded, if the files have something else.
    other: Option<BTreeMap<Version, EventHash>>,
    missing: Option<Missing>,
}

impl Recorded for RecordedInTable<'_> {
    type Fault = StoreFault;

    async fn checkpoint(&self) -> Result<Option<AuditCheckpoint>, StoreFault> {
        Ok(self.table.audit_checkpoint().await?.checkpoint)
    }

    async fn differences(&self, exported: &Histories, last: Hour) -> Result<Differences, StoreFault> {
        let behind = self.behind().await?;
        let (mut differences, mut seen) = (Differences::default(), HashSet::new());
        let mut after = None;
        loop {
            let (keys, next) = self.table.all_histories(after, self.deadline).await?;
            for batch in keys.chunks(BATCH) {
                let standings = self.table.standings(batch, self.deadline).await?;
                let compared = stream::iter(&standings).map(|standing| {
                    self.compare(standing, exported.position(&standing.history), last, &behind)
                });
                let compared: Vec<_> = compared.buffer_unordered(AT_ONCE).try_collect().await?;
                for Compared { history, other, missing } in compared {
                    differences.other.extend(other.map(|recorded| (history.clone(), recorded)));
                    differences.missing.extend(missing.map(|missing| (history.clone(), missing)));
                    seen.insert(history);
                }
            }
            after = next;
            if after.is_none() {
                break;
            }
        }
        let unseen = exported.each().filter(|(history, _)| !seen.contains(*history));
        differences.other.extend(unseen.map(|(history, _)| (history.clone(), BTreeMap::new())));
        Ok(differences)
    }
}

impl RecordedInTable<'_> {
    /// Compares one history with what the files have of it.
    async fn compare(
        &self,
        standing: &Standing,
        exported: Position,
        last: Hour,
        behind: &HashSet<HistoryKey>,
    ) -> Result<Compared, StoreFault> {
        let Standing { key, history, changed_in, cursor, .. } = standing;
        let events = self.events(key).await?;
        let is_there = |version: Version, hash| events.get(&version).is_some_and(|event| event.hash == hash);
        let up_to_there = u64::try_from(events.range(..=exported.version).count()).unwrap_or(u64::MAX);
        let is_same = exported == Position::default()
            || is_there(exported.version, exported.hash) && up_to_there == exported.version.get();
        let other =
            (!is_same).then(|| events.iter().map(|(version, event)| (*version, event.hash)).collect());
        // What was changed since the last hour is listed for the next one, and so is who was left behind.
        let is_to_come = *changed_in >= last || behind.contains(key);
        let missing = events.get(&exported.version.next());
        let missing = missing.filter(|_| !is_to_come || cursor.version > exported.version);
        let missing = missing.map(|event| event.missing);
        Ok(Compared { history: history.clone(), other, missing })
    }

    /// All events of a history, those after a gap as well.
    async fn events(&self, key: &HistoryKey) -> Result<BTreeMap<Version, Event>, StoreFault> {
        let (mut events, mut at) = (BTreeMap::new(), Position::default());
        loop {
            let page = self.table.history_after(key, at.version, PAGE, self.deadline).await?;
            let is_last = page.is_last || page.entries.is_empty();
            for event in page.entries {
                let event = Event::after(at, &event);
                at = Position { version: event.missing.version, hash: event.hash };
                events.insert(at.version, event);
            }
            if is_last {
                return Ok(events);
            }
        }
    }

    async fn behind(&self) -> Result<HashSet<HistoryKey>, StoreFault> {
        let mut all = HashSet::new();
        for shard in AuditShards::MOST.each() {
            let mut after: Option<HistoryKey> = None;
            loop {
                let page = self.table.left_behind(shard, after.as_ref(), PAGE, self.deadline).await?;
                after = page.entries.last().map(|Behind { key, .. }| key.clone());
                all.extend(page.entries.into_iter().map(|Behind { key, .. }| key));
                if page.is_last || after.is_none() {
                    break;
                }
            }
        }
        Ok(all)
    }
}

/// As much of an event as is compared.
struct Event {
    /// Of the bytes that are in the table, whatever their item says that it is.
    hash: EventHash,
    missing: Missing,
}

impl Event {
    /// After a gap, what stood before it is what the event says.
    fn after(at: Position, event: &ChainedRecord) -> Self {
        let record = event.record();
        let missing = Missing { version: record.version, recorded_at: record.recorded_at };
        let before = if record.version == at.version.next() { at.hash } else { event.previous_hash() };
        Self { hash: before.chain(event.canonical()), missing }
    }
}

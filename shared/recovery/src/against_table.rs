//! What a table has of the histories, for an export to be held against: every event item of every history that the files have, and
//! every history that a strongly consistent scan finds; never the index that the export was made by.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Mutex;
use std::time::Instant;

use domain::checkpoint::AuditCheckpoint;
use domain::history::{ChainedRecord, EventHash, HistoryId, Position};
use domain::values::{Hour, Version};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use store::{AuditShards, Behind, HistoryKey, ScanPlace, Standing, StoreFault, Table};
use trail::check::Recorded;
use trail::compare::{Differences, Missing};
use trail::histories::Histories;

use crate::{AT_ONCE, BATCH};

/// Events of a page.
const PAGE: i32 = 500;

/// How far a comparison has come. It can be kept, and gone on with by another process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// The last of the histories in the files that was compared, by kind and id.
    pub compared: Option<(String, String)>,
    /// Where the scan for those that are not in the files goes on.
    pub scanned: Option<ScanPlace>,
    /// The histories of which something is not the same: they are compared again.
    pub found: BTreeSet<(String, String)>,
}

/// The records of a table.
pub struct RecordedInTable<'a> {
    table: &'a Table,
    /// Until when it may be read.
    deadline: Instant,
    at: Mutex<Comparison>,
    keep: &'a (dyn Fn(&Comparison) + Sync),
}

/// What was found of one history.
struct Compared {
    history: HistoryId,
    /// The hash of each version that was recorded, if the files have something else.
    other: Option<BTreeMap<Version, EventHash>>,
    missing: Option<Missing>,
}

impl<'a> RecordedInTable<'a> {
    /// The records of a table, to be compared from the beginning.
    #[must_use]
    pub fn new(table: &'a Table, deadline: Instant) -> Self {
        Self::from(table, deadline, Comparison::default(), &|_| {})
    }

    /// The same, from where an earlier comparison came to. `keep` is told from time to time how far this one has come.
    #[must_use]
    pub fn from(
        table: &'a Table,
        deadline: Instant,
        at: Comparison,
        keep: &'a (dyn Fn(&Comparison) + Sync),
    ) -> Self {
        Self { table, deadline, at: Mutex::new(at), keep }
    }
}

impl Recorded for RecordedInTable<'_> {
    type Fault = StoreFault;

    async fn checkpoint(&self) -> Result<Option<AuditCheckpoint>, StoreFault> {
        Ok(self.table.audit_checkpoint().await?.checkpoint)
    }

    async fn differences(&self, exported: &Histories, last: Hour) -> Result<Differences, StoreFault> {
        let mut at = self.at.lock().map(|at| at.clone()).unwrap_or_default();
        let behind = self.behind().await?;
        let mut differences = Differences::default();
        let is_due = |history: &HistoryId| {
            let (kind, id) = name(history);
            let was_found = !at.found.is_empty() && at.found.contains(&(kind.to_owned(), id.to_owned()));
            let is_behind = at.compared.as_ref().is_some_and(|(k, i)| (kind, id) <= (k.as_str(), i.as_str()));
            was_found || !is_behind
        };
        let mut due: Vec<_> = exported.each().map(|(history, _)| history).filter(is_due).collect();
        due.sort_unstable_by(|one, other| name(one).cmp(&name(other)));
        // One that the files do not have is found by the scan alone.
        let is_in_files = |found: &(String, String)| {
            due.iter().any(|history| name(history) == (found.0.as_str(), found.1.as_str()))
        };
        if !at.found.iter().all(is_in_files) {
            at.scanned = None;
        }
        for batch in due.chunks(BATCH) {
            let keys: Vec<_> = batch.iter().map(HistoryKey::from).collect();
            let standings = self.table.standings(&keys, self.deadline).await?;
            let compared = stream::iter(batch.iter().zip(&keys)).map(|(history, key)| {
                let standing = standings.iter().find(|standing| standing.key == *key);
                self.compare(history.clone(), key, standing, exported.position(history), last, &behind)
            });
            let compared: Vec<_> = compared.buffered(AT_ONCE).try_collect().await?;
            note(compared, &mut differences, &mut at);
            if let Some(of) = batch.last().map(name) {
                let of = (of.0.to_owned(), of.1.to_owned());
                at.compared = Some(at.compared.take().map_or(of.clone(), |before| before.max(of)));
            }
            (self.keep)(&at);
        }
        self.scan(exported, last, &behind, &mut differences, &mut at).await?;
        Ok(differences)
    }
}

impl RecordedInTable<'_> {
    /// Looks for histories of which the files have nothing.
    async fn scan(
        &self,
        exported: &Histories,
        last: Hour,
        behind: &HashSet<HistoryKey>,
        differences: &mut Differences,
        at: &mut Comparison,
    ) -> Result<(), StoreFault> {
        loop {
            let scanned = self.table.scan_on(at.scanned.as_ref(), self.deadline).await?;
            for keys in scanned.histories.chunks(BATCH) {
                let standings = self.table.standings(keys, self.deadline).await?;
                let unknown = standings
                    .iter()
                    .filter(|standing| exported.position(&standing.history) == Position::default());
                let compared = stream::iter(unknown).map(|standing| {
                    let history = standing.history.clone();
                    let position = Position::default();
                    self.compare(history, &standing.key, Some(standing), position, last, behind)
                });
                let compared: Vec<_> = compared.buffered(AT_ONCE).try_collect().await?;
                note(compared, differences, at);
            }
            at.scanned = scanned.next;
            if at.scanned.is_none() {
                return Ok(());
            }
            (self.keep)(at);
        }
    }

    /// Compares one history with what the files have of it.
    async fn compare(
        &self,
        history: HistoryId,
        key: &HistoryKey,
        standing: Option<&Standing>,
        exported: Position,
        last: Hour,
        behind: &HashSet<HistoryKey>,
    ) -> Result<Compared, StoreFault> {
        let events = self.events(key).await?;
        let is_there = |version: Version, hash| events.get(&version).is_some_and(|event| event.hash == hash);
        let up_to_there = u64::try_from(events.range(..=exported.version).count()).unwrap_or(u64::MAX);
        let is_same = exported == Position::default()
            || is_there(exported.version, exported.hash) && up_to_there == exported.version.get();
        let other =
            (!is_same).then(|| events.iter().map(|(version, event)| (*version, event.hash)).collect());
        // What was changed since the last hour is listed for the next one, and so is who was left behind.
        let is_to_come = standing.is_some_and(|standing| standing.changed_in >= last) || behind.contains(key);
        let cursor = standing.map(|standing| standing.cursor.version).unwrap_or_default();
        let missing = events.get(&exported.version.next());
        let missing = missing.filter(|_| !is_to_come || cursor > exported.version);
        let missing = missing.map(|event| event.missing);
        Ok(Compared { history, other, missing })
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

/// A history's name, by which they are in one order.
fn name(history: &HistoryId) -> (&str, &str) {
    (history.aggregate_type(), history.aggregate_id())
}

fn note(compared: Vec<Compared>, differences: &mut Differences, at: &mut Comparison) {
    for Compared { history, other, missing } in compared {
        if other.is_some() || missing.is_some() {
            let (kind, id) = name(&history);
            at.found.insert((kind.to_owned(), id.to_owned()));
        }
        differences.other.extend(other.map(|recorded| (history.clone(), recorded)));
        differences.missing.extend(missing.map(|missing| (history, missing)));
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

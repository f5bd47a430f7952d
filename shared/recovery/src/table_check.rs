//! A whole table against its own histories: every chain, everything that follows from the events, what they tell, both indexes, and
//! how far each says that it was exported.

use std::time::Instant;

use domain::history::Position;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use process::retry::Backoff;
use serde::{Deserialize, Serialize};
use store::{Folded, HistoryKey, ScanPlace, Scanned, StoreFault, Table};
use trail::sense::nonsense;

use crate::{AT_ONCE, BATCH};

/// Faults that are told one by one; of more it is told how many there are.
const MOST_KEPT: usize = 1_000;
/// How often a history in which something is wrong is looked at: whoever writes to it meanwhile, and an index that follows the table
/// within about a second, look like a fault for a moment.
const LOOKS: usize = 5;

/// How far a check has come. It can be kept, and gone on with by another process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Checked {
    /// Where it goes on; none at the beginning, and at the end.
    pub next: Option<ScanPlace>,
    /// The partition that was looked at last: the next stretch of the scan may begin within it.
    pub last: Option<String>,
    /// The histories that were looked at.
    pub histories: u64,
    /// The events in them.
    pub events: u64,
    /// What is wrong, the first thousand of it.
    pub faults: Vec<TableFault>,
    /// How much is wrong.
    pub count: u64,
}

/// Something that is wrong in a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{of}: {shows}")]
pub struct TableFault {
    /// Whose history it is in, or which item it is.
    pub of: String,
    /// What shows it: half a sentence.
    pub shows: String,
}

/// A check of a table, which changes nothing in it.
#[derive(Debug, Clone, Copy)]
pub struct TableCheck<'a> {
    /// The table.
    pub table: &'a Table,
    /// Until when it may be read.
    pub deadline: Instant,
    /// What the waits between two looks are drawn from.
    pub waits: fn() -> Backoff,
}

/// What one history has come to.
#[derive(Default)]
struct Looked {
    of: String,
    events: u64,
    shows: Vec<String>,
}

impl TableCheck<'_> {
    /// Checks the table from where an earlier check came to. `keep` is told from time to time how far this one has come.
    pub async fn run(&self, from: Checked, mut keep: impl FnMut(&Checked)) -> Result<Checked, StoreFault> {
        let mut checked = from;
        loop {
            let scanned = self.table.scan_on(checked.next.as_ref(), self.deadline).await?;
            let is_new = |key: &&HistoryKey| checked.last.as_deref() != Some(key.as_str());
            let looks = scanned.histories.iter().filter(is_new).map(|key| self.look(key));
            let looks = stream::iter(looks.collect::<Vec<_>>()).buffered(AT_ONCE);
            let looked: Vec<Looked> = looks.try_collect().await?;
            for Looked { of, events, shows } in looked {
                checked.histories += 1;
                checked.events += events;
                for shows in shows {
                    checked.fault(of.clone(), shows);
                }
            }
            self.others(&scanned, &mut checked).await?;
            checked.last = scanned.histories.last().map(|key| key.as_str().to_owned()).or(checked.last);
            checked.next = scanned.next;
            keep(&checked);
            if checked.next.is_none() {
                return Ok(checked);
            }
        }
    }

    /// Looks at a history, and again if something is wrong.
    async fn look(&self, key: &HistoryKey) -> Result<Looked, StoreFault> {
        let mut waits = (self.waits)();
        let mut looked = self.look_once(key).await?;
        for _ in 1..LOOKS {
            if looked.shows.is_empty() || waits.wait(self.deadline).await.is_err() {
                break;
            }
            looked = self.look_once(key).await?;
        }
        Ok(looked)
    }

    async fn look_once(&self, key: &HistoryKey) -> Result<Looked, StoreFault> {
        let partition = self.table.partition(key, self.deadline).await?;
        let folded = partition.fold(self.table)?;
        let of = partition.history().map_or_else(|| format!("{:?}", key.as_str()), |of| of.to_string());
        let mut shows: Vec<String> = folded.faults.iter().map(ToString::to_string).collect();
        shows.extend(folded.differences.iter().map(ToString::to_string));
        shows.extend(folded.leftovers.iter().map(ToString::to_string));
        let told = nonsense(folded.records.iter().map(|kept| &kept.chained));
        shows.extend(told.into_iter().map(|(version, shows)| format!("version {version}: {shows}")));
        for standing in self.table.standings(std::slice::from_ref(key), self.deadline).await? {
            shows.extend(not_as_exported(&folded, standing.cursor));
        }
        shows.extend(self.table.not_in_index(&partition, self.deadline).await?);
        Ok(Looked { of, events: u64::try_from(folded.records.len()).unwrap_or(u64::MAX), shows })
    }

    /// Looks at what stands outside of the histories' partitions.
    async fn others(&self, scanned: &Scanned, checked: &mut Checked) -> Result<(), StoreFault> {
        for id in self.table.unlisted(&scanned.api_keys, self.deadline).await? {
            let shows = "no organisation has it: nothing of this program wrote it".to_owned();
            checked.fault(format!("the API key {:?}", id.as_str()), shows);
        }
        for keys in scanned.exported.chunks(BATCH) {
            let standings = self.table.standings(keys, self.deadline).await?;
            for key in keys.iter().filter(|key| !standings.iter().any(|standing| standing.key == **key)) {
                let shows = "it was exported, and the table does not have it".to_owned();
                checked.fault(format!("{:?}", key.as_str()), shows);
            }
        }
        for place in &scanned.strangers {
            let shows = "nothing of this program stands there".to_owned();
            checked.fault(format!("the item {place}"), shows);
        }
        Ok(())
    }
}

impl Checked {
    fn fault(&mut self, of: String, shows: String) {
        self.count += 1;
        if self.faults.len() < MOST_KEPT {
            self.faults.push(TableFault { of, shows });
        }
    }
}

/// That what was exported of a history is what the table has.
fn not_as_exported(folded: &Folded, cursor: Position) -> Option<String> {
    if cursor == Position::default() {
        return None;
    }
    let (version, there) = (cursor.version, cursor.hash);
    match folded.hash(version) {
        Some(here) if here == there => None,
        Some(here) => Some(format!("version {version} was exported as {there}, and the table has {here}")),
        None => Some(format!("version {version} was exported, and the table does not have it")),
    }
}

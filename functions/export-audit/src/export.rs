//! The export: every closed hour that is not exported yet, in order, once.
//!
//! An hour's file decides which events the hour has; everything else follows from it. Each step leaves things as they are if it
//! was done before, so an export may end anywhere, run again, or run twice at the same time. `models/export` is its twin.

use std::time::{Duration, Instant};

use domain::checkpoint::AuditCheckpoint;
use domain::values::{EpochMillis, Hour};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use process::chance::Chance;
use process::clock::Clock;
use serde::Serialize;
use store::{CheckpointFault, StoreFault, Table};
use trail::archive::{Archive, ArchiveFault};
use trail::calendar;
use trail::log::LogFault;
use trail::tree::Tree;

use crate::destination::{Destination, DestinationFault};
use crate::hour::{Before, Exported};
use crate::listing::Found;
use crate::signing::{SigningFault, SigningKeys};
use crate::sweep::Sweeper;

/// How long after its end an hour is closed. Decision 0029 argues for it.
pub const GRACE: Duration = Duration::from_mins(15);
/// An hour that is begun with less time left would hardly be finished.
const LEAST_TIME: Duration = Duration::from_secs(5);
/// Calls to the table that are under way at once.
pub(crate) const AT_ONCE: usize = 16;

/// How far an export came. The same words are the function's answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The hours that this run exported.
    pub hours: u64,
    /// The events in them.
    pub events: u64,
    /// The end of the last hour that is exported, whoever did it; none before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub through: Option<String>,
    /// The hours that are closed and not exported.
    pub behind_hours: u64,
    /// By how many hours the checkpoint is ahead of the clocks: more than none means that a clock was, or is, wrong.
    pub ahead_hours: u64,
    /// How often a history was left behind, to be gone on with in a later hour.
    pub left_behind: u64,
    /// The histories that the last hour of this run did not go on with, because the table holds others than the files.
    pub set_aside: u64,
}

/// Why an export ended before it was through.
#[derive(Debug, thiserror::Error)]
pub enum ExportFault {
    /// The table could not be used.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// The archive could not be used.
    #[error(transparent)]
    Archive(#[from] ArchiveFault),
    /// The archive does not say which log it is.
    #[error(transparent)]
    Log(#[from] LogFault),
    /// It is another log, or another table's.
    #[error(transparent)]
    Destination(#[from] DestinationFault),
    /// The hour's checkpoint cannot be signed.
    #[error(transparent)]
    Signing(#[from] SigningFault),
    /// An hour's file cannot be made.
    #[error("an hour's file cannot be made: {0}")]
    EventFile(#[from] std::io::Error),
    /// A file is there, and is not what the table says.
    #[error("{path} is there already, and is not what the table says: {shows}")]
    Foreign {
        /// The file.
        path: String,
        /// What shows it.
        shows: String,
    },
    /// The file of an hour's disclosures is written by somebody else again and again.
    #[error("somebody else changes the texts of the hour {0} at the same time")]
    Disclosures(String),
    /// The last hour is not the one that the table remembers.
    #[error("{0} is not the one that the table remembers")]
    HourBefore(String),
}

/// How much a file has at most. Collecting it, comparing one that is there, and everything after it take half an
/// invocation. What is left comes into the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    /// Histories.
    pub histories: usize,
    /// Events.
    pub events: u64,
    /// Bytes of the compressed file.
    pub bytes: usize,
}

impl Default for Caps {
    fn default() -> Self {
        Self { histories: 200_000, events: 1_000_000, bytes: 256 << 20 }
    }
}

/// How an export is set up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The first hour of an export that has not begun; the one of the table's creation unless given.
    pub first_hour: Option<Hour>,
    /// How much a file has at most.
    pub caps: Caps,
    /// Whether the hour that it is now is exported, too: nobody writes any more.
    pub through_now: bool,
}

impl Settings {
    /// How many hours from `next` on are to be exported now.
    fn due_hours(&self, next: Hour, now: EpochMillis) -> u64 {
        if self.through_now { Hour::of(now).next().after(next) } else { closed_hours(next, now) }
    }
}

/// What a run keeps in memory from hour to hour.
#[derive(Debug, Default)]
struct State {
    /// What was listed.
    found: Option<Found>,
    /// The tree over everything up to the last hour.
    tree: Option<Tree>,
}

/// From where to where.
#[derive(Debug)]
pub struct Exporter<'a> {
    /// The inventory's table.
    pub table: &'a Table,
    /// Where exports are kept.
    pub archive: &'a Archive,
    /// Where is kept what discloses the texts of their events; nowhere but in the table, if it is not said.
    pub disclosures: Option<&'a Archive>,
    /// Who signs them, under which name.
    pub signing: &'a SigningKeys,
    /// The time.
    pub clock: &'a Clock,
    /// Chance: a name for a table that has none.
    pub chance: &'a Chance,
    /// How it is set up.
    pub settings: &'a Settings,
}

impl Exporter<'_> {
    /// Exports hour after hour until none is left or the deadline is near. `progress` is told after each.
    pub async fn export(
        &self,
        deadline: Instant,
        progress: impl FnMut(&Report),
    ) -> Result<Report, ExportFault> {
        let (report, checkpoint) = self.hours(deadline, progress).await?;
        if let Some(checkpoint) = checkpoint {
            self.show_newest(&checkpoint).await;
        }
        Ok(report)
    }

    /// Exports hour after hour. Gives the checkpoint that was read last.
    async fn hours(
        &self,
        deadline: Instant,
        mut progress: impl FnMut(&Report),
    ) -> Result<(Report, Option<AuditCheckpoint>), ExportFault> {
        let mut report = Report::default();
        let mut destination = None;
        let mut state = State::default();
        loop {
            let (checkpoint, now) = checkpoint(self.table, self.clock).await?;
            let destination = match &destination {
                Some(opened) => opened,
                None => destination.insert(self.open(checkpoint.as_ref(), now).await?),
            };
            let next = destination.next(checkpoint.as_ref());
            report.through = checkpoint.as_ref().map(|checkpoint| calendar::text(checkpoint.hour.next()));
            report.behind_hours = self.settings.due_hours(next, now);
            // The hour that it is now may be exported already, if nobody writes any more.
            report.ahead_hours = next.after(Hour::of(now).next());
            progress(&report);
            if report.behind_hours == 0 || Instant::now() + LEAST_TIME >= deadline {
                return Ok((report, checkpoint));
            }
            let exported = self.one_hour(destination, checkpoint.as_ref(), now, &mut state, deadline).await;
            let exported = match exported {
                Ok(Some(exported)) => exported,
                Ok(None) => return Ok((report, checkpoint)),
                // Nothing of the hour is kept but what the next run finds as it would write it.
                Err(ExportFault::Store(_)) if Instant::now() >= deadline => return Ok((report, checkpoint)),
                Err(fault) => return Err(fault),
            };
            report.left_behind += exported.left_behind;
            report.set_aside = exported.set_aside;
            match self.table.move_audit_checkpoint(checkpoint.as_ref(), &exported.checkpoint).await {
                Ok(()) => {
                    report.hours += 1;
                    report.events += exported.events;
                }
                // Another run did the same. Where the checkpoint is now is read again.
                Err(CheckpointFault::Moved) => {}
                Err(CheckpointFault::Store(fault)) => return Err(fault.into()),
            }
        }
    }

    /// Exports the hour after the checkpoint, all but the checkpoint itself; nothing if there is no time for what comes before
    /// the first one.
    async fn one_hour(
        &self,
        destination: &Destination,
        checkpoint: Option<&AuditCheckpoint>,
        now: EpochMillis,
        state: &mut State,
        deadline: Instant,
    ) -> Result<Option<Exported>, ExportFault> {
        self.is_still_ours(destination).await?;
        let next = destination.next(checkpoint);
        // What was changed before the first hour is in no hour that is listed: organisations, say.
        let sweeper = Sweeper { table: self.table, clock: self.clock };
        if checkpoint.is_none() && !sweeper.sweep_before(next, deadline).await? {
            return Ok(None);
        }
        let State { found, tree } = state;
        // The tree of the hour that this run exported before, unless another run was first.
        let is_at = |tree: &Tree, at: &AuditCheckpoint| (tree.size(), tree.root()) == (at.size, at.root);
        let mut entries = match (checkpoint, tree.take()) {
            (Some(checkpoint), Some(tree)) if is_at(&tree, checkpoint) => tree,
            (Some(checkpoint), _) => self.tree_at(checkpoint).await?,
            (None, _) => Tree::default(),
        };
        let from = checkpoint.and_then(|checkpoint| checkpoint.listed_from).unwrap_or(next.previous());
        let found = match found {
            Some(found) if found.serves(next, self.settings.through_now) => found,
            _ => found.insert(self.find(from.min(next.previous()), now, deadline).await?),
        };
        let before = Before { checkpoint, destination };
        let exported = self.export_hour(next, before, &mut entries, found, deadline).await?;
        *tree = Some(entries);
        Ok(Some(exported))
    }
}

/// How far exports have come, and the time: the earlier one of two clocks, so that whoever's is ahead waits.
pub(crate) async fn checkpoint(
    table: &Table,
    clock: &Clock,
) -> Result<(Option<AuditCheckpoint>, EpochMillis), StoreFault> {
    let read = table.audit_checkpoint().await?;
    let own = clock.now();
    Ok((read.checkpoint, read.answered_at.map_or(own, |stores| stores.min(own))))
}

/// Does something for each, several at once.
pub(crate) async fn each<T>(
    all: &[T],
    work: impl AsyncFn(&T) -> Result<(), StoreFault>,
) -> Result<(), StoreFault> {
    stream::iter(all).map(|one| work(one)).buffer_unordered(AT_ONCE).try_collect().await
}

/// How many hours from `next` on are closed.
fn closed_hours(next: Hour, now: EpochMillis) -> u64 {
    before(now).after(next)
}

/// The hour that it was when the grace began that ends now.
pub(crate) fn before(now: EpochMillis) -> Hour {
    let grace = u64::try_from(GRACE.as_millis()).unwrap_or(u64::MAX);
    Hour::of(EpochMillis::new(now.get().saturating_sub(grace)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_closed_when_it_and_the_grace_are_over() {
        let hour = calendar::parse("2026-11-23T12:00:00Z").unwrap();
        let closes = hour.end().plus(GRACE);
        assert_eq!(closed_hours(hour, EpochMillis::new(closes.get() - 1)), 0);
        assert_eq!(closed_hours(hour, closes), 1);
        assert_eq!(closed_hours(hour, closes.plus(Duration::from_hours(5))), 6);
        assert_eq!(closed_hours(hour, EpochMillis::default()), 0);
    }

    #[test]
    fn a_tables_first_hour_leaves_room_for_late_clocks() {
        let created = EpochMillis::parse_rfc3339("2026-11-23T12:14:59Z").unwrap();
        assert_eq!(calendar::text(before(created)), "2026-11-23T11:00:00Z");
        let created = EpochMillis::parse_rfc3339("2026-11-23T12:15:00Z").unwrap();
        assert_eq!(calendar::text(before(created)), "2026-11-23T12:00:00Z");
    }
}

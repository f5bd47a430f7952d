//! Filling a table from the log: one that was restored to a moment has forgotten what the files hold, so that numbers would be given
//! twice and revoked API keys would live again; an empty one has forgotten everything.
//!
//! Nobody else writes to the table meanwhile. Every step leaves things as they are if it was done before, so a replay may end
//! anywhere and run again: histories are mended, records appended, the log's own history claims the log, cursors and the checkpoint
//! move to what the files say, and the claim in the files, which lets the export in, is the last.

mod append;
mod mend;
mod progress;
mod tally;

use std::time::Instant;

use domain::history::HistoryId;
use domain::values::{Hour, Origin, TableId};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use store::{Operator, OperatorsFault, StoreFault, Table};
use trail::archive::{Archive, ArchiveFault, Listing};
use trail::calendar;
use trail::histories::Histories;
use trail::log::{self, Log, LogFault};
use trail::verify::Verified;

use self::tally::Tally;
use crate::AT_ONCE;

/// What a replay is done with.
#[derive(Debug, Clone, Copy)]
pub struct Replay<'a> {
    /// The table that is filled.
    pub table: &'a Table,
    /// Where the log is.
    pub archive: &'a Archive,
    /// Where is kept what discloses the texts of its events, if it is kept anywhere.
    pub disclosures: Option<&'a Archive>,
    /// Who does it, when, and by what chance.
    pub operator: &'a Operator,
    /// Until when.
    pub deadline: Instant,
}

/// The log that a table is filled from: whole, and signed by keys that the caller has in hand.
#[derive(Debug, Clone, Copy)]
pub struct WholeLog<'a> {
    /// Which log.
    pub log: &'a Log,
    /// Its files.
    pub listing: &'a Listing,
    /// What was checked of them.
    pub verified: &'a Verified,
    /// How far each history goes.
    pub histories: &'a Histories,
}

/// What a replay has come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replayed {
    /// The histories of the table that were looked at before anything was appended.
    pub histories: u64,
    /// The items that were not what follows from their history's events, and are now.
    pub mended: u64,
    /// The records that were appended.
    pub appended: u64,
    /// How many of them have texts that nothing discloses.
    pub withheld: u64,
    /// The items that had texts of which an event says that they were erased, and have them no more.
    pub erased: u64,
    /// The histories that go on in the table where the files end: the next hour has them.
    pub longer: u64,
    /// The histories that the table has otherwise than the log, and why: nothing was written for them.
    pub forks: Vec<Fork>,
    /// The first hour that is exported from this table.
    pub from_hour: Option<Hour>,
}

/// A history of which table and log have different continuations, or of which the table has something that does not follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fork {
    /// Which one: its name, or the partition of one that has none.
    pub history: String,
    /// What shows it: half a sentence.
    pub shows: String,
}

/// Which step a replay is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Looking at what the table has: so many histories.
    Looking(u64),
    /// Appending what it lacks: so many records.
    Appending(u64),
    /// Moving the cursors: so many histories.
    Moving(u64),
}

/// Why a replay ended before it was through.
#[derive(Debug, thiserror::Error)]
pub enum ReplayFault {
    /// The log was not whole, or not signed by a key in hand: nobody fills a table from it.
    #[error(
        "the log is not whole, or was not checked with a verifier key: a table is filled from no such log"
    )]
    NotWhole,
    /// The table belongs to another log.
    #[error("this table's log is {ours}, and the one there is {there}")]
    OtherLog {
        /// The table's.
        ours: Origin,
        /// What is there.
        there: Origin,
    },
    /// The table remembers more than there is.
    #[error(
        "the table says that hours were exported through {0}, and the log there ends before or goes on otherwise"
    )]
    Ahead(String),
    /// The log's own history is another one in the table.
    #[error("the log's own history is another one in the table, so that nobody can claim the log for it")]
    LogForked,
    /// Another table has claimed the log meanwhile.
    #[error("another table has claimed the log meanwhile")]
    Claimed,
    /// An hour's file is not the one that was checked.
    #[error("the file of the hour {0} is not the one that was checked any more")]
    Changed(String),
    /// The table has no usable id.
    #[error("the table's id {0}")]
    TableId(#[from] domain::values::NotATableId),
    /// Somebody writes to the table.
    #[error("somebody writes to the table at the same time: stop that first")]
    Written,
    /// Another one moved the table's checkpoint.
    #[error("somebody else exports from this table at the same time: stop that first")]
    Exporting,
    /// The claim was not recorded.
    #[error(transparent)]
    Operators(#[from] OperatorsFault<domain::audit_log::Refusal>),
    /// The table could not be used.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// The files could not be used.
    #[error(transparent)]
    Archive(#[from] ArchiveFault),
    /// The files do not say which log it is.
    #[error(transparent)]
    Log(#[from] LogFault),
}

impl Replay<'_> {
    /// Fills the table. `progress` is told how far it has come.
    pub async fn run(
        &self,
        whole: WholeLog<'_>,
        progress: impl Fn(Step) + Sync,
    ) -> Result<Replayed, ReplayFault> {
        let WholeLog { log, verified, histories, .. } = whole;
        let Some((last, _)) = verified.last.as_ref().filter(|_| verified.faults.count() == 0) else {
            return Err(ReplayFault::NotWhole);
        };
        if verified.signed_by.is_none() || verified.begun_before.is_some() {
            return Err(ReplayFault::NotWhole);
        }
        self.is_of_log(log, verified).await?;
        // Where the engine gives a table no id, this writes one: not before it is known that the table is the log's.
        let table_id = TableId::try_from(self.table.identity(self.operator.chance.bytes()).await?.id)?;
        let tally = Tally::default();
        self.mend(histories, &tally, &progress).await?;
        self.append(whole, &tally, &progress).await?;
        let origin = &log.identity.origin;
        if tally.is_forked(&HistoryId::AuditLog(origin.clone())) {
            return Err(ReplayFault::LogForked);
        }
        let is_owner = log.owners.last().is_some_and(|owner| owner.table_id == table_id.as_str());
        if !is_owner {
            self.table.claim_log(origin, &table_id, self.operator).await?;
        }
        self.go_on(whole, &progress).await?;
        let from_hour = last.next();
        if !log::claim(self.archive, log, &table_id, from_hour).await? {
            return Err(ReplayFault::Claimed);
        }
        Ok(Replayed { from_hour: Some(from_hour), ..tally.so_far() })
    }

    /// That the table is one of this log's, and remembers nothing of it that is not there.
    async fn is_of_log(&self, log: &Log, verified: &Verified) -> Result<(), ReplayFault> {
        let there = &log.identity.origin;
        let ours = self.table.origin_or(there.to_string()).await?.parse();
        let ours: Origin = ours.map_err(|_| StoreFault::Corrupt("the name of the log".to_owned()))?;
        if ours != *there {
            return Err(ReplayFault::OtherLog { ours, there: there.clone() });
        }
        let Some(checkpoint) = self.table.audit_checkpoint().await?.checkpoint else { return Ok(()) };
        let at = verified.checkpoints.get(&checkpoint.hour);
        if at.is_some_and(|at| (at.size, at.root) == (checkpoint.size, checkpoint.root)) {
            return Ok(());
        }
        Err(ReplayFault::Ahead(calendar::text(checkpoint.hour.next())))
    }
}

/// Does something for each, several at once.
async fn each<T, F>(all: impl IntoIterator<Item = T>, work: impl Fn(T) -> F) -> Result<(), ReplayFault>
where
    F: Future<Output = Result<(), ReplayFault>>,
{
    stream::iter(all).map(work).buffer_unordered(AT_ONCE).try_collect().await
}

//! The sweep: it looks at every head that the index has, whatever its hour, and leaves behind who should have been exported
//! and was not. An index entry that came days late is found by it.

use std::time::{Duration, Instant};

use domain::values::Hour;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use process::clock::Clock;
use serde::Serialize;
use store::{Behind, Standing, StoreFault, Sweep, Table};

use crate::export::{AT_ONCE, checkpoint, each};

/// A stretch that is begun with less time left would hardly be finished.
const LEAST_TIME: Duration = Duration::from_secs(5);
/// Histories whose heads and cursors are read at once, in one call each.
const BATCH: usize = 50;

/// How far a sweep came. The same words are the function's answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SweepReport {
    /// The histories that it has looked at, in earlier runs of it too.
    pub looked_at: u64,
    /// How many of them it has left behind: they come into the next hour's file.
    pub left_behind: u64,
    /// By how many hours the latest of those that this run left behind is late.
    pub greatest_lateness_hours: u64,
    /// Whether it has looked at all. Otherwise the next one goes on where this one ended.
    pub is_through: bool,
}

/// What looks at all histories. It needs no files: how far each was exported is in the table.
#[derive(Debug, Clone, Copy)]
pub struct Sweeper<'a> {
    /// The inventory's table.
    pub table: &'a Table,
    /// The time.
    pub clock: &'a Clock,
}

impl Sweeper<'_> {
    /// Looks at all histories, or at as many as there is time for.
    pub async fn sweep(&self, deadline: Instant) -> Result<SweepReport, StoreFault> {
        let (checkpoint, _) = checkpoint(self.table, self.clock).await?;
        // Whoever was changed in an hour that is not exported yet is not late.
        let before = match &checkpoint {
            Some(checkpoint) => checkpoint.hour.next(),
            None => return Ok(SweepReport { is_through: true, ..SweepReport::default() }),
        };
        let sweep = self.table.sweep_under_way().await?;
        self.sweep_from(sweep, before, deadline).await
    }

    /// Looks at all histories before the first hour is exported: what was changed before it is in no hour that is listed. Gives
    /// whether there was time for all.
    pub(crate) async fn sweep_before(&self, first_hour: Hour, deadline: Instant) -> Result<bool, StoreFault> {
        let sweep = self.table.sweep_under_way().await?;
        Ok(self.sweep_from(sweep, first_hour, deadline).await?.is_through)
    }

    async fn sweep_from(
        &self,
        mut sweep: Sweep,
        before: Hour,
        deadline: Instant,
    ) -> Result<SweepReport, StoreFault> {
        let (mut greatest, mut is_through) = (0, false);
        while !is_through && Instant::now() + LEAST_TIME < deadline {
            let stretch = self.table.sweep_on(&mut sweep, deadline).await?;
            let batches = stream::iter(stretch.entries.chunks(BATCH));
            let batches = batches.map(|keys| self.table.standings(keys, deadline));
            let mut batches = std::pin::pin!(batches.buffered(AT_ONCE));
            while let Some(standings) = batches.try_next().await? {
                let is_late = |standing: &Standing| {
                    standing.head.version > standing.cursor.version && standing.changed_in < before
                };
                let late: Vec<_> = standings.into_iter().filter(is_late).collect();
                each(&late, async |Standing { key, head, .. }| {
                    self.table.leave_behind(&Behind { key: key.clone(), version: head.version }).await
                })
                .await?;
                sweep.left_behind += u64::try_from(late.len()).unwrap_or(u64::MAX);
                let lateness = late.iter().map(|standing| before.after(standing.changed_in)).max();
                greatest = greatest.max(lateness.unwrap_or_default());
            }
            self.table.keep_sweep(&sweep).await?;
            is_through = stretch.is_last;
        }
        let Sweep { looked_at, left_behind, .. } = sweep;
        Ok(SweepReport { looked_at, left_behind, greatest_lateness_hours: greatest, is_through })
    }
}

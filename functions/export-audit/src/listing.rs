//! Who may have something to export: those who were left behind, and those who were changed since an hour.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use domain::values::{EpochMillis, Hour, Version};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use store::{AuditShards, Behind, HistoryKey, StoreFault};

use crate::export::{AT_ONCE, Exporter};

/// Entries of a page of the index, or of those left behind.
const PAGE: i32 = 1_000;

/// The histories that were found. A head has one place in the index, and whoever changes it every hour has moved on before the
/// hour is closed: so every hour up to now is listed, and one listing serves every hour that was closed when it began.
#[derive(Debug)]
pub(crate) struct Found {
    /// Those who were left behind first, then by the hour in which they were changed last.
    pub(crate) keys: Vec<HistoryKey>,
    /// Who was left behind, and up to which version.
    pub(crate) behind: HashMap<HistoryKey, Version>,
    /// The first hour that was listed.
    pub(crate) from: Hour,
    /// The hour that it was.
    now: Hour,
}

impl Found {
    /// Whether everything that an hour has to have is in it; of the hour that it was, only if nobody writes any more.
    pub(crate) fn serves(&self, hour: Hour, nobody_writes: bool) -> bool {
        self.from <= hour.previous() && (hour < self.now || nobody_writes && hour == self.now)
    }
}

impl Exporter<'_> {
    /// Lists who was left behind, and who was changed last in an hour from this one on.
    pub(crate) async fn find(
        &self,
        from: Hour,
        now: EpochMillis,
        deadline: Instant,
    ) -> Result<Found, StoreFault> {
        let now = Hour::of(now);
        let behind = stream::iter(AuditShards::MOST.each())
            .map(|shard| self.behind_of(shard, deadline))
            .buffered(AT_ONCE)
            .try_concat()
            .await?;
        let mut keys: Vec<_> = behind.iter().map(|Behind { key, .. }| key.clone()).collect();
        let behind: HashMap<_, _> =
            behind.into_iter().map(|Behind { key, version }| (key, version)).collect();
        // Writers' clocks may be ahead.
        let hours = from.get()..=now.next().get();
        let places =
            hours.flat_map(|hour| AuditShards::MOST.each().map(move |shard| (Hour::new(hour), shard)));
        let mut pages = stream::iter(places)
            .map(|(hour, shard)| self.changed_in(hour, shard, deadline))
            .buffered(AT_ONCE);
        let mut seen: HashSet<_> = keys.iter().cloned().collect();
        while let Some(changed) = pages.try_next().await? {
            keys.extend(changed.into_iter().filter(|key| seen.insert(key.clone())));
        }
        // The log's own history is chosen first: there is room for it in every file.
        keys.sort_by_key(|key| !key.is_of_log());
        Ok(Found { keys, behind, from, now })
    }

    async fn behind_of(&self, shard: u16, deadline: Instant) -> Result<Vec<Behind>, StoreFault> {
        let mut all: Vec<Behind> = Vec::new();
        loop {
            let after = all.last().map(|behind| &behind.key);
            let page = self.table.left_behind(shard, after, PAGE, deadline).await?;
            let is_last = page.is_last || page.entries.is_empty();
            all.extend(page.entries);
            if is_last {
                return Ok(all);
            }
        }
    }

    async fn changed_in(
        &self,
        hour: Hour,
        shard: u16,
        deadline: Instant,
    ) -> Result<Vec<HistoryKey>, StoreFault> {
        let mut all: Vec<HistoryKey> = Vec::new();
        loop {
            let page = self.table.histories_changed_in(hour, shard, all.last(), PAGE, deadline).await?;
            let is_last = page.is_last || page.entries.is_empty();
            all.extend(page.entries);
            if is_last {
                return Ok(all);
            }
        }
    }
}

//! What an hour's file should have: each history from its cursor on, as far as the hour goes.

use std::time::Instant;

use bytes::Bytes;
use domain::history::{ChainedRecord, HistoryId, Position};
use domain::values::{Hour, Version};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use store::{Behind, HistoryKey, Standing, StoreFault, Stretch};
use trail::event_file::{Contents, EventFile};
use trail::manifest::SetAside;

use crate::export::{AT_ONCE, ExportFault, Exporter};
use crate::listing::Found;

/// Events of a page: with sixteen pages at once, 3,200 events in memory.
const PAGE: i32 = 200;
/// Histories whose heads and cursors are read at once, in one call each.
const BATCH: usize = 50;
/// What one head may say takes at most this part of a file's room, when histories are chosen: a head that says more than there
/// is, or a history with very many events, keeps nobody else out.
const SHARE: u64 = 16;

/// What a file should have, and who it does not go on with.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// The file.
    pub(crate) bytes: Bytes,
    /// What is in it.
    pub(crate) contents: Contents,
    /// The histories that are in it: from where, up to where.
    pub(crate) continued: Vec<Continued>,
    /// The histories that were stopped, and are to be gone on with whatever their hour.
    pub(crate) stopped: Vec<Behind>,
    /// The histories of which the table holds others than the files.
    pub(crate) set_aside: Vec<SetAside>,
    /// The histories that were left behind and are exported.
    pub(crate) caught_up: Vec<(HistoryKey, Version)>,
    /// Whether there was no room for all.
    pub(crate) has_rest: bool,
}

/// A history that is in a file.
#[derive(Debug, Clone)]
pub(crate) struct Continued {
    /// Where it is kept.
    pub(crate) key: HistoryKey,
    /// Which one it is.
    pub(crate) history: HistoryId,
    /// How far it was exported before.
    pub(crate) cursor: Position,
    /// How far the file goes.
    pub(crate) to: Position,
}

/// Why a history does not go further in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// There is nothing more, or what is more was recorded after the hour.
    Here,
    /// The next version does not show yet: a `Query` is read-committed.
    Missing,
    /// The next version is not one that follows.
    Aside,
    /// There is no more room.
    Full,
}

impl Exporter<'_> {
    /// Reads what an hour's file should have.
    pub(crate) async fn plan(
        &self,
        hour: Hour,
        found: &Found,
        deadline: Instant,
    ) -> Result<Plan, ExportFault> {
        let mut plan = Plan::default();
        let mut chosen = self.choose(found, &mut plan, deadline).await?;
        chosen.sort_unstable_by(|one, other| one.history.cmp(&other.history));
        let mut file = EventFile::default();
        // The log's own history comes last, and there is room for its few events in every file.
        let of_log = chosen.partition_point(|standing| !standing.key.is_of_log());
        for chosen in [&chosen[..of_log], &chosen[of_log..]] {
            self.fill(&mut file, chosen, hour, found, &mut plan, deadline).await?;
        }
        (plan.bytes, plan.contents) = file.finish()?;
        Ok(plan)
    }

    /// Writes the events of histories into the file, one history after the other.
    async fn fill(
        &self,
        file: &mut EventFile,
        chosen: &[Standing],
        hour: Hour,
        found: &Found,
        plan: &mut Plan,
        deadline: Instant,
    ) -> Result<(), ExportFault> {
        let pages = stream::iter(chosen).map(|standing| async move {
            let page = self.page(&standing.key, standing.cursor.version, deadline).await?;
            Ok::<_, StoreFault>((standing, page))
        });
        let mut pages = std::pin::pin!(pages.buffered(AT_ONCE));
        while let Some((standing, page)) = pages.try_next().await? {
            let hour = (!found.behind.contains_key(&standing.key)).then_some(hour);
            let (to, end) = self.history(standing, page, hour, file, deadline).await?;
            plan.end(standing, to, end);
            if end == End::Full {
                break;
            }
        }
        Ok(())
    }

    /// Chooses the histories that have something to export, as many as there is room for.
    async fn choose(
        &self,
        found: &Found,
        plan: &mut Plan,
        deadline: Instant,
    ) -> Result<Vec<Standing>, StoreFault> {
        let batches = stream::iter(found.keys.chunks(BATCH)).map(|keys| self.table.standings(keys, deadline));
        let mut batches = std::pin::pin!(batches.buffered(AT_ONCE));
        let caps = self.settings.caps;
        let most_of_one = caps.events.div_ceil(SHARE);
        let (mut chosen, mut events) = (Vec::new(), 0);
        while let Some(standings) = batches.try_next().await? {
            for standing in standings {
                let Standing { key, head, cursor, .. } = &standing;
                if head == cursor {
                    plan.caught_up.extend(found.behind.get(key).map(|_| (key.clone(), cursor.version)));
                } else if head.version <= cursor.version {
                    plan.end(&standing, *cursor, End::Aside);
                } else if chosen.len() >= caps.histories || events >= caps.events {
                    plan.has_rest = true;
                    return Ok(chosen);
                } else {
                    events += (head.version.get() - cursor.version.get()).min(most_of_one);
                    chosen.push(standing);
                }
            }
        }
        Ok(chosen)
    }

    /// Writes the events of one history into the file: up to the hour, if there is one.
    async fn history(
        &self,
        standing: &Standing,
        mut page: Option<Stretch<ChainedRecord>>,
        hour: Option<Hour>,
        file: &mut EventFile,
        deadline: Instant,
    ) -> Result<(Position, End), ExportFault> {
        let caps = self.settings.caps;
        let mut to = standing.cursor;
        loop {
            // An item that is no event does not follow either.
            let Some(Stretch { entries, is_last }) = page else { return Ok((to, End::Aside)) };
            let is_last = is_last || entries.is_empty();
            for event in entries {
                let record = event.record();
                if record.version > to.version.next() {
                    return Ok((to, End::Missing));
                }
                let is_next =
                    record.version == to.version.next() && record.happening.history() == standing.history;
                if !is_next || !event.follows(to.hash) {
                    return Ok((to, End::Aside));
                }
                if hour.is_some_and(|hour| Hour::of(record.recorded_at) > hour) {
                    return Ok((to, End::Here));
                }
                let is_full = file.events() >= caps.events || file.length() >= caps.bytes;
                if is_full && !standing.key.is_of_log() {
                    return Ok((to, End::Full));
                }
                file.push(&event)?;
                to = event.position();
            }
            if is_last {
                let end = if to.version < standing.head.version { End::Missing } else { End::Here };
                return Ok((to, end));
            }
            page = self.page(&standing.key, to.version, deadline).await?;
        }
    }

    /// The next events of a history; none if one of them cannot be read.
    async fn page(
        &self,
        key: &HistoryKey,
        after: Version,
        deadline: Instant,
    ) -> Result<Option<Stretch<ChainedRecord>>, StoreFault> {
        match self.table.history_after(key, after, PAGE, deadline).await {
            Err(StoreFault::Corrupt(_)) => Ok(None),
            page => page.map(Some),
        }
    }
}

impl Plan {
    fn end(&mut self, standing: &Standing, to: Position, end: End) {
        let Standing { key, history, head, cursor, changed_in: _ } = standing;
        match end {
            End::Here => {}
            End::Full => self.has_rest = true,
            End::Missing | End::Aside => {
                let version = head.version.max(to.version.next());
                self.stopped.push(Behind { key: key.clone(), version });
            }
        }
        if end == End::Aside {
            self.set_aside.push(SetAside::new(history, to.version));
        }
        if to.version > cursor.version {
            let (key, history) = (key.clone(), history.clone());
            self.continued.push(Continued { key, history, cursor: *cursor, to });
        }
    }
}

//! A file that is there already: it decides which events an hour has, and the table decides what they are.

use std::collections::HashMap;
use std::time::Instant;

use domain::history::{ChainedRecord, EventHash, HistoryId, Position};
use domain::values::{Hour, Version};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use store::{HistoryKey, StoreFault};
use trail::event_file::{Contents, Lines, parse_line};
use trail::manifest::events_path;

use crate::export::{AT_ONCE, ExportFault, Exporter};
use crate::plan::Continued;

/// Histories that are compared by one call for their heads and one for their events.
const BATCH: usize = 50;

/// What a file has of one history.
#[derive(Debug, Clone)]
struct Lasting {
    key: HistoryKey,
    history: HistoryId,
    /// The first line.
    line: u64,
    /// What the first event follows.
    after: Position,
    /// The last event.
    to: Position,
}

impl Exporter<'_> {
    /// What is in the file, and of which histories, if every line is the table's event and continues its cursor or lies
    /// below it. Otherwise whoever can put one object into the archive would have forgeries exported.
    pub(crate) async fn adopt(
        &self,
        hour: Hour,
        there: &[u8],
        deadline: Instant,
    ) -> Result<(Contents, Vec<Continued>), ExportFault> {
        let foreign = |line: u64, shows: &str| ExportFault::Foreign {
            path: events_path(hour),
            shows: format!("line {line}: {shows}"),
        };
        let (contents, all) = histories(there).map_err(|(line, shows)| foreign(line, &shows))?;
        let mut continued = Vec::with_capacity(all.len());
        let batches = stream::iter(all.chunks(BATCH)).map(|batch| self.compare(batch, deadline));
        let mut batches = std::pin::pin!(batches.buffered(AT_ONCE));
        while let Some(compared) = batches.try_next().await? {
            for (lasting, cursor) in compared {
                let Some(cursor) = cursor else {
                    return Err(foreign(
                        lasting.line,
                        &format!("the table does not have these events of {}", lasting.history),
                    ));
                };
                let goes_on = lasting.after.version < cursor.version || lasting.after == cursor;
                if !goes_on {
                    return Err(foreign(
                        lasting.line,
                        &format!("it does not go on where {} was left", lasting.history),
                    ));
                }
                let Lasting { key, history, to, .. } = lasting;
                continued.push(Continued { key, history, cursor, to });
            }
        }
        Ok((contents, continued))
    }

    /// The cursors of histories whose last event in the file is the table's. The lines before it are what the table has, too: each
    /// is chained to it by its hash.
    async fn compare(
        &self,
        batch: &[Lasting],
        deadline: Instant,
    ) -> Result<Vec<(Lasting, Option<Position>)>, StoreFault> {
        let keys: Vec<_> = batch.iter().map(|lasting| lasting.key.clone()).collect();
        let places: Vec<_> = batch.iter().map(|lasting| (lasting.key.clone(), lasting.to.version)).collect();
        let standings = self.table.standings(&keys, deadline).await?;
        let cursors: HashMap<_, _> = standings.into_iter().map(|of| (of.history, of.cursor)).collect();
        let events = match self.table.events_at(&places, deadline).await {
            // An item that cannot be read is nobody's event.
            Err(StoreFault::Corrupt(_)) => Vec::new(),
            events => events?,
        };
        let recorded: HashMap<(HistoryId, Version), EventHash> = events
            .into_iter()
            .map(|kept| kept.chained)
            .filter(ChainedRecord::is_hashed)
            .map(|event| ((event.record().happening.history(), event.record().version), event.hash()))
            .collect();
        let compared = batch.iter().map(|lasting| {
            let is_recorded =
                recorded.get(&(lasting.history.clone(), lasting.to.version)) == Some(&lasting.to.hash);
            let cursor = cursors.get(&lasting.history).copied().filter(|_| is_recorded);
            (lasting.clone(), cursor)
        });
        Ok(compared.collect())
    }
}

/// What is in a file, and of which histories, if each is a chain; or the line where it is not, and why.
fn histories(there: &[u8]) -> Result<(Contents, Vec<Lasting>), (u64, String)> {
    let mut all: Vec<Lasting> = Vec::new();
    let mut places: HashMap<HistoryId, usize> = HashMap::new();
    let (mut lines, mut contents) = (0, Contents::default());
    for line in Lines::of(there) {
        lines += 1;
        let event = line.and_then(|line| parse_line(&line)).map_err(|fault| (lines, fault.to_string()))?;
        let history = event.record().happening.history();
        if !event.is_hashed() {
            return Err((lines, "the event is not the one that was hashed".to_owned()));
        }
        contents.push(&event);
        if let Some(lasting) = places.get(&history).and_then(|place| all.get_mut(*place)) {
            if event.record().version != lasting.to.version.next() || !event.follows(lasting.to.hash) {
                return Err((lines, format!("it does not follow the event of {history} above it")));
            }
            lasting.to = event.position();
            continue;
        }
        let Some(before) = event.record().version.get().checked_sub(1) else {
            return Err((lines, "it has no version".to_owned()));
        };
        let after = Position { version: Version::new(before), hash: event.previous_hash() };
        places.insert(history.clone(), all.len());
        let key = HistoryKey::from(&history);
        all.push(Lasting { key, history, line: lines, after, to: event.position() });
    }
    Ok((contents, all))
}

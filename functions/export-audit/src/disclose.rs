//! What discloses the texts of an hour's events, in a place of its own.

use std::time::Instant;

use bytes::Bytes;
use domain::history::EventHash;
use domain::values::{Hour, Version};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use store::HistoryKey;
use trail::archive::Archive;
use trail::calendar;
use trail::disclosure_file::{DisclosureFile, disclosures_path};
use trail::event_file::{Lines, MOST_BYTES, parse_line};

use crate::export::{AT_ONCE, ExportFault, Exporter};

/// Events that are read at once, in one call.
const BATCH: usize = 100;
/// How often a file is written that somebody else changes at the same time.
const TRIES: usize = 10;

impl Exporter<'_> {
    /// Makes an hour's file of disclosures what the table has of them now, and not when the events were read. It is looked at once more
    /// after it was written: whoever erases a text takes it out of the table first and out of the files then, so that either finds what
    /// the other has written, and what was erased does not come back.
    pub(crate) async fn disclose(
        &self,
        to: &Archive,
        hour: Hour,
        events: &Bytes,
        deadline: Instant,
    ) -> Result<(), ExportFault> {
        let path = disclosures_path(hour);
        for _ in 0..TRIES {
            let disclosed = self.disclosed(events, deadline).await?;
            match to.find(&path, MOST_BYTES).await? {
                Some(found) if found.bytes == disclosed => return Ok(()),
                Some(found) => _ = to.replace(&path, &found, disclosed).await?,
                None => _ = to.create(&path, disclosed, MOST_BYTES).await?,
            }
        }
        Err(ExportFault::Disclosures(calendar::text(hour)))
    }

    /// A file of what the table has of the disclosures of these events.
    async fn disclosed(&self, events: &Bytes, deadline: Instant) -> Result<Bytes, ExportFault> {
        let with_texts = Lines::of(events)
            .filter_map(|line| parse_line(&line.ok()?).ok())
            .filter(|event| event.record().happening.texts().is_some_and(|texts| !texts.is_empty()))
            .map(|event| Event {
                key: HistoryKey::from(&event.record().happening.history()),
                version: event.record().version,
                hash: event.hash(),
            });
        let mut file = DisclosureFile::default();
        let batches = stream::iter(with_texts).chunks(BATCH).map(|batch| async move {
            let places: Vec<_> = batch.iter().map(|event| (event.key.clone(), event.version)).collect();
            Ok::<_, ExportFault>((self.table.events_at(&places, deadline).await?, batch))
        });
        let mut batches = std::pin::pin!(batches.buffered(AT_ONCE));
        while let Some((kept, batch)) = batches.try_next().await? {
            for event in batch {
                if let Some(kept) = kept.iter().find(|kept| kept.chained.hash() == event.hash) {
                    file.push(&kept.chained, &kept.disclosures)?;
                }
            }
        }
        Ok(file.finish()?)
    }
}

/// An event that has texts.
struct Event {
    key: HistoryKey,
    version: Version,
    hash: EventHash,
}

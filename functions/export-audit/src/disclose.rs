//! What discloses the texts of an hour's events, in a place of its own.

use std::time::Instant;

use bytes::Bytes;
use domain::history::EventHash;
use domain::values::{Hour, Version};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use store::HistoryKey;
use trail::archive::{Archive, Written};
use trail::disclosure_file::{DisclosureFile, disclosures_path};
use trail::event_file::{Lines, MOST_BYTES, parse_line};

use crate::export::{AT_ONCE, ExportFault, Exporter};

/// Events that are read at once, in one call.
const BATCH: usize = 100;

impl Exporter<'_> {
    /// Creates an hour's file of disclosures, unless it is there. They are read from the table now, and not when the events were: what
    /// was erased meanwhile does not come back.
    pub(crate) async fn disclose(
        &self,
        to: &Archive,
        hour: Hour,
        events: &Bytes,
        deadline: Instant,
    ) -> Result<(), ExportFault> {
        let path = disclosures_path(hour);
        if to.read(&path, MOST_BYTES).await?.is_some() {
            return Ok(());
        }
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
        // Whoever was first has read the same, or less of it.
        let _: Written = to.create(&path, file.finish()?, MOST_BYTES).await?;
        Ok(())
    }
}

/// An event that has texts.
struct Event {
    key: HistoryKey,
    version: Version,
    hash: EventHash,
}

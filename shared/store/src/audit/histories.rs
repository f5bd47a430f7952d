//! The histories, as the export finds them: who was changed in an hour, how far each goes and was exported, its events.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::history::{ChainedRecord, HistoryId, KeptRecord, Position};
use domain::values::{Hour, Version};

use super::super::Table;
use super::super::fault::StoreFault;
use super::super::items::{
    AUDIT_LOG, CursorShape, EVENT, EventShape, Item, OfHead, Place, StandingShape, changed_in, head, shape,
};
use super::super::pages::{Order, Stretch, stretch};
use super::super::read::{BATCH, operators_waits};
use super::super::schema::{HEAD_INDEX, PK};

/// The partition of the table that a history is kept in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HistoryKey(Arc<str>);

impl HistoryKey {
    /// As it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the log's own.
    #[must_use]
    pub fn is_of_log(&self) -> bool {
        self.0.starts_with(AUDIT_LOG)
    }

    pub(in super::super) fn of(pk: &str) -> Self {
        Self(pk.into())
    }
}

impl From<&HistoryId> for HistoryKey {
    fn from(history: &HistoryId) -> Self {
        Self(Place::head(history).pk.into())
    }
}

/// How far a history goes, and how far it was exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Where it is kept.
    pub key: HistoryKey,
    /// Which history it is.
    pub history: HistoryId,
    /// How far it goes.
    pub head: Position,
    /// The latest hour in which an event was recorded.
    pub changed_in: Hour,
    /// How far it was exported.
    pub cursor: Position,
}

/// Histories of one `BatchGetItem`: each has a head and a cursor.
const AT_ONCE: usize = BATCH / 2;

impl Table {
    /// A stretch of the histories that were changed last in an hour, of one shard, after one of them. An index follows the
    /// table within about a second.
    pub async fn histories_changed_in(
        &self,
        hour: Hour,
        shard: u16,
        after: Option<&HistoryKey>,
        at_most: i32,
        deadline: Instant,
    ) -> Result<Stretch<HistoryKey>, StoreFault> {
        let after = after.map(|key| key.as_str().to_owned());
        let query =
            self.query_of_index(HEAD_INDEX, changed_in(hour, shard), Order::Ascending, after, at_most);
        stretch(query, deadline, |OfHead { pk }| Ok(HistoryKey::of(&pk))).await
    }

    /// How far histories go and were exported, in the order of the keys; a history without a head is left out. Strongly
    /// consistent.
    pub async fn standings(
        &self,
        keys: &[HistoryKey],
        deadline: Instant,
    ) -> Result<Vec<Standing>, StoreFault> {
        let mut standings = Vec::with_capacity(keys.len());
        for keys in keys.chunks(AT_ONCE) {
            let heads = keys.iter().filter_map(|key| Place::head_in(key.as_str()));
            let places = heads.chain(keys.iter().map(Place::cursor)).map(|place| place.key()).collect();
            let items = self.batch_get(places, operators_waits(), deadline).await?;
            let mut items: HashMap<_, _> =
                items.into_iter().filter_map(|item| Some((pk_of(&item)?, item))).collect();
            for key in keys {
                let cursor = items.remove(&Place::cursor(key).pk).map(shape::<CursorShape>).transpose()?;
                let Some(stored) = items.remove(key.as_str()).map(head::<StandingShape>).transpose()? else {
                    continue;
                };
                let unnamed = || StoreFault::Corrupt("the head of a history that is nobody's".to_owned());
                standings.push(Standing {
                    key: key.clone(),
                    history: stored.history().ok_or_else(unnamed)?,
                    head: stored.position(),
                    changed_in: stored.changed_in(),
                    cursor: cursor.map(Position::from).unwrap_or_default(),
                });
            }
        }
        Ok(standings)
    }

    /// A stretch of a history's events after a version, at most so many. Strongly consistent, which for a `Query` means
    /// read-committed: version 7 may show before version 6.
    pub async fn history_after(
        &self,
        key: &HistoryKey,
        after: Version,
        at_most: i32,
        deadline: Instant,
    ) -> Result<Stretch<ChainedRecord>, StoreFault> {
        let after = Place::event_in(key.as_str().to_owned(), after);
        let query = self.query_of(key.as_str(), EVENT, Some(after), at_most);
        stretch(query, deadline, |shape: EventShape| Ok(shape.kept()?.chained)).await
    }

    /// These events, each by its history and version; what is not there is left out. Strongly consistent.
    pub async fn events_at(
        &self,
        events: &[(HistoryKey, Version)],
        deadline: Instant,
    ) -> Result<Vec<KeptRecord>, StoreFault> {
        let mut found = Vec::with_capacity(events.len());
        for events in events.chunks(BATCH) {
            let places =
                events.iter().map(|(key, version)| Place::event_in(key.as_str().to_owned(), *version));
            let places = places.map(|place| place.key()).collect();
            for item in self.batch_get(places, operators_waits(), deadline).await? {
                found.push(shape::<EventShape>(item)?.kept()?);
            }
        }
        Ok(found)
    }
}

/// The partition that an item stands in.
fn pk_of(item: &Item) -> Option<String> {
    item.get(PK).and_then(|pk: &AttributeValue| pk.as_s().ok()).cloned()
}

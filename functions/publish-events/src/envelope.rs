//! What a consumer of the bus sees of an event. Pure.

use domain::history::{EventHash, KeptRecord};
use domain::user::{Event, PhysicalKeyAdded, PhysicalKeyRemoved};
use domain::values::{EpochMillis, OrgId, Version};
use serde::Serialize;

use crate::letter::Unpublishable;

/// The `source` of every event.
pub const SOURCE: &str = "spk.api";

/// What an entry says beside its source and its bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Envelope {
    pub(crate) detail_type: &'static str,
    /// JSON.
    pub(crate) detail: String,
    /// When the event was recorded.
    pub(crate) time: EpochMillis,
}

/// The contract's `detail`. The hash is the event's own in the user's chain: who has seen it has seen the event.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Detail<'a> {
    partner_id: &'a OrgId,
    aggregate_type: &'static str,
    aggregate_id: &'a str,
    version: Version,
    timestamp: EpochMillis,
    data: Data<'a>,
    hash: EventHash,
}

/// The event's data with its type among them.
#[derive(Debug, Serialize)]
#[serde(tag = "type")]
enum Data<'a> {
    PhysicalKeyAdded(&'a PhysicalKeyAdded),
    PhysicalKeyRemoved(&'a PhysicalKeyRemoved),
}

impl Envelope {
    /// The envelope of an event, with its texts put back; none of one that is no business of consumers: an erasure, which the contract of
    /// the bus does not have, is the operator's.
    pub(crate) fn of(kept: &KeptRecord) -> Result<Option<Self>, Unpublishable> {
        let record = kept.chained.record();
        let unreadable = |cause: &dyn std::fmt::Display| Unpublishable::UnreadableItem(cause.to_string());
        let event = kept.users_event().map_err(|fault| unreadable(&fault))?;
        let history = record.happening.history();
        let issuer = record.issuer.as_ref().ok_or_else(|| unreadable(&"an event without an issuer"))?;
        let data = match &event {
            Event::PhysicalKeyAdded(added) => Data::PhysicalKeyAdded(added),
            Event::PhysicalKeyRemoved(removed) => Data::PhysicalKeyRemoved(removed),
            Event::PhysicalKeyTextsErased(_) => return Ok(None),
        };
        let detail = Detail {
            partner_id: issuer,
            aggregate_type: history.aggregate_type(),
            aggregate_id: history.aggregate_id(),
            version: record.version,
            timestamp: record.recorded_at,
            data,
            hash: kept.chained.hash(),
        };
        let detail = serde_json::to_string(&detail).map_err(|error| unreadable(&error))?;
        Ok(Some(Self { detail_type: event.name(), detail, time: record.recorded_at }))
    }
}

#[cfg(test)]
mod tests;

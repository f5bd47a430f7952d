//! What a consumer of the bus sees of an event. Pure.

use domain::history::{EventHash, IssuedRecord};
use domain::user::{Event, PhysicalKeyAdded, PhysicalKeyRemoved};
use domain::values::{EpochMillis, OrgId, UserId, Version};
use serde::Serialize;

use crate::letter::Unpublishable;

/// The `source` of every event.
pub(crate) const SOURCE: &str = "spk.api";

/// What an entry says beside its source and its bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Envelope {
    pub(crate) detail_type: &'static str,
    /// JSON.
    pub(crate) detail: String,
}

/// The contract's `detail`. The hash is the event's own in the user's chain: who has seen it has seen the event.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Detail<'a> {
    partner_id: &'a OrgId,
    aggregate_type: &'static str,
    aggregate_id: &'a UserId,
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
    /// The envelope of an event.
    pub(crate) fn of(event: &IssuedRecord) -> Result<Self, Unpublishable> {
        let record = &event.record.record;
        let data = match &record.event {
            Event::PhysicalKeyAdded(added) => Data::PhysicalKeyAdded(added),
            Event::PhysicalKeyRemoved(removed) => Data::PhysicalKeyRemoved(removed),
        };
        let detail = Detail {
            partner_id: &event.issuer,
            aggregate_type: "user",
            aggregate_id: &record.user_id,
            version: record.version,
            timestamp: record.recorded_at,
            data,
            hash: event.record.hash,
        };
        let detail = serde_json::to_string(&detail)
            .map_err(|error| Unpublishable::UnreadableItem(error.to_string()))?;
        Ok(Self { detail_type: record.event.name(), detail })
    }
}

#[cfg(test)]
mod tests;

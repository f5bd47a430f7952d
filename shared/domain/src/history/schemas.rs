//! What the OpenAPI document says of a record. Clients get its canonical bytes, so that no type of ours is serialised.

use serde::Serialize;
use utoipa::ToSchema;

use super::Actor;
use crate::user::{PhysicalKeyRemoved, RecordedAddition, RecordedErasure};
use crate::values::{EpochMillis, OrgId, UserId, Version};

/// What was hashed of an event in a user's history.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "It is described, and never made.")]
pub struct UserEventRecord {
    /// Who did it.
    actor: Actor,
    /// Whose history it belongs to.
    aggregate_id: UserId,
    /// Always `user`.
    aggregate_type: String,
    /// What happened, but for the texts that people typed.
    data: RecordedData,
    /// The format of the record: 2.
    format: u32,
    /// The organisation that issued the physical key.
    issuer: OrgId,
    /// When it was recorded.
    recorded_at: EpochMillis,
    /// The request that it answered.
    request_id: String,
    /// The type of the event.
    r#type: String,
    /// Its place in the history, from 1, without gaps.
    version: Version,
}

/// What is recorded of an event.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "It is described, and never made.")]
enum RecordedData {
    /// Of a physical key that was issued.
    Added(RecordedAddition),
    /// Of a physical key that was taken back.
    Removed(PhysicalKeyRemoved),
    /// Of texts that were erased.
    Erased(RecordedErasure),
}

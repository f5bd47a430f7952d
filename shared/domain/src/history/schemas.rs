//! What the OpenAPI document says of a record. Clients get its canonical bytes, so that no type of ours is serialised.

use std::borrow::Cow;

use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::{Actor, Disclosure, EventHash, Salt, TextDigest};
use crate::api_key::ApiKeyId;
use crate::user::{PhysicalKeyRemoved, RecordedAddition, RecordedErasure};
use crate::values::schemas::{schemas, text};
use crate::values::{EpochMillis, OrgId, UserId, Version};

/// The id of a request: up to 128 characters of the gateway's, or the invocation's; a dot; 128 random bits. An operator's command has
/// the word `operator` before the dot.
#[derive(Debug, Clone, Copy)]
pub struct RequestId;

schemas! {
    EventHash: of_form("A SHA-256 in a hash chain; 64 zeros before the first event.", 64, "^[0-9a-f]{64}$")
        .examples(["8360a9f797bad35dd31729876652afc6fbac64e182fecf91605077cd76fec5db"]),
    // The last character has the bits that are left over, and is one of few.
    Salt: of_form("A salt, 16 bytes as base64url.", 22, "^[A-Za-z0-9_-]{21}[AQgw]$").examples(["BwcHBwcHBwcHBwcHBwcHBw"]),
    TextDigest: of_form("SHA-256 over a salt's 16 bytes and a text, as base64url.", 43, "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$")
        .examples(["EGz21utAfKebYMVVGpiOWbqoTpL19uP56-yAouAf048"]),
    ApiKeyId: of_form("The public id of an API key.", 32, "^[0-9a-v]{32}$").examples(["g8lj7bc70s3ge1o70s3ge1o70s3ge1o7"]),
    RequestId: text("The id of a request: the gateway's or the invocation's, a dot, 128 random bits.")
        .min_length(Some(23)).max_length(Some(151)).pattern(Some("^[!-~]{0,128}\\.[A-Za-z0-9_-]{22}$"))
        .examples(["JKJaXmPLvHcESHA=.q83vEjRWeJCrze8SNFZ4kA"]),
}

/// A text that is always this long.
fn of_form(description: &str, length: usize, pattern: &str) -> ObjectBuilder {
    text(description).min_length(Some(length)).max_length(Some(length)).pattern(Some(pattern))
}

/// What was hashed of an event in a user's history.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "It is described, and never made.")]
pub struct UserEventRecord {
    /// Who did it.
    actor: Actor,
    /// Whose history it belongs to.
    aggregate_id: UserId,
    #[schema(inline)]
    aggregate_type: AggregateType,
    /// What happened, but for the texts that people typed.
    data: RecordedData,
    /// The format of the record: 2.
    #[schema(minimum = 2, maximum = 2)]
    format: u32,
    /// The organisation that issued the physical key.
    issuer: OrgId,
    /// When it was recorded.
    recorded_at: EpochMillis,
    /// The request that it answered.
    request_id: RequestId,
    #[schema(inline)]
    r#type: EventType,
    /// Its place in the history, from 1, without gaps.
    version: Version,
}

/// Always `user`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "It is described, and never made.")]
enum AggregateType {
    User,
}

/// The type of the event.
#[derive(Serialize, ToSchema)]
#[expect(dead_code, clippy::enum_variant_names, reason = "It is described, and never made.")]
enum EventType {
    PhysicalKeyAdded,
    PhysicalKeyRemoved,
    PhysicalKeyTextsErased,
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

/// The digests of what was typed when a physical key was issued.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "It is described, and never made.")]
pub(crate) struct DigestsOfAddition {
    /// Of the organisation's display name, if it was given.
    org_name: Option<TextDigest>,
    /// Of the note, if it was given.
    note: Option<TextDigest>,
}

/// The digest of what was typed when texts were erased.
#[derive(ToSchema)]
#[expect(dead_code, reason = "It is described, and never made.")]
pub(crate) struct DigestsOfErasure {
    /// Of the reason.
    reason: Option<TextDigest>,
}

/// What discloses the texts of an event, as far as they have not been erased.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "It is described, and never made.")]
pub struct DisclosedTexts {
    /// The organisation's display name.
    org_name: Option<Disclosure>,
    /// The note.
    note: Option<Disclosure>,
    /// Why texts were erased.
    reason: Option<Disclosure>,
}

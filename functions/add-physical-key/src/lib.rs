//! `POST /users/{id}/AddPhysicalKey`: records that an organisation issued a physical key to the user.

use api::backend::Backend;
use api::execute::{self, CommandRecipe};
use api::http::body::BodyObject;
use api::http::routes::{Documentation, Route};
use domain::user::{AddPhysicalKey, Event, PhysicalKeyAdded, Refusal};
use domain::values::{EpochMillis, KeyNumber, Note, OrgId, OrgName, UserId, Version};
use lambda_http::{Body, Request, Response};
use serde::Serialize;

/// Answers one request.
pub async fn handle(backend: &Backend, request: Request) -> Response<Body> {
    execute::handle::<AddPhysicalKeyRecipe>(backend, request).await
}

/// What is particular to the command.
#[derive(Debug, Clone, Copy)]
pub struct AddPhysicalKeyRecipe;

impl CommandRecipe for AddPhysicalKeyRecipe {
    type Answer<'a> = AddPhysicalKeyAnswer<'a>;
    type Asked<'a> = Asked<'a>;
    type Command = AddPhysicalKey;

    const DOCUMENTATION: Documentation = Documentation {
        summary: "Record that a physical key was issued",
        description: "Records that an organisation issued a physical key to the user. The server gives it the user's next \
                      number: 1, 2, 3, … in the order of commits, without gaps, never twice. A user's inventory begins with \
                      its first physical key. Repeating the command adds another one, unless it has the same Idempotency-Key.",
        answered: "The physical key is recorded.",
    };
    const EXAMPLE: &'static str =
        r#"{"orgId": "demo-org", "orgName": "Demo Organisation", "note": "Front door"}"#;
    const ROUTE: Route = Route::AddPhysicalKey;

    /// Reads `{"orgId": …, "orgName"?: …, "note"?: …}`.
    fn read(body: &mut BodyObject<'_>) -> Option<AddPhysicalKey> {
        let org_id = body.required_text("orgId", OrgId::parse);
        let org_name = body.optional_text("orgName", OrgName::parse);
        let note = body.optional_text("note", Note::parse);
        Some(AddPhysicalKey { org_id: org_id?, org_name, note })
    }

    fn asked(command: &AddPhysicalKey) -> Asked<'_> {
        // Every field is named: of one that is new it has to be thought about whether it is a text that somebody typed.
        let AddPhysicalKey { org_id, org_name: _, note: _ } = command;
        Asked { command: Self::ROUTE.name(), org_id }
    }

    fn pointer(refusal: Refusal) -> Option<&'static str> {
        match refusal {
            // Nothing in the body names a physical key that is there already.
            Refusal::PhysicalKeyNotFound => None,
        }
    }

    fn answer<'a>(
        happened: &'a PhysicalKeyAdded,
        event: &'a Event,
        version: Version,
    ) -> AddPhysicalKeyAnswer<'a> {
        let PhysicalKeyAdded { user_id, number, org_id, org_name, note, added_at } = happened;
        AddPhysicalKeyAnswer {
            success: true,
            aggregate_id: user_id,
            version,
            event,
            number: *number,
            org_id,
            org_name: org_name.as_ref(),
            note: note.as_ref(),
            added_at: *added_at,
        }
    }
}

/// The command in the fingerprint of a request: all of it but the texts. A member that is new must be left out where it was not
/// given.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked<'a> {
    command: &'static str,
    org_id: &'a OrgId,
}

/// The answer to `AddPhysicalKey`.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AddPhysicalKeyAnswer<'a> {
    /// Always `true`.
    success: bool,
    /// The user's id.
    aggregate_id: &'a UserId,
    /// The number of events in the user's history after the command.
    version: Version,
    /// The event that the command led to.
    event: &'a Event,
    /// The number that the server gave the physical key.
    number: KeyNumber,
    /// The organisation that issued it.
    org_id: &'a OrgId,
    /// The organisation's display name, if it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    org_name: Option<&'a OrgName>,
    /// Free text, if it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a Note>,
    /// When it was decided.
    added_at: EpochMillis,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_is_spelled_as_it_always_was_and_without_its_texts() {
        let org_name = OrgName::parse("Büro").ok();
        let command = AddPhysicalKey { org_name, ..AddPhysicalKey::of(OrgId::parse("acme").unwrap()) };
        let spelled = serde_json::to_string(&AddPhysicalKeyRecipe::asked(&command)).unwrap();
        assert_eq!(spelled, r#"{"command":"AddPhysicalKey","orgId":"acme"}"#);
    }
}

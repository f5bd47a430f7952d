//! `POST /users/{id}/RemovePhysicalKey`: records that a physical key was taken back.

use api::backend::Backend;
use api::execute::{self, CommandRecipe};
use api::http::body::BodyObject;
use api::http::routes::{Documentation, Route};
use domain::user::{Event, PhysicalKeyRemoved, Refusal, RemovePhysicalKey};
use domain::values::{KeyNumber, UserId, Version};
use lambda_http::{Body, Request, Response};
use serde::Serialize;

/// Answers one request.
pub async fn handle(backend: &Backend, request: Request) -> Response<Body> {
    execute::handle::<RemovePhysicalKeyRecipe>(backend, request).await
}

/// What is particular to the command.
#[derive(Debug, Clone, Copy)]
pub struct RemovePhysicalKeyRecipe;

impl CommandRecipe for RemovePhysicalKeyRecipe {
    type Answer<'a> = RemovePhysicalKeyAnswer<'a>;
    type Asked<'a> = Asked;
    type Command = RemovePhysicalKey;

    const DOCUMENTATION: Documentation = Documentation {
        summary: "Record that a physical key was taken back",
        description: "Records that a physical key was taken back. Its number is never given again. A number that the user \
                      does not hold, or that another organisation issued, is not found.",
        answered: "Its return is recorded.",
    };
    const EXAMPLE: &'static str = r#"{"number": 1}"#;
    const ROUTE: Route = Route::RemovePhysicalKey;

    /// Reads `{"number": …}`.
    fn read(body: &mut BodyObject<'_>) -> Option<RemovePhysicalKey> {
        let number = body.required_number("number");
        Some(RemovePhysicalKey { number: number? })
    }

    fn asked(command: &RemovePhysicalKey) -> Asked {
        let RemovePhysicalKey { number } = command;
        Asked { command: Self::ROUTE.name(), number: *number }
    }

    fn pointer(refusal: Refusal) -> Option<&'static str> {
        match refusal {
            Refusal::PhysicalKeyNotFound => Some("/number"),
        }
    }

    fn answer<'a>(
        happened: &'a PhysicalKeyRemoved,
        event: &'a Event,
        version: Version,
    ) -> RemovePhysicalKeyAnswer<'a> {
        let PhysicalKeyRemoved { user_id, number, removed_at: _ } = happened;
        RemovePhysicalKeyAnswer { success: true, aggregate_id: user_id, version, event, number: *number }
    }
}

/// The command in the fingerprint of a request.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    command: &'static str,
    number: KeyNumber,
}

/// The answer to `RemovePhysicalKey`.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RemovePhysicalKeyAnswer<'a> {
    /// Always `true`.
    success: bool,
    /// The user's id.
    aggregate_id: &'a UserId,
    /// The number of events in the user's history after the command.
    version: Version,
    /// The event that the command led to.
    event: &'a Event,
    /// The number of the physical key; it is never given again.
    number: KeyNumber,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_is_spelled_as_it_always_was() {
        let command = RemovePhysicalKey { number: KeyNumber::FIRST };
        let spelled = serde_json::to_string(&RemovePhysicalKeyRecipe::asked(&command)).unwrap();
        assert_eq!(spelled, r#"{"command":"RemovePhysicalKey","number":1}"#);
    }
}

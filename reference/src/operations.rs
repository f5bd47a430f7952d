//! The operation of each route.

use api::http::body::LARGEST_BODY;
use api::http::routes::Route;
use utoipa::openapi::path::{Operation, OperationBuilder};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::{ContentBuilder, HttpMethod, Ref, Required};

use crate::{examples, parameters, responses};

pub(crate) fn http_method(route: Route) -> HttpMethod {
    if route.is_command() { HttpMethod::Post } else { HttpMethod::Get }
}

pub(crate) fn operation(route: Route) -> Operation {
    let (summary, description) = words(route);
    OperationBuilder::new()
        .operation_id(Some(route.name()))
        .tag(if route.is_command() { "Commands" } else { "Queries" })
        .summary(Some(summary))
        .description(Some(description))
        .parameters(Some(parameters::of(route)))
        .request_body(request_body(route))
        .responses(responses::of(route))
        .build()
}

const fn words(route: Route) -> (&'static str, &'static str) {
    match route {
        Route::AddPhysicalKey => (
            "Record that a physical key was issued",
            "Records that an organisation issued a physical key to the user. The server gives it the user's next \
             number: 1, 2, 3, … in the order of commits, without gaps, never twice. A user's inventory begins with \
             its first physical key. Repeating the command adds another one, unless it has the same Idempotency-Key.",
        ),
        Route::RemovePhysicalKey => (
            "Record that a physical key was taken back",
            "Records that a physical key was taken back. Its number is never given again. A number that the user \
             does not hold, or that another organisation issued, is not found.",
        ),
        Route::ListPhysicalKeys => (
            "List the physical keys a user holds",
            "In the order of their numbers, strongly consistent: a physical key just added is in the next list. \
             Filters combine with AND. `total` counts what matches, on this page and on others.\n\nWith a filter, or \
             for a caller who is confined to an organisation, the first page counts through the inventory, up to \
             10,000 physical keys; a larger one is filtered in parts: a page may then have few or no keys and a \
             `nextCursor`, and no `total`. All other pages cost what they return.",
        ),
        Route::GetPhysicalKey => (
            "Get one physical key",
            "One physical key that the user holds. One that was taken back, or that another organisation issued, \
             is not found.",
        ),
        Route::ListPhysicalKeyEvents => (
            "Read a user's history",
            "Everything that happened to the inventory, physical keys that were taken back included, in the order \
             of versions, with actor, request id and hash chain. An event's `hash` is SHA-256 over the `previousHash` \
             (32 bytes, zeros at first) followed by the event without its two hashes as canonical JSON (RFC 8785). A \
             caller who is confined to an organisation gets the events of its physical keys only.",
        ),
        Route::ListOrgPhysicalKeys => (
            "List who holds an organisation's physical keys",
            "The physical keys that the organisation has out, over all users, in the order of user ids and numbers. \
             For callers who are confined to that organisation and to no single user. It may lag the last second's \
             writes.",
        ),
    }
}

fn request_body(route: Route) -> Option<RequestBody> {
    if !route.is_command() {
        return None;
    }
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(route.name())))
        .example(Some(examples::request(route)));
    let description =
        format!("At most {} KiB. Unknown, duplicate and `null` fields are refused.", LARGEST_BODY / 1_024);
    let body = RequestBodyBuilder::new()
        .description(Some(description))
        .required(Some(Required::True))
        .content("application/json", content.build());
    Some(body.build())
}

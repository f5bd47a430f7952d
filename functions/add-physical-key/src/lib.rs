//! `POST /users/{id}/AddPhysicalKey`: records that an organisation issued a physical key to the user.

use api::backend::Backend;
use api::execute::answer_command;
use api::http::body::BodyObject;
use api::http::exchange::Exchange;
use api::http::routes::Route;
use domain::user::{AddPhysicalKey, Command};
use domain::values::{Note, OrgId, OrgName};
use lambda_http::{Body, Request, Response};

/// Answers one request.
pub async fn handle(backend: &Backend, request: Request) -> Response<Body> {
    let answer = async |exchange: &mut Exchange| {
        answer_command(backend, exchange, &request, Route::AddPhysicalKey, read).await
    };
    Exchange::hold(&request, &backend.clock, &backend.chance, answer).await
}

/// Reads the body: `{"orgId": …, "orgName"?: …, "note"?: …}`. Every member is read, so that every fault is found.
pub fn read(body: &mut BodyObject<'_>) -> Option<Command> {
    let org_id = body.required_text("orgId", OrgId::parse);
    let org_name = body.optional_text("orgName", OrgName::parse);
    let note = body.optional_text("note", Note::parse);
    Some(Command::AddPhysicalKey(AddPhysicalKey { org_id: org_id?, org_name, note }))
}

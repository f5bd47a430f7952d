//! `POST /users/{id}/RemovePhysicalKey`: records that a physical key was taken back.

use api::backend::Backend;
use api::execute::answer_command;
use api::http::body::BodyObject;
use api::http::exchange::Exchange;
use api::http::routes::Route;
use domain::user::{Command, RemovePhysicalKey};
use lambda_http::{Body, Request, Response};

/// Answers one request.
pub async fn handle(backend: &Backend, request: Request) -> Response<Body> {
    let answer = async |exchange: &mut Exchange| {
        answer_command(backend, exchange, &request, Route::RemovePhysicalKey, read).await
    };
    Exchange::hold(&request, &backend.clock, &backend.chance, answer).await
}

/// Reads the body: `{"number": …}`.
pub fn read(body: &mut BodyObject<'_>) -> Option<Command> {
    let number = body.required_number("number")?;
    Some(Command::RemovePhysicalKey(RemovePhysicalKey { number }))
}

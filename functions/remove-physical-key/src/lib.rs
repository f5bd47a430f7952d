//! `POST /users/{id}/RemovePhysicalKey`: records that a physical key was taken back.

use key_inventory::backend::Backend;
use key_inventory::execute::answer_command;
use key_inventory::http::body::BodyObject;
use key_inventory::http::exchange::Exchange;
use key_inventory::http::routes::Route;
use key_inventory::user::{Command, RemovePhysicalKey};
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

//! `GET /users/{id}/PhysicalKeys/{number}`: one physical key that a user holds.

use api::backend::Backend;
use api::http::answer::Answer;
use api::http::exchange::Exchange;
use api::http::problem::Problem;
use api::http::query;
use api::http::routes::Documentation;
use api::queries::{About, look_up_user};
use domain::user::Refusal;
use lambda_http::{Body, Request, Response};
use process::retry::Backoff;

/// What the reference says of it.
pub const DOCUMENTATION: Documentation = Documentation {
    summary: "Get one physical key",
    description: "One physical key that the user holds. One that was taken back, or that another organisation issued, \
                  is not found.",
};

/// Answers one request.
pub async fn handle(backend: &Backend, request: Request) -> Response<Body> {
    let answer = async |exchange: &mut Exchange| answer(backend, exchange, &request).await;
    Exchange::hold(&request, &backend.clock, &backend.chance, answer).await
}

async fn answer(backend: &Backend, exchange: &mut Exchange, request: &Request) -> Result<Answer, Problem> {
    let presented = backend.authenticator.present(request.headers(), backend.clock.now()).await?;
    let (user_id, number) = query::physical_key(request)?;
    let about = About { number: Some(number), ..About::default() };
    let (caller, state) = look_up_user(backend, exchange, &presented, &user_id, about).await?;
    let held = if caller.confinement.organisation().is_some() {
        state.physical_key
    } else {
        let waits = || Backoff::new(backend.chance.for_waits());
        backend.table.look_for_physical_key(&user_id, number, waits, exchange.deadline()).await?
    };
    let held = held.filter(|key| caller.confinement.sees(&key.org_id)).ok_or(Refusal::PhysicalKeyNotFound)?;
    Ok(Answer::to_query(&held))
}

//! `GET /users/{id}/PhysicalKeys/{number}`: one physical key that a user holds.

use api::backend::Backend;
use api::http::answer::Answer;
use api::http::problem::Problem;
use api::http::query::physical_key;
use api::http::routes::Documentation;
use api::queries::{self, About, Query};
use domain::user::Refusal;
use lambda_http::{Body, Request, Response};

/// What the reference says of it.
pub const DOCUMENTATION: Documentation = Documentation {
    summary: "Get one physical key",
    description: "One physical key that the user holds. One that was taken back, or that another organisation issued, \
                  is not found.",
    answered: "The physical key.",
};

/// Answers one request.
pub async fn handle(backend: &Backend, request: Request) -> Response<Body> {
    queries::handle(backend, &request, async |query: Query<'_>| answer(query).await).await
}

async fn answer(mut query: Query<'_>) -> Result<Answer, Problem> {
    let (user_id, number) = physical_key(query.request)?;
    let about = About { number: Some(number), ..About::default() };
    let (caller, state) = query.look_up_user(&user_id, about).await?;
    let held = if caller.confinement.organisation().is_some() {
        state.physical_key
    } else {
        let (backend, deadline) = (query.backend, query.deadline());
        let held = backend.table.look_for_physical_key(&user_id, number, || backend.waits(), deadline);
        query.in_store(held).await?
    };
    let held = held.filter(|key| caller.confinement.sees(&key.org_id)).ok_or(Refusal::PhysicalKeyNotFound)?;
    Ok(Answer::to_query(&held))
}

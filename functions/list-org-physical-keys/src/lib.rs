//! `GET /orgs/{orgId}/PhysicalKeys`: who holds an organisation's physical keys, over all users, newest
//! first.

use api::backend::Backend;
use api::http::answer::Answer;
use api::http::cursor::CursorSealer;
use api::http::lists::{IssuedPhysicalKey, OrgPhysicalKeys};
use api::http::problem::Problem;
use api::http::routes::{Documentation, Route};
use api::http::target::PathParameters;
use api::queries::{self, Found, Query, Selection, find};
use lambda_http::{Body, Request, Response};
use store::{HeldKey, Listed};

/// What the reference says of it.
pub const DOCUMENTATION: Documentation = Documentation {
    summary: "List who holds an organisation's physical keys",
    description: "The physical keys that the organisation has out, over all users, newest first. \
                  For callers who are confined to that organisation and to no single user. It may lag the last second's \
                  writes.",
    answered: "A page of physical keys and who holds them.",
};

/// Answers one request.
pub async fn handle(backend: &Backend, cursors: &CursorSealer, request: Request) -> Response<Body> {
    queries::handle(backend, &request, async |query: Query<'_>| answer(query, cursors).await).await
}

async fn answer<'a>(mut query: Query<'a>, cursors: &'a CursorSealer) -> Result<Answer, Problem> {
    let (org_id, (), page) = query.list::<_, _, <HeldKey as Listed>::Place>(
        cursors,
        Route::ListOrgPhysicalKeys,
        PathParameters::organisation,
        |_| (),
    )?;
    query.look_up_organisation(&org_id).await?;

    let (organisation, table, deadline) = (&org_id, &query.backend.table, query.deadline());
    let found = find(page.after.clone(), page.limit, Selection::Everything, |after, at_most| {
        table.issued_before(organisation, after, at_most, deadline)
    });
    let Found { entries, next, .. } = query.in_store(found).await?;
    Ok(Answer::to_query(&OrgPhysicalKeys {
        keys: entries.into_iter().map(IssuedPhysicalKey::from).collect(),
        next_cursor: page.next(next)?,
    }))
}

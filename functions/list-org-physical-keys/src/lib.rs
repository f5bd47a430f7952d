//! `GET /orgs/{orgId}/PhysicalKeys`: who holds an organisation's physical keys, over all users, newest
//! first.

use api::backend::Backend;
use api::http::answer::Answer;
use api::http::cursor::CursorSealer;
use api::http::exchange::Exchange;
use api::http::lists::{IssuedPhysicalKey, OrgPhysicalKeys};
use api::http::problem::Problem;
use api::http::query::Asking;
use api::http::routes::Documentation;
use api::queries::{Selection, find, look_up_organisation};
use lambda_http::{Body, Request, Response};
use store::{HeldKey, Listed};

/// What the reference says of it.
pub const DOCUMENTATION: Documentation = Documentation {
    summary: "List who holds an organisation's physical keys",
    description: "The physical keys that the organisation has out, over all users, newest first. \
                  For callers who are confined to that organisation and to no single user. It may lag the last second's \
                  writes.",
};

/// Answers one request.
pub async fn handle(backend: &Backend, cursors: &CursorSealer, request: Request) -> Response<Body> {
    let answer = async |exchange: &mut Exchange| answer(backend, cursors, exchange, &request).await;
    Exchange::hold(&request, &backend.clock, &backend.chance, answer).await
}

async fn answer(
    backend: &Backend,
    cursors: &CursorSealer,
    exchange: &mut Exchange,
    request: &Request,
) -> Result<Answer, Problem> {
    let now = backend.clock.now();
    let presented = backend.authenticator.present(request.headers(), now).await?;
    let asking = Asking { presented: &presented, cursors, now };
    let (org_id, page) = asking.org_physical_keys::<<HeldKey as Listed>::Place>(request)?;
    look_up_organisation(backend, exchange, &presented, &org_id).await?;

    let (organisation, table, deadline) = (&org_id, &backend.table, exchange.deadline());
    let found = find(page.after.clone(), page.limit, Selection::Everything, |after, at_most| {
        table.issued_before(organisation, after, at_most, deadline)
    });
    let found = found.await?;
    let next = found.next.map(|place| page.next(cursors, place, now)).transpose()?;
    let body = OrgPhysicalKeys {
        keys: found.entries.into_iter().map(IssuedPhysicalKey::from).collect(),
        next_cursor: next,
    };
    Ok(Answer::to_query(&body))
}

//! `GET /orgs/{orgId}/PhysicalKeys`: who holds an organisation's physical keys, over all users, newest
//! first.

use key_inventory::backend::Backend;
use key_inventory::http::answer::Answer;
use key_inventory::http::cursor::CursorSealer;
use key_inventory::http::exchange::Exchange;
use key_inventory::http::lists::{IssuedPhysicalKey, OrgPhysicalKeys};
use key_inventory::http::problem::Problem;
use key_inventory::http::query::Asking;
use key_inventory::queries::{Selection, find, look_up_organisation};
use key_inventory::table::{HeldKey, Listed};
use lambda_http::{Body, Request, Response};

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

//! `GET /users/{id}/PhysicalKeys`: the physical keys that a user holds, in the order of their numbers.

use key_inventory::backend::Backend;
use key_inventory::http::answer::Answer;
use key_inventory::http::cursor::CursorSealer;
use key_inventory::http::exchange::Exchange;
use key_inventory::http::lists::PhysicalKeys;
use key_inventory::http::problem::Problem;
use key_inventory::http::query::{Asking, PhysicalKeyFilter};
use key_inventory::queries::{Selection, find, look_up_user};
use key_inventory::user::PhysicalKey;
use key_inventory::values::KeyNumber;
use lambda_http::{Body, Request, Response};
use serde::{Deserialize, Serialize};

/// Where a page ended, and the total, which is counted for the first page only.
#[derive(Debug, Serialize, Deserialize)]
struct Place {
    after: KeyNumber,
    total: Option<u64>,
}

/// Answers one request.
pub async fn handle(backend: &Backend, cursors: &CursorSealer, request: Request) -> Response<Body> {
    let answer = async |exchange: &mut Exchange| answer(backend, cursors, exchange, &request).await;
    Exchange::hold(&request, &backend.clock, answer).await
}

async fn answer(
    backend: &Backend,
    cursors: &CursorSealer,
    exchange: &mut Exchange,
    request: &Request,
) -> Result<Answer, Problem> {
    let now = backend.clock.now();
    let presented = backend.authenticator.present(request.headers(), now).await?;
    let (user_id, filter, page) =
        Asking { presented: &presented, cursors, now }.physical_keys::<Place>(request)?;
    // The version is read before the list: if another writer comes between, a command with this `If-Match` fails.
    let (caller, state) = look_up_user(backend, exchange, &presented, &user_id, None).await?;

    let keeps = |key: &PhysicalKey| caller.confinement.sees(&key.org_id) && filter.matches(key);
    let sees_all = caller.confinement.organisation().is_none() && filter == PhysicalKeyFilter::default();
    let selection = if sees_all {
        Selection::Everything
    } else {
        Selection::Filtered { keeps: &keeps, counts: page.after.is_none() }
    };
    let (user, table, deadline) = (&user_id, &backend.table, exchange.deadline());
    let after = page.after.as_ref().map(|place| place.after);
    let found = find(after, page.limit, selection, |after, at_most| {
        table.physical_keys_after(user, after, at_most, deadline)
    });
    let found = found.await?;

    let total = match &page.after {
        _ if sees_all => Some(state.snapshot.user.active_keys),
        None => found.matches,
        Some(place) => place.total,
    };
    let next = found.next.map(|after| page.next(cursors, Place { after, total }, now)).transpose()?;
    let body = PhysicalKeys { keys: found.entries, total, next_cursor: next };
    Ok(Answer::to_query(&body, Some(state.snapshot.user.version)))
}

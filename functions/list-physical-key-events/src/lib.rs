//! `GET /users/{id}/PhysicalKeyEvents`: a user's history in the order of its versions, with its hash chain.
//!
//! A caller who is confined to an organisation gets the events of that organisation's physical keys. Their versions
//! have gaps then, and their hashes follow ones that are not shown.

use api::backend::Backend;
use api::http::answer::Answer;
use api::http::cursor::CursorSealer;
use api::http::lists::{PhysicalKeyEvent, PhysicalKeyEvents};
use api::http::problem::Problem;
use api::http::routes::{Documentation, Route};
use api::http::target::PathParameters;
use api::queries::{self, About, Found, Query, Selection, find};
use domain::history::KeptRecord;
use domain::values::Version;
use lambda_http::{Body, Request, Response};
use store::StoreFault;

/// What the reference says of it.
pub const DOCUMENTATION: Documentation = Documentation {
    summary: "Read a user's history",
    description: "Everything that happened to the inventory, physical keys that were taken back included, in the order \
                  of versions, with actor, request id and hash chain. An event's `hash` is SHA-256 over the `previousHash` \
                  (32 bytes, zeros at first) followed by its `record`, byte for byte as it is answered (RFC 8785). Texts that \
                  people typed stand in the record by their digests, and `disclosures` has what it takes to check them. A \
                  caller who is confined to an organisation gets the events of its physical keys only.",
    answered: "A page of the history.",
};

/// Answers one request.
pub async fn handle(backend: &Backend, cursors: &CursorSealer, request: Request) -> Response<Body> {
    queries::handle(backend, &request, async |query: Query<'_>| answer(query, cursors).await).await
}

async fn answer<'a>(mut query: Query<'a>, cursors: &'a CursorSealer) -> Result<Answer, Problem> {
    let (user_id, (), page) =
        query.list::<_, _, Version>(cursors, Route::ListPhysicalKeyEvents, PathParameters::user, |_| ())?;
    let about = About { mark: true, ..About::default() };
    let (caller, state) = query.look_up_user(&user_id, about).await?;

    let is_confined = caller.confinement.organisation().is_some();
    if is_confined && !state.is_marked {
        // What is a neighbour's is not even looked at, so that it cannot be told from nothing by what it costs.
        return Ok(Answer::to_query(&PhysicalKeyEvents::default()));
    }
    let keeps = |event: &KeptRecord| {
        event.chained.record().issuer.as_ref().is_some_and(|issuer| caller.confinement.sees(issuer))
    };
    let selection = if is_confined {
        Selection::Filtered { keeps: &keeps, counts: false }
    } else {
        Selection::Everything
    };
    let (user, table, deadline) = (&user_id, &query.backend.table, query.deadline());
    let found = find(page.after, page.limit, selection, |after, at_most| {
        table.events_after(user, after, at_most, deadline)
    });
    let Found { entries, next, .. } = query.in_store(found).await?;
    Ok(Answer::to_query(&PhysicalKeyEvents {
        events: entries
            .into_iter()
            .map(PhysicalKeyEvent::of)
            .collect::<Result<_, _>>()
            .map_err(|fault| StoreFault::Corrupt(fault.to_string()))?,
        next_cursor: page.next(next)?,
    }))
}

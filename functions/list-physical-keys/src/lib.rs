//! `GET /users/{id}/PhysicalKeys`: the physical keys that a user holds: of one issuer in the order of
//! their numbers, of all of them issuer by issuer.

use api::backend::Backend;
use api::http::answer::Answer;
use api::http::cursor::CursorSealer;
use api::http::lists::PhysicalKeys;
use api::http::problem::Problem;
use api::http::query::PhysicalKeyFilter;
use api::http::routes::{Documentation, Route};
use api::http::target::PathParameters;
use api::queries::{self, About, Found, Query, Selection, find};
use domain::user::PhysicalKey;
use domain::values::{KeyNumber, OrgTag};
use lambda_http::{Body, Request, Response};
use serde::{Deserialize, Serialize};

/// Where a page ended, how many physical keys came before, and the total, which is counted for the first page only.
#[derive(Debug, Serialize, Deserialize)]
struct Place {
    after: (OrgTag, KeyNumber),
    listed: u64,
    total: Option<u64>,
}

/// What the reference says of it.
pub const DOCUMENTATION: Documentation = Documentation {
    summary: "List the physical keys a user holds",
    description: "Issuer by issuer, each in the order of numbers; strongly consistent: a physical key just added is in the next list. \
                  Filters combine with AND. `total` counts what matches, on this page and on others.\n\nWith a filter, or \
                  for a caller who is confined to an organisation, the first page counts through the inventory, up to \
                  10,000 physical keys; a larger one is filtered in parts: a page may then have few or no keys and a \
                  `nextCursor`, and no `total`. All other pages cost what they return.",
    answered: "A page of physical keys.",
};

/// Answers one request.
pub async fn handle(backend: &Backend, cursors: &CursorSealer, request: Request) -> Response<Body> {
    queries::handle(backend, &request, async |query: Query<'_>| answer(query, cursors).await).await
}

async fn answer<'a>(mut query: Query<'a>, cursors: &'a CursorSealer) -> Result<Answer, Problem> {
    let (user_id, filter, page) = query.list::<_, _, Place>(
        cursors,
        Route::ListPhysicalKeys,
        PathParameters::user,
        PhysicalKeyFilter::read,
    )?;
    let (caller, state) = query.look_up_user(&user_id, About::default()).await?;

    let keeps = |key: &PhysicalKey| caller.confinement.sees(&key.org_id) && filter.matches(key);
    let sees_all = caller.confinement.organisation().is_none() && filter == PhysicalKeyFilter::default();
    let selection = if sees_all {
        Selection::Everything
    } else {
        Selection::Filtered { keeps: &keeps, counts: page.after.is_none() }
    };
    // A caller who is confined to an organisation reads that organisation's items and no others.
    let issuer = caller.confinement.organisation().or(filter.org_id.as_ref()).map(OrgTag::of);
    let (user, table, deadline) = (&user_id, &query.backend.table, query.deadline());
    let after = page.after.as_ref().map(|place| place.after);
    let found = find(after, page.limit, selection, |after, at_most| {
        table.physical_keys_after(user, issuer, after, at_most, deadline)
    });
    let Found { entries, matches, next } = query.in_store(found).await?;

    let counted = match &page.after {
        _ if sees_all => Some(state.snapshot.state.active_keys),
        None => matches,
        Some(place) => place.total,
    };
    let before = page.after.as_ref().map_or(0, |place| place.listed);
    let listed = before + u64::try_from(entries.len()).unwrap_or(u64::MAX);
    let total = total(counted, listed, next.is_some());
    let next_cursor = page.next(next.map(|after| Place { after, listed, total }))?;
    Ok(Answer::to_query(&PhysicalKeys { keys: entries, total, next_cursor }))
}

/// The total beside a list. It was counted at another moment than the page was read, and the list itself is what counts:
/// on the last page it is all that was listed, on any other at least one more.
fn total(counted: Option<u64>, listed: u64, has_next_page: bool) -> Option<u64> {
    if has_next_page { counted.map(|counted| counted.max(listed + 1)) } else { Some(listed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_agrees_with_what_was_listed() {
        assert_eq!(total(Some(5), 4, false), Some(4));
        assert_eq!(total(Some(3), 4, false), Some(4));
        assert_eq!(total(None, 4, false), Some(4));
        assert_eq!(total(Some(4), 4, true), Some(5));
        assert_eq!(total(Some(9), 4, true), Some(9));
        assert_eq!(total(None, 4, true), None);
    }
}

//! What queries have in common: who asks, about whom, and one page of a sorted list.

use std::future::Future;

use domain::values::{KeyNumber, OrgId, UserId};
use process::retry::Backoff;
use store::{Listed, Lookup, StoreFault, Stretch, UserState};

use crate::auth::{Caller, Presented};
use crate::backend::Backend;
use crate::http::exchange::Exchange;
use crate::http::problem::Problem;

/// Most entries that one request with a filter looks at. A filter has to see what it leaves out, so its page costs
/// what it looks at; all other pages cost what they return.
pub const MOST_EVALUATED: usize = 10_000;
/// Entries that are read at once where there is a filter.
const STRETCH: usize = 1_000;

/// What a query wants to know of a user besides where the history stands.
#[derive(Debug, Clone, Copy, Default)]
pub struct About {
    /// This physical key, if the caller's organisation issued it.
    pub number: Option<KeyNumber>,
    /// Whether the caller's organisation has ever issued anything to the user.
    pub mark: bool,
}

/// Looks up the user of a query; verifies the caller to the end.
pub async fn look_up_user(
    backend: &Backend,
    exchange: &mut Exchange,
    presented: &Presented,
    user_id: &UserId,
    about: About,
) -> Result<(Caller, UserState), Problem> {
    exchange.trail.user_id = Some(user_id.clone());
    exchange.trail.attempts = 1;
    let About { number, mark } = about;
    let credentials = presented.lookup();
    let lookup = Lookup { credentials, user_id, number, mark, request_hash: None };
    let (now, waits) = (backend.clock.now(), Backoff::new(backend.chance.for_waits()));
    let state = backend.table.look_up(&lookup, now, waits, exchange.deadline()).await?;
    let caller = presented.confirm(&state.credentials, now)?;
    exchange.trail.actor = Some(caller.actor.clone());
    caller.confinement.may_act_on(user_id)?;
    Ok((caller, state))
}

/// Verifies the caller of a query about an organisation to the end.
pub async fn look_up_organisation(
    backend: &Backend,
    exchange: &mut Exchange,
    presented: &Presented,
    org_id: &OrgId,
) -> Result<(), Problem> {
    exchange.trail.attempts = 1;
    let (credentials, waits) = (presented.lookup(), Backoff::new(backend.chance.for_waits()));
    let stored = backend.table.look_up_credentials(credentials, waits, exchange.deadline()).await?;
    let caller = presented.confirm(&stored, backend.clock.now())?;
    exchange.trail.actor = Some(caller.actor.clone());
    Ok(caller.confinement.may_list_all_of(org_id)?)
}

/// Which entries of a list are wanted.
pub enum Selection<'a, T> {
    /// All of them.
    Everything,
    /// Those that pass a filter.
    Filtered {
        /// Whether an entry is wanted.
        keeps: &'a (dyn Fn(&T) -> bool + Send + Sync),
        /// Whether the wanted ones beyond the page are to be counted.
        counts: bool,
    },
}

/// A page of a list.
#[derive(Debug)]
pub struct Found<T: Listed> {
    /// The wanted entries, in the order of the list.
    pub entries: Vec<T>,
    /// How many are wanted from where the page begins to the end of the list, if the end was reached.
    pub matches: Option<u64>,
    /// Where the page ends, if there is more behind it.
    pub next: Option<T::Place>,
}

/// Reads a page: at most `limit` wanted entries behind a place. It looks at one more than it returns, so that there is
/// a next page only if there is something on it; a list of more than [`MOST_EVALUATED`] entries is filtered in parts.
pub async fn find<T: Listed, F>(
    mut after: Option<T::Place>,
    limit: usize,
    selection: Selection<'_, T>,
    read: impl Fn(Option<T::Place>, i32) -> F,
) -> Result<Found<T>, StoreFault>
where
    F: Future<Output = Result<Stretch<T>, StoreFault>>,
{
    let (mut entries, mut next) = (Vec::<T>::with_capacity(limit), None);
    let (mut evaluated, mut matches) = (0, 0);
    loop {
        let at_most = match selection {
            Selection::Everything => limit + 1 - entries.len(),
            Selection::Filtered { .. } => STRETCH.min(MOST_EVALUATED + 1 - evaluated),
        };
        let stretch = read(after.clone(), i32::try_from(at_most).unwrap_or(i32::MAX)).await?;
        for entry in stretch.entries {
            evaluated += 1;
            after = Some(entry.place());
            let (wanted, counts) = match selection {
                Selection::Everything => (true, false),
                Selection::Filtered { keeps, counts } => (keeps(&entry), counts),
            };
            if !wanted {
                continue;
            }
            matches += 1;
            if entries.len() < limit {
                entries.push(entry);
            } else {
                next = next.or_else(|| entries.last().map(Listed::place));
                if !counts {
                    return Ok(Found { entries, matches: None, next });
                }
            }
        }
        if stretch.is_last {
            return Ok(Found { entries, matches: Some(matches), next });
        }
        if evaluated > MOST_EVALUATED {
            return Ok(Found { entries, matches: None, next: next.or(after) });
        }
    }
}

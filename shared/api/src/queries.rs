//! What queries have in common: who asks, about whom, and one page of a sorted list.

use std::future::Future;
use std::time::Instant;

use domain::values::{EpochMillis, KeyNumber, OrgId, UserId};
use lambda_http::{Body, Request, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{Listed, Lookup, StoreFault, StoredCredentials, Stretch, UserState};

use crate::auth::{Caller, Presented};
use crate::backend::Backend;
use crate::http::Fault;
use crate::http::answer::Answer;
use crate::http::cursor::CursorSealer;
use crate::http::exchange::Exchange;
use crate::http::parameters::QueryParameters;
use crate::http::problem::Problem;
use crate::http::query::{Asking, PageRequest};
use crate::http::routes::Route;
use crate::http::target::PathParameters;

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

/// A query on its way to its answer.
#[derive(Debug)]
pub struct Query<'a> {
    /// What it is answered with.
    pub backend: &'a Backend,
    /// What is asked.
    pub request: &'a Request,
    /// Who asks, as far as it is verified.
    pub presented: &'a Presented,
    /// When it was asked.
    pub now: EpochMillis,
    exchange: &'a mut Exchange,
}

/// Answers a request of a query's route: credentials first.
pub async fn handle(
    backend: &Backend,
    request: &Request,
    answer: impl AsyncFnOnce(Query<'_>) -> Result<Answer, Problem>,
) -> Response<Body> {
    let answer = async |exchange: &mut Exchange| {
        let now = backend.clock.now();
        let presented = &backend.authenticator.present(request.headers(), now).await?;
        answer(Query { backend, request, presented, now, exchange }).await
    };
    Exchange::hold(request, &backend.clock, &backend.chance, answer).await
}

impl<'a> Query<'a> {
    /// When to give up.
    #[must_use]
    pub const fn deadline(&self) -> Instant {
        self.exchange.deadline()
    }

    /// Reads the request of a list; see [`Asking::read`].
    pub fn list<S: Serialize, F: Serialize, P: DeserializeOwned>(
        &self,
        cursors: &'a CursorSealer,
        route: Route,
        subject: fn(&mut PathParameters) -> Result<S, Fault>,
        filter: fn(&mut QueryParameters) -> F,
    ) -> Result<(S, F, PageRequest<'a, P>), Problem> {
        let asking = Asking { presented: self.presented, cursors, now: self.now };
        asking.read(self.request, route, subject, filter)
    }

    /// Looks up the user that it is about; verifies the caller to the end.
    pub async fn look_up_user(
        &mut self,
        user_id: &UserId,
        about: About,
    ) -> Result<(Caller, UserState), Problem> {
        self.exchange.trail.user_id = Some(user_id.clone());
        self.exchange.trail.attempts = 1;
        let About { number, mark } = about;
        let lookup =
            Lookup { credentials: self.presented.lookup(), user_id, number, mark, request_hash: None };
        let now = self.backend.clock.now();
        let state = self.backend.table.look_up(&lookup, now, self.backend.waits(), self.deadline());
        let state = self.exchange.trail.in_store(state).await?;
        let caller = self.confirm(&state.credentials)?;
        caller.confinement.may_act_on(user_id)?;
        Ok((caller, state))
    }

    /// Verifies the caller of a query about an organisation to the end.
    pub async fn look_up_organisation(&mut self, org_id: &OrgId) -> Result<(), Problem> {
        self.exchange.trail.attempts = 1;
        let (credentials, table) = (self.presented.lookup(), &self.backend.table);
        let stored = table.look_up_credentials(credentials, self.backend.waits(), self.deadline());
        let stored = self.exchange.trail.in_store(stored).await?;
        Ok(self.confirm(&stored)?.confinement.may_list_all_of(org_id)?)
    }

    /// Waits for what is read of the store besides.
    pub fn in_store<T>(&mut self, read: impl Future<Output = T>) -> impl Future<Output = T> {
        self.exchange.trail.in_store(read)
    }

    fn confirm(&mut self, stored: &StoredCredentials) -> Result<Caller, Problem> {
        let caller = self.presented.confirm(stored, self.backend.clock.now())?;
        self.exchange.trail.actor = Some(caller.actor.clone());
        Ok(caller)
    }
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

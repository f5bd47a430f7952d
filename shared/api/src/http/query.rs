//! From a request to a query, all faults at once, before anything is read from the store.

use domain::user::PhysicalKey;
use domain::values::{EpochMillis, KeyNumber, Note, OrgId, OrgName, UserId};
use lambda_http::Request;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Fault;
use super::cursor::{CursorFault, CursorSealer};
use super::parameters::QueryParameters;
use super::problem::Problem;
use super::routes::Route;
use super::target::PathParameters;
use crate::auth::Presented;

/// Most entries of a page, and how many it has unless fewer are asked for.
pub const LARGEST_PAGE: usize = 100;

/// A page that is asked for.
#[derive(Debug)]
pub struct PageRequest<P> {
    /// At most so many entries: 1 to [`LARGEST_PAGE`].
    pub limit: usize,
    /// Where the page before ended; `None` for the first one.
    pub after: Option<P>,
    /// What cursors of this list are sealed with.
    list: String,
}

impl<P: Serialize> PageRequest<P> {
    /// The cursor of the page after this one.
    pub fn next(&self, cursors: &CursorSealer, place: P, now: EpochMillis) -> Result<String, CursorFault> {
        cursors.seal(&self.list, place, now)
    }
}

/// What a user's physical keys are filtered by; all that is given applies.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PhysicalKeyFilter {
    /// Exactly this issuer.
    pub org_id: Option<OrgId>,
    /// Exactly this display name.
    pub org_name: Option<OrgName>,
    /// This text somewhere in the note, whatever its case. Never empty.
    pub note_has: Option<Note>,
}

impl PhysicalKeyFilter {
    /// Whether a physical key passes.
    #[must_use]
    pub fn matches(&self, key: &PhysicalKey) -> bool {
        let note_has =
            |text: &Note| key.note.as_ref().is_some_and(|note| folded(note).contains(&folded(text)));
        self.org_id.as_ref().is_none_or(|org_id| *org_id == key.org_id)
            && self.org_name.as_ref().is_none_or(|name| key.org_name.as_ref() == Some(name))
            && self.note_has.as_ref().is_none_or(note_has)
    }
}

/// A note without its case, character by character, so that a part of it is folded like the whole.
fn folded(note: &Note) -> String {
    note.as_str().chars().flat_map(char::to_lowercase).collect()
}

/// Who asks, with which cursors, and when: what reading a page request takes besides the request.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// The credentials, as far as they are verified.
    pub presented: &'a Presented,
    /// Opens cursors.
    pub cursors: &'a CursorSealer,
    /// The time.
    pub now: EpochMillis,
}

impl Asking<'_> {
    /// Reads `limit` and `cursor`, and names the faults of all the parameters.
    fn page<P: DeserializeOwned>(
        self,
        route: Route,
        subject: &impl Serialize,
        filter: &impl Serialize,
        mut parameters: QueryParameters,
        faults: &mut Vec<Fault>,
    ) -> Option<PageRequest<P>> {
        let limit = match parameters.verbatim("limit") {
            None => Some(LARGEST_PAGE),
            Some(text) => {
                let limit =
                    KeyNumber::parse_digits(&text).ok().and_then(|limit| usize::try_from(limit.get()).ok());
                let limit = limit.filter(|limit| *limit <= LARGEST_PAGE);
                if limit.is_none() {
                    parameters.fault("limit", "must be an integer from 1 to 100");
                }
                limit
            }
        };
        // JSON keeps the parts apart. A cursor goes with its list and its caller, and with nothing else.
        let list = serde_json::json!([route.name(), self.presented.scope(), subject, filter]).to_string();
        let after = parameters.verbatim("cursor").map(|cursor| self.cursors.open(&list, &cursor, self.now));
        if matches!(after, Some(None)) {
            parameters
                .fault("cursor", "is not one of this list, or is older than a day; begin again without it");
        }
        faults.extend(parameters.finish());
        Some(PageRequest { limit: limit?, after: after.flatten(), list })
    }

    /// Reads the request of a user's physical keys.
    pub fn physical_keys<P: DeserializeOwned>(
        self,
        request: &Request,
    ) -> Result<(UserId, PhysicalKeyFilter, PageRequest<P>), Problem> {
        let route = Route::ListPhysicalKeys;
        let mut faults = Vec::new();
        let user_id = user_of(request, route, &mut faults);
        let mut parameters = QueryParameters::read(request);
        let filter = PhysicalKeyFilter {
            org_id: parameters.text("orgId", OrgId::parse),
            org_name: parameters.text("orgName", OrgName::parse),
            // Every note has the empty text in it, and so has none.
            note_has: parameters.text("q", Note::parse).filter(|text| !text.as_str().is_empty()),
        };
        let page = self.page(route, &user_id, &filter, parameters, &mut faults);
        match (user_id, page) {
            (Some(user_id), Some(page)) if faults.is_empty() => Ok((user_id, filter, page)),
            _ => Err(Problem::InvalidRequest(faults)),
        }
    }

    /// Reads the request of a user's history.
    pub fn physical_key_events<P: DeserializeOwned>(
        self,
        request: &Request,
    ) -> Result<(UserId, PageRequest<P>), Problem> {
        let route = Route::ListPhysicalKeyEvents;
        let mut faults = Vec::new();
        let user_id = user_of(request, route, &mut faults);
        let page = self.page(route, &user_id, &(), QueryParameters::read(request), &mut faults);
        match (user_id, page) {
            (Some(user_id), Some(page)) if faults.is_empty() => Ok((user_id, page)),
            _ => Err(Problem::InvalidRequest(faults)),
        }
    }

    /// Reads the request of an organisation's physical keys.
    pub fn org_physical_keys<P: DeserializeOwned>(
        self,
        request: &Request,
    ) -> Result<(OrgId, PageRequest<P>), Problem> {
        let route = Route::ListOrgPhysicalKeys;
        let mut faults = Vec::new();
        let org_id = PathParameters::read(request, route).and_then(|mut path| path.organisation());
        let org_id = org_id.map_err(|fault| faults.push(fault)).ok();
        let page = self.page(route, &org_id, &(), QueryParameters::read(request), &mut faults);
        match (org_id, page) {
            (Some(org_id), Some(page)) if faults.is_empty() => Ok((org_id, page)),
            _ => Err(Problem::InvalidRequest(faults)),
        }
    }
}

/// Reads the request of one physical key.
pub fn physical_key(request: &Request) -> Result<(UserId, KeyNumber), Problem> {
    let mut faults = Vec::new();
    let path = PathParameters::read(request, Route::GetPhysicalKey).map_err(|fault| faults.push(fault));
    let (user_id, number) = match path {
        Ok(mut path) => (
            path.user().map_err(|fault| faults.push(fault)).ok(),
            path.number().map_err(|fault| faults.push(fault)).ok(),
        ),
        Err(()) => (None, None),
    };
    faults.extend(QueryParameters::read(request).finish());
    match (user_id, number) {
        (Some(user_id), Some(number)) if faults.is_empty() => Ok((user_id, number)),
        _ => Err(Problem::InvalidRequest(faults)),
    }
}

fn user_of(request: &Request, route: Route, faults: &mut Vec<Fault>) -> Option<UserId> {
    let user_id = PathParameters::read(request, route).and_then(|mut path| path.user());
    user_id.map_err(|fault| faults.push(fault)).ok()
}

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
pub struct PageRequest<'a, P> {
    /// At most so many entries: 1 to [`LARGEST_PAGE`].
    pub limit: usize,
    /// Where the page before ended; `None` for the first one.
    pub after: Option<P>,
    asking: Asking<'a>,
    /// What cursors of this list are sealed with.
    list: String,
}

impl<P: Serialize> PageRequest<'_, P> {
    /// The cursor of the page after this one, if there is one: its place is where this one ends.
    pub fn next(&self, place: Option<P>) -> Result<Option<String>, CursorFault> {
        let Asking { cursors, now, .. } = self.asking;
        place.map(|place| cursors.seal(&self.list, place, now)).transpose()
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
    /// Reads `orgId`, `orgName` and `q`.
    pub fn read(parameters: &mut QueryParameters) -> Self {
        Self {
            org_id: parameters.text("orgId", OrgId::parse),
            org_name: parameters.text("orgName", OrgName::parse),
            // Every note has the empty text in it, and so has none.
            note_has: parameters.text("q", Note::parse).filter(|text| !text.as_str().is_empty()),
        }
    }

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

/// Who asks for a list, with which cursors, and when: what reading its request takes besides the request.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// The credentials, as far as they are verified.
    pub presented: &'a Presented,
    /// Opens and seals cursors.
    pub cursors: &'a CursorSealer,
    /// The time.
    pub now: EpochMillis,
}

impl<'a> Asking<'a> {
    /// Reads the request of a list: whose it is, what it is filtered by, and which page.
    pub fn read<S: Serialize, F: Serialize, P: DeserializeOwned>(
        self,
        request: &Request,
        route: Route,
        subject: fn(&mut PathParameters) -> Result<S, Fault>,
        filter: fn(&mut QueryParameters) -> F,
    ) -> Result<(S, F, PageRequest<'a, P>), Problem> {
        let mut faults = Vec::new();
        let subject = PathParameters::read(request, route).and_then(|mut path| subject(&mut path));
        let subject = subject.map_err(|fault| faults.push(fault)).ok();
        let mut parameters = QueryParameters::read(request);
        let filter = filter(&mut parameters);
        let limit = limit(&mut parameters);
        // JSON keeps the parts apart. A cursor goes with its list and its caller, and with nothing else.
        let list = serde_json::json!([route.name(), self.presented.scope(), subject, filter]).to_string();
        let after = parameters.verbatim("cursor").map(|cursor| self.cursors.open(&list, &cursor, self.now));
        if matches!(after, Some(None)) {
            parameters
                .fault("cursor", "is not one of this list, or is older than a day; begin again without it");
        }
        faults.extend(parameters.finish());
        match (subject, limit) {
            (Some(subject), Some(limit)) if faults.is_empty() => {
                Ok((subject, filter, PageRequest { limit, after: after.flatten(), asking: self, list }))
            }
            _ => Err(Problem::InvalidRequest(faults)),
        }
    }
}

/// How many entries the page may have: [`LARGEST_PAGE`] unless fewer are asked for.
fn limit(parameters: &mut QueryParameters) -> Option<usize> {
    let Some(text) = parameters.verbatim("limit") else { return Some(LARGEST_PAGE) };
    let limit = KeyNumber::parse_digits(&text).ok().and_then(|limit| usize::try_from(limit.get()).ok());
    let limit = limit.filter(|limit| *limit <= LARGEST_PAGE);
    if limit.is_none() {
        parameters.fault("limit", "must be an integer from 1 to 100");
    }
    limit
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

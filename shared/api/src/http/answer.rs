//! Answers: to a command that was carried out, and to a query.

use domain::history::{ChainedRecord, EventHash};
use domain::user::Event;
use domain::values::{EpochMillis, KeyNumber, Note, OrgId, OrgName, UserId, Version};
use lambda_http::Body;
use lambda_http::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use lambda_http::http::{Response, StatusCode};
use serde::Serialize;

/// The receipt of a command: the hash of the event that it led to.
const EVENT_HASH: HeaderName = HeaderName::from_static("event-hash");
const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// An answer: the bytes that go to the caller; a command's, now and for every replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The JSON body.
    pub body: String,
    /// What was done for it.
    pub done: Done,
}

/// What was done for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// A command was carried out, and led to the event with this hash.
    Committed(EventHash),
    /// The answer to the same request was given again; this is the hash of the event that it led to.
    Replayed(EventHash),
    /// A query was answered.
    Queried,
    /// A browser asked whether it may send a request (CORS preflight).
    Preflight,
}

impl Done {
    /// The code in the log.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Committed(_) => "committed",
            Self::Replayed(_) => "replayed",
            Self::Queried => "queried",
            Self::Preflight => "preflight",
        }
    }
}

/// The answer to `AddPhysicalKey`.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AddPhysicalKeyAnswer<'a> {
    /// Always `true`.
    success: bool,
    /// The user's id.
    aggregate_id: &'a UserId,
    /// The number of events in the user's history after the command.
    version: Version,
    /// The event that the command led to.
    event: &'a Event,
    /// The number that the server gave the physical key.
    number: KeyNumber,
    /// The organisation that issued it.
    org_id: &'a OrgId,
    /// The organisation's display name, if it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    org_name: Option<&'a OrgName>,
    /// Free text, if it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a Note>,
    /// When it was decided.
    added_at: EpochMillis,
}

/// The answer to `RemovePhysicalKey`.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RemovePhysicalKeyAnswer<'a> {
    /// Always `true`.
    success: bool,
    /// The user's id.
    aggregate_id: &'a UserId,
    /// The number of events in the user's history after the command.
    version: Version,
    /// The event that the command led to.
    event: &'a Event,
    /// The number of the physical key; it is never given again.
    number: KeyNumber,
}

impl Answer {
    /// The answer to the command that led to this event.
    #[must_use]
    pub fn new(recorded: &ChainedRecord) -> Self {
        let (success, done) = (true, Done::Committed(recorded.hash));
        let (event, version) = (&recorded.record.event, recorded.record.version);
        match event {
            Event::PhysicalKeyAdded(added) => {
                let body = AddPhysicalKeyAnswer {
                    success,
                    aggregate_id: &added.user_id,
                    version,
                    event,
                    number: added.number,
                    org_id: &added.org_id,
                    org_name: added.org_name.as_ref(),
                    note: added.note.as_ref(),
                    added_at: added.added_at,
                };
                Self::of(&body, done)
            }
            Event::PhysicalKeyRemoved(removed) => {
                let (aggregate_id, number) = (&removed.user_id, removed.number);
                let body = RemovePhysicalKeyAnswer { success, aggregate_id, version, event, number };
                Self::of(&body, done)
            }
        }
    }

    /// The answer to a query.
    #[must_use]
    pub fn to_query(body: &impl Serialize) -> Self {
        Self::of(body, Done::Queried)
    }

    /// The answer that was given to the same request before.
    #[must_use]
    pub const fn again(body: String, event_hash: EventHash) -> Self {
        Self { body, done: Done::Replayed(event_hash) }
    }

    /// The answer to a preflight. What a browser may do is told by the gateway, which adds its headers to it.
    #[must_use]
    pub const fn to_preflight() -> Self {
        Self { body: String::new(), done: Done::Preflight }
    }

    fn of(body: &impl Serialize, done: Done) -> Self {
        Self { body: serde_json::to_string(body).unwrap_or_default(), done }
    }

    /// The response, without the headers that every answer has.
    #[must_use]
    pub fn response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        match self.done {
            Done::Committed(event_hash) => _ = headers.insert(EVENT_HASH, header(event_hash)),
            Done::Replayed(event_hash) => {
                headers.insert(EVENT_HASH, header(event_hash));
                headers.insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
            }
            Done::Queried => {}
            Done::Preflight => {
                let mut response = Response::new(Body::Empty);
                *response.status_mut() = StatusCode::NO_CONTENT;
                return response;
            }
        }
        response
    }
}

#[expect(clippy::expect_used, reason = "Hexadecimal digits are a header's value.")]
fn header(event_hash: EventHash) -> HeaderValue {
    HeaderValue::from_str(&event_hash.to_string()).expect("hexadecimal digits")
}

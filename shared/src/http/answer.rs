//! Answers: to a command that was carried out, and to a query.

use lambda_http::Body;
use lambda_http::http::header::{CONTENT_TYPE, ETAG, HeaderName, HeaderValue};
use lambda_http::http::{Response, StatusCode};
use serde::Serialize;

use crate::user::Event;
use crate::values::{EpochMillis, KeyNumber, Note, OrgId, OrgName, UserId, Version};

const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// An answer: the bytes that go to the caller; a command's, now and for every replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The JSON body.
    pub body: String,
    /// The version of the history that it is about: after a command, or before a query looked.
    pub version: Option<Version>,
    /// What was done for it.
    pub done: Done,
}

/// What was done for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// A command was carried out.
    Committed,
    /// The answer to the same request was given again.
    Replayed,
    /// A query was answered.
    Queried,
}

impl Done {
    /// The code in the log.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Committed => "committed",
            Self::Replayed => "replayed",
            Self::Queried => "queried",
        }
    }
}

/// The 200 body of both commands (contract, "Commands").
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AnswerBody<'a> {
    success: bool,
    aggregate_id: &'a UserId,
    version: Version,
    event: &'a Event,
    number: KeyNumber,
    #[serde(flatten)]
    issued: Option<Issued<'a>>,
}

/// What only `AddPhysicalKey` answers.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Issued<'a> {
    org_id: &'a OrgId,
    #[serde(skip_serializing_if = "Option::is_none")]
    org_name: Option<&'a OrgName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a Note>,
    added_at: EpochMillis,
}

/// The entity tag of a version (RFC 9110, section 8.8.3).
pub(super) fn entity_tag(version: Version) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

impl Answer {
    /// The answer to the command that led to this event.
    #[must_use]
    pub fn new(event: &Event, version: Version) -> Self {
        let (aggregate_id, number, issued) = match event {
            Event::PhysicalKeyAdded(added) => {
                let issued = Issued {
                    org_id: &added.org_id,
                    org_name: added.org_name.as_ref(),
                    note: added.note.as_ref(),
                    added_at: added.added_at,
                };
                (&added.user_id, added.number, Some(issued))
            }
            Event::PhysicalKeyRemoved(removed) => (&removed.user_id, removed.number, None),
        };
        let body = AnswerBody { success: true, aggregate_id, version, event, number, issued };
        Self::of(&body, Some(version), Done::Committed)
    }

    /// The answer to a query. `version` is that of the user it is about, if it is about one.
    #[must_use]
    pub fn to_query(body: &impl Serialize, version: Option<Version>) -> Self {
        Self::of(body, version, Done::Queried)
    }

    /// The answer that was given to the same request before.
    #[must_use]
    pub const fn again(body: String, version: Version) -> Self {
        Self { body, version: Some(version), done: Done::Replayed }
    }

    fn of(body: &impl Serialize, version: Option<Version>, done: Done) -> Self {
        Self { body: serde_json::to_string(body).unwrap_or_default(), version, done }
    }

    /// The response, without the headers that every answer has.
    #[must_use]
    pub fn response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = StatusCode::OK;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(version) = self.version {
            headers.insert(ETAG, entity_tag(version));
        }
        if self.done == Done::Replayed {
            headers.insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}

//! Answers: to a command that was carried out, and to a query.

use domain::history::EventHash;
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
    /// It was said that somebody is here.
    Healthy,
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
            Self::Healthy => "healthy",
            Self::Preflight => "preflight",
        }
    }
}

impl Answer {
    /// The answer to a command that was carried out, and led to the event with this hash.
    #[must_use]
    pub fn to_command(body: &impl Serialize, event_hash: EventHash) -> Self {
        Self::of(body, Done::Committed(event_hash))
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

    /// The answer to who only wants to know whether there is anybody.
    #[must_use]
    pub fn to_health() -> Self {
        Self { body: r#"{"status":"ok"}"#.to_owned(), done: Done::Healthy }
    }

    /// The answer to a preflight. What a browser may do is told by the gateway, which adds its headers to it.
    #[must_use]
    pub const fn to_preflight() -> Self {
        Self { body: String::new(), done: Done::Preflight }
    }

    #[expect(
        clippy::expect_used,
        reason = "Serialising fails for maps with keys that are no strings and for failing writers; a body has neither."
    )]
    fn of(body: &impl Serialize, done: Done) -> Self {
        Self { body: serde_json::to_string(body).expect("a body is JSON"), done }
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
            Done::Queried | Done::Healthy => {}
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

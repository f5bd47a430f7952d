//! Refusals: every reason there is, and its response. Its status, code and words are in `told.rs`.
//!
//! The body is RFC 9457 problem details that is also what the vendor's clients read (contract, "Refusals"). Its
//! `type` is `about:blank`: the stable `error` code says what the status does not.

use domain::confinement::Forbidden;
use domain::user::Refusal;
use lambda_http::Body;
use lambda_http::http::Response;
use lambda_http::http::header::{
    ACCEPT_ENCODING, ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use serde::Serialize;
use store::StoreFault;

use super::Fault;
use super::challenge::challenges;
use super::cursor::CursorFault;
use super::told::Told;
use crate::auth::{AuthFault, CredentialFault};

/// Why a request is refused. `Display` is the stable code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.code())]
pub enum Problem {
    /// The request cannot be understood; every fault is named.
    InvalidRequest(Vec<Fault>),
    /// Credentials are missing or refused; every one is named.
    Unauthenticated(Vec<CredentialFault>),
    /// The credentials are good, and this is not theirs to do.
    Forbidden(#[from] Forbidden),
    /// The aggregate refuses; which member of the body it is about, as a JSON pointer (RFC 6901).
    Refused(Refusal, Option<&'static str>),
    /// No such route.
    RouteNotFound,
    /// This path takes other methods, which are listed as the `Allow` header has them.
    MethodNotAllowed(&'static str),
    /// Gave up on contention before the deadline.
    Contention(Written),
    /// The body is larger than 16 KiB.
    BodyTooLarge,
    /// The body is not `application/json`.
    UnsupportedMediaType,
    /// The body did not come in time: the local server's refusal, which in AWS is the gateway's own.
    BodyOutOfTime,
    /// The body has a `Content-Encoding` other than `identity`.
    EncodedBody,
    /// The `Idempotency-Key` was used before, with another request.
    IdempotencyKeyReused,
    /// The store could not be used; the cause is for the log.
    Store(StoreFault, Written),
    /// The token issuer's keys are not known.
    SigningKeysUnavailable,
    /// The cursor of the next page could not be made.
    Cursor(#[from] CursorFault),
}

/// What a refusal says about what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// Nothing, for certain and for ever.
    Nothing,
    /// It does not say: under an idempotency key, another sending of the request may have been carried out.
    Unsaid,
}

impl From<AuthFault> for Problem {
    fn from(fault: AuthFault) -> Self {
        match fault {
            AuthFault::Unauthenticated(faults) => Self::Unauthenticated(faults),
            AuthFault::Forbidden(forbidden) => Self::Forbidden(forbidden),
            AuthFault::SigningKeysUnavailable => Self::SigningKeysUnavailable,
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal, None)
    }
}

impl From<StoreFault> for Problem {
    fn from(fault: StoreFault) -> Self {
        Self::Store(fault, Written::Unsaid)
    }
}

/// A refusal: problem details (RFC 9457), with what the vendor's clients read beside them.
//
// Bounds that nothing enforces follow from what does: a message may have a name of the request in it, a URL is no longer than 65,534
// characters, and a name in a body of 16 KiB no longer than that. A command has at most 107 faults: 101 of the body, 4 of headers, 1 of
// the path, 1 of the query.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = Problem))]
#[serde(rename_all = "camelCase")]
pub struct ProblemBody<'a> {
    /// Always `false`.
    #[cfg_attr(feature = "openapi", schema(examples(false)))]
    success: bool,
    /// The stable code of the reason.
    #[cfg_attr(
        feature = "openapi",
        schema(max_length = 40, pattern = "^[a-z]+(_[a-z]+)*$", examples("invalid_request"))
    )]
    error: &'a str,
    /// What is wrong, and the mend, for people.
    #[cfg_attr(feature = "openapi", schema(max_length = 65600, examples("`orgId` is required.")))]
    message: &'a str,
    /// `about:blank`: the reason is in `error`.
    #[cfg_attr(
        feature = "openapi",
        schema(max_length = 200, format = "uri-reference", examples("about:blank"))
    )]
    #[serde(rename = "type")]
    problem_type: &'a str,
    /// The words of the status.
    #[cfg_attr(
        feature = "openapi",
        schema(max_length = 50, pattern = "^[A-Z][A-Za-z ]*$", examples("Bad Request"))
    )]
    title: &'a str,
    /// The status.
    #[cfg_attr(feature = "openapi", schema(minimum = 400, maximum = 599, examples(400)))]
    status: u16,
    /// The same as `message`.
    #[cfg_attr(feature = "openapi", schema(max_length = 65600, examples("`orgId` is required.")))]
    detail: &'a str,
    /// The id of the request, as in the `X-Request-Id` header and in the log.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::history::RequestId))]
    request_id: &'a str,
    /// Everything that is wrong.
    #[cfg_attr(feature = "openapi", schema(max_items = 107))]
    errors: Vec<ErrorBody<'a>>,
}

/// One thing that is wrong.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = ProblemFault))]
pub struct ErrorBody<'a> {
    /// The status.
    #[cfg_attr(feature = "openapi", schema(minimum = 400, maximum = 599, examples(400)))]
    code: u16,
    /// What is wrong, and the mend.
    #[cfg_attr(feature = "openapi", schema(max_length = 65600, examples("`orgId` is required.")))]
    message: String,
    /// Where in the body, as a JSON pointer (RFC 6901).
    #[cfg_attr(
        feature = "openapi",
        schema(max_length = 32769, pattern = "^(/([^/~]|~[01])*)*$", examples("/orgId"))
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<&'a str>,
}

impl Problem {
    /// The same, saying what was written where it would say something.
    #[must_use]
    pub fn saying(self, written: Written) -> Self {
        match self {
            Self::Contention(_) => Self::Contention(written),
            Self::Store(fault, _) => Self::Store(fault, written),
            other => other,
        }
    }

    /// Whether it is true of one state of the inventory only, so that under an idempotency key it may have become
    /// false by another sending of the same request.
    #[must_use]
    pub const fn depends_on_the_inventory(&self) -> bool {
        matches!(self, Self::Refused(..) | Self::Contention(_))
    }

    /// The stable code, for the log.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.told().code
    }

    /// The cause of a fault of ours or of the store, for the log only.
    #[must_use]
    pub fn cause(&self) -> Option<String> {
        match self {
            Self::Store(fault, _) => Some(fault.to_string()),
            Self::Cursor(fault) => Some(fault.to_string()),
            _ => None,
        }
    }

    /// Each thing that is wrong: words and, in the body, place.
    fn each(&self, told: &Told) -> Vec<(String, Option<&str>)> {
        match self {
            Self::InvalidRequest(faults) => {
                faults.iter().map(|fault| (fault.message.clone(), fault.pointer.as_deref())).collect()
            }
            Self::Unauthenticated(faults) => faults.iter().map(|fault| (fault.to_string(), None)).collect(),
            Self::Refused(_, pointer) => vec![(told.message.to_owned(), *pointer)],
            _ => vec![(told.message.to_owned(), None)],
        }
    }

    /// The response, without the headers that every answer has.
    #[must_use]
    pub fn response(&self, request_id: &str, media_type: HeaderValue) -> Response<Body> {
        let told = self.told();
        let each = self.each(&told);
        // With one thing wrong, the message says which; with several, it points to the list.
        let message = match each.as_slice() {
            [(only, _)] => only.clone(),
            _ => told.message.to_owned(),
        };
        let status = told.status;
        let body = ProblemBody {
            success: false,
            error: told.code,
            message: &message,
            problem_type: "about:blank",
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            detail: &message,
            request_id,
            errors: each
                .into_iter()
                .map(|(message, pointer)| ErrorBody { code: status.as_u16(), message, pointer })
                .collect(),
        };
        let mut response = Response::new(Body::from(serde_json::to_vec(&body).unwrap_or_default()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, media_type);
        if let Some(seconds) = told.retry_after_seconds {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        match self {
            Self::Unauthenticated(faults) => {
                headers.insert(WWW_AUTHENTICATE, challenges(faults));
            }
            Self::MethodNotAllowed(allowed) => {
                headers.insert(ALLOW, HeaderValue::from_static(allowed));
            }
            // What would have been accepted (RFC 9110, section 12.5.3).
            Self::EncodedBody => {
                headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
            }
            _ => {}
        }
        response
    }
}

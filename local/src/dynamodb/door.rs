//! The door of the embedded DynamoDB: HTTP for whoever knows its access key id, and for nobody else.
//!
//! A web page can reach any port of the machine that it is shown on, and so can every user of that machine. Neither
//! knows the access key id, which is a secret here; a page gives itself away by `Origin`, one that had its name point
//! to this machine by `Host`. There is nothing for browsers: no preflight is answered, no origin allowed.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, ORIGIN};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
use dynoxide::Database;
use serde_json::json;
use subtle::ConstantTimeEq;

use super::AccessKeyId;
use super::operations::{self, Answer};
use super::vacuum::vacuum;
use crate::bus::RecordedBus;
use crate::kms::LocalKms;
use crate::server::{BodyFault, Bounds};

/// As much as DynamoDB takes in one request.
const BODY_LIMIT: usize = 16 * 1_024 * 1_024;
/// The operation that cleans the database's file, as `x-amz-target` has it: `PhysicalKeyInventory.Vacuum`.
const INVENTORY: &str = "PhysicalKeyInventory";
const VACUUM: &str = "Vacuum";
const CONTENT: &str = "application/x-amz-json-1.0";

/// Who is let in, and what is behind the door.
pub(super) struct Door {
    pub(super) access_key_id: AccessKeyId,
    /// The values of `Host` under which it is reached.
    pub(super) authorities: BTreeSet<String>,
    pub(super) database: Database,
    /// The file that it is kept in, if it is.
    pub(super) file: Option<PathBuf>,
    pub(super) bus: Option<RecordedBus>,
    pub(super) kms: Option<LocalKms>,
    pub(super) bounds: Bounds,
}

/// Why a request stays outside. The codes are those that DynamoDB has for such things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    ForeignOrigin,
    ForeignHost,
    NoOperation,
    UnknownCaller,
    TooSlow,
    TooLarge,
}

impl Refusal {
    const fn told(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::ForeignOrigin => (403, "AccessDeniedException", "Web pages are not served here."),
            Self::ForeignHost => (403, "AccessDeniedException", "This server has another name."),
            Self::NoOperation => (400, "UnknownOperationException", "There is no such operation here."),
            Self::UnknownCaller => (
                400,
                "UnrecognizedClientException",
                "The access key id is not the one of this inventory's folder.",
            ),
            Self::TooSlow => (408, "RequestTimeoutException", "The body did not come in time."),
            Self::TooLarge => (413, "RequestEntityTooLarge", "The request is larger than 16 MiB."),
        }
    }

    fn answer(self) -> Answer {
        let (status, code, message) = self.told();
        let body = json!({"__type": format!("com.amazon.coral.service#{code}"), "message": message});
        Answer { status, body: body.to_string() }
    }
}

impl Door {
    pub(super) fn router(self) -> Router {
        Router::new().fallback(serve).with_state(Arc::new(self))
    }

    /// Looks at a request before anything of its body is read.
    fn admit(&self, method: &Method, target: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
        if headers.contains_key(ORIGIN) {
            return Err(Refusal::ForeignOrigin);
        }
        let mut hosts = headers.get_all(HOST).iter();
        let host = hosts.next().and_then(|host| host.to_str().ok());
        if hosts.next().is_some() || !host.is_some_and(|host| self.authorities.contains(host)) {
            return Err(Refusal::ForeignHost);
        }
        // A target in absolute form overrides `Host` (RFC 9112, section 3.2.2).
        if target.authority().is_some_and(|authority| !self.authorities.contains(authority.as_str())) {
            return Err(Refusal::ForeignHost);
        }
        if method != Method::POST {
            return Err(Refusal::NoOperation);
        }
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let only = values.next().filter(|_| values.next().is_none());
        let presented = only.and_then(|value| access_key_id(value.to_str().ok()?));
        match presented {
            Some(id) if bool::from(id.as_bytes().ct_eq(self.access_key_id.as_str().as_bytes())) => Ok(()),
            _ => Err(Refusal::UnknownCaller),
        }
    }
}

/// The access key id in `AWS4-HMAC-SHA256 Credential=<access key id>/<date>/…` (AWS Signature Version 4).
fn access_key_id(authorization: &str) -> Option<&str> {
    let parameters = authorization.strip_prefix("AWS4-HMAC-SHA256")?;
    let mut parameters = parameters.split(',').map(str::trim);
    let credential = parameters.find_map(|parameter| parameter.strip_prefix("Credential="))?;
    credential.split('/').next()
}

async fn serve(State(door): State<Arc<Door>>, request: Request) -> Response {
    let answer = match door.admit(request.method(), request.uri(), request.headers()) {
        Ok(()) => answer(door, request).await,
        Err(refusal) => refusal.answer(),
    };
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, axum::http::HeaderValue::from_static(CONTENT));
    response
}

async fn answer(door: Arc<Door>, request: Request) -> Answer {
    let (parts, body) = request.into_parts();
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let Some((service, operation)) = target.and_then(|target| target.split_once('.')) else {
        return Refusal::NoOperation.answer();
    };
    let (service, operation) = (service.to_owned(), operation.to_owned());
    let body = match door.bounds.body(body, BODY_LIMIT).await {
        Ok(body) => body,
        Err(BodyFault::OutOfTime) => return Refusal::TooSlow.answer(),
        Err(BodyFault::Unreadable) => return Refusal::TooLarge.answer(),
    };
    // SQLite takes its time on a thread where waiting is allowed.
    let carried_out = tokio::task::spawn_blocking(move || match service.as_str() {
        "DynamoDB_20120810" | "DynamoDBStreams_20120810" => {
            operations::carry_out(&door.database, &operation, &body)
        }
        // No service of AWS: what only this engine needs.
        INVENTORY if operation == VACUUM => Some(vacuumed(&door)),
        other => {
            let answer = match other {
                "TrentService" => door.kms.as_ref()?.carry_out(&operation, &body)?,
                _ => door.bus.as_ref()?.carry_out(&operation, &body)?,
            };
            Some(Answer { status: 200, body: answer.to_string() })
        }
    });
    carried_out.await.ok().flatten().unwrap_or_else(|| Refusal::NoOperation.answer())
}

fn vacuumed(door: &Door) -> Answer {
    match vacuum(&door.database, door.file.as_deref()) {
        Ok(()) => Answer { status: 200, body: "{}".to_owned() },
        Err(fault) => {
            let body = json!({"__type": "com.amazon.coral.service#InternalServerError", "message": fault.to_string()});
            Answer { status: 500, body: body.to_string() }
        }
    }
}

//! The HTTP server in front of the gateway's stand-in, and the pages beside it.

use std::sync::Arc;

use api::backend::Backend;
use api::http::cursor::CursorSealer;
use api::http::exchange::Exchange;
use api::http::problem::Problem;
use axum::Router;
use axum::body::Body;
use axum::extract::{FromRef, Request, State};
use axum::response::Response;
use lambda_http::RequestExt;
use lambda_http::http::header::{CONNECTION, HeaderValue};
use local_inventory::gateway;
use local_inventory::server::{BodyFault, Bounds};

use crate::demo::Demo;
use crate::pages::keys::KeysPage;
use crate::pages::{self, Pages};

/// Most of a body that is read: more than any request may have, so that the functions refuse what is too large.
const BODY_LIMIT: usize = 1_024 * 1_024;

/// What is no page goes to the functions.
pub(crate) fn router(api: Arc<Api>) -> Router {
    pages::router(answer).fallback(answer).with_state(api)
}

/// What the functions are wired with, and what the pages are served with.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) backend: Backend,
    pub(crate) cursors: CursorSealer,
    pub(crate) demo: Option<Arc<Demo>>,
    pub(crate) keys_page: Arc<KeysPage>,
    pub(crate) bounds: Bounds,
}

impl FromRef<Arc<Api>> for Pages {
    fn from_ref(api: &Arc<Api>) -> Self {
        Self { demo: api.demo.clone(), keys: Arc::clone(&api.keys_page), clock: api.backend.clock.clone() }
    }
}

/// Hands a request to the gateway's stand-in.
async fn answer(State(api): State<Arc<Api>>, request: Request) -> Response {
    let Api { backend, cursors, .. } = &*api;
    let request_id = request_id(backend);
    let (parts, body) = request.into_parts();
    let body = match api.bounds.body(body, BODY_LIMIT).await {
        Ok(body) => body,
        Err(fault) => return without_body(fault, backend, &request_id),
    };
    let request = Request::from_parts(parts, body.to_vec());
    gateway::answer(backend, cursors, &request, &request_id, gateway::FUNCTION_TIMEOUT)
        .await
        .map(|body| Body::from(body.to_vec()))
}

/// The answer to a request whose body cannot be had. The connection ends: what comes next on it is no request.
fn without_body(fault: BodyFault, backend: &Backend, request_id: &str) -> Response {
    let problem = match fault {
        BodyFault::OutOfTime => Problem::BodyOutOfTime,
        BodyFault::Unreadable => Problem::BodyTooLarge,
    };
    let deadline = backend.clock.now().plus(gateway::FUNCTION_TIMEOUT);
    let request = lambda_http::Request::default().with_lambda_context(gateway::context(request_id, deadline));
    let mut response = Exchange::begin(&request, &backend.clock, &backend.chance).finish(Err(problem));
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response.map(|body| Body::from(body.to_vec()))
}

/// An id like the gateway's: 16 characters of chance.
fn request_id(backend: &Backend) -> String {
    data_encoding::BASE32_DNSSEC.encode(&backend.chance.bytes::<10>())
}

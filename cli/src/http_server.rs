//! The HTTP server in front of the gateway's stand-in, and the pages beside it.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use key_inventory::backend::Backend;
use key_inventory::http::cursor::CursorSealer;
use key_inventory::http::exchange::Exchange;
use key_inventory::http::problem::Problem;
use local_inventory::gateway;

use crate::demo::Demo;
use crate::pages;

/// Most of a body that is read: more than any request may have, so that the functions refuse what is too large.
const BODY_LIMIT: usize = 1_024 * 1_024;

/// What is no page goes to the functions.
pub(crate) fn router(api: Arc<Api>) -> Router {
    pages::router().fallback(answer).with_state(api)
}

/// What the functions are wired with, and the demo for the pages.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) backend: Backend,
    pub(crate) cursors: CursorSealer,
    pub(crate) demo: Demo,
}

/// Hands a request to the gateway's stand-in.
pub(crate) async fn answer(State(api): State<Arc<Api>>, request: Request) -> Response {
    let Api { backend, cursors, .. } = &*api;
    let request_id = request_id(backend);
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        let exchange = Exchange::begin(&lambda_http::Request::default(), &backend.clock);
        return exchange.finish(Err(Problem::BodyTooLarge)).map(|body| Body::from(body.to_vec()));
    };
    let request = Request::from_parts(parts, body.to_vec());
    gateway::answer(backend, cursors, &request, &request_id, gateway::FUNCTION_TIMEOUT)
        .await
        .map(|body| Body::from(body.to_vec()))
}

/// An id like the gateway's: 16 characters of chance.
fn request_id(backend: &Backend) -> String {
    data_encoding::BASE32_DNSSEC.encode(&backend.chance.bytes::<10>())
}

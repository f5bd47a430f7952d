//! The HTTP server in front of the gateway's stand-in.

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

/// Most of a body that is read: more than any request may have, so that the functions refuse what is too large.
const BODY_LIMIT: usize = 1_024 * 1_024;

/// Everything under `/` goes to the functions.
pub(crate) fn router(api: Arc<Api>) -> Router {
    Router::new().fallback(answer).with_state(api)
}

/// What the functions are wired with.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) backend: Backend,
    pub(crate) cursors: CursorSealer,
}

async fn answer(State(api): State<Arc<Api>>, request: Request) -> Response {
    let Api { backend, cursors } = &*api;
    let request_id = request_id(backend);
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        let exchange = Exchange::begin(&lambda_http::Request::default(), &backend.clock);
        return exchange.finish(Err(Problem::BodyTooLarge)).map(|body| Body::from(body.to_vec()));
    };
    let request = Request::from_parts(parts, body.to_vec());
    gateway::answer(backend, cursors, &request, &request_id).await.map(|body| Body::from(body.to_vec()))
}

/// An id like the gateway's: 16 characters of chance.
fn request_id(backend: &Backend) -> String {
    let mut random = [0; 10];
    backend.random().fill(&mut random);
    data_encoding::BASE32_DNSSEC.encode(&random)
}

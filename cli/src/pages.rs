//! The pages beside the API: the interactive reference, and the page for people who manage keys. All of their files
//! are in the program; nothing is loaded from elsewhere.

macro_rules! page_files {
    ($folder:literal: $($media_type:ident $name:literal),* $(,)?) => {
        /// The files beside `index.html`: their media types, names and texts.
        pub(crate) const FILES: &[(&str, &str, &str)] =
            &[$(($media_type, $name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../pages/", $folder, "/", $name)))),*];
    };
}

pub(crate) mod keys;
mod llms;
mod reference;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRef, Path, State};
use axum::handler::Handler;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, get};
use axum::{Json, Router};
use domain::loopback::is_loopback;
use domain::values::EpochMillis;
use process::clock::Clock;
use serde_json::Value;
use tower_http::compression::CompressionLayer;

use crate::demo::Demo;
use crate::output::Failure;
use crate::pages::keys::KeysPage;

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
const ICON: &str = "image/svg+xml";

/// What pages are served with.
#[derive(Debug, Clone)]
pub(crate) struct Pages {
    /// Whose credentials are filled in; nobody's where tokens are an issuer's that is not ours.
    pub(crate) demo: Option<Arc<Demo>>,
    /// The page for people who manage physical keys.
    pub(crate) keys: Arc<KeysPage>,
    /// The time.
    pub(crate) clock: Clock,
}

/// The routes of the pages. Other methods than GET are none of theirs, and are for `answer`.
pub(crate) fn router<S, H, T>(answer: H) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    Pages: FromRef<S>,
    H: Handler<T, S>,
    T: 'static,
{
    // What the API answers is never compressed: only pages are.
    let page =
        move |handler: MethodRouter<S>| handler.layer(CompressionLayer::new()).fallback(answer.clone());
    Router::new()
        .route("/", page(get(reference_page)))
        .route(
            "/openapi.json",
            page(get(async || file("application/json", reference::POLICY, api_reference::json()))),
        )
        .route("/llms.txt", page(get(llms::index)))
        .route("/docs/{name}", page(get(llms::document)))
        .route("/demo-credentials.json", page(get(demo_credentials)))
        .route("/reference/{name}", page(get(reference_file)))
        .route("/keys", page(get(async || Redirect::permanent("/keys/"))))
        .route("/keys/", page(get(keys_page)))
        .route("/keys/demo-credentials.json", page(get(demo_manager)))
        .route("/keys/{*name}", page(get(keys_file)))
}

fn file(media_type: &'static str, policy: &'static str, bytes: impl Into<Bytes>) -> Response {
    file_under(media_type, HeaderValue::from_static(policy), bytes)
}

fn file_under(media_type: &'static str, policy: HeaderValue, bytes: impl Into<Bytes>) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (CONTENT_SECURITY_POLICY, policy),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, bytes.into()).into_response()
}

async fn keys_page(State(pages): State<Pages>) -> Response {
    file_under(HTML, pages.keys.policy.clone(), pages.keys.html.clone())
}

async fn keys_file(State(pages): State<Pages>, Path(name): Path<String>) -> Response {
    match keys::FILES.iter().find(|(_, known, _)| *known == name) {
        Some((media_type, _, text)) => file_under(media_type, pages.keys.policy.clone(), *text),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn reference_page(State(pages): State<Pages>) -> Response {
    file(HTML, reference::POLICY, reference::html(pages.demo.is_some()))
}

async fn reference_file(Path(name): Path<String>) -> Response {
    match reference::FILES.iter().find(|(_, known, _)| *known == name) {
        Some((media_type, _, text)) => file(media_type, reference::POLICY, *text),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn demo_credentials(State(pages): State<Pages>, headers: HeaderMap) -> Response {
    demonstrated(&pages, &headers, Demo::credentials)
}

async fn demo_manager(State(pages): State<Pages>, headers: HeaderMap) -> Response {
    demonstrated(&pages, &headers, Demo::manager)
}

/// The demo's credentials, for pages of this server only: browsers keep other origins from reading them, and a foreign
/// name that was made to point to this machine is not answered.
fn demonstrated(
    pages: &Pages,
    headers: &HeaderMap,
    credentials: impl FnOnce(&Demo, EpochMillis) -> Result<Value, Failure>,
) -> Response {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let demo = pages.demo.as_ref().filter(|_| is_loopback(name));
    match demo.map(|demo| credentials(demo, pages.clock.now())) {
        Some(Ok(credentials)) => ([(CACHE_CONTROL, "no-store")], Json(credentials)).into_response(),
        None | Some(Err(_)) => StatusCode::NOT_FOUND.into_response(),
    }
}

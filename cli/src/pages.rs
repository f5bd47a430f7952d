//! The pages beside the API: the interactive reference, and the page for people who manage keys. All of their files
//! are in the program; nothing is loaded from elsewhere.

mod llms;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRef, Path, State};
use axum::handler::Handler;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, get};
use axum::{Json, Router};
use domain::loopback::is_loopback;
use process::clock::Clock;

use crate::demo::Demo;

/// Swagger UI sets styles from its script and has images in its style sheet.
const REFERENCE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const KEYS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// What pages are served with.
#[derive(Debug, Clone)]
pub(crate) struct Pages {
    /// Whose credentials are filled in.
    pub(crate) demo: Arc<Demo>,
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
    let page = move |handler: MethodRouter<S>| handler.fallback(answer.clone());
    Router::new()
        .route(
            "/",
            page(get(async || {
                file(HTML, REFERENCE_POLICY, include_str!("../../pages/reference/index.html"))
            })),
        )
        .route(
            "/openapi.json",
            page(get(async || file("application/json", REFERENCE_POLICY, api_reference::json()))),
        )
        .route("/llms.txt", page(get(llms::index)))
        .route("/docs/{name}", page(get(llms::document)))
        .route("/demo-credentials.json", page(get(demo_credentials)))
        .route("/reference/{name}", page(get(reference_file)))
        .route("/keys", page(get(async || Redirect::permanent("/keys/"))))
        .route("/keys/", page(get(async || keys_file(Path("index.html".to_owned())).await)))
        .route("/keys/demo-credentials.json", page(get(demo_credentials)))
        .route("/keys/{name}", page(get(keys_file)))
}

fn file(media_type: &'static str, policy: &'static str, bytes: impl Into<Bytes>) -> Response {
    let headers = [
        (CONTENT_TYPE, media_type),
        (CONTENT_SECURITY_POLICY, policy),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, bytes.into()).into_response()
}

async fn keys_file(Path(name): Path<String>) -> Response {
    match name.as_str() {
        "index.html" => file(HTML, KEYS_POLICY, include_str!("../../pages/keys/index.html")),
        "api.js" => file(SCRIPT, KEYS_POLICY, include_str!("../../pages/keys/api.js")),
        "elements.js" => file(SCRIPT, KEYS_POLICY, include_str!("../../pages/keys/elements.js")),
        "listing.js" => file(SCRIPT, KEYS_POLICY, include_str!("../../pages/keys/listing.js")),
        "keys.js" => file(SCRIPT, KEYS_POLICY, include_str!("../../pages/keys/keys.js")),
        "keys.css" => file(STYLE, KEYS_POLICY, include_str!("../../pages/keys/keys.css")),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Our own files, and those of Swagger UI that the page uses.
async fn reference_file(Path(name): Path<String>) -> Response {
    let media_type = match name.as_str() {
        "page.js" => return file(SCRIPT, REFERENCE_POLICY, include_str!("../../pages/reference/page.js")),
        "page.css" => return file(STYLE, REFERENCE_POLICY, include_str!("../../pages/reference/page.css")),
        "swagger-ui-bundle.js" => SCRIPT,
        "swagger-ui.css" => STYLE,
        "favicon-32x32.png" => "image/png",
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    match utoipa_swagger_ui::serve(&name, Arc::new(utoipa_swagger_ui::Config::from("/openapi.json"))) {
        Ok(Some(served)) => file(media_type, REFERENCE_POLICY, served.bytes.into_owned()),
        Ok(None) | Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The demo's credentials, for pages of this server only: browsers keep other origins from reading them, and a foreign
/// name that was made to point to this machine is not answered.
async fn demo_credentials(State(pages): State<Pages>, headers: HeaderMap) -> Response {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if !is_loopback(name) {
        return StatusCode::NOT_FOUND.into_response();
    }
    match pages.demo.credentials(pages.clock.now()) {
        Ok(credentials) => ([(CACHE_CONTROL, "no-store")], Json(credentials)).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

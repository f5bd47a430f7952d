//! A stand-in for API Gateway's HTTP API: turns an HTTP request into the event that the gateway would send, and
//! hands it to the function of its route, through the same conversion as in Lambda.

use std::collections::BTreeMap;
use std::time::Duration;

use api::backend::Backend;
use api::gateway_event;
use api::http::Fault;
use api::http::cursor::CursorSealer;
use api::http::exchange::Exchange;
use api::http::problem::Problem;
use api::http::routes::{Matched, Route};
use api::http::target::percent_decoded;
use data_encoding::BASE64;
use domain::values::EpochMillis;
use lambda_http::http::header::{HeaderValue, USER_AGENT};
use lambda_http::http::{HeaderMap, Request as HttpRequest};
use lambda_http::{Body, Context, Request, RequestExt, Response};
use serde_json::{Value, json};

/// The time-out of the functions in the template.
pub const FUNCTION_TIMEOUT: Duration = Duration::from_secs(10);

/// Answers an HTTP request by the function of its route, whose invocation ends after `time`.
pub async fn answer(
    backend: &Backend,
    cursors: &CursorSealer,
    request: &HttpRequest<Vec<u8>>,
    request_id: &str,
    time: Duration,
) -> Response<Body> {
    let now = backend.clock.now();
    let context = context(request_id, now.plus(time));
    let matched = Route::find(request.method(), request.uri().path());
    let Some(event) = event(request, matched.as_ref(), request_id, now) else {
        let invocation = Request::default().with_lambda_context(context);
        let exchange = Exchange::begin(&invocation, &backend.clock, &backend.chance);
        let fault = Fault::outside("The path is not percent-encoded UTF-8.");
        return exchange.finish(Err(Problem::InvalidRequest(vec![fault])));
    };
    let route = matched.map(|matched| matched.route);
    let event = event.to_string();
    let answer = gateway_event::answer(&event, context, &backend.clock, &backend.chance, |invocation| {
        // In a box, since the compiler gives up on a future of so many layers.
        Box::pin(invoke(route, backend, cursors, invocation))
    });
    answer.await.response
}

/// Hands a request to the function of its route, or to the one of all that have none.
pub async fn invoke(
    route: Option<Route>,
    backend: &Backend,
    cursors: &CursorSealer,
    invocation: Request,
) -> Response<Body> {
    let Some(route) = route else {
        return no_such_route::handle(&backend.clock, &backend.chance, invocation).await;
    };
    match route {
        Route::AddPhysicalKey => add_physical_key::handle(backend, invocation).await,
        Route::RemovePhysicalKey => remove_physical_key::handle(backend, invocation).await,
        Route::ListPhysicalKeys => list_physical_keys::handle(backend, cursors, invocation).await,
        Route::GetPhysicalKey => get_physical_key::handle(backend, invocation).await,
        Route::ListPhysicalKeyEvents => list_physical_key_events::handle(backend, cursors, invocation).await,
        Route::ListOrgPhysicalKeys => list_org_physical_keys::handle(backend, cursors, invocation).await,
    }
}

/// What Lambda says beside an event.
#[must_use]
pub fn context(request_id: &str, deadline: EpochMillis) -> Context {
    let mut context = Context::default();
    request_id.clone_into(&mut context.request_id);
    context.deadline = deadline.get();
    context
}

/// The event of payload format 2.0 (API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP
/// APIs"); `None` for a path that JSON cannot hold.
fn event(
    request: &HttpRequest<Vec<u8>>,
    matched: Option<&Matched<'_>>,
    request_id: &str,
    now: EpochMillis,
) -> Option<Value> {
    let path = percent_decoded(request.uri().path())?;
    let (route_key, path_parameters) = match matched {
        Some(Matched { route, parameters }) => {
            let decoded = parameters.iter().map(|(name, value)| Some((*name, percent_decoded(value)?)));
            let decoded = decoded.collect::<Option<BTreeMap<_, _>>>()?;
            (format!("{} {}", request.method(), route.path()), json!(decoded))
        }
        None => ("$default".to_owned(), json!({})),
    };
    let body = request.body();
    let (body, is_base64_encoded) = match std::str::from_utf8(body) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (BASE64.encode(body), true),
    };
    Some(json!({
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": path,
        "rawQueryString": request.uri().query().unwrap_or_default(),
        "headers": headers(request.headers()),
        "pathParameters": path_parameters,
        "requestContext": {
            "accountId": "local",
            "apiId": "local",
            "domainName": "localhost",
            "domainPrefix": "local",
            "http": {
                "method": request.method().as_str(),
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": text(request.headers().get(USER_AGENT)),
            },
            "requestId": request_id,
            "routeKey": route_key,
            "stage": "$default",
            "time": "",
            "timeEpoch": now.get(),
        },
        "body": body,
        "isBase64Encoded": is_base64_encoded,
    }))
}

fn text(value: Option<&HeaderValue>) -> String {
    value.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
}

/// Lower-case names, repeated headers joined by commas. `Host` is the gateway's own.
fn headers(headers: &HeaderMap) -> BTreeMap<&str, String> {
    let mut joined =
        BTreeMap::from([("host", "localhost".to_owned()), ("x-forwarded-proto", "http".to_owned())]);
    for name in headers.keys().filter(|name| !matches!(name.as_str(), "host" | "x-forwarded-proto")) {
        let values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        joined.insert(name.as_str(), values.collect::<Vec<_>>().join(","));
    }
    joined
}

//! An event of API Gateway on its way to a request, and a response on its way back.
//!
//! `lambda_http` makes requests of events, too. It panics on an event of which it can make no URI, and on a body that
//! is not the Base64 it is said to be; of a header that a REST API hands on twice it keeps the last value only. What is
//! in an event was written by whoever called, so here every member is looked at before it is believed, and an event of
//! which no request can be made is answered like any other bad request (contract, "Refusals").
//!
//! Three kinds of event are understood (API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP
//! APIs" and "Set up Lambda proxy integrations in API Gateway"); [`Payload`] tells them apart.

mod answer;
mod members;
mod unusable;

use std::collections::HashMap;

use data_encoding::BASE64;
use lambda_http::aws_lambda_events::query_map::QueryMap;
use lambda_http::http::{HeaderMap, HeaderName, HeaderValue, Method};
use lambda_http::{Body, Context, Request, RequestExt, Response};
use process::chance::Chance;
use process::clock::Clock;
use serde_json::{Map, Value};

pub use self::answer::GatewayAnswer;
use self::members::Members;
pub use self::unusable::Unusable;
use crate::http::Fault;
use crate::http::exchange::Exchange;
use crate::http::gateway::{Gateway, Origin, Payload};
use crate::http::problem::Problem;

const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// Most characters of what the log says about where a request came from.
const LONGEST_ORIGIN: usize = 256;
/// Longest request id that is taken over. API Gateway's have 16 characters or 36.
const LONGEST_REQUEST_ID: usize = 128;

/// Answers an event: by `handle` if it is a request, otherwise by saying what is unusable about it.
pub async fn answer(
    event: &str,
    context: Context,
    clock: &Clock,
    chance: &Chance,
    handle: impl AsyncFnOnce(Request) -> Response<Body>,
) -> GatewayAnswer {
    let (payload, request) = read(event, context);
    let response = match request {
        Ok(request) => handle(request).await,
        Err((request, unusable)) => refuse(&request, unusable, clock, chance),
    };
    GatewayAnswer { payload, response }
}

/// The answer to an event that is no request. What could be read of it says how.
fn refuse(request: &Request, unusable: Unusable, clock: &Clock, chance: &Chance) -> Response<Body> {
    let problem = Problem::InvalidRequest(vec![Fault::outside(format!("{unusable}."))]);
    Exchange::begin(request, clock, chance).finish(Err(problem))
}

/// Reads an event. Without a request, what was read before the first unusable part comes with the reason.
fn read(event: &str, context: Context) -> (Payload, Result<Request, (Request, Unusable)>) {
    let event = serde_json::from_str::<Map<String, Value>>(event);
    let members = event.as_ref().map(Members::of).map_err(|_| Unusable::NotAnEvent);
    let payload = members.and_then(Payload::of);
    // An answer of format 2.0 is understood by every kind of gateway.
    let answered_as = payload.unwrap_or(Payload::HttpApi2);
    let request_id = members.ok().and_then(request_id);
    let origin = members.map(|event| origin(event, answered_as)).unwrap_or_default();
    let mut request = Request::default().with_lambda_context(context);
    request.extensions_mut().insert(Gateway { payload: answered_as, request_id, is_https: false, origin });
    let filled = members.and_then(|members| fill(&mut request, members, payload?));
    let request = match filled {
        Ok(()) => Ok(request),
        Err(unusable) => Err((request, unusable)),
    };
    (answered_as, request)
}

impl Payload {
    fn of(event: Members<'_>) -> Result<Self, Unusable> {
        match event.text("version").map_err(|()| Unusable::Version)? {
            Some("2.0") => Ok(Self::HttpApi2),
            Some("1.0") => Ok(Self::HttpApi1),
            Some(_) => Err(Unusable::Version),
            None => Ok(Self::RestApi),
        }
    }
}

/// The gateway's id of the request, if it is one that a header can carry.
fn request_id(event: Members<'_>) -> Option<String> {
    let id = event.object("requestContext").ok()?.text("requestId").ok()??;
    let is_usable = (1..=LONGEST_REQUEST_ID).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
    is_usable.then(|| id.to_owned())
}

/// Where a request came from, as far as the event says. What is unusable about it is no reason to refuse the request.
fn origin(event: Members<'_>, payload: Payload) -> Origin {
    let context = event.object("requestContext").unwrap_or_default();
    let text = |members: Members<'_>, name: &str| members.text(name).ok().flatten().map(cut);
    let (route, client) = match payload {
        Payload::HttpApi2 => (text(event, "routeKey"), "http"),
        Payload::HttpApi1 | Payload::RestApi => {
            let route = text(event, "httpMethod").zip(text(event, "resource"));
            (route.map(|(method, resource)| format!("{method} {resource}")), "identity")
        }
    };
    let client = context.object(client).unwrap_or_default();
    Origin { route, source_address: text(client, "sourceIp"), user_agent: text(client, "userAgent") }
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST_ORIGIN).collect()
}

/// Takes one part of the event after the other into the request. The URI stays `/`: the path and the query are
/// extensions, and nothing reads a URI, so there is none that could not be made.
fn fill(request: &mut Request, event: Members<'_>, payload: Payload) -> Result<(), Unusable> {
    *request.headers_mut() = headers(event, payload)?;
    let is_https = is_https(request.headers());
    if let Some(gateway) = request.extensions_mut().get_mut::<Gateway>() {
        gateway.is_https = is_https;
    }
    *request.method_mut() = method(event, payload)?;
    let path = match payload {
        Payload::HttpApi2 => event.text("rawPath"),
        Payload::HttpApi1 | Payload::RestApi => event.text("path"),
    };
    let path = path.map_err(|()| Unusable::Path)?.unwrap_or_default();
    let parameters = path_parameters(event)?;
    let query = query(event, payload)?;
    *request.body_mut() = body(event)?;
    let extensions = std::mem::take(request.extensions_mut());
    let extensions = extensions.with_raw_http_path(path).with_path_parameters(parameters);
    *request.extensions_mut() = extensions.with_query_string_parameters(query);
    Ok(())
}

fn method(event: Members<'_>, payload: Payload) -> Result<Method, Unusable> {
    let unusable = |()| Unusable::Method;
    let name = match payload {
        Payload::HttpApi2 => {
            let context = event.object("requestContext").map_err(unusable)?;
            context.object("http").map_err(unusable)?.text("method").map_err(unusable)?
        }
        Payload::HttpApi1 | Payload::RestApi => event.text("httpMethod").map_err(unusable)?,
    };
    name.and_then(|name| Method::from_bytes(name.as_bytes()).ok()).ok_or(Unusable::Method)
}

/// The headers, every value of every one. In format 1.0 `multiValueHeaders` is the complete list, of which `headers`
/// has each header's last value; what only `headers` has is taken from there.
fn headers(event: Members<'_>, payload: Payload) -> Result<HeaderMap, Unusable> {
    let mut headers = HeaderMap::new();
    match payload {
        Payload::HttpApi2 => append(&mut headers, event, "headers", |_| true)?,
        Payload::HttpApi1 | Payload::RestApi => {
            append(&mut headers, event, "multiValueHeaders", |_| true)?;
            let complete = headers.clone();
            append(&mut headers, event, "headers", |name| !complete.contains_key(name))?;
        }
    }
    Ok(headers)
}

fn append(
    headers: &mut HeaderMap,
    event: Members<'_>,
    member: &str,
    wanted: impl Fn(&HeaderName) -> bool,
) -> Result<(), Unusable> {
    for (name, values) in event.object(member).and_then(Members::lists).map_err(|()| Unusable::Headers)? {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| Unusable::HeaderName)?;
        if !wanted(&name) {
            continue;
        }
        for value in values {
            let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| Unusable::HeaderValue)?;
            headers.try_append(&name, value).map_err(|_| Unusable::TooManyHeaders)?;
        }
    }
    Ok(())
}

/// `X-Forwarded-Proto` is set by the gateway; where the client sent one, too, both are there, in whatever order.
fn is_https(headers: &HeaderMap) -> bool {
    let values = headers.get_all(X_FORWARDED_PROTO).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|protocol| protocol.trim().eq_ignore_ascii_case("https"))
}

fn path_parameters(event: Members<'_>) -> Result<QueryMap, Unusable> {
    let parameters = event.object("pathParameters").and_then(Members::texts);
    let parameters: HashMap<String, String> = parameters.map_err(|()| Unusable::PathParameters)?;
    Ok(parameters.into())
}

/// The parameters of the query, percent-decoded once: by us in format 2.0, by the gateway in format 1.0.
fn query(event: Members<'_>, payload: Payload) -> Result<QueryMap, Unusable> {
    let unusable = |()| Unusable::Query;
    if payload == Payload::HttpApi2 {
        let raw = event.text("rawQueryString").map_err(unusable)?.unwrap_or_default();
        return raw.parse().map_err(|_| Unusable::Query);
    }
    let last_values = event.object("queryStringParameters").and_then(Members::lists).map_err(unusable)?;
    let complete =
        event.object("multiValueQueryStringParameters").and_then(Members::lists).map_err(unusable)?;
    let owned = |values: Vec<&str>| values.into_iter().map(str::to_owned).collect();
    let parameters = last_values.into_iter().chain(complete);
    let parameters = parameters.map(|(name, values)| (name.to_owned(), owned(values)));
    Ok(parameters.collect::<HashMap<String, Vec<String>>>().into())
}

fn body(event: Members<'_>) -> Result<Body, Unusable> {
    let body = event.text("body").map_err(|()| Unusable::Body)?;
    let is_base64 = event.flag("isBase64Encoded").map_err(|()| Unusable::Base64)?;
    match body {
        None => Ok(Body::Empty),
        Some(body) if is_base64 => {
            BASE64.decode(body.as_bytes()).map(Body::from).map_err(|_| Unusable::Base64)
        }
        Some(body) => Ok(Body::from(body)),
    }
}

#[cfg(test)]
mod tests;

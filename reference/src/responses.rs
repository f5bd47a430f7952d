//! The responses of each route: the answer, and its refusals by status.

use std::collections::BTreeMap;

use api::http::problem::Problem;
use api::http::routes::Route;
use lambda_http::Body;
use lambda_http::http::StatusCode;
use serde_json::Value;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::response::{Response, ResponseBuilder, Responses, ResponsesBuilder};
use utoipa::openapi::{ContentBuilder, Ref};

use crate::headers::{self, Named};
use crate::refusals;

/// A refusal as the functions answer it.
type Refused = lambda_http::Response<Body>;

pub(crate) fn of(
    route: Route,
    answered: &str,
    answer: (String, Value),
    refused_by_aggregate: Vec<Problem>,
) -> Responses {
    let mut by_status = BTreeMap::<u16, Vec<_>>::new();
    for (code, response) in refusals::of(route, refused_by_aggregate) {
        by_status.entry(response.status().as_u16()).or_default().push((code, response));
    }
    let mut responses = ResponsesBuilder::new().response("200", done(route, answered, answer));
    for (status, refusals) in by_status {
        responses = responses.response(status.to_string(), refused(status, &refusals));
    }
    responses.build()
}

fn done(route: Route, answered: &str, (schema, example): (String, Value)) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).example(Some(example));
    let mut response = with(ResponseBuilder::new().description(answered), headers::common());
    if route.is_command() {
        response = with(response, headers::of_command());
    }
    response.content("application/json", content.build()).build()
}

fn refused(status: u16, refusals: &[refusals::Coded]) -> Response {
    let title = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let codes = refusals.iter().map(|(code, _)| format!("`{code}`")).collect::<Vec<_>>().join(", ");
    let description = format!("{}: {codes}", title.unwrap_or_default());
    let mut response = with(ResponseBuilder::new().description(description), headers::common());
    // Of several with the same header, the first one's value is the example.
    for (_, refusal) in refusals.iter().rev() {
        response = with(response, headers::of_refusal(refusal.headers()));
    }
    let body = |response: &Refused| serde_json::from_slice::<Value>(response.body()).ok();
    let shown =
        refusals.iter().map(|(code, response)| (*code, ExampleBuilder::new().value(body(response)).build()));
    let first = refusals.first().and_then(|(_, response)| body(response));
    let content = || ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem")));
    response
        .content("application/json", content().examples_from_iter(shown).build())
        .content("application/problem+json", content().example(first).build())
        .build()
}

fn with(response: ResponseBuilder, headers: impl IntoIterator<Item = Named>) -> ResponseBuilder {
    headers.into_iter().fold(response, |response, (name, header)| response.header(name, header))
}

//! The responses of each route: the answer, and its refusals by status.

use std::collections::BTreeMap;

use api::http::problem::Problem;
use api::http::routes::Route;
use lambda_http::http::StatusCode;
use serde_json::Value;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::response::{Response, ResponseBuilder, Responses, ResponsesBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Ref};

use crate::refusals;

/// The headers of a refusal that not all answers have.
const OF_REFUSALS: [&str; 4] = ["www-authenticate", "retry-after", "allow", "accept-encoding"];

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
        let title = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
        let codes = refusals.iter().map(|(code, _)| format!("`{code}`")).collect::<Vec<_>>().join(", ");
        let mut response = with_common_headers(
            ResponseBuilder::new().description(format!("{}: {codes}", title.unwrap_or_default())),
        );
        for name in OF_REFUSALS.into_iter().filter(|name| has_header(&refusals, name)) {
            let (name, header) = header_of_refusal(name);
            response = response.header(name, header);
        }
        let shown = refusals.iter().map(|(code, response)| {
            let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
            (*code, ExampleBuilder::new().value(Some(body)).build())
        });
        let content = || ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem")));
        let response = response
            .content("application/json", content().examples_from_iter(shown).build())
            .content("application/problem+json", content().build());
        responses = responses.response(status.to_string(), response.build());
    }
    responses.build()
}

/// Whether any refusal of a status has this header.
fn has_header(refusals: &[refusals::Coded], name: &str) -> bool {
    refusals.iter().any(|(_, response)| response.headers().contains_key(name))
}

fn done(route: Route, answered: &str, (schema, example): (String, Value)) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).example(Some(example));
    let mut response = with_common_headers(ResponseBuilder::new().description(answered));
    if route.is_command() {
        let replayed = text("`true` where an earlier answer is given again; absent otherwise.");
        let event_hash =
            text("The hash of the event that it led to: what the history and the audit trail have for ever.");
        response = response.header("Idempotent-Replayed", replayed).header("Event-Hash", event_hash);
    }
    response.content("application/json", content.build()).build()
}

fn with_common_headers(response: ResponseBuilder) -> ResponseBuilder {
    response
        .header("X-Request-Id", text("The id of this request, also in the log."))
        .header("Cache-Control", text("Always `no-store`."))
        .header("X-Content-Type-Options", text("Always `nosniff`."))
        .header("Strict-Transport-Security", text("`max-age=31536000` over TLS; absent otherwise."))
}

fn header_of_refusal(name: &str) -> (&'static str, Header) {
    match name {
        "www-authenticate" => (
            "WWW-Authenticate",
            text("A challenge for each credential that is missing or refused (RFC 9110)."),
        ),
        "accept-encoding" => ("Accept-Encoding", text("`identity`, where the body was encoded otherwise.")),
        "allow" => ("Allow", text("The method that the path takes.")),
        _ => {
            let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0));
            let header = HeaderBuilder::new().schema(Some(seconds));
            (
                "Retry-After",
                header.description(Some("Seconds after which to send the request again.")).build(),
            )
        }
    }
}

fn text(description: &str) -> Header {
    let schema = ObjectBuilder::new().schema_type(Type::String);
    HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build()
}

//! The operation of each route.

use api::http::body::LARGEST_BODY;
use api::http::routes::{Documentation, Route};
use serde_json::Value;
use utoipa::openapi::path::{Operation, OperationBuilder};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::{ContentBuilder, HttpMethod, Ref, Required};

use crate::catalogue::{Entry, entry};
use crate::{parameters, responses};

pub(crate) fn http_method(route: Route) -> HttpMethod {
    if route.is_command() { HttpMethod::Post } else { HttpMethod::Get }
}

pub(crate) fn operation(route: Route) -> Operation {
    let Entry { documentation, query_parameters, request, answer, refusals, schemas: _ } = entry(route);
    let Documentation { summary, description, answered } = documentation;
    OperationBuilder::new()
        .operation_id(Some(route.name()))
        .tag(if route.is_command() { "Commands" } else { "Queries" })
        .summary(Some(summary))
        .description(Some(description))
        .parameters(Some(parameters::of(route, query_parameters)))
        .request_body(request.map(request_body))
        .responses(responses::of(route, answered, answer, refusals))
        .build()
}

fn request_body((schema, example): (String, Value)) -> RequestBody {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).example(Some(example));
    let description = format!(
        "At most {} KiB. Unknown, duplicate and `null` fields are refused, and so is `_callerOrgId`: the server sets it from the API key.",
        LARGEST_BODY / 1_024
    );
    RequestBodyBuilder::new()
        .description(Some(description))
        .required(Some(Required::True))
        .content("application/json", content.build())
        .build()
}

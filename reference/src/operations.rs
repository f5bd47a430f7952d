//! The operation of each route.

use api::http::body::LARGEST_BODY;
use api::http::routes::{Documentation, Route};
use utoipa::openapi::path::{Operation, OperationBuilder};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::{ContentBuilder, HttpMethod, Ref, Required};

use crate::{examples, parameters, responses};

pub(crate) fn http_method(route: Route) -> HttpMethod {
    if route.is_command() { HttpMethod::Post } else { HttpMethod::Get }
}

pub(crate) fn operation(route: Route) -> Operation {
    let Documentation { summary, description } = documentation(route);
    OperationBuilder::new()
        .operation_id(Some(route.name()))
        .tag(if route.is_command() { "Commands" } else { "Queries" })
        .summary(Some(summary))
        .description(Some(description))
        .parameters(Some(parameters::of(route)))
        .request_body(request_body(route))
        .responses(responses::of(route))
        .build()
}

const fn documentation(route: Route) -> Documentation {
    match route {
        Route::AddPhysicalKey => add_physical_key::DOCUMENTATION,
        Route::RemovePhysicalKey => remove_physical_key::DOCUMENTATION,
        Route::ListPhysicalKeys => list_physical_keys::DOCUMENTATION,
        Route::GetPhysicalKey => get_physical_key::DOCUMENTATION,
        Route::ListPhysicalKeyEvents => list_physical_key_events::DOCUMENTATION,
        Route::ListOrgPhysicalKeys => list_org_physical_keys::DOCUMENTATION,
    }
}

fn request_body(route: Route) -> Option<RequestBody> {
    if !route.is_command() {
        return None;
    }
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(route.name())))
        .example(Some(examples::request(route)));
    let description =
        format!("At most {} KiB. Unknown, duplicate and `null` fields are refused.", LARGEST_BODY / 1_024);
    let body = RequestBodyBuilder::new()
        .description(Some(description))
        .required(Some(Required::True))
        .content("application/json", content.build());
    Some(body.build())
}

//! The OpenAPI document of the API, in 3.1 and in 3.0. Its schemas are derived from the types that are served, its routes are the
//! functions' route table, and its examples are what the functions' own code answers.

mod catalogue;
mod headers;
mod operations;
mod parameters;
mod refusals;
mod responses;
mod schemas;
mod story;
mod version_3_0;
mod webhooks;

use api::http::routes::Route;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::schema::Components;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder, PathItem, PathsBuilder, ServerBuilder,
};

use crate::operations::{http_method, operation};

const BEARER_TOKEN: &str = "bearerToken";
const API_KEY: &str = "apiKey";

/// The document as it is published, OpenAPI 3.1: JSON, indented.
#[must_use]
pub fn json() -> String {
    // Serialising a document that was built here cannot fail; an empty one would fail every test.
    document().to_pretty_json().unwrap_or_default()
}

/// The same in OpenAPI 3.0.
#[must_use]
pub fn json_3_0() -> String {
    let document = serde_json::to_value(document()).unwrap_or_default();
    format!("{:#}", version_3_0::of(document))
}

/// The document.
#[must_use]
pub fn document() -> OpenApi {
    let mut paths = PathsBuilder::new();
    for route in Route::ALL {
        paths = paths.path(route.path(), PathItem::new(http_method(route), operation(route)));
    }
    let info = InfoBuilder::new()
        .title("Physical key inventory")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(include_str!("introduction.md")));
    let server = ServerBuilder::new()
        .url("/")
        .description(Some(
            "Where this document is served: the local server. A deployment (test, staging, production) has its own address.",
        ))
        .extensions(Some(ExtensionsBuilder::new().add("x-internal", false).build()));
    let tag =
        |name: &str, description: &str| TagBuilder::new().name(name).description(Some(description)).build();
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([server.build()]))
        .tags(Some([
            tag("Commands", "Change a user's inventory, one event at a time."),
            tag("Queries", "Read inventories and histories."),
            tag("Events", "What the deployment's bus delivers."),
        ]))
        .security(Some([SecurityRequirement::new(BEARER_TOKEN, [""; 0]).add(API_KEY, [""; 0])]))
        .paths(paths)
        .webhooks(Some(webhooks::webhooks()))
        .components(Some(components()))
        .build()
}

fn components() -> Components {
    let mut components = ComponentsBuilder::new();
    for (name, schema) in schemas::all() {
        components = components.schema(name, schema);
    }
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").description(Some(
        "A JWT of the deployment's issuer, verified as RFC8725 recommends. A person's token confines the caller to that person's \
             inventory; a service's or a key manager's to its organisation's physical keys.",
    ));
    let api_key = ApiKeyValue::with_description(
        "X-API-Key",
        "An organisation's API key. It confines the caller to that organisation's physical keys.",
    );
    components
        .security_scheme(BEARER_TOKEN, SecurityScheme::Http(bearer.build()))
        .security_scheme(API_KEY, SecurityScheme::ApiKey(ApiKey::Header(api_key)))
        .build()
}

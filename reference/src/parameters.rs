//! The parameters of each route: in the path, in the query, in the headers.

use api::http::query::LARGEST_PAGE;
use api::http::routes::Route;
use api::http::schemas::Cursor;
use domain::values::{KeyNumber, OrgId, UserId};
use serde_json::json;
use utoipa::PartialSchema;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Required};

pub(crate) fn of(route: Route, of_query: Vec<Parameter>) -> Vec<Parameter> {
    let mut parameters: Vec<_> = route.parameters().map(in_path).collect();
    if route.is_command() {
        parameters.push(idempotency_key());
    }
    parameters.extend(of_query);
    parameters
}

/// Examples are the local server's demo, so that a first try works.
fn in_path(name: &'static str) -> Parameter {
    let (description, schema, example) = match name {
        "number" => ("The number of the physical key.", KeyNumber::schema(), json!(1)),
        "orgId" => ("The organisation's id, percent-encoded once.", OrgId::schema(), json!("demo-org")),
        _ => ("The user's id, percent-encoded once.", UserId::schema(), json!("demo-user")),
    };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(description))
        .schema(Some(schema))
        .example(Some(example))
        .build()
}

/// The examples of optional parameters are in their schemas: one that stood beside them, a page that tries the API out would send.
fn optional(
    name: &str,
    place: ParameterIn,
    description: &str,
    schema: impl Into<RefOr<Schema>>,
) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

pub(crate) fn in_query(name: &str, description: &str, schema: impl Into<RefOr<Schema>>) -> Parameter {
    optional(name, ParameterIn::Query, description, schema)
}

pub(crate) fn page() -> [Parameter; 2] {
    let limit = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)))
        .minimum(Some(1))
        .maximum(Some(LARGEST_PAGE))
        .default(Some(json!(LARGEST_PAGE)))
        .examples([20]);
    [
        in_query("limit", "At most so many entries.", limit.build()),
        in_query(
            "cursor",
            "The `nextCursor` of the page before. It belongs to this list, these filters and this caller, and is good \
             for a day; anything else is a 400.",
            Cursor::schema(),
        ),
    ]
}

fn idempotency_key() -> Parameter {
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(255))
        .pattern(Some("^[!-+\\--~]+$"))
        .examples(["5f0c2a1e-8d0b-4c5e-9c3a-6f1f6f0b7a11"]);
    optional(
        "Idempotency-Key",
        ParameterIn::Header,
        "1 to 255 visible ASCII characters without comma, chosen by the client. The same request is carried out once and answers \
         the same bytes for 30 days; another request under it is a 422.",
        schema.build(),
    )
}

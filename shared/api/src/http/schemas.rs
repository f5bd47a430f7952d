//! What the OpenAPI document says of values that have no type of their own. They are described, and never made.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

use super::cursor::LONGEST;

/// Where the next page of a list begins.
#[derive(Debug, Clone, Copy)]
pub struct Cursor;

impl PartialSchema for Cursor {
    fn schema() -> RefOr<Schema> {
        let description = "Where the next page of a list begins. It means nothing to anybody but the API.";
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(description))
            .min_length(Some(1))
            .max_length(Some(LONGEST))
            .pattern(Some("^[A-Za-z0-9_-]+$"))
            .examples(["q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJCrze8SNFZ4kA"])
            .build()
            .into()
    }
}

impl ToSchema for Cursor {}

/// How many there are.
#[derive(Debug, Clone, Copy)]
pub struct Count;

impl PartialSchema for Count {
    /// The maximum is the largest integer that every reader of JSON has exactly (RFC 8259, section 6).
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
            .description(Some("How many there are."))
            .minimum(Some(0))
            .maximum(Some((1_usize << 53) - 1))
            .examples([1])
            .build()
            .into()
    }
}

impl ToSchema for Count {}

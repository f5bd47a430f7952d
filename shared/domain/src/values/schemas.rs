//! The JSON Schemas of the values, for the OpenAPI document. What a value is parsed by, its schema says; what bounds it where nothing
//! is parsed, too.

use std::borrow::Cow;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

use super::moment::LAST_WRITTEN;
use super::text::{ID_LIMIT, NOTE_LIMIT, ORG_NAME_LIMIT, REASON_LIMIT};
use super::{EpochMillis, ErasureReason, KeyNumber, Note, OrgId, OrgName, Subject, UserId, Version};

/// The characters of the general categories `Cf`, `Zl` and `Zp`, as far as `U+FFFF`.
macro_rules! invisible {
    () => {
        r"\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"
    };
}

/// No control characters, no invisible ones, no white space at either end. The invisible characters are those of the basic
/// multilingual plane: every engine understands them, and few a name for their kind. The others, some hundred that nobody types,
/// are refused as well.
const ID_PATTERN: &str = concat!(
    r"^[^\s\x00-\x1f\x7f-\x9f",
    invisible!(),
    r"]([^\x00-\x1f\x7f-\x9f",
    invisible!(),
    r"]*[^\s\x00-\x1f\x7f-\x9f",
    invisible!(),
    r"])?$"
);

/// The largest integer that every reader of JSON has exactly (RFC 8259, section 6). No counter of ours comes near it.
const LARGEST_EXACT: usize = (1 << 53) - 1;

macro_rules! schemas {
    ($($value:ident: $schema:expr,)*) => {$(
        impl PartialSchema for $value {
            fn schema() -> RefOr<Schema> {
                $schema.build().into()
            }
        }

        impl ToSchema for $value {
            fn name() -> Cow<'static, str> {
                stringify!($value).into()
            }
        }
    )*};
}
pub(crate) use schemas;

schemas! {
    UserId: id("A user's id, without invisible characters. It is recorded for ever: best one that says nothing of the person, \
                such as the issuer's `sub`.").examples(["demo-user"]),
    OrgId: id("An organisation's id, without invisible characters. It is recorded for ever.").examples(["demo-org"]),
    Subject: id("The id of a person, of a service or of an operator.").examples(["demo-user"]),
    OrgName: text("An organisation's display name.").max_length(Some(ORG_NAME_LIMIT)).examples(["Demo Organisation"]),
    Note: text("Free text. Characters are Unicode scalar values.").max_length(Some(NOTE_LIMIT)).examples(["Front door"]),
    ErasureReason: text("Why texts were erased.").min_length(Some(1)).max_length(Some(REASON_LIMIT)).examples(["The person asked."]),
    KeyNumber: integer("The number of a physical key: 1, 2, 3, … for each user, never given twice. What is beyond the maximum is the number \
                        of no physical key.").minimum(Some(1)).maximum(Some(LARGEST_EXACT)).examples([1]),
    Version: integer("The number of events in a user's history.").minimum(Some(1)).maximum(Some(LARGEST_EXACT)).examples([1]),
    EpochMillis: integer("Milliseconds since 1970-01-01T00:00:00Z.").minimum(Some(0))
        .maximum(usize::try_from(LAST_WRITTEN.get()).ok()).examples([1_795_435_200_000_u64]),
}

/// A text.
pub(crate) fn text(description: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).description(Some(description))
}

fn id(description: &str) -> ObjectBuilder {
    text(description).min_length(Some(1)).max_length(Some(ID_LIMIT)).pattern(Some(ID_PATTERN))
}

fn integer(description: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .description(Some(description))
}

//! The headers of answers.

use domain::history::{EventHash, RequestId};
use lambda_http::http::HeaderMap;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{Ref, RefOr};

pub(crate) type Named = (&'static str, Header);

/// The headers of a refusal that not all answers have.
const OF_REFUSALS: [&str; 4] = ["WWW-Authenticate", "Retry-After", "Allow", "Accept-Encoding"];

/// What every answer has.
pub(crate) fn common() -> [Named; 5] {
    let origin = text().max_length(Some(300)).pattern(Some(r"^(\*|[a-z][a-z0-9+.-]*://[!-~]+)$"));
    [
        ("X-Request-Id", referred::<RequestId>("The id of this request, also in the log.")),
        ("Cache-Control", always("Always `no-store`.", "no-store")),
        ("X-Content-Type-Options", always("Always `nosniff`.", "nosniff")),
        (
            "Strict-Transport-Security",
            always("`max-age=31536000` over TLS; absent otherwise.", "max-age=31536000"),
        ),
        (
            "Access-Control-Allow-Origin",
            header(
                "The origin of the page that asked, if the deployment lets it read answers; absent otherwise.",
                origin,
                json!("https://keys.example.com"),
            ),
        ),
    ]
}

/// What the 200 of a command has besides.
pub(crate) fn of_command() -> [Named; 2] {
    [
        (
            "Idempotent-Replayed",
            always("`true` where an earlier answer is given again; absent otherwise.", "true"),
        ),
        (
            "Event-Hash",
            referred::<EventHash>(
                "The hash of the event that it led to: what the history and the audit trail have for ever.",
            ),
        ),
    ]
}

/// What a refusal has besides, with the values of one as examples.
pub(crate) fn of_refusal(refusal: &HeaderMap) -> Vec<Named> {
    let there = |name: &&'static str| Some((*name, refusal.get(*name)?.to_str().ok()?));
    OF_REFUSALS.iter().filter_map(there).map(|(name, value)| (name, described(name, value))).collect()
}

fn described(name: &str, value: &str) -> Header {
    match name {
        // A challenge may name a claim of the configuration, of which Lambda keeps 4 KB.
        "WWW-Authenticate" => header(
            "A challenge for each credential that is missing or refused (RFC 9110).",
            text().max_length(Some(4_600)).pattern(Some("^[ -~]+$")),
            json!(value),
        ),
        "Accept-Encoding" => always("`identity`, where the body was encoded otherwise.", value),
        "Allow" => always("The method that the path takes.", value),
        _ => {
            let seconds = ObjectBuilder::new()
                .schema_type(Type::Integer)
                .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)))
                .minimum(Some(1))
                .maximum(Some(10));
            let example = value.parse::<u16>().map_or(Value::Null, Value::from);
            header("Seconds after which to send the request again.", seconds, example)
        }
    }
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn always(description: &str, value: &str) -> Header {
    header(description, text().enum_values(Some([value])), json!(value))
}

fn header(description: &str, schema: impl Into<RefOr<Schema>>, example: Value) -> Header {
    HeaderBuilder::new().schema(Some(schema)).description(Some(description)).example(Some(example)).build()
}

/// A header with the schema, and so the example, of a value.
fn referred<T: ToSchema>(description: &str) -> Header {
    let schema = Ref::from_schema_name(T::name());
    HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build()
}

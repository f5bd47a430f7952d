//! From a request to a command, all faults at once, before anything is read from the store.

use domain::values::UserId;
use lambda_http::Request;
use lambda_http::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};

use super::body::{BodyObject, LARGEST_BODY};
use super::command_headers::{CommandHeaders, IdempotencyKey};
use super::parameters::QueryParameters;
use super::problem::Problem;
use super::routes::Route;
use super::target::PathParameters;

/// A command with everything its request said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandRequest<C> {
    /// Whose inventory it is about.
    pub user_id: UserId,
    /// What is asked for.
    pub command: C,
    /// Answer the same request with the same bytes, and commit it once.
    pub idempotency_key: Option<IdempotencyKey>,
}

/// Parses a request of `route`. `read` takes the command's members out of the body; what it does not take is a
/// fault, and so is its `None`.
pub fn parse<C>(
    request: &Request,
    route: Route,
    read: fn(&mut BodyObject<'_>) -> Option<C>,
) -> Result<CommandRequest<C>, Problem> {
    check_content_type(request.headers())?;
    check_content_encoding(request.headers())?;
    let body: &[u8] = request.body().as_ref();
    if body.len() > LARGEST_BODY {
        return Err(Problem::BodyTooLarge);
    }
    let mut faults = Vec::new();
    let user_id = PathParameters::read(request, route).and_then(|mut path| path.user());
    let user_id = user_id.map_err(|fault| faults.push(fault)).ok();
    faults.extend(QueryParameters::read(request).caller_organisation());
    let headers = CommandHeaders::read(request.headers()).map_err(|more| faults.extend(more)).ok();
    let command = match BodyObject::read(body) {
        Ok(mut object) => {
            let command = read(&mut object);
            faults.extend(object.finish());
            command
        }
        Err(fault) => {
            faults.push(fault);
            None
        }
    };
    match (user_id, command, headers) {
        (Some(user_id), Some(command), Some(CommandHeaders { idempotency_key })) if faults.is_empty() => {
            Ok(CommandRequest { user_id, command, idempotency_key })
        }
        _ => Err(Problem::InvalidRequest(faults)),
    }
}

/// The body must be `application/json`. Its parameters have no effect (RFC 8259, section 11), so whatever they are is
/// accepted; but a comma outside of quotation marks is none of theirs (RFC 9110, section 5.6.6): an HTTP API joins a
/// header that was sent twice with it.
fn check_content_type(headers: &HeaderMap) -> Result<(), Problem> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(Problem::UnsupportedMediaType);
    };
    let value = value.as_bytes();
    let (essence, parameters) = value.split_at(value.iter().position(|b| *b == b';').unwrap_or(value.len()));
    let is_json = essence.trim_ascii().eq_ignore_ascii_case(b"application/json");
    if is_json && !has_bare_comma(parameters) { Ok(()) } else { Err(Problem::UnsupportedMediaType) }
}

/// Whether there is a comma outside of quoted strings (RFC 9110, section 5.6.4).
fn has_bare_comma(parameters: &[u8]) -> bool {
    let (mut quoted, mut escaped) = (false, false);
    parameters.iter().any(|byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            _ => return *byte == b',' && !quoted,
        }
        false
    })
}

/// Nothing that is encoded is decoded here: a few compressed bytes may be gigabytes. `identity` says that the body is
/// as it is (RFC 9110, section 8.4.1).
fn check_content_encoding(headers: &HeaderMap) -> Result<(), Problem> {
    let values = headers.get_all(CONTENT_ENCODING).iter();
    let mut codings = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let is_identity = |coding: &[u8]| coding.is_empty() || coding.eq_ignore_ascii_case(b"identity");
    if codings.all(|coding| is_identity(coding.trim_ascii())) { Ok(()) } else { Err(Problem::EncodedBody) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(content_types: &[&str], expected: &Result<(), Problem>) {
        let mut headers = HeaderMap::new();
        for content_type in content_types {
            headers.append(CONTENT_TYPE, content_type.parse().unwrap());
        }
        assert_eq!(&check_content_type(&headers), expected, "{content_types:?}");
    }

    #[test]
    fn only_the_essence_of_a_content_type_counts() {
        for content_type in [
            "application/json",
            " Application/JSON\t; charset=utf8",
            "application/json;",
            "application/json;charset=latin1;;profile=\"a,b\"",
            r#"application/json;a="\",\\"; b=c"#,
        ] {
            check(&[content_type], &Ok(()));
        }
    }

    #[test]
    fn two_content_types_are_none_however_they_come() {
        let json = "application/json";
        check(&[], &Err(Problem::UnsupportedMediaType));
        check(&[json, json], &Err(Problem::UnsupportedMediaType));
        for content_type in [
            "application/json,application/json",
            "application/json;charset=utf-8,text/plain",
            r#"application/json;a="\\","#,
        ] {
            check(&[content_type], &Err(Problem::UnsupportedMediaType));
        }
    }
}

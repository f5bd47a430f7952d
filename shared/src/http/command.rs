//! From a request to a command, all faults at once, before anything is read from the store.

use lambda_http::Request;
use lambda_http::http::header::CONTENT_TYPE;

use super::body::{BodyObject, LARGEST_BODY};
use super::command_headers::{CommandHeaders, IdempotencyKey};
use super::parameters::QueryParameters;
use super::problem::Problem;
use super::routes::Route;
use super::target::PathParameters;
use crate::user::Command;
use crate::values::UserId;

/// A command with everything its request said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandRequest {
    /// Whose inventory it is about.
    pub user_id: UserId,
    /// What is asked for.
    pub command: Command,
    /// Answer the same request with the same bytes, and commit it once.
    pub idempotency_key: Option<IdempotencyKey>,
}

/// Parses a request of `route`. `read` takes the command's members out of the body; what it does not take is a
/// fault, and so is its `None`.
pub fn parse(
    request: &Request,
    route: Route,
    read: fn(&mut BodyObject<'_>) -> Option<Command>,
) -> Result<CommandRequest, Problem> {
    check_content_type(request)?;
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

/// The body must be `application/json`, in UTF-8 if it says so (RFC 8259, section 8.1).
fn check_content_type(request: &Request) -> Result<(), Problem> {
    let mut values = request.headers().get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(Problem::UnsupportedMediaType);
    };
    let mut parts = value.to_str().unwrap_or_default().split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    let is_utf_8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, charset)) if name.eq_ignore_ascii_case("charset") => {
            charset.trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    });
    if is_json && is_utf_8 { Ok(()) } else { Err(Problem::UnsupportedMediaType) }
}

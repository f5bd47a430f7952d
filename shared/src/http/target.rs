//! What a request is aimed at: the user in the path, and nothing in the query that decides who the caller is.

use std::borrow::Cow;

use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt};
use percent_encoding::percent_decode_str;

use super::Fault;
use super::routes::Route;
use crate::values::UserId;

/// The field that only the server fills in.
pub(super) const CALLER_ORG_ID: &str = "_callerOrgId";
/// Why it is refused, in a body and in a query.
pub(super) const CALLER_ORG_ID_MESSAGE: &str =
    "`_callerOrgId` is set by the server from the API key; leave it out.";

/// The user whose inventory the path names, percent-decoded exactly once.
///
/// API Gateway decodes the path parameters of HTTP APIs (payload 2.0) and leaves those of REST APIs encoded.
/// HTTP APIs have been seen to cut a decoded path at a `?`. A path that does not end in the user and the route is
/// therefore refused: better no answer than an answer about another user.
pub fn user_of_path(request: &Request, route: Route) -> Result<UserId, Fault> {
    let parameters = request.path_parameters();
    let raw = parameters.first("id").unwrap_or_default();
    let id = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(_)) => {
            // The path is decoded like the parameter; if it ever came encoded, it would have to say the same.
            let (path, expected) = (request.raw_http_path(), route.path_of(raw));
            let agrees = path.ends_with(&expected)
                || percent_decoded(path).is_some_and(|path| path.ends_with(&expected));
            if !agrees {
                return Err(Fault::outside(
                    "The path is not usable: API Gateway cut it at the `?` of the user id.",
                ));
            }
            raw.to_owned()
        }
        _ => percent_decoded(raw)
            .ok_or_else(|| Fault::outside("The user id in the path is not percent-encoded UTF-8."))?
            .into_owned(),
    };
    UserId::parse(id).map_err(|fault| Fault::outside(format!("The user id in the path {fault}.")))
}

/// Percent-decodes once. A `%` without two hexadecimal digits is no encoding of anything (RFC 3986, section 2.1):
/// taken literally, it would give two spellings to one user.
#[must_use]
pub fn percent_decoded(text: &str) -> Option<Cow<'_, str>> {
    let mut rest = text.as_bytes();
    while let Some(position) = rest.iter().position(|byte| *byte == b'%') {
        let digits = rest.get(position + 1..position + 3)?;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        rest = rest.get(position + 3..)?;
    }
    percent_decode_str(text).decode_utf8().ok()
}

/// Refuses a query that tries to say who the caller is.
pub fn check_query(request: &Request) -> Result<(), Fault> {
    if request.query_string_parameters_ref().is_some_and(|query| query.first(CALLER_ORG_ID).is_some()) {
        return Err(Fault::outside(CALLER_ORG_ID_MESSAGE));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::percent_decoded;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(percent_decoded(text).as_deref(), expected, "{text}");
    }

    #[test]
    fn paths_are_decoded_once() {
        check("m%C3%BCnchen%2F1", Some("münchen/1"));
        check("%2525", Some("%25"));
        check("a+b", Some("a+b"));
        check("", Some(""));
    }

    #[test]
    fn what_is_no_encoding_is_refused() {
        for text in ["%", "a%2", "%zz", "%2%41", "%+1", "%FF", "%C3"] {
            check(text, None);
        }
    }
}

//! What a request is aimed at: the parameters of its path.

use std::borrow::Cow;
use std::collections::HashMap;

use domain::values::{KeyNumber, OrgId, UserId};
use lambda_http::{Request, RequestExt};
use percent_encoding::percent_decode_str;

use super::Fault;
use super::gateway::Gateway;
use super::routes::Route;

/// The parameters of a request's path, percent-decoded exactly once.
///
/// API Gateway decodes the path parameters of HTTP APIs, in both payload formats, and leaves those of REST APIs encoded.
/// HTTP APIs have been seen to cut a decoded path at a `?`. A path that does not end in the route with these
/// parameters is therefore refused: better no answer than an answer about another user.
#[derive(Debug)]
pub struct PathParameters(HashMap<&'static str, String>);

impl PathParameters {
    /// The parameters of a request of `route`.
    pub fn read(request: &Request, route: Route) -> Result<Self, Fault> {
        let given = request.path_parameters();
        let raw = |name: &str| given.first(name).unwrap_or_default();
        let decoded_already =
            request.extensions().get::<Gateway>().is_none_or(|gateway| gateway.payload.has_decoded_path());
        if decoded_already {
            // The path is decoded like the parameters; if it ever came encoded, it would have to say the same.
            let (path, expected) = (request.raw_http_path(), route.path_of(raw));
            let agrees = path.ends_with(&expected)
                || percent_decoded(path).is_some_and(|path| path.ends_with(&expected));
            if !agrees {
                return Err(Fault::outside("The path is not usable: API Gateway cut it at a `?`."));
            }
        }
        let decoded = |name: &'static str| {
            let value =
                if decoded_already { Some(Cow::Borrowed(raw(name))) } else { percent_decoded(raw(name)) };
            let value = value.ok_or_else(|| Fault::outside("The path is not percent-encoded UTF-8."))?;
            Ok((name, value.into_owned()))
        };
        route.parameters().map(decoded).collect::<Result<_, _>>().map(Self)
    }

    fn take(&mut self, name: &str) -> String {
        self.0.remove(name).unwrap_or_default()
    }

    /// The user that `{id}` names.
    pub fn user(&mut self) -> Result<UserId, Fault> {
        UserId::parse(self.take("id"))
            .map_err(|fault| Fault::outside(format!("The user id in the path {fault}.")))
    }

    /// The organisation that `{orgId}` names.
    pub fn organisation(&mut self) -> Result<OrgId, Fault> {
        OrgId::parse(self.take("orgId"))
            .map_err(|fault| Fault::outside(format!("The organisation id in the path {fault}.")))
    }

    /// The physical key that `{number}` names.
    pub fn number(&mut self) -> Result<KeyNumber, Fault> {
        KeyNumber::parse_digits(&self.take("number"))
            .map_err(|fault| Fault::outside(format!("The number in the path {fault}.")))
    }
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

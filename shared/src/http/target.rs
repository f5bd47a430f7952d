//! What a request is aimed at: the user in the path, and nothing in the query that decides who the caller is.

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
            if !request.raw_http_path().ends_with(&route.path_of(raw)) {
                return Err(Fault::outside(
                    "The path is not usable: API Gateway cut it at the `?` of the user id.",
                ));
            }
            raw.to_owned()
        }
        _ => percent_decode_str(raw)
            .decode_utf8()
            .map_err(|_| Fault::outside("The user id in the path is not percent-encoded UTF-8."))?
            .into_owned(),
    };
    UserId::parse(id).map_err(|fault| Fault::outside(format!("The user id in the path {fault}.")))
}

/// Refuses a query that tries to say who the caller is.
pub fn check_query(request: &Request) -> Result<(), Fault> {
    if request.query_string_parameters_ref().is_some_and(|query| query.first(CALLER_ORG_ID).is_some()) {
        return Err(Fault::outside(CALLER_ORG_ID_MESSAGE));
    }
    Ok(())
}

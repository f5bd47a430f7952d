//! Every refusal of each route, as the functions' own code words it.

use api::auth::CredentialFault;
use api::http::Fault;
use api::http::problem::{Problem, Written};
use api::http::routes::Route;
use domain::api_key::ApiKeyFault;
use domain::confinement::Forbidden;
use lambda_http::Body;
use lambda_http::http::{HeaderValue, Response};
use store::StoreFault;

pub(crate) const REQUEST_ID: &str = "JKJaXmPLvHcESHA=.q83vEjRWeJCrze8SNFZ4kA";

/// The code of a refusal, and its response.
pub(crate) type Coded = (&'static str, Response<Body>);

/// Code and response of each refusal of a route, in the order of their statuses.
pub(crate) fn of(route: Route, by_aggregate: Vec<Problem>) -> Vec<Coded> {
    let problems = samples(route).into_iter().filter(|problem| applies(problem, route)).chain(by_aggregate);
    let mut refusals: Vec<_> = problems
        .map(|problem| {
            let media_type = HeaderValue::from_static("application/json");
            (problem.code(), problem.response(REQUEST_ID, media_type))
        })
        .collect();
    refusals.sort_by_key(|(_, response)| response.status());
    refusals
}

/// One problem of each code.
fn samples(route: Route) -> Vec<Problem> {
    let fault = if route.is_command() {
        Fault::of_member("orgid", "`orgid` is not a field of this command.")
    } else {
        Fault::outside("The query parameter `orgid` is not one of this query.")
    };
    let unexpected = || "never shown".to_owned();
    vec![
        Problem::InvalidRequest(vec![fault]),
        Problem::Unauthenticated(vec![CredentialFault::TokenMissing, CredentialFault::ApiKeyMissing]),
        Problem::Unauthenticated(vec![CredentialFault::ApiKey(ApiKeyFault::Revoked)]),
        Problem::Forbidden(Forbidden::AnotherUsersInventory),
        Problem::Forbidden(Forbidden::AnotherOrganisation),
        Problem::Forbidden(Forbidden::CredentialsDisagree),
        Problem::Forbidden(Forbidden::UnknownOrganisation),
        Problem::Forbidden(Forbidden::OrganisationRequired),
        Problem::Forbidden(Forbidden::OneUserOnly),
        Problem::RouteNotFound,
        Problem::MethodNotAllowed(route.allowed()),
        Problem::Contention(Written::Unsaid),
        Problem::BodyTooLarge,
        Problem::UnsupportedMediaType,
        Problem::EncodedBody,
        Problem::IdempotencyKeyReused,
        Problem::from(StoreFault::Throttled),
        Problem::from(StoreFault::Unreachable(unexpected())),
        Problem::from(StoreFault::OutcomeUnknown(unexpected())),
        Problem::from(StoreFault::Unexpected(unexpected())),
        Problem::SigningKeysUnavailable,
    ]
}

/// Whether a route can be refused for this. No `_`: a new problem has to be thought about here.
fn applies(problem: &Problem, route: Route) -> bool {
    match problem {
        Problem::InvalidRequest(_)
        | Problem::Unauthenticated(_)
        | Problem::SigningKeysUnavailable
        | Problem::Cursor(_) => true,
        Problem::Forbidden(forbidden) => match forbidden {
            Forbidden::CredentialsDisagree
            | Forbidden::UnknownOrganisation
            | Forbidden::OrganisationRequired => true,
            Forbidden::AnotherUsersInventory => route != Route::ListOrgPhysicalKeys,
            Forbidden::AnotherOrganisation => {
                matches!(route, Route::AddPhysicalKey | Route::ListOrgPhysicalKeys)
            }
            Forbidden::OneUserOnly => route == Route::ListOrgPhysicalKeys,
        },
        // What the aggregate refuses, its operation tells. The others are answered where there is no route, and where there is
        // no gateway.
        Problem::Refused(..)
        | Problem::RouteNotFound
        | Problem::MethodNotAllowed(_)
        | Problem::BodyOutOfTime => false,
        Problem::Contention(_)
        | Problem::BodyTooLarge
        | Problem::UnsupportedMediaType
        | Problem::EncodedBody
        | Problem::IdempotencyKeyReused => route.is_command(),
        Problem::Store(fault, _) => match fault {
            StoreFault::Throttled
            | StoreFault::Unreachable(_)
            | StoreFault::Unexpected(_)
            | StoreFault::Corrupt(_)
            | StoreFault::OtherFormat { .. } => true,
            StoreFault::OutcomeUnknown(_) => route.is_command(),
        },
    }
}

//! The one exhaustive match that gives every reason to refuse its status, code and words.

use domain::confinement::Forbidden;
use domain::user::Refusal;
use lambda_http::http::StatusCode;
use store::StoreFault;

use super::problem::{Problem, Written};
use crate::auth::CredentialFault;

/// What the caller is told of a problem.
pub(super) struct Told {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: &'static str,
    pub(super) retry_after_seconds: Option<u16>,
}

impl Told {
    const fn new(status: StatusCode, code: &'static str, message: &'static str) -> Self {
        Self { status, code, message, retry_after_seconds: None }
    }

    const fn retry_after(self, seconds: u16) -> Self {
        Self { retry_after_seconds: Some(seconds), ..self }
    }
}

impl Problem {
    /// Status, code and words of every reason. No `_`: a new reason has to be thought about here.
    pub(super) fn told(&self) -> Told {
        match self {
            Self::InvalidRequest(_) => {
                Told::new(StatusCode::BAD_REQUEST, "invalid_request", "The request is not valid; see `errors`.")
            }
            Self::Unauthenticated(faults) => told_unauthenticated(faults),
            Self::Forbidden(forbidden) => told_forbidden(*forbidden),
            Self::Refused(Refusal::PhysicalKeyNotFound, _) => Told::new(
                StatusCode::NOT_FOUND,
                "physical_key_not_found",
                "The user holds no physical key with this number.",
            ),
            Self::RouteNotFound => {
                Told::new(StatusCode::NOT_FOUND, "route_not_found", "There is nothing at this path.")
            }
            Self::MethodNotAllowed(_) => Told::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "This path takes another method; see the Allow header.",
            ),
            Self::Contention(written) => Told::new(
                StatusCode::CONFLICT,
                "contention",
                match written {
                    Written::Nothing => {
                        "Too many writers are at this inventory at once. Nothing was written; send the request again."
                    }
                    Written::Unsaid => {
                        "Too many writers are at this inventory at once. Send the request again with the same \
                         Idempotency-Key."
                    }
                },
            )
            .retry_after(1),
            Self::BodyTooLarge => {
                Told::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "The body is larger than 16 KiB.")
            }
            Self::UnsupportedMediaType => Told::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "The body must be JSON; send `Content-Type: application/json`.",
            ),
            Self::BodyOutOfTime => Told::new(
                StatusCode::REQUEST_TIMEOUT,
                "request_timeout",
                "The body did not come in time. Nothing was written; send the request again.",
            ),
            Self::EncodedBody => Told::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_content_encoding",
                "The body must not be compressed or encoded otherwise; leave out Content-Encoding.",
            ),
            Self::IdempotencyKeyReused => Told::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                "This Idempotency-Key was used before with another request. Use a new one for a new request.",
            ),
            Self::Store(fault, written) => told_store(fault, *written),
            Self::SigningKeysUnavailable => Told::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "signing_keys_unavailable",
                "The token issuer's signing keys are not known at this moment, so the bearer token cannot be verified; it may \
                 be good. Send the request again, a command with the same Idempotency-Key.",
            )
            .retry_after(10),
            Self::Cursor(_) => INTERNAL_ERROR,
        }
    }
}

fn told_unauthenticated(faults: &[CredentialFault]) -> Told {
    let code = if faults.iter().all(CredentialFault::is_missing) {
        "credentials_missing"
    } else {
        "credentials_refused"
    };
    Told::new(StatusCode::UNAUTHORIZED, code, "The credentials are missing or refused; see `errors`.")
}

const fn told_forbidden(forbidden: Forbidden) -> Told {
    let (code, message) = match forbidden {
        Forbidden::CredentialsDisagree => (
            "credentials_disagree",
            "The bearer token and the API key do not belong together: they name different organisations, or \
             the API key was issued for another subject.",
        ),
        Forbidden::UnknownOrganisation => (
            "unknown_organisation",
            "The organisation that the bearer token names is not registered here, or was closed.",
        ),
        Forbidden::OrganisationRequired => (
            "organisation_required",
            "This is for an organisation itself: send its API key, or the token of a service or a key manager of it. A \
             service's token that names no organisation needs an API key that was issued for the service.",
        ),
        Forbidden::AnotherUsersInventory => {
            ("another_users_inventory", "The bearer token is for another user's inventory.")
        }
        Forbidden::AnotherOrganisation => {
            ("another_organisation", "The credentials are for another organisation than `orgId`.")
        }
        Forbidden::OneUserOnly => (
            "one_user_only",
            "The bearer token is for one user's inventory, and this list is over all users.",
        ),
    };
    Told::new(StatusCode::FORBIDDEN, code, message)
}

const INTERNAL_ERROR: Told = Told::new(
    StatusCode::INTERNAL_SERVER_ERROR,
    "internal_error",
    "Something is wrong on our side. Tell us the `requestId`.",
);

const fn told_store(fault: &StoreFault, written: Written) -> Told {
    match fault {
        StoreFault::Throttled => Told::new(
            StatusCode::TOO_MANY_REQUESTS,
            "throttled",
            "The store is throttling. It is safe to send the request again with the same Idempotency-Key.",
        )
        .retry_after(1),
        StoreFault::Unreachable(_) => Told::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "store_unavailable",
            match written {
                Written::Nothing => "The store cannot be reached. Nothing was written; send the request again.",
                Written::Unsaid => {
                    "The store cannot be reached. Send the request again, a command with the same Idempotency-Key."
                }
            },
        )
        .retry_after(1),
        StoreFault::OutcomeUnknown(_) => Told::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "outcome_unknown",
            "The store did not answer in time, so the request may or may not have been carried out. It is safe to \
             send it again with the same Idempotency-Key.",
        )
        .retry_after(1),
        StoreFault::Unexpected(_) | StoreFault::Corrupt(_) | StoreFault::OtherFormat { .. } => INTERNAL_ERROR,
    }
}

//! What can go wrong with the store, by name, and how it is told from the SDK's errors.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use process::aws::{NextTime, cause, next_time};

/// The store could not be used. `Display` is for the log: callers get words of their own.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreFault {
    /// It refuses to do more at this rate.
    #[error("the store throttles")]
    Throttled,
    /// A read, or a write that surely did not happen, found nobody.
    #[error("the store cannot be reached: {0}")]
    Unreachable(String),
    /// A write was sent and no answer came.
    #[error("the outcome of a write is not known: {0}")]
    OutcomeUnknown(String),
    /// It answered something that it never should: a missing table, missing permissions, a bug of ours.
    #[error("the store answered unexpectedly: {0}")]
    Unexpected(String),
    /// The histories in the table are of another format than this release reads and writes.
    #[error(
        "the table holds histories of format {found}, and this release reads format {known}: one of format 1 was filled during \
         development, and a new table (or another folder, by --data) takes its place"
    )]
    OtherFormat {
        /// The format that was found.
        found: String,
        /// The one that is known.
        known: u32,
    },
    /// An item is not what this code wrote.
    #[error("a stored item cannot be read: {0}")]
    Corrupt(String),
}

/// Whether a call that fails may have changed something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Read,
    Write,
}

impl StoreFault {
    /// The fault behind an SDK error that the caller has no better name for.
    pub(super) fn of<E, R>(kind: Kind, error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: std::fmt::Debug,
    {
        match error {
            SdkError::ServiceError(service) => match service.err().code() {
                Some(code) => Self::of_code(kind, code),
                // A proxy's or a load balancer's answer, say.
                None => Self::lost(kind, cause(error)),
            },
            SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) | SdkError::ResponseError(_) => {
                Self::lost(kind, cause(error))
            }
            // A request that could not be built, and what the SDK may add.
            _ => Self::Unexpected(cause(error)),
        }
    }

    /// The fault of an error code (DynamoDB Developer Guide, "Error handling"). Messages are never looked at.
    pub(super) fn of_code(kind: Kind, code: &str) -> Self {
        match next_time(code) {
            NextTime::Throttled => Self::Throttled,
            NextTime::Faulty => Self::lost(kind, code.to_owned()),
            NextTime::Unsaid if code == "TransactionInProgressException" => Self::lost(kind, code.to_owned()),
            NextTime::Unsaid => Self::Unexpected(code.to_owned()),
        }
    }

    pub(super) fn lost(kind: Kind, cause: String) -> Self {
        match kind {
            Kind::Read => Self::Unreachable(cause),
            Kind::Write => Self::OutcomeUnknown(cause),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_meaning() {
        for code in [
            "ThrottlingException",
            "ThrottlingError",
            "RequestLimitExceeded",
            "ProvisionedThroughputExceededException",
        ] {
            assert_eq!(StoreFault::of_code(Kind::Write, code), StoreFault::Throttled);
        }
        let unknown = StoreFault::of_code(Kind::Write, "InternalServerError");
        assert_eq!(unknown, StoreFault::OutcomeUnknown("InternalServerError".to_owned()));
        let unreachable = StoreFault::of_code(Kind::Read, "InternalServerError");
        assert_eq!(unreachable, StoreFault::Unreachable("InternalServerError".to_owned()));
        for code in ["ResourceNotFoundException", "AccessDeniedException", "ValidationException", "Whatever"]
        {
            assert_eq!(StoreFault::of_code(Kind::Write, code), StoreFault::Unexpected(code.to_owned()));
        }
    }
}

//! What one sending of a write has come to, if it was not carried out.

#[cfg(test)]
mod unsent;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::CancellationReason;
use process::aws::never_sent;

use super::fault::{Kind, StoreFault};

/// Why one sending of a write did not carry it out, or is not known to have. It says nothing about any sending before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendingFault {
    /// Somebody else wrote first, or is writing. This sending wrote nothing.
    #[error("another writer was first")]
    Contention,
    /// This sending wrote nothing, for another reason: it was refused, or never left this process.
    #[error(transparent)]
    NotCarriedOut(StoreFault),
    /// Nobody said what became of it: it may have been carried out, or may yet be.
    #[error("the outcome of a write is not known: {0}")]
    Unanswered(String),
}

impl SendingFault {
    pub(super) fn of<R: std::fmt::Debug>(
        error: &SdkError<TransactWriteItemsError, R>,
        raced: &[usize],
    ) -> Self {
        if let SdkError::ServiceError(service) = error
            && let TransactWriteItemsError::TransactionCanceledException(reasons) = service.err()
        {
            return cancelled(reasons.cancellation_reasons(), raced);
        }
        // Of a call that the SDK makes once. Where it makes several, this would be about the last of them.
        if let Some(cause) = never_sent(error) {
            return Self::NotCarriedOut(StoreFault::Unreachable(cause));
        }
        match StoreFault::of(Kind::Write, error) {
            StoreFault::OutcomeUnknown(cause) => Self::Unanswered(cause),
            fault => Self::NotCarriedOut(fault),
        }
    }
}

/// The meaning of a cancelled transaction: this sending wrote nothing, and the reasons, one for each item in order, say
/// why. A reason that is no race is never taken for one; and races come first, because they explain the others. `raced` are the
/// items whose condition fails when somebody else was first.
fn cancelled(reasons: &[CancellationReason], raced: &[usize]) -> SendingFault {
    let codes: Vec<_> = reasons.iter().map(|reason| reason.code().unwrap_or("None")).collect();
    let conflicts = codes.contains(&"TransactionConflict");
    let lost_race = raced.iter().any(|item| codes.get(*item) == Some(&"ConditionalCheckFailed"));
    if conflicts || lost_race {
        return SendingFault::Contention;
    }
    let cause = codes.iter().enumerate().find(|(_, code)| **code != "None");
    let fault = match cause {
        // The version was the one that was read, and yet a physical key or an event was not as it has to be.
        Some((position, &"ConditionalCheckFailed")) => StoreFault::Corrupt(format!(
            "the state does not fit the history (item {position} of the transaction)"
        )),
        // Also an internal error: what was cancelled for it was cancelled.
        Some((_, code)) => StoreFault::of_code(Kind::Read, code),
        None => StoreFault::Unexpected("a transaction was cancelled without a reason".to_owned()),
    };
    SendingFault::NotCarriedOut(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::write::Raced;

    const ADDS: Raced = Raced::ADDITION;
    const REMOVES: Raced = Raced::REMOVAL;

    fn fault(codes: &[&str], raced: Raced) -> SendingFault {
        let reasons: Vec<_> =
            codes.iter().map(|code| CancellationReason::builder().code(*code).build()).collect();
        cancelled(&reasons, raced.items())
    }

    #[track_caller]
    fn check(codes: &[&str], expected: &SendingFault) {
        for raced in [ADDS, REMOVES] {
            assert_eq!(fault(codes, raced), *expected, "{codes:?}");
        }
    }

    const FAILED: &str = "ConditionalCheckFailed";
    const CONFLICT: &str = "TransactionConflict";

    #[test]
    fn a_lost_race_is_contention() {
        check(&[FAILED, "None", "None"], &SendingFault::Contention);
        check(&[FAILED, FAILED, FAILED, FAILED], &SendingFault::Contention);
        check(&["None", "None", "None", FAILED], &SendingFault::Contention);
        for position in 0..4 {
            let mut codes = ["None"; 4];
            codes[position] = CONFLICT;
            check(&codes, &SendingFault::Contention);
        }
    }

    #[test]
    fn throttling_is_never_taken_for_a_race() {
        for code in ["ThrottlingError", "ProvisionedThroughputExceeded"] {
            check(&[code, "None", "None"], &SendingFault::NotCarriedOut(StoreFault::Throttled));
            check(&["None", "None", code], &SendingFault::NotCarriedOut(StoreFault::Throttled));
        }
    }

    #[test]
    fn a_physical_key_that_went_between_two_reads_is_contention() {
        assert_eq!(fault(&["None", FAILED, "None"], REMOVES), SendingFault::Contention);
    }

    #[test]
    fn a_state_that_does_not_fit_its_history_is_corrupt() {
        let cases = [
            (["None", FAILED, "None"], ADDS),
            (["None", "None", FAILED], ADDS),
            (["None", "None", FAILED], REMOVES),
        ];
        for (codes, raced) in cases {
            let fault = fault(&codes, raced);
            assert!(
                matches!(fault, SendingFault::NotCarriedOut(StoreFault::Corrupt(_))),
                "{codes:?}: {fault:?}"
            );
        }
    }

    #[test]
    fn other_reasons_are_unexpected_by_name() {
        for code in ["ValidationError", "ItemCollectionSizeLimitExceeded", "AccessDenied"] {
            check(&["None", code], &SendingFault::NotCarriedOut(StoreFault::Unexpected(code.to_owned())));
        }
        let silent = StoreFault::Unexpected("a transaction was cancelled without a reason".to_owned());
        check(&[], &SendingFault::NotCarriedOut(silent));
    }
}

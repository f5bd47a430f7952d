//! Seeded faults: each leaves out or bends one rule of the protocol. That each is caught shows that the properties
//! need the rule, and that the model can see it broken.

use clap::ValueEnum;

use crate::table::Condition;

/// A rule that is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum)]
pub enum Fault {
    /// An attempt that may have been carried out is followed by another one on the same version, with a new token.
    NewTokenOnARetry,
    /// The version, that EVENT is absent and that the new KEY is absent are not asked for.
    AllGuardsDropped,
    /// Neither the version nor that EVENT is absent is asked for.
    VersionAndEventConditionsDropped,
    /// That REQUEST is absent is not asked for.
    RequestConditionDropped,
    /// That KEY of a removal is there is not asked for.
    RemovalConditionDropped,
    /// REQUEST is put after the transaction, by the client that heard of its success.
    RequestOutsideTheTransaction,
    /// A send without an answer is taken for one that was not carried out.
    LostAnswerTakenForContention,
    /// Whatever EVENT is at the attempt's version is taken for the attempt's.
    EventTokenNotLookedAt,
    /// No EVENT is ever taken for the attempt's.
    EventNeverTakenForOurs,
    /// EVENT is read in the same batch as USER, so perhaps before it.
    EventReadInTheBatchThatShowedTheVersionGone,
    /// The last look reads EVENT and REQUEST in one batch, so perhaps REQUEST first.
    EventAndRequestOfTheSecondLookInOneBatch,
    /// A 404 under an idempotency key is given without another look at REQUEST.
    NoSecondLook,
    /// At the deadline the answer is given without a look.
    NoLookAtTheDeadline,
    /// A 401 under an idempotency key is given without another look at REQUEST, although something was sent.
    NoLookAtRequestWhenRevoked,
    /// The last look takes an attempt whose EVENT is absent for one that will never be carried out.
    AbsentEventTakenForDeath,
    /// A send that is cancelled or conflicts closes the attempt, although an earlier send may yet be carried out.
    CancellationEndsAnOpenAttempt,
    /// A refusal is given although the attempt may have been carried out.
    RefusalWhileOpen,
    /// A 409 says that nothing was written under an idempotency key too, where a copy may have.
    NothingWrittenUnderAnIdempotencyKey,
    /// Harmless: the version is not asked for, EVENT and KEY guard it.
    VersionConditionDropped,
    /// Harmless: that EVENT is absent is not asked for, the version guards it.
    EventConditionDropped,
    /// Harmless: that the new KEY is absent is not asked for, the version guards it.
    NewKeyConditionDropped,
    /// Harmless: of the three guards there is only that EVENT is absent.
    VersionAndNewKeyConditionsDropped,
    /// Harmless: of the three guards there is only the version.
    EventAndNewKeyConditionsDropped,
    /// Harmless: KEY that is there while USER does not know its number yet is not noticed, the version guards it.
    TornReadNotNoticed,
    /// Harmless, but more answers are 503: the last look does not conclude from an absent KEY that the attempt is dead.
    AbsentKeyNotTakenForDeath,
    /// Harmless, but it goes round for ever: an attempt to remove is sent again while its version stands, although its
    /// KEY is gone.
    AttemptStandsByItsVersionAlone,
}

impl Fault {
    /// Its name, as the command line takes it.
    #[must_use]
    pub fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Whether no property breaks, since another rule does what the one left out would do.
    #[must_use]
    pub const fn is_harmless(self) -> bool {
        matches!(
            self,
            Self::VersionConditionDropped
                | Self::EventConditionDropped
                | Self::NewKeyConditionDropped
                | Self::VersionAndNewKeyConditionsDropped
                | Self::EventAndNewKeyConditionsDropped
                | Self::TornReadNotNoticed
                | Self::AbsentKeyNotTakenForDeath
                | Self::AttemptStandsByItsVersionAlone
        )
    }

    /// Whether a transaction is without this condition.
    #[must_use]
    pub fn drops(self, condition: Condition) -> bool {
        let dropped: &[Condition] = match self {
            Self::AllGuardsDropped => &[Condition::Version, Condition::EventAbsent, Condition::NewKeyAbsent],
            Self::VersionAndEventConditionsDropped => &[Condition::Version, Condition::EventAbsent],
            Self::RequestConditionDropped => &[Condition::RequestAbsent],
            Self::RemovalConditionDropped => &[Condition::RemovedKeyPresent],
            Self::VersionConditionDropped => &[Condition::Version],
            Self::EventConditionDropped => &[Condition::EventAbsent],
            Self::NewKeyConditionDropped => &[Condition::NewKeyAbsent],
            Self::VersionAndNewKeyConditionsDropped => &[Condition::Version, Condition::NewKeyAbsent],
            Self::EventAndNewKeyConditionsDropped => &[Condition::EventAbsent, Condition::NewKeyAbsent],
            _ => &[],
        };
        dropped.contains(&condition)
    }
}

//! Where each seeded fault shows: the configuration, and the property that does not hold in it.

use crate::configurations::{
    ADDITION_COPIES, ADDITIONS, Configuration, REMOVAL_AND_ADDITION, REMOVAL_COPIES, REMOVALS,
};
use crate::faults::Fault;
use crate::properties::{
    ANSWER_IS_AN_EVENT, CLAIM_IS_TRUE, ITEMS_ARE_THE_FOLD, NOT_FOUND_WAS_NOT_US, ONE_EVENT_FOR_A_COMMAND,
    ONE_EVENT_FOR_AN_IDEMPOTENCY_KEY, REFUSAL_AFTER_A_LOOK, REFUSAL_WROTE_NOTHING, REQUEST_IS_ITS_EVENT,
};

/// A fault, and what it breaks.
#[derive(Debug, Clone, Copy)]
pub struct Catch {
    /// The rule that is left out.
    pub fault: Fault,
    /// Where.
    pub configuration: Configuration,
    /// What does not hold then.
    pub property: &'static str,
}

const fn catch(fault: Fault, configuration: Configuration, property: &'static str) -> Catch {
    Catch { fault, configuration, property }
}

/// Each harmful fault, with one consequence at least.
pub const CATCHES: &[Catch] = &[
    catch(Fault::NewTokenOnARetry, ADDITIONS, ONE_EVENT_FOR_A_COMMAND),
    catch(Fault::NewTokenOnARetry, REMOVALS, REFUSAL_WROTE_NOTHING),
    catch(Fault::AllGuardsDropped, ADDITIONS, ANSWER_IS_AN_EVENT),
    catch(Fault::AllGuardsDropped, ADDITIONS, ITEMS_ARE_THE_FOLD),
    catch(Fault::VersionAndEventConditionsDropped, REMOVAL_AND_ADDITION, ANSWER_IS_AN_EVENT),
    catch(Fault::RequestConditionDropped, ADDITION_COPIES, ONE_EVENT_FOR_AN_IDEMPOTENCY_KEY),
    catch(Fault::RemovalConditionDropped, REMOVALS, ITEMS_ARE_THE_FOLD),
    catch(Fault::RequestOutsideTheTransaction, ADDITION_COPIES, ONE_EVENT_FOR_AN_IDEMPOTENCY_KEY),
    catch(Fault::RequestOutsideTheTransaction, ADDITION_COPIES, REQUEST_IS_ITS_EVENT),
    catch(Fault::RequestOutsideTheTransaction, REMOVAL_COPIES, NOT_FOUND_WAS_NOT_US),
    catch(Fault::LostAnswerTakenForContention, ADDITIONS, ONE_EVENT_FOR_A_COMMAND),
    catch(Fault::LostAnswerTakenForContention, REMOVALS, REFUSAL_WROTE_NOTHING),
    catch(Fault::EventTokenNotLookedAt, ADDITIONS, ANSWER_IS_AN_EVENT),
    catch(Fault::EventTokenNotLookedAt, REMOVALS, ANSWER_IS_AN_EVENT),
    catch(Fault::EventNeverTakenForOurs, ADDITIONS, ONE_EVENT_FOR_A_COMMAND),
    catch(Fault::EventNeverTakenForOurs, REMOVALS, REFUSAL_WROTE_NOTHING),
    catch(Fault::EventReadInTheBatchThatShowedTheVersionGone, ADDITIONS, ONE_EVENT_FOR_A_COMMAND),
    catch(Fault::EventReadInTheBatchThatShowedTheVersionGone, REMOVALS, REFUSAL_WROTE_NOTHING),
    catch(Fault::EventAndRequestOfTheSecondLookInOneBatch, ADDITION_COPIES, REFUSAL_AFTER_A_LOOK),
    catch(Fault::EventAndRequestOfTheSecondLookInOneBatch, REMOVAL_COPIES, REFUSAL_AFTER_A_LOOK),
    catch(Fault::NoSecondLook, REMOVAL_COPIES, NOT_FOUND_WAS_NOT_US),
    catch(Fault::NoLookAtTheDeadline, ADDITION_COPIES, REFUSAL_AFTER_A_LOOK),
    catch(Fault::NoLookAtRequestWhenRevoked, ADDITION_COPIES.with_revocation(), REFUSAL_AFTER_A_LOOK),
    catch(Fault::AbsentEventTakenForDeath, ADDITIONS, CLAIM_IS_TRUE),
    catch(Fault::AbsentEventTakenForDeath, REMOVALS, REFUSAL_WROTE_NOTHING),
    catch(Fault::CancellationEndsAnOpenAttempt, ADDITIONS, ONE_EVENT_FOR_A_COMMAND),
    catch(Fault::CancellationEndsAnOpenAttempt, ADDITION_COPIES, REFUSAL_WROTE_NOTHING),
    catch(Fault::RefusalWhileOpen, ADDITIONS, CLAIM_IS_TRUE),
    catch(Fault::RefusalWhileOpen, ADDITION_COPIES, REFUSAL_WROTE_NOTHING),
    catch(Fault::NothingWrittenUnderAnIdempotencyKey, ADDITION_COPIES, CLAIM_IS_TRUE),
];

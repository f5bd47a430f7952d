//! What happens to calls on their way, how likely each of it is, and how that differs from one episode to the next.

use fastrand::Rng;

/// What may happen to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Fault {
    /// The connection breaks before the call arrives.
    ResetBefore,
    /// The call is carried out, and the connection breaks before the answer.
    ResetAfter,
    /// The call is carried out, and the connection breaks in the middle of the answer.
    HalfAnswer,
    /// The call does not arrive, and no answer comes until the client gives up.
    SilenceBefore,
    /// The call is carried out, and no answer comes until the client gives up.
    SilenceAfter,
    /// The call is carried out late, and answered in time.
    Slow,
    /// The call fails for the client, and is carried out later.
    Late,
    /// An error of DynamoDB's own; not carried out.
    ErrorBefore,
    /// An error of DynamoDB's own, though it was carried out.
    ErrorAfter,
    /// A load balancer's answer.
    BadGateway,
    /// DynamoDB throttles.
    Throttled,
    /// A write is cancelled for a conflict with another.
    Conflict,
    /// A write is cancelled for throttling.
    CancelledThrottled,
    /// A write fails for the client; its next attempt is cancelled for a conflict while the first is carried out late.
    LateThenConflict,
    /// The same, but the next attempt is told that the first is still in progress.
    LateThenInProgress,
    /// A write is carried out, answered, and delivered once more.
    Duplicate,
    /// Some of the keys of a `BatchGetItem` are not read.
    Unprocessed,
    /// The keys of a `BatchGetItem` are read one by one, with other traffic in between.
    Torn,
}

use Fault::{
    BadGateway, CancelledThrottled, Conflict, Duplicate, ErrorAfter, ErrorBefore, HalfAnswer, Late,
    LateThenConflict, LateThenInProgress, ResetAfter, ResetBefore, SilenceAfter, SilenceBefore, Slow,
    Throttled, Torn, Unprocessed,
};

/// How likely which fault is: parts of 10,000 calls that it is possible for.
pub(crate) type Odds = &'static [(Fault, u64)];

/// The weather of an episode: what happens to calls, and to processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weather {
    pub(crate) name: &'static str,
    odds: Odds,
    /// Of 10,000 invocations, how many are killed.
    pub(crate) kills: u64,
    /// Of 10,000 answers under an idempotency key, how many the client does not get.
    pub(crate) lost_answers: u64,
}

/// Nothing happens: races between clients only. Never drawn; whatever the judge finds now needs no fault to happen.
const CLEAR: Weather = Weather { name: "clear", odds: &[], kills: 0, lost_answers: 0 };

/// Nothing but what DynamoDB does every day: reads of several moments, and conflicts.
const TORN: Weather = Weather {
    name: "torn",
    odds: &[(Torn, 6_000), (Conflict, 200), (Unprocessed, 300)],
    kills: 0,
    lost_answers: 0,
};

const CALM: Weather = Weather {
    name: "calm",
    odds: &[
        (Torn, 2_500),
        (Conflict, 400),
        (Unprocessed, 400),
        (Slow, 100),
        (ResetBefore, 40),
        (ResetAfter, 40),
        (HalfAnswer, 30),
        (ErrorBefore, 40),
        (ErrorAfter, 40),
        (Throttled, 40),
        (CancelledThrottled, 40),
        (BadGateway, 20),
        (Late, 40),
        (LateThenConflict, 40),
        (LateThenInProgress, 20),
        (Duplicate, 100),
        (SilenceBefore, 10),
        (SilenceAfter, 10),
    ],
    kills: 120,
    lost_answers: 200,
};

/// Writes that come when nobody counts on them any more.
const LATE: Weather = Weather {
    name: "late",
    odds: &[
        (Torn, 1_500),
        (Late, 500),
        (LateThenConflict, 800),
        (LateThenInProgress, 300),
        (ResetAfter, 300),
        (ErrorAfter, 300),
        (Duplicate, 400),
        (Conflict, 300),
        (SilenceAfter, 40),
        (Slow, 100),
    ],
    kills: 250,
    lost_answers: 500,
};

const STORM: Weather = Weather {
    name: "storm",
    odds: &[
        (Torn, 2_000),
        (ResetBefore, 400),
        (ResetAfter, 400),
        (HalfAnswer, 300),
        (ErrorBefore, 400),
        (ErrorAfter, 400),
        (BadGateway, 150),
        (Throttled, 400),
        (Conflict, 500),
        (CancelledThrottled, 200),
        (Late, 300),
        (LateThenConflict, 300),
        (LateThenInProgress, 200),
        (Duplicate, 300),
        (Unprocessed, 500),
        (Slow, 300),
        (SilenceBefore, 80),
        (SilenceAfter, 80),
    ],
    kills: 600,
    lost_answers: 1_000,
};

impl Weather {
    /// The weather of this name.
    pub fn named(name: &str) -> Result<Self, String> {
        let all = [CLEAR, TORN, CALM, LATE, STORM];
        let names = || all.map(|weather| weather.name).join(", ");
        all.into_iter()
            .find(|weather| weather.name == name)
            .ok_or_else(|| format!("it is one of {}", names()))
    }

    /// The weather of an episode: mostly calm, sometimes not.
    pub(crate) fn draw(chance: &mut Rng) -> Self {
        match chance.u64(0..100) {
            0..45 => CALM,
            45..65 => TORN,
            65..83 => LATE,
            _ => STORM,
        }
    }

    /// Always the same.
    #[cfg(test)]
    pub(crate) const fn always(odds: Odds) -> Self {
        Self { name: "always", odds, kills: 0, lost_answers: 0 }
    }

    /// What happens to the next call of an operation.
    pub(crate) fn fault(&self, operation: &str, chance: &mut Rng) -> Option<Fault> {
        let mut roll = chance.u64(0..10_000);
        for (fault, odds) in self.odds.iter().filter(|(fault, _)| fault.is_possible(operation)) {
            match roll.checked_sub(*odds) {
                None => return Some(*fault),
                Some(left) => roll = left,
            }
        }
        None
    }
}

impl Fault {
    /// Whether it can happen to a call of this operation.
    fn is_possible(self, operation: &str) -> bool {
        match self {
            Torn | Unprocessed => operation == "BatchGetItem",
            Conflict | CancelledThrottled | LateThenConflict | LateThenInProgress | Duplicate | Late => {
                operation == "TransactWriteItems"
            }
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odds_are_parts_of_a_whole() {
        for weather in [CLEAR, TORN, CALM, LATE, STORM] {
            for operation in ["BatchGetItem", "GetItem", "Query", "TransactWriteItems"] {
                let possible = weather.odds.iter().filter(|(fault, _)| fault.is_possible(operation));
                let sum: u64 = possible.map(|(_, odds)| odds).sum();
                assert!(sum <= 10_000, "{}, {operation}: {sum}", weather.name);
            }
        }
    }

    #[test]
    fn only_writes_conflict_and_only_batches_tear() {
        let mut chance = Rng::with_seed(1);
        for _ in 0..5_000 {
            assert_ne!(STORM.fault("Query", &mut chance), Some(Torn));
            assert_ne!(STORM.fault("BatchGetItem", &mut chance), Some(Conflict));
            assert_ne!(STORM.fault("TransactWriteItems", &mut chance), Some(Unprocessed));
        }
    }
}

//! The calls of EventBridge and SQS, and what their answers mean.

use std::time::Instant;

use aws_sdk_eventbridge::error::ProvideErrorMetadata;
use aws_sdk_eventbridge::primitives::DateTime;
use aws_sdk_eventbridge::types::{PutEventsRequestEntry, PutEventsResultEntry};
use process::aws::{NextTime, cause, next_time};

use crate::envelope::{Envelope, SOURCE};
use crate::lanes::{Lane, Lanes};
use crate::letter::{self, Unpublishable};
use crate::publisher::Publisher;
use crate::stream::{Errand, Task};

/// The most entries that one call may have (EventBridge API Reference, `PutEvents`). So many are far below the
/// 256 KB that it may have as well: a test adds up the largest.
pub(crate) const MOST_ENTRIES: usize = 10;

/// What was done in an invocation.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) published: usize,
    pub(crate) set_aside: usize,
    pub(crate) calls: usize,
    /// Why something had to be tried again, the last time.
    pub(crate) failure: Option<String>,
}

/// What became of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    Accepted,
    /// It may be accepted another time.
    TryAgain(String),
    /// It never will be.
    Refused(String),
}

/// A call was refused as a whole, with this code, for what was in it.
struct Spoilt(String);

impl Publisher {
    /// Goes one step with the lanes whose turn it is: one event of each user, by one call, and one message about each
    /// record that cannot be published. Gives why something has to be tried again.
    pub(crate) async fn advance(
        &self,
        lanes: &mut Lanes,
        deadline: Instant,
        tally: &mut Tally,
    ) -> Option<String> {
        let mut failure = None;
        let (events, letters) = lanes.take(MOST_ENTRIES).into_iter().partition::<Vec<_>, _>(is_event);
        let outcomes = self.put_events(&events, deadline, tally).await;
        for (mut lane, outcome) in events.into_iter().zip(outcomes) {
            match outcome {
                Outcome::Accepted => {
                    tally.published += 1;
                    lane.without_first().into_iter().for_each(|lane| lanes.put_back(lane));
                    continue;
                }
                Outcome::TryAgain(cause) => failure = Some(cause),
                Outcome::Refused(code) => {
                    lane.first_mut().errand = Errand::SetAside(Unpublishable::Refused(code));
                }
            }
            lanes.put_back(lane);
        }
        for lane in letters {
            match self.set_aside(lane.first(), deadline, tally).await {
                Ok(()) => lane.without_first().into_iter().for_each(|lane| lanes.put_back(lane)),
                Err(cause) => {
                    failure = Some(cause);
                    lanes.put_back(lane);
                }
            }
        }
        failure
    }

    /// Puts the first event of each lane on the bus. Gives an outcome for each.
    ///
    /// A call that is refused as a whole for what is in it is made again for each entry alone, so that one entry does not keep
    /// nine others. Whose call is refused then is to blame only if others are accepted: otherwise it may be the bus, or us.
    async fn put_events(&self, lanes: &[Lane], deadline: Instant, tally: &mut Tally) -> Vec<Outcome> {
        let entries: Vec<_> = lanes.iter().filter_map(|lane| self.entry(&lane.first().errand)).collect();
        let mut calls = vec![self.put(entries.clone(), deadline, tally).await];
        if entries.len() > 1 && calls.iter().any(Result::is_err) {
            calls.clear();
            for entry in entries {
                calls.push(self.put(vec![entry], deadline, tally).await);
            }
        }
        let is_accepted = |outcome: &Outcome| *outcome == Outcome::Accepted;
        let others_are_accepted = tally.published > 0 || calls.iter().flatten().flatten().any(is_accepted);
        let blamed = |Spoilt(code)| {
            vec![if others_are_accepted { Outcome::Refused(code) } else { Outcome::TryAgain(code) }]
        };
        calls.into_iter().flat_map(|call| call.unwrap_or_else(blamed)).collect()
    }

    /// One call. Gives an outcome for each of its entries, unless one of them spoils it.
    async fn put(
        &self,
        entries: Vec<PutEventsRequestEntry>,
        deadline: Instant,
        tally: &mut Tally,
    ) -> Result<Vec<Outcome>, Spoilt> {
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        tally.calls += 1;
        let count = entries.len();
        let call = self.event_bridge.put_events().set_entries(Some(entries)).send();
        let answer = match tokio::time::timeout_at(deadline.into(), call).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
                return match code.map(of_code) {
                    Some(Outcome::Refused(code)) => Err(Spoilt(code)),
                    _ => Ok(vec![Outcome::TryAgain(cause(&error)); count]),
                };
            }
            Err(_) => return Ok(vec![Outcome::TryAgain(OUT_OF_TIME.to_owned()); count]),
        };
        // The results are in the order of the entries. One without a result is as good as one without an answer.
        let mut results = answer.entries().iter();
        Ok((0..count).map(|_| results.next().map_or_else(unanswered, outcome)).collect())
    }

    fn entry(&self, errand: &Errand) -> Option<PutEventsRequestEntry> {
        let Errand::Publish(Envelope { detail_type, detail, time }) = errand else { return None };
        let time = DateTime::from_millis(i64::try_from(time.get()).unwrap_or(i64::MAX));
        let entry = PutEventsRequestEntry::builder().event_bus_name(&self.config.event_bus_name);
        Some(entry.source(SOURCE).detail_type(*detail_type).detail(detail).time(time).build())
    }

    /// Tells the dead-letter queue about a record that can never be published.
    async fn set_aside(&self, task: &Task, deadline: Instant, tally: &mut Tally) -> Result<(), String> {
        let Errand::SetAside(reason) = &task.errand else { return Ok(()) };
        tally.calls += 1;
        let letter = letter::letter(reason, &task.record);
        let queue = &self.config.dead_letter_queue_url;
        let call = self.sqs.send_message().queue_url(queue).message_body(letter).send();
        match tokio::time::timeout_at(deadline.into(), call).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(cause(&error)),
            Err(_) => return Err(OUT_OF_TIME.to_owned()),
        }
        tally.set_aside += 1;
        tracing::warn!(sequence_number = task.sequence_number, reason = reason.code(), "set aside");
        Ok(())
    }
}

const OUT_OF_TIME: &str = "the invocation's time was up before the answer came";

const fn is_event(lane: &Lane) -> bool {
    matches!(lane.first().errand, Errand::Publish(_))
}

fn unanswered() -> Outcome {
    Outcome::TryAgain("an entry without a result".to_owned())
}

/// What the result of one entry means (EventBridge API Reference, `PutEventsResultEntry`).
fn outcome(result: &PutEventsResultEntry) -> Outcome {
    match (result.error_code(), result.event_id()) {
        (None, Some(_)) => Outcome::Accepted,
        (None, None) => unanswered(),
        (Some(code), _) => of_code(code),
    }
}

/// A code that is not the entry's own fault is the service's for now, or that of whoever set the permissions: either
/// may be mended, and the event has to wait for it. Every other one, known or not, ends the entry: it would
/// keep everyone behind it waiting.
fn of_code(code: &str) -> Outcome {
    let may_be_permitted = matches!(
        code,
        "AccessDeniedException"
            | "InvalidAccountIdException"
            | "NotAuthorizedForSourceException"
            | "NotAuthorizedForDetailTypeException"
    );
    if may_be_permitted || next_time(code) != NextTime::Unsaid {
        Outcome::TryAgain(code.to_owned())
    } else {
        Outcome::Refused(code.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_meaning() {
        for code in [
            "ThrottlingException",
            "InternalFailure",
            "InternalException",
            "AccessDeniedException",
            "NotAuthorizedForSourceException",
            "NotAuthorizedForDetailTypeException",
        ] {
            assert_eq!(of_code(code), Outcome::TryAgain(code.to_owned()));
        }
        for code in ["MalformedDetail", "InvalidArgument", "RedactionFailure", "Whatever"] {
            assert_eq!(of_code(code), Outcome::Refused(code.to_owned()));
        }
    }

    #[test]
    fn only_an_event_id_means_that_an_entry_was_accepted() {
        let result = PutEventsResultEntry::builder();
        assert_eq!(outcome(&result.clone().event_id("1").build()), Outcome::Accepted);
        assert_eq!(outcome(&result.build()), unanswered());
        let both = PutEventsResultEntry::builder().event_id("1").error_code("InternalFailure").build();
        assert_eq!(outcome(&both), Outcome::TryAgain("InternalFailure".to_owned()));
    }
}

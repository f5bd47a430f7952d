//! The one look that a client takes before it gives a refusal, and at its deadline.

use crate::attempt::Sight;
use crate::client::{Client, Phase};
use crate::faults::Fault;
use crate::place::Place;
use crate::reading::{Item, Unread};
use crate::reply::{Knowledge, Refusal, Reply};

impl Client {
    /// The deadline has come.
    pub fn reach_deadline(&mut self, place: &Place<'_>) {
        if place.has(Fault::NoLookAtTheDeadline) {
            self.look_on(Refusal::Contention, Unread::default(), place);
        } else {
            self.conclude(Refusal::Contention, place);
        }
    }

    /// Gives a refusal, after a look where something may have been written nonetheless: by an open attempt, whose
    /// EVENT tells, or by a copy under the same idempotency key, whose REQUEST tells.
    pub(crate) fn conclude(&mut self, refusal: Refusal, place: &Place<'_>) {
        let first_look_is_enough = match refusal {
            Refusal::Revoked => !self.attempts.was_any() || place.has(Fault::NoLookAtRequestWhenRevoked),
            Refusal::NotFound => place.has(Fault::NoSecondLook),
            Refusal::Contention => false,
        };
        let request = place.request.idempotency_key.is_some() && !first_look_is_enough;
        let unread = Unread::of([(Item::Event, self.attempts.is_open()), (Item::Request, request)]);
        self.forget_batch();
        self.look_on(refusal, unread, place);
    }

    /// The items of a look that may be read next: REQUEST after EVENT.
    #[must_use]
    pub fn next_of_look(unread: Unread, fault: Option<Fault>) -> Unread {
        let in_any_order = fault == Some(Fault::EventAndRequestOfTheSecondLookInOneBatch);
        if unread.contains(Item::Event) && !in_any_order { unread.without(Item::Request) } else { unread }
    }

    /// Reads one item of a look.
    pub fn read_of_look(&mut self, refusal: Refusal, unread: Unread, item: Item, place: &Place<'_>) {
        if item == Item::Event {
            match self.sight(self.read_event(place), place) {
                Sight::Ours => return self.end_as_done(place, Knowledge::Found),
                Sight::Anothers => self.attempts.close(),
                // A physical key that was removed never comes back, so the attempt's condition on it never holds.
                Sight::Absent
                    if self.attempts.key_is_gone() && !place.has(Fault::AbsentKeyNotTakenForDeath) =>
                {
                    self.attempts.close();
                }
                Sight::Absent if place.has(Fault::AbsentEventTakenForDeath) => self.attempts.close(),
                Sight::Absent => {}
            }
        } else if let Some(answer) = place.request.idempotency_key.and_then(|key| place.table.request(key)) {
            return self.end(Reply::Done(answer, Knowledge::Replayed));
        }
        self.look_on(refusal, unread.without(item), place);
    }

    fn look_on(&mut self, refusal: Refusal, unread: Unread, place: &Place<'_>) {
        self.phase = Phase::Look(refusal, unread);
        if !unread.is_empty() {
            return;
        }
        if self.attempts.is_open() && !place.has(Fault::RefusalWhileOpen) {
            self.end(Reply::OutcomeUnknown);
        } else {
            self.refuse(refusal, place);
        }
    }

    fn refuse(&mut self, refusal: Refusal, place: &Place<'_>) {
        let looked = refusal != Refusal::Revoked || self.attempts.was_any();
        self.refused_after_event = looked && place.key_has_event();
        let claims_nothing_written = refusal == Refusal::Contention
            && (place.request.idempotency_key.is_none()
                || place.has(Fault::NothingWrittenUnderAnIdempotencyKey));
        self.end(Reply::Refused { refusal, claims_nothing_written });
    }
}

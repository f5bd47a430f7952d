//! A client: reads its items, decides, sends, and again, until it has an answer.

use crate::attempt::{Attempts, Sight};
use crate::faults::Fault;
use crate::place::Place;
use crate::reading::{Item, Unread};
use crate::reply::{Answer, Knowledge, Refusal, Reply};
use crate::request::Command;
use crate::table::{Event, User};

/// What a batch has shown so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
struct Seen {
    user: User,
    key: bool,
    request: Option<Answer>,
    revoked: bool,
    event: Option<Event>,
}

/// What a client is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// It reads a batch.
    Batch(Unread),
    /// It reads EVENT, since the version of an open attempt has passed.
    GroundGone,
    /// It waits for the answer to a send.
    Waiting,
    /// It puts REQUEST on its own: only a fault does this.
    PuttingRequest,
    /// It looks once more before it gives a refusal.
    Look(Refusal, Unread),
    /// It has its answer.
    Ended(Reply),
}

/// What a client knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Client {
    /// What it is about.
    pub phase: Phase,
    /// How many rounds it has ended.
    pub rounds: u8,
    /// Its attempts.
    pub attempts: Attempts,
    seen: Seen,
    /// KEY of its removal was there from before its first read. The client does not know it, a property is about it.
    pub number_was_there: bool,
    /// It was refused after an event under its idempotency key. The client does not know it, properties are about it.
    pub refused_after_event: bool,
}

impl Client {
    /// A client that is about to begin.
    #[must_use]
    pub fn new(place: &Place<'_>) -> Self {
        let mut client = Self {
            phase: Phase::Waiting,
            rounds: 0,
            attempts: Attempts::default(),
            seen: Seen::default(),
            number_was_there: place.holds_number(),
            refused_after_event: false,
        };
        client.begin_batch(place);
        client
    }

    /// The next batch.
    fn begin_batch(&mut self, place: &Place<'_>) {
        self.forget_batch();
        self.phase = Phase::Batch(Self::batch(&self.attempts, place));
    }

    /// What a batch reads.
    fn batch(attempts: &Attempts, place: &Place<'_>) -> Unread {
        let event = place.has(Fault::EventReadInTheBatchThatShowedTheVersionGone) && attempts.is_open();
        Unread::of([
            (Item::User, true),
            (Item::Key, place.request.number().is_some()),
            (Item::Request, place.request.idempotency_key.is_some()),
            (Item::ApiKey, place.revocation),
            (Item::Event, event),
        ])
    }

    /// Ends this round and begins the next.
    fn again(&mut self, place: &Place<'_>) {
        self.rounds += 1;
        self.begin_batch(place);
    }

    /// What the last batch showed is of no use any more.
    pub(crate) fn forget_batch(&mut self) {
        self.seen = Seen::default();
    }

    /// Ends with a reply.
    pub(crate) fn end(&mut self, reply: Reply) {
        self.attempts.end();
        self.forget_batch();
        self.phase = Phase::Ended(reply);
        // How it came to its end does not matter any more: worlds that differ in it alone are the same.
        self.rounds = 0;
        self.number_was_there &= matches!(reply, Reply::Refused { refusal: Refusal::NotFound, .. });
    }

    /// The current attempt was carried out.
    pub(crate) fn end_as_done(&mut self, place: &Place<'_>, knowledge: Knowledge) {
        if let Some(transaction) = self.attempts.transaction(place.index, place.request) {
            self.end(Reply::Done(transaction.answer(), knowledge));
        }
    }

    /// EVENT at the current attempt's version, at this moment.
    pub(crate) fn read_event(&self, place: &Place<'_>) -> Option<Event> {
        self.attempts.version_before().and_then(|version| place.table.event(version + 1))
    }

    /// What EVENT tells of the current attempt.
    pub(crate) fn sight(&self, event: Option<Event>, place: &Place<'_>) -> Sight {
        match self.attempts.sight(event, place.index) {
            Sight::Anothers if place.has(Fault::EventTokenNotLookedAt) => Sight::Ours,
            Sight::Ours if place.has(Fault::EventNeverTakenForOurs) => Sight::Anothers,
            sight => sight,
        }
    }

    /// Reads one item of a batch; with the last one, goes on.
    pub fn read_of_batch(&mut self, unread: Unread, item: Item, place: &Place<'_>) {
        if self.rounds == 0 && unread == Self::batch(&self.attempts, place) {
            self.number_was_there |= place.holds_number();
        }
        match item {
            Item::User => self.seen.user = place.table.user,
            Item::Key => self.seen.key = place.holds_number(),
            Item::Request => {
                self.seen.request = place.request.idempotency_key.and_then(|key| place.table.request(key));
            }
            Item::ApiKey => self.seen.revoked = place.table.revoked,
            Item::Event => self.seen.event = self.read_event(place),
        }
        let unread = unread.without(item);
        self.phase = Phase::Batch(unread);
        if unread.is_empty() {
            self.batch_is_read(place);
        }
    }

    fn batch_is_read(&mut self, place: &Place<'_>) {
        let removal = place.request.number().is_some();
        if removal && !self.seen.key {
            self.attempts.note_that_key_is_gone();
        }
        if self.seen.revoked {
            return self.conclude(Refusal::Revoked, place);
        }
        if let Some(answer) = self.seen.request {
            return self.end(Reply::Done(answer, Knowledge::Replayed));
        }
        if !self.attempts.is_any() {
            return self.decide(place);
        }
        let stands = self.attempts.version_before() == Some(self.seen.user.version);
        let key_stands = !removal || self.seen.key || place.has(Fault::AttemptStandsByItsVersionAlone);
        if stands && key_stands {
            if place.has(Fault::NewTokenOnARetry) {
                self.attempts.make(self.seen.user);
            }
            self.send();
        } else if !self.attempts.is_open() {
            self.attempts.abandon();
            self.decide(place);
        } else if place.has(Fault::EventReadInTheBatchThatShowedTheVersionGone) {
            self.ground_is_gone(self.seen.event, place);
        } else {
            self.phase = Phase::GroundGone;
        }
    }

    /// EVENT was read after the batch that showed the attempt's ground gone.
    pub fn ground_is_gone(&mut self, event: Option<Event>, place: &Place<'_>) {
        if self.sight(event, place) == Sight::Ours {
            return self.end_as_done(place, Knowledge::Found);
        }
        self.attempts.abandon();
        self.decide(place);
    }

    /// Decides anew.
    fn decide(&mut self, place: &Place<'_>) {
        if let Command::Remove(number) = place.request.command {
            if !self.seen.key {
                return self.conclude(Refusal::NotFound, place);
            }
            if self.seen.user.last_number < number && !place.has(Fault::TornReadNotNoticed) {
                // A torn read: USER was read before the number was given.
                return self.again(place);
            }
        }
        self.attempts.make(self.seen.user);
        self.send();
    }

    fn send(&mut self) {
        self.forget_batch();
        self.phase = Phase::Waiting;
    }

    /// The send was answered: it was carried out.
    pub fn carried_out(&mut self, place: &Place<'_>) {
        if place.has(Fault::RequestOutsideTheTransaction) && place.request.idempotency_key.is_some() {
            self.phase = Phase::PuttingRequest;
        } else {
            self.end_as_done(place, Knowledge::Answered);
        }
    }

    /// REQUEST was put on its own after the answer: only a fault does this.
    pub fn carried_out_and_kept(&mut self, place: &Place<'_>) {
        self.end_as_done(place, Knowledge::Answered);
    }

    /// The send was answered: it was not carried out. That says nothing of earlier ones.
    pub fn not_carried_out(&mut self, place: &Place<'_>) {
        if place.has(Fault::CancellationEndsAnOpenAttempt) {
            self.attempts.close();
        }
        self.again(place);
    }

    /// The send had no answer.
    pub fn gave_up(&mut self, duplicates: bool, place: &Place<'_>) {
        self.attempts.leave_under_way(duplicates);
        if !place.has(Fault::LostAnswerTakenForContention) {
            self.attempts.open();
        }
        self.again(place);
    }
}

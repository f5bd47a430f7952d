//! One command, from its parsed request to its answer: one read, one decision, one write, and again after a race.
//!
//! What is answered is true for ever, whatever arrives late, twice or not at all. `write-model` is the twin of this room:
//! whoever changes one changes the other.

use std::time::{Duration, Instant};

use domain::history::{Circumstances, HistoryId, Salts};
use domain::user::{Command, Event, Refusal};
use domain::values::{EpochMillis, Version};
use lambda_http::{Body, Request, Response};
use process::retry::Backoff;
use serde::Serialize;
use store::{AttemptToken, Commit, Lookup, RequestRecord, SendingFault, StoreFault, UserState, Writer};

use crate::attempt::Attempt;
use crate::auth::{Caller, Presented};
use crate::backend::Backend;
use crate::http::answer::Answer;
use crate::http::exchange::Exchange;
use crate::http::problem::{Problem, Written};
use crate::http::routes::{Documentation, Route};
use crate::http::{body::BodyObject, command};
use crate::idempotency::{fingerprint, request_hash};

/// What is left for the look at what has become of an open attempt: two reads, which usually take milliseconds.
const LOOK: Duration = Duration::from_millis(400);

/// How many sendings of a command may fail, other than by a race. A store that goes on failing is not waited for.
const MOST_FAILED_SENDINGS: u32 = 3;

/// What is particular to a command of the API; what it means is the domain's.
pub trait CommandRecipe {
    /// The command.
    type Command: Command;

    /// What a request asks for, as the fingerprint of requests under an idempotency key spells it. It is kept for 30 days: a
    /// member that was not given must not be in it, and a text that somebody typed must never be: whoever has the hash of a
    /// short text can guess it. Texts are told apart by [`Command::texts`].
    type Asked<'a>: Serialize;

    /// The body of a 200.
    type Answer<'a>: Serialize;

    /// Where it is sent to.
    const ROUTE: Route;

    /// What the reference says of it.
    const DOCUMENTATION: Documentation;

    /// An example of its body, JSON.
    const EXAMPLE: &'static str;

    /// Takes the command's members out of the body; what it does not take is a fault, and so is its `None`. Every member is
    /// read, so that every fault is found.
    fn read(body: &mut BodyObject<'_>) -> Option<Self::Command>;

    /// The command as it was asked for.
    fn asked(command: &Self::Command) -> Self::Asked<'_>;

    /// Which member of the body a refusal of the command is about, as a JSON pointer (RFC 6901), if it is about one.
    fn pointer(refusal: Refusal) -> Option<&'static str>;

    /// The answer once this has happened, which is this event, and the history has this version.
    fn answer<'a>(
        happened: &'a <Self::Command as Command>::Happened,
        event: &'a Event,
        version: Version,
    ) -> Self::Answer<'a>;
}

/// Answers a request of a command's route.
pub async fn handle<R: CommandRecipe>(backend: &Backend, request: Request) -> Response<Body> {
    let answer = async |exchange: &mut Exchange| answer::<R>(backend, exchange, &request).await;
    Exchange::hold(&request, &backend.clock, &backend.chance, answer).await
}

/// Credentials first, then the request, then the command.
async fn answer<R: CommandRecipe>(
    backend: &Backend,
    exchange: &mut Exchange,
    request: &Request,
) -> Result<Answer, Problem> {
    let presented = backend.authenticator.present(request.headers(), backend.clock.now()).await?;
    let request = command::parse(request, R::ROUTE, R::read)?;
    exchange.trail.user_id = Some(request.user_id.clone());
    let request_hash = request.idempotency_key.as_ref().map(|key| request_hash(&presented, key));
    let lookup = Lookup {
        credentials: presented.lookup(),
        user_id: &request.user_id,
        number: request.command.concerns(),
        mark: request.command.may_begin(),
        request_hash: request_hash.as_deref(),
    };
    let until = exchange.deadline().checked_sub(LOOK).unwrap_or(exchange.deadline());
    let execution = Execution::<R> {
        backend,
        exchange,
        presented: &presented,
        command: &request.command,
        lookup,
        backoff: backend.waits(),
        until,
        attempt: None,
        fingerprint: None,
        sent: false,
        failed: 0,
    };
    execution.run().await
}

/// A command on its way to its answer.
struct Execution<'a, R: CommandRecipe> {
    backend: &'a Backend,
    exchange: &'a mut Exchange,
    presented: &'a Presented,
    command: &'a R::Command,
    lookup: Lookup<'a>,
    backoff: Backoff,
    /// When the last look begins, at the latest.
    until: Instant,
    /// The decision that is being sent.
    attempt: Option<Attempt>,
    /// What makes the request the same as another one. It depends on the caller, who is known after the first read.
    fingerprint: Option<String>,
    /// Whether anything was sent at all.
    sent: bool,
    /// How many sendings failed other than by a race.
    failed: u32,
}

/// What a read tells of the attempt.
enum Settled {
    /// There is none, or it is dead.
    Nothing,
    /// It can still be carried out.
    Stands,
    /// It was carried out.
    Ours(Answer),
    /// Its version is gone, and the event that took it does not show yet.
    NotYet,
}

impl<R: CommandRecipe> Execution<'_, R> {
    /// Executes the command until it is carried out, refused, or out of time.
    async fn run(mut self) -> Result<Answer, Problem> {
        loop {
            self.exchange.trail.attempts += 1;
            match self.round().await {
                Ok(Some(answer)) => return Ok(answer),
                Ok(None) if self.backoff.wait(self.until).await.is_ok() => {}
                Ok(None) => return self.conclude(Problem::Contention(Written::Unsaid)).await,
                Err(problem) => return self.conclude(problem).await,
            }
        }
    }

    /// One round: one read, one decision unless there is one, one sending. Gives nothing if another round is needed.
    async fn round(&mut self) -> Result<Option<Answer>, Problem> {
        let (table, now) = (&self.backend.table, self.backend.clock.now());
        let looked_up = table.look_up(&self.lookup, now, self.waits(), self.until);
        let state = self.exchange.trail.in_store(looked_up).await?;
        let caller = self.presented.confirm(&state.credentials, now)?;
        self.exchange.trail.actor = Some(caller.actor.clone());
        self.authorise(&caller)?;
        self.fingerprint = Some(fingerprint(R::asked(self.command), &caller.confinement));
        if let Some(earlier) = &state.earlier {
            return self.replay(earlier).map(Some);
        }
        match self.settle(&state).await? {
            Settled::Ours(answer) => return Ok(Some(answer)),
            Settled::NotYet => return Ok(None),
            Settled::Stands => {}
            Settled::Nothing => match self.attempt(caller, &state, now)? {
                Some(attempt) => self.attempt = Some(attempt),
                None => return Ok(None),
            },
        }
        self.send().await
    }

    /// Finds out what has become of the attempt, by a read that was made after it was sent.
    async fn settle(&mut self, state: &UserState) -> Result<Settled, Problem> {
        let Some(attempt) = self.attempt.take_if(|attempt| !attempt.has_its_ground(state)) else {
            return Ok(if self.attempt.is_some() { Settled::Stands } else { Settled::Nothing });
        };
        if attempt.open().is_none() {
            return Ok(Settled::Nothing);
        }
        // Not in the same batch, where it might have been read before the item that shows the ground gone.
        let attempt = self.attempt.insert(attempt);
        let table = &self.backend.table;
        let history = HistoryId::User(self.lookup.user_id.clone());
        let writer = table.read_writer(&history, attempt.before.next(), self.backend.waits(), self.until);
        let writer = self.exchange.trail.in_store(writer).await?;
        Ok(match writer {
            Writer::Attempt(token) if token == attempt.token => Settled::Ours(attempt.answer.clone()),
            Writer::Nobody if !attempt.has_its_version(state) => Settled::NotYet,
            Writer::Nobody | Writer::Attempt(_) => {
                self.attempt = None;
                Settled::Nothing
            }
        })
    }

    /// Decides, and makes an attempt of the decision.
    fn attempt(
        &self,
        caller: Caller,
        state: &UserState,
        now: EpochMillis,
    ) -> Result<Option<Attempt>, Problem> {
        let user = &state.snapshot.state;
        let held = state.physical_key.as_ref().filter(|key| caller.confinement.sees(&key.org_id));
        let decision = self.command.decide(user, held, now);
        let decision = decision.map_err(|refusal| Problem::Refused(refusal, R::pointer(refusal)))?;
        if held.is_some_and(|key| !user.may_hold(key.number)) {
            // The read was torn: the user item was read before the physical key was added.
            return Ok(None);
        }
        let circumstances = Circumstances {
            actor: caller.actor,
            request_id: self.exchange.request_id().to_owned(),
            recorded_at: now,
            salts: Salts::new(self.backend.chance.bytes()),
        };
        let event = decision.happened.clone().into();
        let issuer = decision.issuer;
        let (record, after) = state.snapshot.append(&event, Some(issuer.clone()), circumstances);
        let answer = R::answer(&decision.happened, &event, after.state.version);
        let answer = Answer::to_command(&answer, record.chained.hash());
        let fingerprint = self.fingerprint.clone().unwrap_or_default();
        let kept = RequestRecord::new(fingerprint, answer.body.clone(), &record, now);
        let commit = Commit {
            before: &state.snapshot,
            after: &after,
            event: &event,
            issuer: &issuer,
            record: &record,
            is_first_of_issuer: self.lookup.mark && !state.is_marked,
            request: self.lookup.request_hash.map(|hash| (hash, &kept)),
        };
        let token = AttemptToken::new(self.backend.chance.bytes());
        let write = self.backend.table.write_of(&commit, &token, now)?;
        Ok(Some(Attempt::new(token, user.version, self.command.concerns(), write, answer)))
    }

    /// Sends the attempt, once more or for the first time.
    async fn send(&mut self) -> Result<Option<Answer>, Problem> {
        let Some(attempt) = &mut self.attempt else { return Ok(None) };
        self.sent = true;
        let sent = self.backend.table.send(&attempt.write, self.until);
        let fault = match self.exchange.trail.in_store(sent).await {
            Ok(()) => return Ok(Some(attempt.answer.clone())),
            Err(SendingFault::Contention) => return Ok(None),
            Err(SendingFault::NotCarriedOut(fault)) => fault,
            Err(SendingFault::Unanswered(cause)) => {
                attempt.is_left_unanswered(cause.clone());
                StoreFault::Unreachable(cause)
            }
        };
        self.failed += 1;
        let may_pass = matches!(fault, StoreFault::Throttled | StoreFault::Unreachable(_));
        if may_pass && self.failed < MOST_FAILED_SENDINGS { Ok(None) } else { Err(fault.into()) }
    }

    /// The last look, before anything but a 200 is answered: EVENT first, then REQUEST, in two reads. In one, REQUEST might
    /// be read before the command is committed, and EVENT after.
    async fn conclude(self, refusal: Problem) -> Result<Answer, Problem> {
        let (table, user_id, until) = (&self.backend.table, self.lookup.user_id, self.exchange.deadline());
        let mut instead = None;
        if let Some(attempt) = &self.attempt
            && let Some(cause) = attempt.open()
        {
            let history = HistoryId::User(user_id.clone());
            let writer = table.read_writer(&history, attempt.before.next(), self.waits(), until);
            match self.exchange.trail.in_store(writer).await {
                Ok(Writer::Attempt(token)) if token == attempt.token => {
                    return Ok(attempt.answer.clone());
                }
                Ok(Writer::Attempt(_)) => {}
                Ok(Writer::Nobody) | Err(_) => {
                    let last = refusal.cause().unwrap_or_else(|| refusal.code().to_owned());
                    instead = Some(StoreFault::OutcomeUnknown(format!("{cause}; in the end: {last}")));
                }
            }
        }
        if let Some(hash) = self.lookup.request_hash
            && (self.sent || refusal.depends_on_the_inventory())
        {
            let now = self.backend.clock.now();
            let earlier = table.read_request(user_id, hash, now, self.waits(), until);
            match self.exchange.trail.in_store(earlier).await {
                Ok(Some(earlier)) => return self.replay(&earlier),
                Ok(None) => {}
                Err(fault) => {
                    instead.get_or_insert(fault);
                }
            }
        }
        // Under an idempotency key, another sending of the request may have been carried out, or may yet be.
        let written = match (self.lookup.request_hash, &instead) {
            (None, None) => Written::Nothing,
            _ => Written::Unsaid,
        };
        Err(instead.map_or(refusal, Problem::from).saying(written))
    }

    /// The earlier answer to the same request; a refusal if the idempotency key was another request's.
    fn replay(&self, earlier: &RequestRecord) -> Result<Answer, Problem> {
        let ours = |attempt: &&Attempt| attempt.open().is_some() && attempt.answer.body == earlier.body;
        if let Some(attempt) = self.attempt.as_ref().filter(ours) {
            // The first answer, not a repeated one.
            return Ok(attempt.answer.clone());
        }
        let is_the_same = |asked: &String| earlier.is_of(asked, &self.command.texts());
        if self.fingerprint.as_ref().is_some_and(is_the_same) {
            Ok(Answer::again(earlier.body.clone(), earlier.event_hash))
        } else {
            Err(Problem::IdempotencyKeyReused)
        }
    }

    fn authorise(&self, caller: &Caller) -> Result<(), Problem> {
        caller.confinement.may_command()?;
        caller.confinement.may_act_on(self.lookup.user_id)?;
        Ok(self.command.authorise(&caller.confinement)?)
    }

    fn waits(&self) -> Backoff {
        self.backend.waits()
    }
}

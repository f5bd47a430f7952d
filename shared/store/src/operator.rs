//! What an operator does to an aggregate: one read, one decision, one write on condition of the version that was read, and again
//! after a race. Which aggregate it is, is told by the command.

use std::time::{Duration, Instant};

use data_encoding::BASE64URL_NOPAD;
use domain::history::{Actor, Circumstances, HistoryId, Salts};
use domain::values::{Subject, Version};
use process::chance::Chance;
use process::clock::Clock;
use process::retry::Backoff;

use super::Table;
use super::fault::StoreFault;
use super::read::Writer;
use super::sending::SendingFault;
use super::write::{AttemptToken, Write};

/// How long an operator, or the export, waits for one thing that is kept.
const PATIENCE: Duration = Duration::from_mins(1);

/// Until when they wait for it.
pub(super) fn operators_deadline() -> Instant {
    Instant::now() + PATIENCE
}

/// Who runs an operator's commands, when, and by what chance.
#[derive(Debug, Clone)]
pub struct Operator {
    /// Who they say they are. It is recorded for ever.
    pub id: Subject,
    /// The time.
    pub clock: Clock,
    /// Chance: ids of requests, salts, names of attempts, waits.
    pub chance: Chance,
}

/// What an operator's command has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It is carried out, from the next request on.
    Now,
    /// It was as it was asked for already: nothing is written.
    Before,
}

/// Why an operator's command was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OperatorsFault<R: std::error::Error> {
    /// What it was to be done to is not so that it can be done.
    #[error(transparent)]
    Refused(R),
    /// Others went on changing it for longer than anybody waits.
    #[error("others are changing it at the same time; nothing was written")]
    Contention,
    /// The store could not be used.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

/// Something that an operator does to one aggregate.
pub(super) trait OperatorsCommand {
    /// What has to be read for it.
    type State;
    /// Why it is not done.
    type Refusal: std::error::Error;

    /// The history that it goes on with.
    fn history(&self) -> HistoryId;

    /// Reads what it depends on.
    async fn read(
        &self,
        table: &Table,
        waits: impl Fn() -> Backoff,
        until: Instant,
    ) -> Result<Self::State, OperatorsFault<Self::Refusal>>;

    /// The version of the history that was read.
    fn version(state: &Self::State) -> Version;

    /// Decides, and makes what is to be written; nothing if nothing is to be done.
    fn write(
        &self,
        table: &Table,
        state: &Self::State,
        circumstances: Circumstances,
        token: &AttemptToken,
    ) -> Result<Option<Write>, OperatorsFault<Self::Refusal>>;
}

/// One decision on its way into the table.
struct Attempt {
    token: AttemptToken,
    before: Version,
    write: Write,
    /// Why it is not known what became of a sending, if there is one of which it is not.
    unanswered: Option<String>,
}

impl Attempt {
    /// Why it is given up.
    fn fault<R: std::error::Error>(&self, last: Option<StoreFault>) -> OperatorsFault<R> {
        let unknown = self.unanswered.clone().map(StoreFault::OutcomeUnknown);
        unknown.or(last).map_or(OperatorsFault::Contention, OperatorsFault::Store)
    }
}

/// What has become of an attempt whose version is gone.
enum Fate {
    /// It was carried out.
    Ours,
    /// Somebody else took its version.
    Dead,
    /// The event that took its version does not show yet.
    NotYet(Attempt),
}

impl Table {
    /// Carries out a command of an operator. Whoever loses a race reads again, and writes only what the aggregate does not say
    /// yet.
    pub(super) async fn carry_out<C: OperatorsCommand>(
        &self,
        command: &C,
        operator: &Operator,
    ) -> Result<Done, OperatorsFault<C::Refusal>> {
        let until = operators_deadline();
        let request_id = format!("operator.{}", BASE64URL_NOPAD.encode(&operator.chance.bytes::<16>()));
        let waits_of = || Backoff::new(operator.chance.for_waits());
        let mut waits = waits_of();
        let mut attempt: Option<Attempt> = None;
        loop {
            let state = command.read(self, waits_of, until).await;
            let state = state.map_err(|fault| match (&attempt, fault) {
                (Some(attempt), OperatorsFault::Store(fault)) => attempt.fault(Some(fault)),
                (_, fault) => fault,
            })?;
            if attempt.as_ref().is_some_and(|attempt| attempt.before != C::version(&state)) {
                match self.fate(&command.history(), attempt.take(), waits_of(), until).await? {
                    Fate::Ours => return Ok(Done::Now),
                    Fate::Dead => {}
                    Fate::NotYet(open) if waits.wait(until).await.is_ok() => {
                        attempt = Some(open);
                        continue;
                    }
                    Fate::NotYet(open) => return Err(open.fault(None)),
                }
            }
            let attempt = match &mut attempt {
                Some(attempt) => attempt,
                None => match self.attempt_of(command, &state, &request_id, operator)? {
                    None => return Ok(Done::Before),
                    Some(decided) => attempt.insert(decided),
                },
            };
            let fault = match self.send(&attempt.write, until).await {
                Ok(()) => return Ok(Done::Now),
                Err(SendingFault::Contention) => None,
                Err(SendingFault::NotCarriedOut(fault)) => Some(fault),
                Err(SendingFault::Unanswered(cause)) => {
                    attempt.unanswered.get_or_insert(cause);
                    None
                }
            };
            let may_pass = matches!(fault, None | Some(StoreFault::Throttled | StoreFault::Unreachable(_)));
            if !may_pass || waits.wait(until).await.is_err() {
                return Err(attempt.fault(fault));
            }
        }
    }

    /// Decides, and makes an attempt of the decision; none if nothing is to be done.
    fn attempt_of<C: OperatorsCommand>(
        &self,
        command: &C,
        state: &C::State,
        request_id: &str,
        operator: &Operator,
    ) -> Result<Option<Attempt>, OperatorsFault<C::Refusal>> {
        let circumstances = Circumstances {
            actor: Actor::operator(operator.id.clone()),
            request_id: request_id.to_owned(),
            recorded_at: operator.clock.now(),
            salts: Salts::new(operator.chance.bytes()),
        };
        let token = AttemptToken::new(operator.chance.bytes());
        let write = command.write(self, state, circumstances, &token)?;
        Ok(write.map(|write| Attempt { token, before: C::version(state), write, unanswered: None }))
    }

    /// What has become of an attempt whose version is gone.
    async fn fate(
        &self,
        history: &HistoryId,
        attempt: Option<Attempt>,
        waits: Backoff,
        until: Instant,
    ) -> Result<Fate, StoreFault> {
        let Some(attempt) = attempt.filter(|attempt| attempt.unanswered.is_some()) else {
            return Ok(Fate::Dead);
        };
        Ok(match self.read_writer(history, attempt.before.next(), waits, until).await? {
            Writer::Attempt(token) if token == attempt.token => Fate::Ours,
            Writer::Attempt(_) => Fate::Dead,
            Writer::Nobody => Fate::NotYet(attempt),
        })
    }
}

//! What an operator does to the texts of a user's physical keys: each erasure is recorded by a conditional write, and carried out on
//! everything that is kept of them then.

use std::time::Instant;

use domain::history::{Circumstances, HistoryId, KeptRecord, Snapshot};
use domain::user::{EraseTexts, ErasureRefusal, Event, TextsOfUser, User};
use domain::values::{EpochMillis, ErasureReason, KeyNumber, UserId, Version};
use process::retry::Backoff;

use super::audit::HistoryKey;
use super::fault::StoreFault;
use super::items::{Place, UserShape, head};
use super::operator::{Done, Operator, OperatorsCommand, OperatorsFault, operators_deadline};
use super::read::operators_waits;
use super::write::{AttemptToken, Write};
use super::{Commit, Table};

/// Why texts were not erased.
pub type ErasureFault = OperatorsFault<ErasureRefusal>;

/// Events of a page.
const PAGE: i32 = 500;
/// How often a history is looked at for what is left of erased texts: nothing adds any, so the second look finds none.
const LOOKS: usize = 5;

/// What was erased.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Erased {
    /// The physical keys whose erasure was recorded now.
    pub now: Vec<KeyNumber>,
    /// Those whose erasure was recorded before.
    pub before: Vec<KeyNumber>,
}

/// What is left to be looked for elsewhere, after erasures were carried out on the table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cleared {
    /// How many items had texts that were erased.
    pub items: u64,
    /// The events whose texts were erased, some time, and when each was recorded.
    pub events: Vec<(Version, EpochMillis)>,
}

/// The erasure of one physical key's texts.
struct OfTexts<'a> {
    user_id: &'a UserId,
    command: EraseTexts,
    /// What was known of the history before.
    known: &'a TextsOfUser,
}

struct State {
    snapshot: Snapshot<User>,
    texts: TextsOfUser,
}

impl OperatorsCommand for OfTexts<'_> {
    type State = State;
    type Refusal = ErasureRefusal;

    fn history(&self) -> HistoryId {
        HistoryId::User(self.user_id.clone())
    }

    async fn read(
        &self,
        table: &Table,
        waits: impl Fn() -> Backoff,
        until: Instant,
    ) -> Result<State, ErasureFault> {
        let mut between = waits();
        loop {
            let snapshot = match table.get(&Place::user(self.user_id), waits(), until).await? {
                None => Snapshot::new(User::new(self.user_id.clone())),
                Some(item) => head::<UserShape>(item)?.into(),
            };
            let texts = table.texts_after(self.user_id, self.known.clone(), until).await?;
            // A `Query` is read-committed: the head may show before the event that moved it.
            if texts.version() >= snapshot.state.version {
                return Ok(State { snapshot, texts });
            }
            if between.wait(until).await.is_err() {
                return Err(OperatorsFault::Contention);
            }
        }
    }

    fn version(state: &State) -> Version {
        state.snapshot.state.version
    }

    fn write(
        &self,
        table: &Table,
        State { snapshot, texts }: &State,
        circumstances: Circumstances,
        token: &AttemptToken,
    ) -> Result<Option<Write>, ErasureFault> {
        let now = circumstances.recorded_at;
        let decided = self.command.decide(self.user_id, texts, now).map_err(OperatorsFault::Refused)?;
        let Some((erased, issuer)) = decided else { return Ok(None) };
        let event = Event::PhysicalKeyTextsErased(erased);
        let (record, after) = snapshot.append(&event, Some(issuer.clone()), circumstances);
        let commit = Commit {
            before: snapshot,
            after: &after,
            event: &event,
            issuer: &issuer,
            record: &record,
            is_first_of_issuer: false,
            request: None,
        };
        Ok(Some(table.write_of(&commit, token, now)?))
    }
}

impl Table {
    /// Records that the texts of a user's physical keys, or of one of them, are erased: one event for each that has any. What was
    /// recorded before is not recorded again. `clear_erased` carries it out.
    pub async fn record_erasures(
        &self,
        user_id: &UserId,
        number: Option<KeyNumber>,
        reason: &ErasureReason,
        operator: &Operator,
    ) -> Result<Erased, ErasureFault> {
        let mut texts = self.texts_after(user_id, TextsOfUser::default(), operators_deadline()).await?;
        let numbers = number.map_or_else(|| texts.numbers().collect(), |number| vec![number]);
        let mut erased = Erased::default();
        for number in numbers {
            let command = EraseTexts { number, reason: reason.clone() };
            let done = self.carry_out(&OfTexts { user_id, command, known: &texts }, operator).await?;
            texts = self.texts_after(user_id, texts, operators_deadline()).await?;
            match done {
                Done::Now => erased.now.push(number),
                Done::Before if texts.is_erased(number) => erased.before.push(number),
                // There never were any.
                Done::Before => {}
            }
        }
        Ok(erased)
    }

    /// Carries out the erasures that a history tells of, on everything that is kept of it in the table: again, if it was done before.
    pub async fn clear_erased(&self, key: &HistoryKey, deadline: Instant) -> Result<Cleared, StoreFault> {
        let mut cleared = Cleared::default();
        let mut waits = operators_waits();
        for _ in 0..LOOKS {
            let partition = self.partition(key, deadline).await?;
            let folded = partition.fold(self)?;
            cleared.events = partition.erased_events(&folded.texts);
            if folded.leftovers.is_empty() {
                return Ok(cleared);
            }
            for leftover in &folded.leftovers {
                self.clear(leftover).await?;
                cleared.items += 1;
            }
            if waits.wait(deadline).await.is_err() {
                break;
            }
        }
        Err(StoreFault::Unexpected("texts that were erased are kept again and again".to_owned()))
    }

    /// What a user's history tells of texts, from where it was known before. Strongly consistent.
    async fn texts_after(
        &self,
        user_id: &UserId,
        mut texts: TextsOfUser,
        deadline: Instant,
    ) -> Result<TextsOfUser, StoreFault> {
        loop {
            let page = self.events_after(user_id, Some(texts.version()), PAGE, deadline).await?;
            for KeptRecord { chained, .. } in &page.entries {
                // Version 7 may show before version 6.
                if chained.record().version != texts.version().next() {
                    return Ok(texts);
                }
                texts.tell(chained.record());
            }
            if page.is_last {
                return Ok(texts);
            }
        }
    }
}

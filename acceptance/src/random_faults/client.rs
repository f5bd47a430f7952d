//! A client: it carries its plan out, and asks again as the API's documentation says: under an idempotency key after no
//! answer, 409, 429 and 503; without one never.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::credentials::{Credentials, ORGANISATIONS};
use super::fleet::Fleet;
use super::history::{Asked, Command, Sending};
use super::invocation::{Function, Invocation, event};
use super::plan::{Circumstances, Planned, Want};
use super::weather::Weather;

/// How often a client asks before it gives up.
const MOST_ROUNDS: u64 = 7;

/// What all clients of an episode have in common.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) episode: u64,
    pub(crate) seed: u64,
    pub(crate) weather: Weather,
    pub(crate) fleet: Fleet,
    pub(crate) credentials: Credentials,
    /// What clients have learned, by user.
    pub(crate) known: Mutex<BTreeMap<usize, Known>>,
}

/// What answers told of a user's inventory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    /// Numbers that were added and not removed as far as is known, with who issued them.
    held: Vec<(u64, String)>,
    removed: Vec<u64>,
    last_number: u64,
}

/// Carries a plan out. Gives what was asked and answered.
pub(crate) async fn carry_out(world: Arc<World>, plan: Vec<Planned>) -> Vec<Command> {
    let mut done: Vec<(Planned, Command)> = Vec::new();
    for planned in plan {
        tokio::time::sleep(planned.pause).await;
        let mut command = world.command(&planned, &done);
        world.see_through(&planned, &mut command).await;
        done.push((planned, command));
    }
    done.into_iter().map(|(_, command)| command).collect()
}

impl World {
    fn known(&self, user: usize) -> Known {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&user).cloned().unwrap_or_default()
    }

    /// The command of a plan, now that it is known what there is.
    fn command(&self, planned: &Planned, earlier: &[(Planned, Command)]) -> Command {
        let known = self.known(planned.user);
        let organisation = ORGANISATIONS[planned.organisation];
        let confined_to = planned.caller.is_confined().then(|| organisation.to_owned());
        let mut command = Command {
            user: self.credentials.user(planned.user).to_owned(),
            asked: asked(planned, &known, confined_to.as_deref()),
            confined_to,
            idempotency_key: planned.has_idempotency_key.then(|| format!("key-{}", planned.number)),
            reuses_a_key: false,
            sendings: Vec::new(),
        };
        if planned.want == Want::ReuseKey
            // An idempotency key is its caller's own.
            && let Some((_, first)) = earlier.iter().rev().find(|(by, first)| {
                (by.user, by.caller, by.organisation) == (planned.user, planned.caller, planned.organisation)
                    && first.idempotency_key.is_some()
                    && first.done_at().is_some()
            })
        {
            command.reuses_a_key = true;
            command.idempotency_key.clone_from(&first.idempotency_key);
        }
        command
    }

    /// Sends a command until there is an answer that is the last word, or the client gives up.
    async fn see_through(&self, planned: &Planned, command: &mut Command) {
        let mut asks_again = planned.asks_again;
        for round in 0..MOST_ROUNDS {
            let copies = if round == 0 { planned.copies } else { 1 };
            let copies = (0..copies).map(|copy| self.send(planned, command, round * 8 + copy as u64));
            let sendings = join_all(copies).await;
            let mut is_answered = false;
            for (sending, circumstances) in &sendings {
                let reaches_client = command.idempotency_key.is_none() || !circumstances.answer_is_lost;
                if let Some(answer) = sending.answer.as_ref().filter(|_| reaches_client) {
                    self.learn(planned.user, command, answer.status, &answer.body);
                    is_answered |= !matches!(answer.status, 409 | 429 | 503);
                }
            }
            let patience = sendings.first().map(|(_, circumstances)| circumstances.patience);
            command.sendings.extend(sendings.into_iter().map(|(sending, _)| sending));
            if command.idempotency_key.is_none() || is_answered && !std::mem::take(&mut asks_again) {
                return;
            }
            tokio::time::sleep(patience.unwrap_or_default()).await;
        }
    }

    async fn send(&self, planned: &Planned, command: &Command, sending: u64) -> (Sending, Circumstances) {
        let circumstances = Circumstances::draw(self.seed, planned.number, sending, &self.weather);
        let request_id = format!("{}-{}-{sending}", self.episode, planned.number);
        let (function, input) = match &command.asked {
            Asked::Add { issuer, note } => (Function::AddPhysicalKey, json!({"orgId": issuer, "note": note})),
            Asked::Remove { number } => (Function::RemovePhysicalKey, json!({"number": number})),
            Asked::List { limit } => (Function::ListPhysicalKeys, json!({"limit": limit})),
        };
        let mut headers = self.credentials.headers(planned.caller, planned.user, planned.organisation);
        headers.extend(command.idempotency_key.iter().map(|key| ("idempotency-key", key.clone())));
        let event = event(function, &command.user, &request_id, &headers, &input);
        let Circumstances { time, killed_after, .. } = circumstances;
        let invocation = Invocation { function, request_id, event, time, killed_after };
        (self.fleet.invoke(invocation).await, circumstances)
    }

    /// Takes in what an answer says about the inventory.
    fn learn(&self, user: usize, command: &Command, status: u16, body: &str) {
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        let (200, Some(number)) = (status, body["number"].as_u64()) else { return };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.entry(user).or_default();
        match &command.asked {
            Asked::Add { issuer, .. } if !known.has_seen(number) => {
                known.held.push((number, issuer.clone()));
                known.last_number = known.last_number.max(number);
            }
            Asked::Remove { .. } if !known.removed.contains(&number) => {
                known.held.retain(|(held, _)| *held != number);
                known.removed.push(number);
            }
            _ => {}
        }
    }
}

impl Known {
    fn has_seen(&self, number: u64) -> bool {
        self.removed.contains(&number) || self.held.iter().any(|(held, _)| *held == number)
    }

    /// One of the numbers of the physical keys that are held, of those that the caller sees or of the others.
    fn held(&self, pick: u64, confined_to: Option<&str>, seen: bool) -> Option<u64> {
        let is_seen = |issuer: &str| confined_to.is_none_or(|organisation| organisation == issuer);
        let wanted: Vec<_> = self.held.iter().filter(|(_, issuer)| is_seen(issuer) == seen).collect();
        // Often one of the oldest, so that several clients are after the same one.
        let choice = if pick.is_multiple_of(2) { wanted.len().min(3) } else { wanted.len() };
        picked(&wanted, choice, pick / 2).map(|(number, _)| *number)
    }
}

fn picked<T>(from: &[T], choice: usize, pick: u64) -> Option<&T> {
    let choice = u64::try_from(choice).ok().filter(|choice| *choice > 0)?;
    from.get(usize::try_from(pick % choice).ok()?)
}

fn asked(planned: &Planned, known: &Known, confined_to: Option<&str>) -> Asked {
    let pick = planned.pick;
    let number = match planned.want {
        Want::List => return Asked::List { limit: planned.limit },
        Want::Add | Want::ReuseKey => None,
        Want::RemoveKnown => known.held(pick, confined_to, true),
        Want::RemoveForeign => known.held(pick, confined_to, false),
        Want::RemoveRemoved => {
            let recent = &known.removed[known.removed.len().saturating_sub(4)..];
            picked(recent, recent.len(), pick).copied()
        }
        Want::RemoveFirst => Some(1),
        Want::RemoveFuture => Some(known.last_number + 1 + pick % 2 * (pick / 2 % 3)),
    };
    let note = format!("Tür \"{}\", \u{1f5dd}\u{fe0f} {}\\{}", planned.number, pick % 7, pick % 11);
    let issuer = ORGANISATIONS[planned.organisation].to_owned();
    number.map_or(Asked::Add { issuer, note }, |number| Asked::Remove { number })
}

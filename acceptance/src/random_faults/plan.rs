//! What clients are going to do, drawn before anything happens. What depends on answers, such as which of the known
//! physical keys is removed, is drawn as a number that picks one of them then.

use std::time::Duration;

use fastrand::Rng;

use super::chance;
use super::credentials::{Caller, ORGANISATIONS};
use super::weather::Weather;

/// What a client wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Want {
    Add,
    /// To remove a physical key that is known to be there.
    RemoveKnown,
    /// To remove one that was removed before.
    RemoveRemoved,
    /// To remove one that is perhaps just being added.
    RemoveFuture,
    /// To remove the first one, whether it is there or not.
    RemoveFirst,
    /// To remove one that another organisation issued.
    RemoveForeign,
    /// To use the idempotency key of a command of its own, which was answered, for another request.
    ReuseKey,
    List,
}

/// One command to be.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    /// Its number in the episode.
    pub(crate) number: u64,
    pub(crate) want: Want,
    pub(crate) user: usize,
    pub(crate) caller: Caller,
    pub(crate) organisation: usize,
    pub(crate) has_idempotency_key: bool,
    /// How many copies of the request are sent at once; more than one only under an idempotency key.
    pub(crate) copies: usize,
    /// Whether the request is sent once more after it was answered 200; only under an idempotency key.
    pub(crate) asks_again: bool,
    pub(crate) limit: usize,
    /// Picks among what is known.
    pub(crate) pick: u64,
    /// What the client does before.
    pub(crate) pause: Duration,
}

/// What becomes of one invocation besides its answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Circumstances {
    pub(crate) time: Duration,
    pub(crate) killed_after: Option<Duration>,
    pub(crate) answer_is_lost: bool,
    /// How long a client waits before it asks again.
    pub(crate) patience: Duration,
}

/// Besides the busy users there are some on whom there are only a few commands, all at once: inventories that begin.
const ONE_MORE_USER_EVERY: u64 = 50;
const COMMANDS_ON_ONE_MORE_USER: u64 = 8;

fn newcomer(command: u64) -> usize {
    usize::try_from(command / ONE_MORE_USER_EVERY).unwrap_or_default()
}

/// How many users there are in all, if so many are busy.
pub(crate) fn users(busy: usize, commands: u64) -> usize {
    busy + newcomer(commands) + 1
}

/// The plans of so many clients, with so many commands in all.
pub(crate) fn plans(seed: u64, clients: u64, commands: u64, users: usize) -> Vec<Vec<Planned>> {
    let mut plans = vec![Vec::new(); usize::try_from(clients).unwrap_or(1)];
    for number in 0..commands {
        let client = usize::try_from(number % clients).unwrap_or_default();
        let is_newcomers = number % ONE_MORE_USER_EVERY < COMMANDS_ON_ONE_MORE_USER;
        let is_early = is_newcomers || number < 2 * clients;
        let mut planned = planned(number, users, is_early, &mut chance::at(seed, &[number]));
        if is_newcomers {
            planned.user = users + newcomer(number);
        }
        plans[client].push(planned);
    }
    plans
}

fn planned(number: u64, users: usize, is_early: bool, chance: &mut Rng) -> Planned {
    let want = match chance.u8(0..100) {
        // While inventories begin, somebody asks for what is just being added.
        0..50 if is_early => Want::RemoveFirst,
        50..100 if is_early => Want::Add,
        0..43 => Want::Add,
        43..69 => Want::RemoveKnown,
        69..74 => Want::RemoveRemoved,
        74..79 => Want::RemoveFuture,
        79..82 => Want::RemoveForeign,
        82..84 => Want::ReuseKey,
        _ => Want::List,
    };
    // A person alone only reads.
    let caller = match chance.u8(if want == Want::List { 0..20 } else { 0..10 }) {
        10.. => Caller::User,
        0..4 => Caller::UserWithApiKey,
        4..6 => Caller::KeyManager,
        6..8 => Caller::Service,
        _ => Caller::ApiKey,
    };
    // While inventories begin, most are after the same organisation's physical keys.
    let organisation =
        if is_early && chance.u8(0..10) < 7 { 0 } else { chance.usize(0..ORGANISATIONS.len()) };
    let has_idempotency_key = chance.bool() && want != Want::List;
    let copies = match chance.u8(0..100) {
        0..15 if has_idempotency_key => 2,
        15..20 if has_idempotency_key => 3,
        _ => 1,
    };
    Planned {
        number,
        want,
        // Some users are busier than others.
        user: chance.usize(0..users).min(chance.usize(0..users)),
        caller,
        organisation,
        has_idempotency_key,
        copies,
        asks_again: chance.u8(0..100) < 15,
        limit: if chance.u8(0..5) == 0 { chance.usize(1..10) } else { 100 },
        pick: chance.u64(..),
        pause: Duration::from_millis(chance.u64(0..30)),
    }
}

impl Circumstances {
    /// Those of an invocation of a command.
    pub(crate) fn draw(seed: u64, command: u64, sending: u64, weather: &Weather) -> Self {
        let mut chance = chance::at(seed, &[command, sending, 1]);
        let is_killed = chance.u64(0..10_000) < weather.kills;
        let killed_after = Duration::from_micros(chance.u64(0..30_000));
        Self {
            time: Duration::from_millis(chance.u64(1_500..6_000)),
            killed_after: is_killed.then_some(killed_after),
            answer_is_lost: chance.u64(0..10_000) < weather.lost_answers,
            patience: Duration::from_millis(chance.u64(0..150)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_plans() {
        let plans_of = |seed| format!("{:?}", plans(seed, 7, 100, 5));
        assert_eq!(plans_of(1), plans_of(1));
        assert_ne!(plans_of(1), plans_of(2));
    }

    #[test]
    fn only_under_an_idempotency_key_are_copies_sent() {
        let all = plans(3, 5, 2_000, 5).concat();
        assert_eq!(all.len(), 2_000);
        assert!(all.iter().all(|planned| planned.copies == 1 || planned.has_idempotency_key));
        assert!(all.iter().any(|planned| planned.copies == 3));
    }
}

//! What must hold in every state, and what must be reachable.

use stateright::Property;

use crate::client::Phase;
use crate::configurations::Configuration;
use crate::reply::{Answer, Knowledge, Refusal, Reply};
use crate::request::{Command, Request};
use crate::table::{Deed, VERSIONS};
use crate::world::{State, World};

/// A 200 names one event, which did what was asked for.
pub const ANSWER_IS_AN_EVENT: &str =
    "a 200 is one event, of this command, that does just what the answer says";
/// Without an idempotency key.
pub const ONE_EVENT_FOR_A_COMMAND: &str = "a command without an idempotency key leads to one event at most";
/// Whatever arrives afterwards. Under an idempotency key it is a copy at most that writes.
pub const REFUSAL_WROTE_NOTHING: &str = "a client that is refused with 401, 404 or 409 never writes";
/// Also of late arrivals.
pub const ONE_EVENT_FOR_AN_IDEMPOTENCY_KEY: &str =
    "an idempotency key has one event at most, and all its 200s are the same";
/// A 404 is not given to one who removed the physical key itself.
pub const NOT_FOUND_WAS_NOT_US: &str =
    "a 404 under an idempotency key for a number that was there says that the key has no event";
/// A 404 or 409, or a 401 after a send.
pub const REFUSAL_AFTER_A_LOOK: &str =
    "a refusal after a look is not given when the idempotency key has an event by then";
/// What the text of a 409 says.
pub const CLAIM_IS_TRUE: &str =
    "'nothing was written' is said without an idempotency key only, and true for ever";
/// The items are what the events made them.
pub const ITEMS_ARE_THE_FOLD: &str = "the items are the fold of the events, which are dense";
/// REQUEST and EVENT are written together.
pub const REQUEST_IS_ITS_EVENT: &str = "REQUEST is there if and only if its event is, and names it";

/// What must hold in every state, and so at every moment after an answer.
#[must_use]
pub fn always() -> Vec<Property<World>> {
    vec![
        Property::always(ANSWER_IS_AN_EVENT, answer_is_an_event),
        Property::always(ONE_EVENT_FOR_A_COMMAND, one_event_for_a_command),
        Property::always(REFUSAL_WROTE_NOTHING, refusal_wrote_nothing),
        Property::always(ONE_EVENT_FOR_AN_IDEMPOTENCY_KEY, one_event_for_an_idempotency_key),
        Property::always(NOT_FOUND_WAS_NOT_US, not_found_was_not_us),
        Property::always(REFUSAL_AFTER_A_LOOK, refusal_after_a_look),
        Property::always(CLAIM_IS_TRUE, claim_is_true),
        Property::always(ITEMS_ARE_THE_FOLD, items_are_the_fold),
        Property::always(REQUEST_IS_ITS_EVENT, request_is_its_event),
    ]
}

/// A client that has its answer.
struct Answered {
    index: usize,
    request: Request,
    reply: Reply,
    number_was_there: bool,
    refused_after_event: bool,
}

fn answered<'world>(world: &'world World, state: &'world State) -> impl Iterator<Item = Answered> + 'world {
    let clients = world.configuration.requests.iter().zip(&state.clients).enumerate();
    clients.filter_map(|(index, (request, client))| {
        let client = client.as_ref()?;
        let Phase::Ended(reply) = client.phase else { return None };
        Some(Answered {
            index,
            request: *request,
            reply,
            number_was_there: client.number_was_there,
            refused_after_event: client.refused_after_event,
        })
    })
}

/// How many events an idempotency key has.
fn written_under(world: &World, state: &State, idempotency_key: u8) -> u8 {
    let clients = world.configuration.requests.iter().zip(state.table.written);
    clients
        .filter(|(request, _)| request.idempotency_key == Some(idempotency_key))
        .map(|(_, written)| written)
        .sum()
}

fn does_what_was_asked(deed: Deed, command: Command) -> bool {
    match (deed, command) {
        (Deed::Added(_), Command::Add) => true,
        (Deed::Removed(removed), Command::Remove(asked)) => removed == asked,
        _ => false,
    }
}

fn answer_is_an_event(world: &World, state: &State) -> bool {
    answered(world, state).all(|answered| {
        let Reply::Done(answer, _) = answered.reply else { return true };
        state.table.event(answer.version).is_some_and(|event| {
            let is_own = event.token.client().is_some_and(|client| {
                let key = answered.request.idempotency_key;
                let is_of_a_copy =
                    key.is_some() && world.configuration.requests[client].idempotency_key == key;
                client == answered.index || is_of_a_copy
            });
            is_own
                && event.deed.number() == answer.number
                && does_what_was_asked(event.deed, answered.request.command)
        })
    })
}

fn one_event_for_a_command(world: &World, state: &State) -> bool {
    let clients = world.configuration.requests.iter().zip(state.table.written);
    clients.filter(|(request, _)| request.idempotency_key.is_none()).all(|(_, written)| written <= 1)
}

fn refusal_wrote_nothing(world: &World, state: &State) -> bool {
    answered(world, state).all(|answered| {
        !matches!(answered.reply, Reply::Refused { .. }) || state.table.written[answered.index] == 0
    })
}

fn one_event_for_an_idempotency_key(world: &World, state: &State) -> bool {
    let keys = world.configuration.requests.iter().filter_map(|request| request.idempotency_key);
    keys.into_iter().all(|key| {
        let mut first: Option<Answer> = None;
        let under_key = answered(world, state).filter(|one| one.request.idempotency_key == Some(key));
        let same = under_key.into_iter().all(|one| match one.reply {
            Reply::Done(answer, _) => *first.get_or_insert(answer) == answer,
            _ => true,
        });
        same && written_under(world, state, key) <= 1
    })
}

/// Stronger than that no event was committed before the 404: none ever is, since a removed number does not come back.
fn not_found_was_not_us(world: &World, state: &State) -> bool {
    answered(world, state).all(|answered| match (answered.reply, answered.request.idempotency_key) {
        (Reply::Refused { refusal: Refusal::NotFound, .. }, Some(key)) if answered.number_was_there => {
            written_under(world, state, key) == 0
        }
        _ => true,
    })
}

fn refusal_after_a_look(world: &World, state: &State) -> bool {
    answered(world, state).all(|answered| !answered.refused_after_event)
}

fn claim_is_true(world: &World, state: &State) -> bool {
    answered(world, state).all(|answered| {
        !matches!(answered.reply, Reply::Refused { claims_nothing_written: true, .. })
            || (answered.request.idempotency_key.is_none() && state.table.written[answered.index] == 0)
    })
}

fn items_are_the_fold(world: &World, state: &State) -> bool {
    let table = &state.table;
    let events = usize::from(table.user.version);
    let written = world.configuration.history.len() + table.written.map(usize::from).iter().sum::<usize>();
    if events > VERSIONS || written != events || table.events()[events..].iter().any(Option::is_some) {
        return false;
    }
    let (mut last_number, mut held) = (0, 0_u8);
    for event in &table.events()[..events] {
        let Some(event) = event else { return false };
        match event.deed {
            Deed::Added(number) => {
                if number != last_number + 1 {
                    return false;
                }
                last_number = number;
                held |= 1 << number;
            }
            Deed::Removed(number) => {
                if held & (1 << number) == 0 {
                    return false;
                }
                held &= !(1 << number);
            }
        }
    }
    last_number == table.user.last_number && held == table.held()
}

fn request_is_its_event(world: &World, state: &State) -> bool {
    let keys = world.configuration.requests.iter().filter_map(|request| request.idempotency_key);
    keys.into_iter().all(|key| match state.table.request(key) {
        None => written_under(world, state, key) == 0,
        Some(answer) => state.table.event(answer.version).is_some_and(|event| {
            let author = event.token.client().and_then(|client| world.configuration.requests.get(client));
            event.deed.number() == answer.number
                && author.is_some_and(|request| request.idempotency_key == Some(key))
        }),
    })
}

/// What must be reachable in a configuration.
#[must_use]
pub fn reachable(configuration: &Configuration) -> Vec<Property<World>> {
    let keyed = configuration.requests.iter().any(|request| request.idempotency_key.is_some());
    let mut properties = vec![
        Property::sometimes("200 by the table's answer", |world, state| {
            answered(world, state).any(|one| matches!(one.reply, Reply::Done(_, Knowledge::Answered)))
        }),
        Property::sometimes("200 by the token in EVENT", |world, state| {
            answered(world, state).any(|one| matches!(one.reply, Reply::Done(_, Knowledge::Found)))
        }),
        Property::sometimes("409", |world, state| refused(world, state, Refusal::Contention)),
        Property::sometimes("503", |world, state| {
            answered(world, state).any(|one| one.reply == Reply::OutcomeUnknown)
        }),
    ];
    if keyed {
        properties.push(Property::sometimes("200 by REQUEST", |world, state| {
            answered(world, state).any(|one| matches!(one.reply, Reply::Done(_, Knowledge::Replayed)))
        }));
    }
    if configuration.may_not_find() {
        properties.push(Property::sometimes("404", |world, state| refused(world, state, Refusal::NotFound)));
    }
    if configuration.revocation {
        properties.push(Property::sometimes("401", |world, state| refused(world, state, Refusal::Revoked)));
    }
    properties
}

fn refused(world: &World, state: &State, asked: Refusal) -> bool {
    answered(world, state).any(|one| matches!(one.reply, Reply::Refused { refusal, .. } if refusal == asked))
}

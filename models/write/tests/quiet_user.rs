//! A client that is alone with its user comes to its end: what the properties, which are about safety, do not show.

#![expect(clippy::expect_used, reason = "A test whose steps cannot be taken ends here.")]

use stateright::Model;
use write_model::client::Phase;
use write_model::configurations::REMOVALS;
use write_model::faults::Fault;
use write_model::reading::Item;
use write_model::reply::{Refusal, Reply};
use write_model::world::{Question, State, Step, World};

fn take(world: &World, state: &State, step: Step) -> State {
    let mut steps = Vec::new();
    world.actions(state, &mut steps);
    assert!(steps.contains(&step), "{step:?} is none of {steps:?}");
    world.next_state(state, step).expect("a step that can be taken leads somewhere")
}

/// The first client reads KEY before another removes it and USER after, and decides on that. Then it is left alone,
/// and all its sends are answered, until it ends or its deadline comes.
fn left_alone_after_a_torn_read(fault: Option<Fault>) -> Reply {
    let world = World { configuration: REMOVALS, fault, question: Question::DoesItHold };
    let torn = [
        Step::Read(0, Item::Key),
        Step::Read(1, Item::User),
        Step::Read(1, Item::Key),
        Step::Arrives { client: 1, forgotten: false },
        Step::Read(0, Item::User),
    ];
    let mut state = world.init_states()[0];
    for step in torn {
        state = take(&world, &state, step);
    }
    loop {
        let client = state.clients[0].expect("the first client");
        let step = match client.phase {
            Phase::Ended(reply) => return reply,
            Phase::Waiting => Step::Arrives { client: 0, forgotten: false },
            _ if client.rounds == world.configuration.rounds => Step::Deadline(0),
            Phase::Batch(unread) | Phase::Look(_, unread) => {
                Step::Read(0, unread.items().next().expect("an item that is still to be read"))
            }
            phase => panic!("{phase:?} is not on the way"),
        };
        state = take(&world, &state, step);
    }
}

#[test]
fn a_removal_decided_on_a_torn_read_learns_that_its_number_is_gone() {
    let not_found = Reply::Refused { refusal: Refusal::NotFound, claims_nothing_written: false };
    assert_eq!(left_alone_after_a_torn_read(None), not_found);
}

#[test]
fn by_its_version_alone_it_would_be_sent_until_the_deadline() {
    let contention = Reply::Refused { refusal: Refusal::Contention, claims_nothing_written: true };
    assert_eq!(left_alone_after_a_torn_read(Some(Fault::AttemptStandsByItsVersionAlone)), contention);
}

//! What must hold in every state.

use stateright::{Model, Property};

use crate::run::Phase;
use crate::table::HISTORIES;
use crate::world::{RUNS, State, Step, World};

/// In the order of the files.
pub const VERSIONS_ARE_DENSE: &str = "a history's versions in the files are 1, 2, 3 … in file order";
/// A cursor says what is in a file.
pub const CURSORS_FOLLOW_FILES: &str = "no cursor is ahead of the files";
/// The checkpoint says which hours are done.
pub const HOURS_HAVE_FILES: &str =
    "every hour before the checkpoint has its file, and its events are behind the cursors";
/// The alarm is for forgeries.
pub const NO_FALSE_ALARM: &str = "no run takes a file of the export for a forged one";
/// Whatever was late, raced or killed.
pub const NOTHING_IS_LOST: &str = "once nothing happens any more, every event comes into a file";

/// What must hold in every state.
#[must_use]
pub fn always() -> Vec<Property<World>> {
    vec![
        Property::always(VERSIONS_ARE_DENSE, versions_are_dense),
        Property::always(CURSORS_FOLLOW_FILES, |_, state: &State| {
            (0..HISTORIES).all(|index| state.histories[index].cursor <= in_files(state, index))
        }),
        Property::always(HOURS_HAVE_FILES, hours_have_files),
        Property::always(NO_FALSE_ALARM, |_, state: &State| !state.runs.contains(&Phase::Alarmed)),
        Property::always(NOTHING_IS_LOST, nothing_is_lost),
    ]
}

/// The last version of a history that a file has.
fn in_files(state: &State, index: usize) -> u8 {
    state.files.iter().flatten().map(|file| file[index].to).max().unwrap_or_default()
}

fn versions_are_dense(_: &World, state: &State) -> bool {
    (0..HISTORIES).all(|index| {
        let mut last = 0;
        state.files.iter().flatten().all(|file| {
            let stretch = file[index];
            let follows = stretch.from == stretch.to || stretch.from == last;
            last = last.max(stretch.to);
            follows && !stretch.has_hole && stretch.to <= state.histories[index].committed
        })
    })
}

fn hours_have_files(_: &World, state: &State) -> bool {
    let mut files = state.files.iter().take(usize::from(state.checkpoint));
    files.all(|file| {
        file.is_some_and(|file| {
            file.iter()
                .zip(&state.histories)
                .all(|(stretch, history)| stretch.to <= history.cursor || stretch.to == stretch.from)
        })
    })
}

/// Kills all runs, lets everything show, all hours close and the sweep come by, and runs the export alone until it is done.
fn nothing_is_lost(world: &World, state: &State) -> bool {
    let mut state = *state;
    state.runs = [Phase::Ended; RUNS];
    for history in &mut state.histories {
        *history = history.settled();
    }
    let last = world.configuration.hours + 1;
    for now in state.now..=last {
        state.now = now;
        alone(world, &mut state);
        let mut steps = Vec::new();
        world.actions(&state, &mut steps);
        for step in steps.into_iter().filter(|step| matches!(step, Step::Sweeps(_))) {
            state = world.next_state(&state, step).unwrap_or(state);
        }
    }
    // A file has so much of a history, and who was left behind goes on with the next.
    for now in last..last + world.configuration.rests {
        state.now = now + 1;
        alone(world, &mut state);
    }
    (0..HISTORIES).all(|index| in_files(&state, index) == state.histories[index].committed)
}

/// One run, from its beginning to its end.
fn alone(world: &World, state: &mut State) {
    while let Some(step) = state.runs[0].steps(state, world.fault).first().copied() {
        let run = state.runs[0];
        state.runs[0] = run.take(step, state, world.configuration, world.fault);
    }
    state.runs[0] = Phase::Ended;
}

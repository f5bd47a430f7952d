//! Two runs, writers, the table, the index and the files, and every step that one of them can take.

use stateright::{Model, Property};

use crate::configurations::Configuration;
use crate::faults::Fault;
use crate::properties;
use crate::run::Phase;
use crate::table::{File, HISTORIES, HOURS, History};

/// How many runs there can be at once.
pub const RUNS: usize = 2;

/// Everything at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct State {
    /// The hour that it is, by the exporter's clock and the store's.
    pub now: u8,
    /// The histories.
    pub histories: [History; HISTORIES],
    /// The next hour to be exported.
    pub checkpoint: u8,
    /// The hour from which on the index is listed, if a file had no room for all: it stands with the checkpoint.
    pub listed_from: Option<u8>,
    /// The files, by hour.
    pub files: [Option<File>; HOURS],
    /// The runs.
    pub runs: [Phase; RUNS],
}

/// One step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// An event is committed to a history, by a clock at this hour.
    Commits(usize, u8),
    /// A Query shows a version from now on.
    Shows(usize, u8),
    /// The index catches up with a head.
    Indexes(usize),
    /// The next hour begins.
    Ticks,
    /// A sweep looks at a head and its cursor.
    Sweeps(usize),
    /// Only with a fault: a file is taken away.
    Deletes(u8),
    /// A run takes a step.
    Runs(usize, RunStep),
}

/// A step of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunStep {
    /// Only with a fault: it reads the cursors first.
    ReadsCursors,
    /// It reads the checkpoint, finds its hour closed, and who was left behind.
    Begins,
    /// It lists the next partition of the index.
    Lists,
    /// It reads the cursor of a history, and then its events.
    Reads(usize),
    /// It knows what the file should have.
    HasPlanned,
    /// It creates the file, or adopts the one that is there.
    Creates,
    /// It writes down what follows for a history.
    Follows(usize),
    /// It moves the checkpoint.
    MovesCheckpoint,
    /// It reads the checkpoint again, and goes on with the next hour if that was closed when the index was listed.
    GoesOn,
    /// It is killed.
    IsKilled,
}

/// A configuration, explored.
#[derive(Debug, Clone, Copy)]
pub struct World {
    /// What can happen.
    pub configuration: Configuration,
    /// The rule that is left out.
    pub fault: Option<Fault>,
}

impl World {
    fn of_table(&self, state: &State, steps: &mut Vec<Step>) {
        let Configuration { histories, versions, hours, skew, .. } = self.configuration;
        for (index, history) in state.histories.iter().enumerate().take(histories) {
            if history.committed < versions {
                let (first, last) = (state.now.saturating_sub(skew), (state.now + skew).min(hours));
                steps.extend((first..=last).map(|hour| Step::Commits(index, hour)));
            }
            let hidden = |version: &u8| !history.shows(*version);
            steps.extend((1..=history.committed).filter(hidden).map(|version| Step::Shows(index, version)));
            if history.committed > 0 && history.indexed != Some(history.changed) {
                steps.push(Step::Indexes(index));
            }
            let is_behind = history.cursor < history.committed && history.changed < state.checkpoint;
            if self.configuration.sweeps && is_behind && history.behind.is_none() && history.indexed.is_some()
            {
                steps.push(Step::Sweeps(index));
            }
        }
        if state.now < hours && self.may_tick(state) {
            steps.push(Step::Ticks);
        }
        if self.fault == Some(Fault::DeleteMarker) && state.files[usize::from(state.checkpoint)].is_some() {
            steps.push(Step::Deletes(state.checkpoint));
        }
    }

    /// What is not later than an hour is there before the next hour begins.
    fn may_tick(&self, state: &State) -> bool {
        let Configuration { index_is_late, reads_are_late, .. } = self.configuration;
        state.histories.iter().all(|history| {
            let settled = history.settled();
            (index_is_late || history.indexed == settled.indexed)
                && (reads_are_late || history.shown == settled.shown)
        })
    }
}

impl Model for World {
    type Action = Step;
    type State = State;

    fn init_states(&self) -> Vec<State> {
        vec![State::default()]
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step>) {
        self.of_table(state, steps);
        for (index, run) in state.runs.iter().enumerate().take(self.configuration.runs) {
            let of_run = run.steps(state, self.fault);
            steps.extend(of_run.into_iter().map(|step| Step::Runs(index, step)));
            if *run != Phase::Ended {
                steps.push(Step::Runs(index, RunStep::IsKilled));
            }
        }
    }

    fn next_state(&self, state: &State, step: Step) -> Option<State> {
        let mut state = *state;
        match step {
            Step::Commits(index, hour) => {
                state.histories[index] = state.histories[index].with_event_at(hour);
            }
            Step::Shows(index, version) => state.histories[index].shown[usize::from(version - 1)] = true,
            Step::Indexes(index) => state.histories[index].indexed = Some(state.histories[index].changed),
            Step::Ticks => state.now += 1,
            Step::Sweeps(index) => state.histories[index].behind = Some(state.histories[index].committed),
            Step::Deletes(hour) => state.files[usize::from(hour)] = None,
            Step::Runs(index, step) => {
                state.runs[index] = state.runs[index].take(step, &mut state, self.configuration, self.fault);
            }
        }
        // Two runs are alike: which is which tells nothing.
        state.runs.sort_unstable();
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::always()
    }
}

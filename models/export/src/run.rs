//! One run of the export, step by step.

use crate::configurations::Configuration;
use crate::faults::Fault;
use crate::table::{File, HISTORIES, History, Stretch};
use crate::world::{RunStep, State};

/// Where a run is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// It has not begun, has ended, or was killed: nothing of it is left but what it wrote.
    #[default]
    Ended,
    /// Only with a fault: it has read the cursors, and nothing else.
    HasCursors([u8; HISTORIES]),
    /// It lists the index, one partition after another.
    Listing {
        /// What it knows.
        begun: Begun,
        /// The next partition.
        partition: u8,
        /// The last partition.
        last: u8,
    },
    /// It reads cursors and events of the histories that were found.
    Planning(Begun, [Plan; HISTORIES]),
    /// It knows what the hour's file should have, and whether there was room for all.
    Planned(Begun, [Plan; HISTORIES], bool),
    /// The file is there. It writes down what follows from it: who was left behind, cursors, the checkpoint.
    Following {
        /// What it knows.
        begun: Begun,
        /// What it had planned.
        plans: [Plan; HISTORIES],
        /// Whether there was no room for all.
        has_rest: bool,
        /// What the file has.
        file: File,
        /// Which histories are done with.
        done: [bool; HISTORIES],
        /// Whether the checkpoint was moved, or was further already.
        moved: bool,
    },
    /// A file is there that does not continue the cursors: nothing is to be signed.
    Alarmed,
}

/// What a run knows from its beginning on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Begun {
    /// The hour that it is about to write.
    pub hour: u8,
    /// The hour that it was when the index was listed: one listing serves every hour before.
    pub now: u8,
    /// The first hour that was listed.
    pub from: u8,
    /// The histories that were listed, or had been left behind.
    pub found: [bool; HISTORIES],
    /// Only with a fault: cursors that were read before the checkpoint.
    pub early: Option<[u8; HISTORIES]>,
}

/// What a file should have of a history.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Plan {
    /// It is not looked at yet.
    #[default]
    Unread,
    /// Its cursor and its head are read.
    From {
        /// How far it was exported.
        cursor: u8,
        /// How far it goes.
        head: u8,
    },
    /// Its events are read.
    Stretch {
        /// What the file should have.
        stretch: Stretch,
        /// The version that it should come to and does not, if it was stopped.
        stopped: Option<u8>,
    },
}

impl Plan {
    fn stretch(self) -> Stretch {
        match self {
            Self::Stretch { stretch, .. } => stretch,
            Self::Unread | Self::From { .. } => Stretch::default(),
        }
    }
}

/// Takes what a file has room for, history by history. Gives whether something is left.
fn cap(plans: &mut [Plan; HISTORIES], mut room: u8) -> bool {
    let mut has_rest = false;
    for plan in plans {
        let Plan::Stretch { stretch, stopped } = plan else { continue };
        if stretch.to - stretch.from > room {
            stretch.to = stretch.from + room;
            has_rest = true;
        }
        // Whoever is stopped for want of room is found again by the listing.
        if has_rest {
            *stopped = None;
        }
        room -= stretch.to - stretch.from;
    }
    has_rest
}

/// What the events of a history after a cursor give to the file of an hour.
fn read(history: &History, from: u8, head: u8, hour: u8, fault: Option<Fault>) -> Plan {
    let (mut to, mut stopped, mut has_hole) = (from, None, false);
    let is_behind = history.behind.is_some();
    // The head says that there is more, even where nothing of it shows.
    let shown = (1..=history.committed).rev().find(|version| history.shows(*version)).unwrap_or(from);
    for version in from + 1..=shown.max(head) {
        if !history.shows(version) {
            stopped = Some(version.max(head));
            if fault != Some(Fault::PassesOverAMissingVersion) {
                break;
            }
            continue;
        }
        // For those who were left behind the bound by the hour is lifted.
        if !is_behind && history.hour_of(version) > hour {
            break;
        }
        has_hole |= version != to + 1;
        to = version;
    }
    Plan::Stretch { stretch: Stretch { from, to, has_hole }, stopped }
}

impl Phase {
    /// The steps that the run can take.
    pub(crate) fn steps(&self, state: &State, fault: Option<Fault>) -> Vec<RunStep> {
        match self {
            Self::Ended if fault == Some(Fault::CursorsBeforeCheckpoint) => vec![RunStep::ReadsCursors],
            Self::Ended | Self::HasCursors(_) if state.checkpoint < state.now => vec![RunStep::Begins],
            Self::Ended | Self::HasCursors(_) | Self::Alarmed => vec![],
            Self::Listing { .. } => vec![RunStep::Lists],
            Self::Planning(begun, plans) => {
                let open =
                    |index: &usize| begun.found[*index] && !matches!(plans[*index], Plan::Stretch { .. });
                let mut steps: Vec<_> = (0..HISTORIES).filter(open).map(RunStep::Reads).collect();
                if steps.is_empty() {
                    steps.push(RunStep::HasPlanned);
                }
                steps
            }
            Self::Planned(..) => vec![RunStep::Creates],
            Self::Following { done, moved, .. } => {
                let cursors = (0..HISTORIES).filter(|index| !done[*index]).map(RunStep::Follows);
                let mut steps: Vec<_> = cursors.collect();
                let is_first = fault == Some(Fault::CheckpointMovesFirst);
                if !moved && (is_first || steps.is_empty()) {
                    steps = vec![RunStep::MovesCheckpoint];
                }
                if *moved && steps.is_empty() {
                    steps.push(RunStep::GoesOn);
                }
                steps
            }
        }
    }

    /// Takes a step, and changes what it writes.
    pub(crate) fn take(
        self,
        step: RunStep,
        state: &mut State,
        configuration: Configuration,
        fault: Option<Fault>,
    ) -> Self {
        match (self, step) {
            (_, RunStep::IsKilled) => Self::Ended,
            (Self::Ended, RunStep::ReadsCursors) => {
                Self::HasCursors(state.histories.map(|history| history.cursor))
            }
            (Self::Ended, RunStep::Begins) => Self::begin(state, None, fault),
            (Self::HasCursors(early), RunStep::Begins) => Self::begin(state, Some(early), fault),
            (Self::Listing { mut begun, partition, last }, RunStep::Lists) => {
                for (found, history) in begun.found.iter_mut().zip(&state.histories) {
                    *found |= history.indexed == Some(partition);
                }
                if partition == last {
                    Self::Planning(begun, Default::default())
                } else {
                    Self::Listing { begun, partition: partition + 1, last }
                }
            }
            (Self::Planning(begun, mut plans), RunStep::Reads(index)) => {
                let history = &state.histories[index];
                plans[index] = match (plans[index], begun.early) {
                    (Plan::From { cursor, head }, _) => read(history, cursor, head, begun.hour, fault),
                    (_, early) => {
                        let cursor = early.map_or(history.cursor, |early| early[index]);
                        Plan::From { cursor, head: history.committed }
                    }
                };
                Self::Planning(begun, plans)
            }
            (Self::Planning(begun, mut plans), RunStep::HasPlanned) => {
                let has_rest = cap(&mut plans, configuration.cap);
                Self::Planned(begun, plans, has_rest)
            }
            (Self::Planned(begun, plans, has_rest), RunStep::Creates) => {
                Self::create(begun, plans, has_rest, state)
            }
            (Self::Following { begun, plans, has_rest, file, mut done, moved }, RunStep::Follows(index)) => {
                follow(&mut state.histories[index], plans[index], file[index], fault);
                done[index] = true;
                Self::Following { begun, plans, has_rest, file, done, moved }
            }
            (Self::Following { begun, plans, has_rest, file, done, .. }, RunStep::MovesCheckpoint) => {
                if state.checkpoint == begun.hour {
                    let is_kept = has_rest && fault != Some(Fault::TheRestIsForgotten);
                    state.checkpoint += 1;
                    state.listed_from = is_kept.then_some(begun.from);
                }
                Self::Following { begun, plans, has_rest, file, done, moved: true }
            }
            (Self::Following { begun, .. }, RunStep::GoesOn) => {
                if state.checkpoint < begun.now {
                    Self::Planning(Begun { hour: state.checkpoint, ..begun }, Default::default())
                } else {
                    Self::Ended
                }
            }
            (phase, _) => phase,
        }
    }

    fn begin(state: &State, early: Option<[u8; HISTORIES]>, fault: Option<Fault>) -> Self {
        let hour = state.checkpoint;
        let found = state.histories.map(|history| history.behind.is_some());
        let before = hour.saturating_sub(1);
        let (partition, last) = match fault {
            Some(Fault::ListsTheClosedHourAlone) => (hour, hour),
            _ => (state.listed_from.map_or(before, |from| from.min(before)), state.now + 1),
        };
        let begun = Begun { hour, now: state.now, from: partition, found, early };
        Self::Listing { begun, partition, last }
    }

    /// Creates the hour's file, or adopts the one that is there, if every stretch continues its cursor or lies below it.
    fn create(begun: Begun, plans: [Plan; HISTORIES], has_rest: bool, state: &mut State) -> Self {
        let mine = plans.map(Plan::stretch);
        let file = *state.files[usize::from(begun.hour)].get_or_insert(mine);
        let continues = |(stretch, history): (&Stretch, &History)| {
            stretch.from == stretch.to || stretch.from <= history.cursor
        };
        if !file.iter().zip(&state.histories).all(continues) {
            return Self::Alarmed;
        }
        Self::Following { begun, plans, has_rest, file, done: Default::default(), moved: false }
    }
}

/// Writes down what follows from the file for one history: first who was left behind, then the cursor.
fn follow(history: &mut History, plan: Plan, file: Stretch, fault: Option<Fault>) {
    if fault != Some(Fault::NobodyIsLeftBehind)
        && let Plan::Stretch { stretch, stopped } = plan
    {
        let beyond = (stretch.to > file.to.max(history.cursor)).then_some(stretch.to);
        history.behind = history.behind.max(stopped).max(beyond);
    }
    let to = match fault {
        Some(Fault::LoserKeepsItsPlan) => plan.stretch().to,
        _ => file.to,
    };
    if to > history.cursor || fault == Some(Fault::CursorsMoveBack) && file.to > file.from {
        history.cursor = to;
    }
    if history.behind.is_some_and(|behind| history.cursor >= behind) {
        history.behind = None;
    }
}

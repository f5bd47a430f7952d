//! Going through all states of a world.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use stateright::{Checker, HasDiscoveries, Model};

use crate::configurations::Configuration;
use crate::faults::Fault;
use crate::story;
use crate::world::{Question, World};

/// What an exploration came to.
#[derive(Debug, Clone)]
pub struct Exploration {
    /// How many states were generated.
    pub states: usize,
    /// How many of them differ.
    pub unique_states: usize,
    /// The longest path on which a state was found.
    pub depth: usize,
    /// How long it took.
    pub time: Duration,
    /// What was found, and how it comes about: counterexamples of what must hold, examples of what must be reachable.
    pub found: Vec<(&'static str, String)>,
}

/// Goes through all states of a configuration, perhaps with a rule left out, and says which properties do not hold.
/// The counterexamples are not the shortest.
#[must_use]
pub fn explore(configuration: Configuration, fault: Option<Fault>, threads: usize) -> Exploration {
    let world = World { configuration, fault, question: Question::DoesItHold };
    let started = Instant::now();
    let checker =
        world.checker().threads(threads).finish_when(HasDiscoveries::AnyFailures).spawn_dfs().join();
    report(&world, &checker, started)
}

/// The kinds of answer that a configuration must be able to come to, and those that it does.
#[must_use]
pub fn reach(configuration: Configuration) -> (BTreeSet<&'static str>, BTreeSet<&'static str>) {
    let world = World { configuration, fault: None, question: Question::IsItReachable };
    let checker = world.checker().spawn_bfs().join();
    let asked = world.properties().iter().map(|property| property.name).collect();
    (asked, checker.discoveries().into_keys().collect())
}

/// The shortest way on which a property does not hold with a rule left out, told; none if it always holds.
#[must_use]
pub fn counterexample(
    configuration: Configuration,
    fault: Fault,
    property: &'static str,
) -> Option<Exploration> {
    let world = World { configuration, fault: Some(fault), question: Question::DoesItHold };
    let started = Instant::now();
    let finish_when = HasDiscoveries::AnyOf(BTreeSet::from([property]));
    let mut shortest = None;
    let mut below = usize::MAX;
    // Breadth first and with one thread finds short ways, but of those found in one go it is the last that is kept.
    loop {
        let builder = world.checker().finish_when(finish_when.clone()).target_max_depth(below);
        let checker = builder.spawn_bfs().join();
        let Some(path) = checker.discovery(property) else { return shortest };
        below = path.into_states().len();
        let mut exploration = report(&world, &checker, started);
        exploration.found.retain(|(name, _)| *name == property);
        shortest = Some(exploration);
    }
}

fn report(world: &World, checker: &impl Checker<World>, started: Instant) -> Exploration {
    let time = started.elapsed();
    let found = checker.discoveries().into_iter().map(|(name, path)| (name, story::tell(world, path)));
    Exploration {
        states: checker.state_count(),
        unique_states: checker.unique_state_count(),
        depth: checker.max_depth(),
        time,
        found: found.collect(),
    }
}

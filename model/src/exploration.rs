//! Going through all states of a world.

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
    /// The properties that were asked for.
    pub properties: Vec<&'static str>,
    /// What was found: counterexamples of what must hold, examples of what must be reachable, told.
    pub found: Vec<(&'static str, String)>,
}

impl Exploration {
    /// The properties of which nothing was found.
    pub fn not_found(&self) -> impl Iterator<Item = &'static str> {
        let found = |name: &&str| self.found.iter().any(|(found, _)| found == name);
        self.properties.iter().copied().filter(move |name| !found(name))
    }
}

/// Goes through all states of a configuration and says which properties do not hold.
#[must_use]
pub fn explore(configuration: Configuration, threads: usize) -> Exploration {
    let world = World { configuration, fault: None, question: Question::DoesItHold };
    let started = Instant::now();
    let checker = world.checker().threads(threads).finish_when(HasDiscoveries::AnyFailures).spawn_dfs().join();
    report(&world, &checker, started)
}

/// Looks for the shortest way to what does not hold with a rule left out; goes through all states if there is none.
#[must_use]
pub fn break_it(configuration: Configuration, fault: Fault) -> Exploration {
    shortest(World { configuration, fault: Some(fault), question: Question::DoesItHold }, HasDiscoveries::AnyFailures)
}

/// Looks for the shortest way to each kind of answer.
#[must_use]
pub fn reach(configuration: Configuration) -> Exploration {
    shortest(World { configuration, fault: None, question: Question::IsItReachable }, HasDiscoveries::All)
}

/// Breadth first and with one thread, which finds a shortest path.
fn shortest(world: World, finish_when: HasDiscoveries) -> Exploration {
    let started = Instant::now();
    let checker = world.checker().finish_when(finish_when).spawn_bfs().join();
    report(&world, &checker, started)
}

fn report(world: &World, checker: &impl Checker<World>, started: Instant) -> Exploration {
    let time = started.elapsed();
    let mut found: Vec<_> =
        checker.discoveries().into_iter().map(|(name, path)| (name, story::tell(world, path))).collect();
    found.sort_unstable();
    Exploration {
        states: checker.state_count(),
        unique_states: checker.unique_state_count(),
        depth: checker.max_depth(),
        time,
        properties: world.properties().iter().map(|property| property.name).collect(),
        found,
    }
}

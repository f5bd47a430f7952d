//! All states of all configurations: everything holds, and each rule is needed.

use export_model::configurations::{ALL, CAPPED, Configuration, HIDDEN, LATE, RACE};
use export_model::faults::Fault;
use export_model::properties::{HOURS_HAVE_FILES, NOTHING_IS_LOST, VERSIONS_ARE_DENSE};
use export_model::world::World;
use stateright::{Checker, HasDiscoveries, Model};

#[test]
fn every_property_holds_in_every_state() {
    let mut states = 0;
    for configuration in ALL {
        let world = World { configuration: *configuration, fault: None };
        let checker = world.checker().threads(2).finish_when(HasDiscoveries::AnyFailures).spawn_dfs().join();
        println!(
            "{configuration}: {} states, {} unique",
            checker.state_count(),
            checker.unique_state_count()
        );
        if let Some((property, path)) = checker.discoveries().into_iter().next() {
            panic!("In {configuration} it does not hold that {property}:\n{:#?}", path.into_actions());
        }
        states += checker.unique_state_count();
    }
    println!("in all {states} unique states");
}

/// In which configuration the lack of a rule shows first, and by what.
fn catch(fault: Fault) -> (Configuration, &'static str) {
    match fault {
        Fault::CursorsBeforeCheckpoint
        | Fault::CheckpointMovesFirst
        | Fault::LoserKeepsItsPlan
        | Fault::DeleteMarker => (RACE, VERSIONS_ARE_DENSE),
        Fault::CursorsMoveBack => (RACE, HOURS_HAVE_FILES),
        Fault::ListsTheClosedHourAlone => (RACE, NOTHING_IS_LOST),
        Fault::TheRestIsForgotten => (CAPPED, NOTHING_IS_LOST),
        Fault::NobodyIsLeftBehind => (HIDDEN, NOTHING_IS_LOST),
        Fault::PassesOverAMissingVersion => (LATE, VERSIONS_ARE_DENSE),
    }
}

#[test]
fn every_rule_is_needed() {
    for fault in Fault::ALL {
        let (configuration, property) = catch(fault);
        let world = World { configuration, fault: Some(fault) };
        let found = HasDiscoveries::AnyOf([property].into());
        let checker = world.checker().finish_when(found).spawn_bfs().join();
        let path = checker.discovery(property);
        let path = path.unwrap_or_else(|| panic!("without {fault:?} it still holds that {property}"));
        println!("{fault:?}: after {} steps", path.into_actions().len());
    }
}

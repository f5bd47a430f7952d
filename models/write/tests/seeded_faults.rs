//! Each rule of the protocol is needed: with any one left out, a property that is named does not hold.

use clap::ValueEnum;
use write_model::catches::CATCHES;
use write_model::configurations::{
    ADDITION_COPIES, ADDITION_COPIES_AND_A_REMOVAL, ADDITIONS, REMOVAL_AND_ADDITION, REMOVAL_COPIES,
    REMOVAL_OF_AN_ADDITION, REMOVALS,
};
use write_model::exploration::{counterexample, explore};
use write_model::faults::Fault;

#[test]
fn every_fault_is_caught_by_the_property_that_is_about_it() {
    for catch in CATCHES {
        let name = catch.fault.name();
        let found = counterexample(catch.configuration, catch.fault, catch.property);
        let Some(exploration) = found else {
            panic!("{name} in {}: it still holds that {}", catch.configuration, catch.property);
        };
        let steps = exploration.found.iter().map(|(_, story)| story.lines().count()).sum::<usize>();
        println!("{name}: {} ({}, {steps} lines)", catch.property, catch.configuration);
    }
}

#[test]
fn every_fault_is_among_those_that_are_caught_or_harmless() {
    for fault in Fault::value_variants() {
        let is_caught = CATCHES.iter().any(|catch| catch.fault == *fault);
        assert_ne!(is_caught, fault.is_harmless(), "{}", fault.name());
    }
}

/// Either the version or the absence of EVENT guards alone, with the other and the absence of a new KEY dropped.
#[test]
fn a_rule_that_others_guard_breaks_nothing_when_it_is_left_out() {
    let configurations = [
        ADDITIONS.with_forgetting(),
        ADDITION_COPIES.with_forgetting(),
        REMOVALS.with_forgetting(),
        REMOVAL_COPIES.with_duplicates(),
        REMOVAL_AND_ADDITION.with_forgetting(),
        REMOVAL_OF_AN_ADDITION.with_forgetting(),
        ADDITION_COPIES_AND_A_REMOVAL.with_duplicates(),
    ];
    for fault in Fault::value_variants().iter().filter(|fault| fault.is_harmless()) {
        for configuration in configurations {
            let exploration = explore(configuration, Some(*fault), 2);
            if let Some((property, story)) = exploration.found.first() {
                panic!("{} in {configuration}: it does not hold that {property}:\n{story}", fault.name());
            }
        }
    }
}

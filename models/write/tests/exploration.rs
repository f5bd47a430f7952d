//! All states of the small configurations: everything holds, and every kind of answer occurs.

use std::collections::BTreeSet;

use write_model::configurations::SMALL;
use write_model::exploration::{explore, reach};

#[test]
fn every_property_holds_in_every_state() {
    let (mut states, mut unique_states) = (0, 0);
    for configuration in SMALL {
        let exploration = explore(*configuration, None, 2);
        println!(
            "{configuration}: {} states, {} unique, depth {}, {:.1} s",
            exploration.states,
            exploration.unique_states,
            exploration.depth,
            exploration.time.as_secs_f64()
        );
        if let Some((property, story)) = exploration.found.first() {
            panic!("In {configuration} it does not hold that {property}:\n{story}");
        }
        states += exploration.states;
        unique_states += exploration.unique_states;
    }
    println!("in all {states} states, {unique_states} unique");
}

#[test]
fn every_kind_of_answer_occurs_wherever_it_may() {
    let mut kinds = BTreeSet::new();
    for configuration in SMALL {
        let (asked, reached) = reach(*configuration);
        assert_eq!(asked, reached, "{configuration}");
        kinds.extend(reached);
    }
    let all = [
        "200 by REQUEST",
        "200 by the table's answer",
        "200 by the token in EVENT",
        "401",
        "404",
        "409",
        "503",
    ];
    assert_eq!(kinds, BTreeSet::from(all));
}

//! x
use write_model::{configurations, faults::Fault, exploration::*};
use clap::ValueEnum;
fn main() {
    for c in configurations::SMALL {
        let e = explore(*c, 2);
        println!("{}: {} {} {} {:?} {:?}", c.name, e.states, e.unique_states, e.depth, e.time, e.found);
    }
    for f in Fault::value_variants() {
        println!("{}", f.name());
        for c in configurations::SMALL {
            let e = break_it(*c, *f);
            println!("   {}: {} {:?} {:?}", c.name, e.unique_states, e.time, e.found.iter().map(|f|f.0).collect::<Vec<_>>());
            if std::env::args().len() > 1 { for (_, s) in e.found { println!("{s}"); } }
        }
    }
}

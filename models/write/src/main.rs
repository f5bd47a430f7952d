//! `write-model`: explores the larger configurations, or shows what a seeded fault breaks.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use write_model::catches::CATCHES;
use write_model::configurations::LARGE;
use write_model::exploration::{counterexample, explore};
use write_model::faults::Fault;
use write_model::properties;

/// Explores the write protocol.
#[derive(Debug, Parser)]
struct Arguments {
    /// Leave a rule out, and show the shortest ways in which that goes wrong.
    #[arg(long, value_name = "NAME")]
    fault: Option<Fault>,
    /// How many threads explore.
    #[arg(long, default_value_t = 2)]
    threads: usize,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut output = io::stdout().lock();
    let outcome = match arguments.fault {
        None => explore_all(&mut output, arguments.threads),
        Some(fault) => show(&mut output, fault),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Explores every configuration, and says whether all properties hold in all of them.
fn explore_all(output: &mut impl Write, threads: usize) -> io::Result<bool> {
    let properties = properties::always();
    let mut all_hold = true;
    let (mut states, mut unique_states, mut seconds) = (0, 0, 0.0);
    for configuration in LARGE {
        writeln!(output, "{configuration}")?;
        let exploration = explore(*configuration, None, threads);
        states += exploration.states;
        unique_states += exploration.unique_states;
        seconds += exploration.time.as_secs_f64();
        writeln!(
            output,
            "  {} states, {} unique, depth {}, {:.1} s",
            exploration.states,
            exploration.unique_states,
            exploration.depth,
            exploration.time.as_secs_f64()
        )?;
        for property in &properties {
            let broken = exploration.found.iter().find(|(name, _)| *name == property.name);
            let verdict = if broken.is_none() { "holds" } else { "DOES NOT HOLD" };
            writeln!(output, "  {verdict}: {}", property.name)?;
            if let Some((_, story)) = broken {
                write!(output, "{story}")?;
                all_hold = false;
            }
        }
    }
    writeln!(output, "In all {states} states, {unique_states} unique, {seconds:.1} s.")?;
    Ok(all_hold)
}

/// Shows what a fault breaks, and says whether it breaks what it should.
fn show(output: &mut impl Write, fault: Fault) -> io::Result<bool> {
    if fault.is_harmless() {
        writeln!(output, "{} breaks nothing: other rules guard what it leaves unguarded.", fault.name())?;
    }
    let mut all_caught = true;
    for catch in CATCHES.iter().filter(|catch| catch.fault == fault) {
        writeln!(output, "{}\ndoes not hold in: {}", catch.property, catch.configuration)?;
        let found = counterexample(catch.configuration, fault, catch.property);
        if found.is_none() {
            writeln!(output, "but it does hold, so the fault is not caught")?;
            all_caught = false;
        }
        for (_, story) in found.into_iter().flat_map(|exploration| exploration.found) {
            writeln!(output, "{story}")?;
        }
    }
    Ok(all_caught)
}

//! `audit export` and `audit sweep`: the scheduled function's work, on this machine.

use std::time::{Duration, Instant};

use export_audit::export::{Exporter, Report, Settings};
use export_audit::sweep::{SweepReport, Sweeper};
use process::chance::Chance;
use process::clock::Clock;
use serde::Serialize;

use super::signing::signing_keys;
use super::{open, open_disclosures, progress_bar};
use crate::arguments::StoreArguments;
use crate::arguments::audit::ExportArguments;
use crate::output::{Failure, print_line};
use crate::store::Store;

/// Nobody waits at a terminal for longer; the next run goes on where this one ended.
const LONGEST: Duration = Duration::from_hours(24);

/// Exports, and prints how far it came.
pub(super) async fn export(arguments: &ExportArguments) -> Result<(), Failure> {
    let archive = open(&arguments.archive).await?;
    let disclosures = open_disclosures(arguments.disclosures.as_ref(), &arguments.archive).await?;
    let signing = signing_keys(arguments).await?;
    let store = Store::open(&arguments.data).await?;
    let (clock, chance) = (Clock::system(), Chance::system());
    let Settings { caps, .. } = Settings::default();
    let settings = Settings { first_hour: arguments.first_hour, through_now: arguments.through_now, caps };
    let exporter = Exporter {
        table: &store.table,
        archive: &archive,
        disclosures: disclosures.as_ref(),
        signing: &signing,
        clock: &clock,
        chance: &chance,
        settings: &settings,
    };
    let bar = progress_bar(0);
    let run = exporter.export(Instant::now() + LONGEST, |report| {
        bar.set_length(report.hours + report.behind_hours);
        bar.set_position(report.hours);
        bar.set_message(format!("{} events", report.events));
    });
    let run = run.await.map_err(|fault| Failure::because("The export ended early", fault));
    bar.finish_and_clear();
    let report = run?;
    print_report(&report)?;
    eprintln!("{}", sentence(&report));
    store.close().await
}

/// Sweeps, and prints what was found.
pub(super) async fn sweep(arguments: &StoreArguments) -> Result<(), Failure> {
    let store = Store::open(arguments).await?;
    let sweeper = Sweeper { table: &store.table, clock: &Clock::system() };
    let report = sweeper.sweep(Instant::now() + LONGEST).await;
    let report = report.map_err(|fault| Failure::because("The sweep ended early", fault))?;
    print_report(&report)?;
    let SweepReport { looked_at, left_behind, .. } = report;
    eprintln!(
        "Looked at {looked_at} histories. The export missed {left_behind}, and goes on with them in its next hour."
    );
    store.close().await
}

fn print_report(report: &impl Serialize) -> Result<(), Failure> {
    let line = serde_json::to_string(report);
    print_line(line.map_err(|error| Failure::because("The report cannot be written", error))?)
}

fn sentence(report: &Report) -> String {
    let through = report.through.as_deref().map(|through| format!(", through {through}")).unwrap_or_default();
    if report.ahead_hours > 0 {
        let hours = report.ahead_hours;
        return format!(
            "The table says that hours were exported{through}, which is {hours} hours ahead of the clock: a clock is wrong, or was."
        );
    }
    match report.hours {
        0 => format!("There is nothing to export yet{through}. An hour is closed 15 minutes after its end."),
        hours => format!("Exported {hours} hours with {} events{through}.", report.events),
    }
}

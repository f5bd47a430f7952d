//! `audit export`: the scheduled function's export, on this machine.

use std::time::{Duration, Instant};

use export_audit::export::{Exporter, Report};
use process::clock::Clock;

use super::{open, progress_bar};
use crate::arguments::audit::ExportArguments;
use crate::output::{Failure, print_line};
use crate::store::Store;

/// Nobody waits at a terminal for longer; the next run goes on where this one ended.
const LONGEST: Duration = Duration::from_hours(24);

/// Exports, and prints how far it came.
pub(super) async fn export(arguments: &ExportArguments) -> Result<(), Failure> {
    let archive = open(&arguments.archive)?;
    let store = Store::open(&arguments.data).await?;
    let first_hour = arguments.first_hour;
    let clock = Clock::system();
    let exporter = Exporter { table: &store.table, archive: &archive, clock: &clock, first_hour };
    let bar = progress_bar(0);
    let run = exporter.export(Instant::now() + LONGEST, |report| {
        bar.set_length(report.hours + report.behind_hours);
        bar.set_position(report.hours);
        bar.set_message(format!("{} events", report.events));
    });
    let run = run.await.map_err(|fault| Failure::because("The export ended early", fault));
    bar.finish_and_clear();
    let report = run?;
    let line = serde_json::to_string(&report)
        .map_err(|error| Failure::because("The report cannot be written", error))?;
    print_line(line)?;
    eprintln!("{}", sentence(&report));
    store.close().await
}

fn sentence(report: &Report) -> String {
    let through = report.through.as_deref().map(|through| format!(", through {through}")).unwrap_or_default();
    match report.hours {
        0 => format!("There is nothing to export yet{through}. An hour is closed 15 minutes after its end."),
        hours => format!("Exported {hours} hours with {} events{through}.", report.events),
    }
}

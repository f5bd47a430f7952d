//! `audit extract`: some hours of an export, to be checked by themselves.

use domain::values::Hour;
use serde_json::json;
use trail::calendar;
use trail::log;
use trail::part::{self, ExtractFault};

use super::{cannot_read, listing, open, progress_bar};
use crate::arguments::audit::{ArchiveArguments, ExtractArguments};
use crate::output::{Failure, print_json, print_line};

/// Takes hours out, and prints which.
pub(super) async fn extract(arguments: &ExtractArguments) -> Result<(), Failure> {
    let archive = open(&arguments.archive).await?;
    let to = open(&ArchiveArguments { url: arguments.to.clone() }).await?;
    let listing = listing(&archive, &arguments.archive).await?;
    let log = log::read(&archive).await.map_err(|fault| cannot_read(&fault))?;
    let first = log.map(|log| log.identity.first_hour).unwrap_or_default();
    let last = listing.hours.keys().rfind(|hour| Some(**hour) != listing.unfinished());
    let hours =
        arguments.from.unwrap_or(first)..arguments.end.or(last.map(|last| last.next())).unwrap_or(first);
    let bar = progress_bar(hours.end.after(hours.start));
    let extracting = part::extract(&archive, &listing, &to, hours.clone(), |_: Hour| bar.inc(1)).await;
    bar.finish_and_clear();
    extracting.map_err(|fault: ExtractFault| Failure::because("The hours were not taken out", fault))?;
    let (from, end) = (calendar::text(hours.start), calendar::text(hours.end));
    if arguments.output.json {
        print_json(&json!({"from": from, "to": end, "in": arguments.to.as_str()}))?;
    } else {
        print_line(format!("The hours from {from} to {end} are in {}.", arguments.to))?;
    }
    if hours.start > first {
        eprintln!("`audit verify --part` checks them by themselves.");
    }
    Ok(())
}

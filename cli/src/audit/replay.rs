//! `audit replay`: a table that was restored, or an empty one, filled from the log.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use recovery::replay::{Fork, Replay, Replayed, Step, WholeLog};
use serde_json::{Value, json};
use trail::archive::{Archive, Listing};
use trail::calendar;
use trail::check::{Evidence, check_histories};
use trail::histories::Histories;
use trail::log;
use trail::verify::Verified;

use super::{cannot_read, listing, open, open_disclosures, progress_bar};
use crate::arguments::audit::ReplayArguments;
use crate::arguments::json::JsonArguments;
use crate::organisations::operator;
use crate::output::{Failure, NOT_ANSWERED, print_json, print_line, tell, visible};
use crate::store::Store;
use crate::table::spinner;

/// Until when the table may be read and written.
const LONGEST: Duration = Duration::from_hours(72);

/// Replays. 0: the table goes on with the log; 1: the log is not whole, or histories forked; 2: it could not be done.
pub(super) async fn replay(arguments: ReplayArguments) -> ExitCode {
    match replayed(arguments).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            tell(failure);
            ExitCode::from(NOT_ANSWERED)
        }
    }
}

/// Whether the table has everything that the log has.
async fn replayed(arguments: ReplayArguments) -> Result<bool, Failure> {
    let ReplayArguments { archive: place, verifier_keys, disclosures, operator: arguments, output } =
        arguments;
    let archive = open(&place).await?;
    let disclosures = open_disclosures(disclosures.as_ref(), &place).await?;
    let listing = listing(&archive, &place).await?;
    let evidence = Evidence { keys: verifier_keys, ..Evidence::default() };
    let Some((verified, histories)) = check(&archive, &listing, &evidence, output).await? else {
        return Ok(false);
    };
    let log = log::read(&archive).await.map_err(|fault| cannot_read(&fault))?;
    let log = log.ok_or_else(|| Failure(format!("There is no export at {}.", place.url)))?;
    let operator = operator(arguments.actor)?;
    let store = Store::open_or_make(&arguments.data).await?;
    let bar = spinner("{spinner} {msg}, {elapsed}");
    let replay = Replay {
        table: &store.table,
        archive: &archive,
        disclosures: disclosures.as_ref(),
        operator: &operator,
        deadline: Instant::now() + LONGEST,
    };
    let whole = WholeLog { log: &log, listing: &listing, verified: &verified, histories: &histories };
    let run = replay.run(whole, |step| bar.set_message(words(step))).await;
    bar.finish_and_clear();
    let replayed = run.map_err(|fault| {
        Failure::because("The replay ended early; the same command goes on with it", fault)
    })?;
    store.close().await?;
    if output.json { print_json(&in_json(&replayed)) } else { say(&replayed) }?;
    tell_what_else(&listing);
    Ok(replayed.forks.is_empty())
}

/// Checks the log from end to end; nothing if it is not whole, which is told.
async fn check(
    archive: &Archive,
    listing: &Listing,
    evidence: &Evidence,
    output: JsonArguments,
) -> Result<Option<(Verified, Histories)>, Failure> {
    let bar = progress_bar(u64::try_from(listing.hours.len()).unwrap_or(u64::MAX));
    let checked = check_histories(archive, listing, evidence, |verified| {
        bar.set_position(verified.hours);
        bar.set_message(format!("{} events checked", verified.events));
    });
    let checked = checked.await;
    bar.finish_and_clear();
    let (verified, histories) = match checked {
        Ok(checked) => checked,
        Err(fault) if fault.is_of_export() => {
            if output.json {
                print_json(&json!({"logFaults": [fault.to_string()]}))?;
            }
            tell(format!("{fault}."));
            return Ok(None);
        }
        Err(fault) => return Err(cannot_read(&fault)),
    };
    let faults = verified.faults.first_ones();
    if faults.is_empty() {
        return Ok(Some((verified, histories)));
    }
    if output.json {
        print_json(&json!({"logFaults": faults.iter().map(ToString::to_string).collect::<Vec<_>>()}))?;
    } else {
        faults.iter().try_for_each(|fault| print_line(visible(&format!("{fault}."))))?;
    }
    tell("The log is not whole, and a table is filled from no such log: see `audit verify`.");
    Ok(None)
}

fn words(step: Step) -> String {
    match step {
        Step::Looking(histories) => format!("{histories} histories of the table looked at"),
        Step::Appending(records) => format!("{records} events appended"),
        Step::Moving(histories) => format!("{histories} histories noted as exported"),
    }
}

fn say(replayed: &Replayed) -> Result<(), Failure> {
    let Replayed { histories, mended, appended, withheld, erased, longer, forks, from_hour } = replayed;
    for Fork { history, shows } in forks {
        print_line(visible(&format!("{history} forked: {shows}. Nothing was written for it.")))?;
    }
    print_line(format!(
        "Looked at {histories} histories of the table and mended {mended} items. Appended {appended} events."
    ))?;
    if *withheld > 0 {
        print_line(format!("{withheld} of them have texts that nothing discloses any more."))?;
    }
    if *erased > 0 {
        print_line(format!("{erased} items had texts that were erased, and have them no more."))?;
    }
    if let Some(hour) = from_hour {
        let from = calendar::text(*hour);
        print_line(format!("The log goes on from this table with the hour {from}."))?;
        match longer {
            0 => {}
            1 => print_line("1 history goes on beyond the log, and that hour is to have it.")?,
            _ => print_line(format!(
                "{longer} histories go on beyond the log, and that hour is to have them."
            ))?,
        }
    }
    Ok(())
}

fn in_json(replayed: &Replayed) -> Value {
    let Replayed { histories, mended, appended, withheld, erased, longer, forks, from_hour } = replayed;
    let forks: Vec<_> =
        forks.iter().map(|Fork { history, shows }| json!({"history": history, "shows": shows})).collect();
    json!({
        "histories": histories, "mended": mended, "appended": appended, "withheld": withheld, "erased": erased,
        "longer": longer, "forks": forks, "fromHour": from_hour.map(calendar::text),
    })
}

fn tell_what_else(listing: &Listing) {
    if let Some(hour) = listing.unfinished() {
        let hour = calendar::text(hour);
        tell(format!(
            "The table before was exporting the hour {hour} when it ended, and that is not in this table. If that table can still be \
             reached, have it export once more, and run this again."
        ));
    }
    eprintln!(
        "`physical-keys table check` and `audit verify --against-table` say whether everything is there."
    );
}

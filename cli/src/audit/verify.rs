//! `audit verify`: whether an export is whole and unchanged, and if not, where it shows first and what it means.

use std::time::{Duration, Instant};

use export_audit::RecordedInTable;
use indicatif::HumanBytes;
use store::Table;
use trail::archive::{Archive, Listing};
use trail::calendar;
use trail::check::{CheckFault, check, check_against};
use trail::verify::Verified;

use super::{listing, open, progress_bar};
use crate::arguments::audit::VerifyArguments;
use crate::output::{Failure, print_line, tell};
use crate::store::Store;

/// Until when the table may be read.
const LONGEST: Duration = Duration::from_hours(24);

/// Checks, and prints what was checked.
pub(super) async fn verify(arguments: &VerifyArguments) -> Result<(), Failure> {
    let archive = open(&arguments.archive)?;
    let listing = listing(&archive, &arguments.archive).await?;
    let verified = if arguments.against_table {
        let store = Store::open(&arguments.data).await?;
        let checked = run(&archive, &listing, arguments, Some(&store.table)).await;
        store.close().await?;
        checked?
    } else {
        run(&archive, &listing, arguments, None).await?
    };
    note(&listing);
    say(&verified, arguments.against_table)
}

async fn run(
    archive: &Archive,
    listing: &Listing,
    arguments: &VerifyArguments,
    table: Option<&Table>,
) -> Result<Verified, Failure> {
    let bar = progress_bar(u64::try_from(listing.hours.len()).unwrap_or(u64::MAX));
    let progress = |verified: &Verified| {
        bar.set_position(verified.hours);
        bar.set_message(format!("{} events", verified.events));
    };
    let checked = match table {
        None => check(archive, listing, arguments.anchor, progress).await,
        Some(table) => {
            let recorded = RecordedInTable { table, deadline: Instant::now() + LONGEST };
            check_against(&recorded, archive, listing, arguments.anchor, progress).await
        }
    };
    bar.finish_and_clear();
    checked.map_err(|fault| match fault {
        CheckFault::Fault(fault) => Failure(format!("{fault}.")),
        other => Failure::because("The export was not verified", other),
    })
}

/// What is there and was not checked.
fn note(listing: &Listing) {
    if let Some(hour) = listing.unfinished() {
        eprintln!("The hour {} has no manifest yet: its export is not finished.", calendar::text(hour));
    }
    if let Some(first) = listing.strangers.first() {
        tell(format!("{} other files are no part of the export, such as {first}.", listing.strangers.len()));
    }
}

fn say(verified: &Verified, against_table: bool) -> Result<(), Failure> {
    let Verified { first, last, hours, events, users, organisations, bytes, set_aside } = verified;
    let (Some(first), Some((last, sha256))) = (first, last) else {
        return Err(Failure("No hour of the export is finished yet.".to_owned()));
    };
    let (from, through) = (calendar::text(*first), calendar::text(last.next()));
    print_line(format!("Verified {hours} hours, from {from} through {through}."))?;
    let files = HumanBytes(*bytes);
    print_line(format!(
        "{events} events of {users} users and {organisations} organisations, in {files} of files."
    ))?;
    print_line("Every file is the one that its manifest names. Every manifest follows the one before it.")?;
    print_line("Every history's versions are 1, 2, 3 and so on. Every event is the one that was hashed.")?;
    if against_table {
        print_line("The table has the same events, and none that should be here.")?;
    }
    for history in set_aside {
        print_line(format!(
            "The last hour did not go on with {history} after version {}: the table holds other events than the files.",
            history.version
        ))?;
    }
    print_line(format!("The last manifest's SHA-256 is {sha256}."))?;
    eprintln!("Keep it: `--anchor` with it shows later that nothing before it was changed.");
    Ok(())
}

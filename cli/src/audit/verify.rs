//! `audit verify`: whether an export is whole and unchanged, and if not, where it shows first and what it means.

use std::fs::File;
use std::io::Read;
use std::time::{Duration, Instant};

use domain::values::VerifierKey;
use export_audit::RecordedInTable;
use indicatif::HumanBytes;
use store::Table;
use trail::archive::{Archive, Listing};
use trail::calendar;
use trail::check::{CheckFault, Evidence, check, check_against};
use trail::checkpoint::{MOST_BYTES, NEWEST, SignedCheckpoint};
use trail::verify::Verified;

use super::{listing, open, progress_bar};
use crate::arguments::audit::VerifyArguments;
use crate::output::{Failure, print_line, tell};
use crate::store::Store;

/// Until when the table may be read.
const LONGEST: Duration = Duration::from_hours(24);

/// Checks, and prints what was checked.
pub(super) async fn verify(arguments: &VerifyArguments) -> Result<(), Failure> {
    let evidence = evidence(arguments)?;
    let archive = open(&arguments.archive)?;
    let listing = listing(&archive, &arguments.archive).await?;
    let verified = if arguments.against_table {
        let store = Store::open(&arguments.data).await?;
        let checked = run(&archive, &listing, &evidence, Some(&store.table)).await;
        store.close().await?;
        checked?
    } else {
        run(&archive, &listing, &evidence, None).await?
    };
    note(&listing);
    say(&verified, &evidence, arguments.against_table)
}

/// What the caller has in hand besides the files.
fn evidence(arguments: &VerifyArguments) -> Result<Evidence, Failure> {
    let keys = arguments.verifier_keys.clone();
    let Some(path) = &arguments.since else { return Ok(Evidence { keys, since: None }) };
    let cannot = |why: &dyn std::fmt::Display| {
        Failure::because(format!("The checkpoint in {} cannot be used", path.display()), why)
    };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| cannot(&error))?;
    file.take(MOST_BYTES).read_to_end(&mut bytes).map_err(|error| cannot(&error))?;
    let since = SignedCheckpoint::parse(&bytes).map_err(|why| cannot(&why))?;
    Ok(Evidence { keys, since: Some(since) })
}

async fn run(
    archive: &Archive,
    listing: &Listing,
    evidence: &Evidence,
    table: Option<&Table>,
) -> Result<Verified, Failure> {
    let bar = progress_bar(u64::try_from(listing.hours.len()).unwrap_or(u64::MAX));
    let progress = |verified: &Verified| {
        bar.set_position(verified.hours);
        bar.set_message(format!("{} events", verified.events));
    };
    let checked = match table {
        None => check(archive, listing, evidence, progress).await,
        Some(table) => {
            let recorded = RecordedInTable { table, deadline: Instant::now() + LONGEST };
            check_against(&recorded, archive, listing, evidence, progress).await
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
        eprintln!("The hour {} has no checkpoint yet: its export is not finished.", calendar::text(hour));
    }
    if let Some(first) = listing.strangers.first() {
        tell(format!("{} other files are no part of the export, such as {first}.", listing.strangers.len()));
    }
}

fn say(verified: &Verified, evidence: &Evidence, against_table: bool) -> Result<(), Failure> {
    let Verified { first, last, hours, events, users, organisations, bytes, set_aside, .. } = verified;
    let (Some(first), Some((last, checkpoint))) = (first, last) else {
        return Err(Failure("No hour of the export is finished yet.".to_owned()));
    };
    let (from, through) = (calendar::text(*first), calendar::text(last.next()));
    print_line(format!("Verified {hours} hours of {}, from {from} through {through}.", checkpoint.origin))?;
    let files = HumanBytes(*bytes);
    print_line(format!(
        "{events} events of {users} users, {organisations} organisations and the log itself, in {files} of files."
    ))?;
    print_line("Every file is the one that its manifest names. Every event is the one that was hashed.")?;
    print_line("Every history's versions are 1, 2, 3 and so on.")?;
    print_line("Every hour's checkpoint is of exactly what is there up to it, and so are the tiles.")?;
    say_who_signed(verified)?;
    if let Some(since) = &evidence.since {
        let entries = since.checkpoint().size;
        print_line(format!(
            "The checkpoint that was kept is in it: its {entries} entries are the first ones here."
        ))?;
    }
    if against_table {
        print_line("The table has the same events, and none that should be here.")?;
    }
    for history in set_aside {
        print_line(format!(
            "The last hour did not go on with {history} after version {}: the table holds other events than the files.",
            history.version
        ))?;
    }
    print_line(format!("{} entries, root {}.", checkpoint.size, checkpoint.root))?;
    eprintln!("Keep {NEWEST}: `--since` with it shows later that nothing before it was changed.");
    Ok(())
}

fn say_who_signed(verified: &Verified) -> Result<(), Failure> {
    match &verified.signed_by {
        Some(key) => print_line(format!("Every hour is signed, the last one by {}.", key.short()))?,
        None => print_line("Who signed it was not checked: no --verifier-key was given.")?,
    }
    for (hour, key) in &verified.replaced {
        let (hour, key) = (calendar::text(*hour), key.short());
        print_line(format!("From {hour} on it is signed by {key}, and no event says that it should be."))?;
    }
    for key in verified.unused.iter().map(VerifierKey::short) {
        print_line(format!(
            "{key} was given and signed nothing: the log ends before it, or is another one than you think."
        ))?;
    }
    Ok(())
}

//! `audit verify`: whether an export is whole and unchanged, and if not, where it shows first and what it means.

mod report;

use std::fs::File;
use std::io::Read;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use domain::values::VerifierKey;
use indicatif::{HumanBytes, HumanDuration};
use process::clock::Clock;
use recovery::against_table::{Comparison, RecordedInTable};
use store::Table;
use trail::archive::{Archive, Listing};
use trail::calendar;
use trail::check::{CheckFault, Evidence, Freshness, check, check_against};
use trail::checkpoint::{MOST_BYTES, NEWEST, SignedCheckpoint};
use trail::lateness::{Late, Lateness};
use trail::log;
use trail::verify::Verified;

use super::{listing, open, open_disclosures, progress_bar, texts};
use crate::arguments::audit::VerifyArguments;
use crate::output::{Failure, NOT_ANSWERED, print_json, print_line, tell, visible};
use crate::progress_file::ProgressFile;
use crate::store::Store;

/// Until when the table may be read.
const LONGEST: Duration = Duration::from_hours(24);

/// Checks, and prints what was checked. 0: it is whole; 1: it is not; 2: it could not be checked.
pub(super) async fn verify(arguments: &VerifyArguments) -> ExitCode {
    match checked(arguments).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            tell(failure);
            ExitCode::from(NOT_ANSWERED)
        }
    }
}

/// Whether it is whole.
async fn checked(arguments: &VerifyArguments) -> Result<bool, Failure> {
    let evidence = evidence(arguments)?;
    // Whatever cannot be opened is said before a check that may take long.
    let disclosures = open_disclosures(arguments.disclosures.as_ref(), &arguments.archive).await?;
    let archive = open(&arguments.archive).await?;
    let listing = listing(&archive, &arguments.archive).await?;
    let verified = if arguments.against_table {
        let store = Store::open(&arguments.data).await?;
        let file = ProgressFile::new(arguments.resume.clone(), subject(&store.table, &archive).await);
        let (at, keep) = (file.read()?, |at: &Comparison| file.keep(at));
        let recorded = RecordedInTable::from(&store.table, Instant::now() + LONGEST, at, &keep);
        let checked = run(&archive, &listing, &evidence, Some(&recorded)).await;
        if checked.is_ok() {
            file.end();
        }
        store.close().await?;
        checked
    } else {
        run(&archive, &listing, &evidence, None).await
    };
    note(&listing);
    match verified {
        Ok(verified) => {
            if !arguments.output.json {
                say(&verified, &evidence, arguments)?;
            }
            let is_whole = verified.faults.count() == 0;
            let texts = match &disclosures {
                Some(disclosures) if is_whole => {
                    Some(texts::check(&archive, &listing, &verified, disclosures).await?)
                }
                _ => None,
            };
            let is_whole = is_whole
                && texts.as_ref().is_none_or(|texts| {
                    texts.faults.count() == 0 && (texts.withheld == 0 || !arguments.texts)
                });
            if arguments.output.json {
                let against_table = arguments.against_table;
                print_json(&report::of(&verified, &evidence, against_table, texts.as_ref(), is_whole)?)?;
            } else if let Some(texts) = &texts {
                texts::say(texts)?;
            }
            Ok(is_whole)
        }
        Err(fault) if fault.is_of_export() => {
            if arguments.output.json {
                print_json(&report::of_fault(&fault.to_string()))?;
            }
            tell(format!("{fault}."));
            Ok(false)
        }
        Err(fault) => Err(Failure::because("The export could not be checked", fault)),
    }
}

/// What the caller has in hand besides the files.
fn evidence(arguments: &VerifyArguments) -> Result<Evidence, Failure> {
    let keys = arguments.verifier_keys.clone();
    let freshness = arguments.max_age.map(|most| Freshness { now: Clock::system().now(), most });
    let evidence = Evidence { keys, since: None, freshness, takes_part: arguments.part };
    let Some(path) = &arguments.since else { return Ok(evidence) };
    let cannot = |why: &dyn std::fmt::Display| {
        Failure::because(format!("The checkpoint in {} cannot be used", path.display()), why)
    };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| cannot(&error))?;
    file.take(MOST_BYTES).read_to_end(&mut bytes).map_err(|error| cannot(&error))?;
    let since = SignedCheckpoint::parse(&bytes).map_err(|why| cannot(&why))?;
    Ok(Evidence { since: Some(since), ..evidence })
}

/// What is compared: the progress of anything else is none.
async fn subject(table: &Table, archive: &Archive) -> String {
    // A log that does not say which one it is, is told by the check.
    let log = log::read(archive).await.ok().flatten();
    let log = log.map(|log| log.identity.origin.to_string()).unwrap_or_default();
    format!("a comparison of the table {} with the log {log}", table.name())
}

async fn run(
    archive: &Archive,
    listing: &Listing,
    evidence: &Evidence,
    recorded: Option<&RecordedInTable<'_>>,
) -> Result<Verified, CheckFault> {
    let bar = progress_bar(u64::try_from(listing.hours.len()).unwrap_or(u64::MAX));
    let progress = |verified: &Verified| {
        bar.set_position(verified.hours);
        bar.set_message(format!("{} events", verified.events));
    };
    let checked = match recorded {
        None => check(archive, listing, evidence, progress).await,
        Some(recorded) => check_against(recorded, archive, listing, evidence, progress).await,
    };
    bar.finish_and_clear();
    checked
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

/// What is printed: what was looked at, then everything that is wrong, or what holds and what nobody can say.
fn say(verified: &Verified, evidence: &Evidence, arguments: &VerifyArguments) -> Result<(), Failure> {
    let Verified { faults, first, last, hours, events, users, organisations, bytes, .. } = verified;
    for fault in faults.first_ones() {
        print_line(visible(&format!("{fault}.")))?;
    }
    let (Some(first), Some((last, checkpoint))) = (first, last) else {
        return if faults.count() > 0 { say_not_whole(verified) } else { Err(unfinished()) };
    };
    if faults.count() > 0 {
        return say_not_whole(verified);
    }
    let (from, through) = (calendar::text(*first), calendar::text(last.next()));
    print_line(format!("Verified {hours} hours of {}, from {from} through {through}.", checkpoint.origin))?;
    let files = HumanBytes(*bytes);
    print_line(format!(
        "{events} events of {users} users, {organisations} organisations and the log itself, in {files} of files."
    ))?;
    print_line("Every file is the one that its manifest names. Every event is the one that was hashed.")?;
    print_line("Every history's versions are 1, 2, 3 and so on, and what each tells could have happened.")?;
    print_line("Every hour's checkpoint is of exactly what is there up to it, and so are the tiles.")?;
    say_who_signed(verified)?;
    say_what_else(verified, evidence, arguments.against_table)?;
    if arguments.disclosures.is_none() {
        print_line(
            "Whether texts are those that were recorded was not checked: no --disclosures was given.",
        )?;
    }
    print_line(format!("{} entries, root {}.", checkpoint.size, checkpoint.root))?;
    let age = Clock::system().now().since(last.end());
    eprintln!("The newest hour ended {} ago.", HumanDuration(age));
    eprintln!("Keep {NEWEST}: `--since` with it shows later that nothing before it was changed.");
    Ok(())
}

/// There is nothing that could be whole or not.
fn unfinished() -> Failure {
    Failure("No hour of the export is finished yet.".to_owned())
}

fn say_not_whole(verified: &Verified) -> Result<(), Failure> {
    let Verified { faults, hours, events, .. } = verified;
    let told = u64::try_from(faults.first_ones().len()).unwrap_or(u64::MAX);
    let more = match faults.count() - told {
        0 => String::new(),
        more => format!(" {more} of them are not listed."),
    };
    let found = match faults.count() {
        1 => "1 fault".to_owned(),
        count => format!("{count} faults"),
    };
    print_line(format!("Not whole: {found} in {hours} hours with {events} events.{more}"))
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

/// What was compared besides the files, what was not, and what is unusual.
fn say_what_else(verified: &Verified, evidence: &Evidence, against_table: bool) -> Result<(), Failure> {
    if let Some(begun_before) = verified.begun_before {
        print_line(format!(
            "It is a part of the log: {begun_before} of its histories had begun before it, and what they told then is not here."
        ))?;
    }
    match &evidence.since {
        Some(since) => {
            let entries = since.checkpoint().size;
            print_line(format!(
                "The checkpoint that was kept is in it: its {entries} entries are the first ones here."
            ))?;
        }
        None => print_line(
            "That nothing was changed since an earlier check was not checked: no --since was given.",
        )?,
    }
    if against_table {
        print_line("The table has the same events, and none that should be here.")?;
    } else {
        print_line(
            "That nothing was left out was not checked: without --against-table nobody knows what there was.",
        )?;
    }
    for history in &verified.set_aside {
        print_line(format!(
            "The last hour did not go on with {history} after version {}: the table holds other events than the files.",
            history.version
        ))?;
    }
    let Lateness { greatest_hours, long, named } = &verified.lateness;
    if *long > 0 {
        print_line(format!(
            "{long} events came more than a day after they were recorded, the latest {greatest_hours} hours:"
        ))?;
        for Late { place, history, version, recorded_at } in named {
            let recorded = recorded_at.to_rfc3339_seconds();
            print_line(visible(&format!(
                "  {place}: version {version} of {history}, recorded at {recorded}"
            )))?;
        }
    }
    Ok(())
}

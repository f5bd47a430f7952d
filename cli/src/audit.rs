//! `audit`: the export of the audit trail, its check, and its events.

mod check;
mod export;
mod extract;
mod extract_org;
mod find;
mod prove;
mod replay;
mod show;
mod signing;
mod texts;
mod verify;

use std::process::ExitCode;

use domain::values::Hour;
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::Url;
use trail::archive::{Archive, Listing};
use trail::fault::Faults;

pub(crate) use self::signing::local_kms;
use crate::arguments::audit::{ArchiveArguments, AuditCommand, ExtractArguments};
use crate::aws::open_archive;
use crate::output::{Failure, tell};

/// After every hour that there is.
const AFTER_ALL: Hour = Hour::new(u64::MAX);

/// One of the commands.
pub(crate) async fn audit(command: AuditCommand) -> Result<ExitCode, Failure> {
    let done = match command {
        AuditCommand::Export(arguments) => export::export(&arguments).await,
        AuditCommand::Key(arguments) => signing::key(*arguments).await,
        AuditCommand::Sweep { data } => export::sweep(&data).await,
        // Whether an export is whole is a question: no is another answer than none.
        AuditCommand::Verify(arguments) => return Ok(verify::verify(&arguments).await),
        AuditCommand::Replay(arguments) => return Ok(replay::replay(arguments).await),
        AuditCommand::Prove(arguments) => return Ok(prove::prove(arguments).await),
        AuditCommand::Check(arguments) => return check::check(&arguments),
        AuditCommand::Find(arguments) => return Ok(find::find(&arguments).await),
        AuditCommand::Extract(ExtractArguments {
            org: Some(org),
            archive,
            to,
            disclosures,
            from,
            end,
            output,
        }) => {
            let (texts, hours) = (disclosures.as_ref(), from.unwrap_or_default()..end.unwrap_or(AFTER_ALL));
            extract_org::extract(org, &archive, &to, texts, hours, output).await
        }
        AuditCommand::Extract(arguments) => extract::extract(&arguments).await,
        AuditCommand::Show(arguments) => show::show(arguments).await,
    };
    done.map(|()| ExitCode::SUCCESS)
}

async fn open(arguments: &ArchiveArguments) -> Result<Archive, Failure> {
    open_archive(&arguments.url, "The export cannot be opened").await
}

/// Where the texts of exported events are kept, if that was said: not with the events, which are for ever.
async fn open_disclosures(url: Option<&Url>, export: &ArchiveArguments) -> Result<Option<Archive>, Failure> {
    let Some(url) = url else { return Ok(None) };
    if *url == export.url {
        return Err(Failure(
            "The texts are kept in another place than the export: say it with --disclosures.".to_owned(),
        ));
    }
    open_archive(url, "The texts' place cannot be opened").await.map(Some)
}

/// Which files an export has.
async fn listing(archive: &Archive, arguments: &ArchiveArguments) -> Result<Listing, Failure> {
    let listing = archive.list().await.map_err(|fault| cannot_read(&fault))?;
    if listing.hours.is_empty() && listing.strangers.iter().any(|path| path.starts_with("date=")) {
        return Err(Failure(format!(
            "The export at {} is of format 1, which was written during development: it begins anew.",
            arguments.url
        )));
    }
    if listing.hours.is_empty() {
        return Err(Failure(format!("There is no export at {}.", arguments.url)));
    }
    Ok(listing)
}

/// Names what is not as it was written, which is a failure: it could be what is asked for.
fn tell_unreadable(unreadable: &Faults) -> Result<(), Failure> {
    for fault in unreadable.first_ones() {
        tell(format!("{fault}."));
    }
    match unreadable.count() {
        0 => Ok(()),
        count => Err(not_as_written(count)),
    }
}

/// So much is not as it was written.
fn not_as_written(count: u64) -> Failure {
    Failure(format!(
        "{count} lines or files are not as they were written, and could be about anybody: see `audit verify`."
    ))
}

fn cannot_read(fault: &dyn std::fmt::Display) -> Failure {
    Failure::because("The export cannot be read", fault)
}

/// On a terminal, a bar on standard error; elsewhere, nothing.
fn progress_bar(hours: u64) -> ProgressBar {
    let bar = ProgressBar::new(hours);
    match ProgressStyle::with_template("{bar:40} {pos} of {len} hours, {msg}, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

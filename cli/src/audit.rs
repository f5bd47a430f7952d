//! `audit`: the export of the audit trail, its check, and its events.

mod export;
mod extract;
mod replay;
mod show;
mod signing;
mod texts;
mod verify;

use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use reqwest::Url;
use trail::archive::{Archive, Listing};

pub(crate) use self::signing::local_kms;
use crate::arguments::audit::{ArchiveArguments, AuditCommand};
use crate::output::Failure;

/// One of the commands.
pub(crate) async fn audit(command: AuditCommand) -> Result<ExitCode, Failure> {
    let done = match command {
        AuditCommand::Export(arguments) => export::export(&arguments).await,
        AuditCommand::Key(arguments) => signing::key(*arguments).await,
        AuditCommand::Sweep { data } => export::sweep(&data).await,
        // Whether an export is whole is a question: no is another answer than none.
        AuditCommand::Verify(arguments) => return Ok(verify::verify(&arguments).await),
        AuditCommand::Replay(arguments) => return Ok(replay::replay(arguments).await),
        AuditCommand::Extract(arguments) => extract::extract(&arguments).await,
        AuditCommand::Show(arguments) => show::show(arguments).await,
    };
    done.map(|()| ExitCode::SUCCESS)
}

fn open(arguments: &ArchiveArguments) -> Result<Archive, Failure> {
    Archive::open(&arguments.url).map_err(|fault| Failure::because("The export cannot be opened", fault))
}

/// Where the texts of exported events are kept, if that was said: not with the events, which are for ever.
fn open_disclosures(url: Option<&Url>, export: &ArchiveArguments) -> Result<Option<Archive>, Failure> {
    let Some(url) = url else { return Ok(None) };
    if *url == export.url {
        return Err(Failure(
            "The texts are kept in another place than the export: say it with --disclosures.".to_owned(),
        ));
    }
    let opened = Archive::open(url);
    opened.map(Some).map_err(|fault| Failure::because("The texts' place cannot be opened", fault))
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

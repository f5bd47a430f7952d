//! The check of a whole export, by itself or against the table that it was made of.

use std::error::Error;

use domain::checkpoint::AuditCheckpoint;
use domain::values::{Hour, Sha256Hash};
use futures_util::TryStreamExt;

use crate::archive::{Archive, ArchiveFault, Listing};
use crate::compare::{Differences, check_last, check_length};
use crate::event_file::{Lines, parse_line};
use crate::fault::{Fault, Place};
use crate::histories::Histories;
use crate::log::{self, LogFault};
use crate::reading::hours;
use crate::verify::{Verification, Verified};

/// Why an export was not found to be whole.
#[derive(Debug, thiserror::Error)]
pub enum CheckFault {
    /// Something is wrong with it.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// It does not say which log it is.
    #[error(transparent)]
    Log(#[from] LogFault),
    /// No manifest has the hash that was kept of an earlier check.
    #[error("no manifest has the SHA-256 {0}: what was checked then is not what is here now")]
    Anchor(Sha256Hash),
    /// Its files could not be read.
    #[error(transparent)]
    Archive(#[from] ArchiveFault),
    /// What was recorded could not be read.
    #[error(transparent)]
    Recorded(Box<dyn Error + Send + Sync>),
}

/// What was recorded, wherever that is kept: what an export should have.
#[expect(async_fn_in_trait, reason = "It is used within one task.")]
pub trait Recorded {
    /// Why it could not be read.
    type Fault: Error + Send + Sync + 'static;

    /// How far it says that exports have come.
    async fn checkpoint(&self) -> Result<Option<AuditCheckpoint>, Self::Fault>;

    /// In what it differs from the histories in the files, of which this is the last hour.
    async fn differences(&self, exported: &Histories, last: Hour) -> Result<Differences, Self::Fault>;
}

/// Checks an export from end to end, and that one of its manifests has the hash that was kept of an earlier check.
/// `progress` is told of every hour.
pub async fn check(
    archive: &Archive,
    listing: &Listing,
    anchor: Option<Sha256Hash>,
    progress: impl FnMut(&Verified),
) -> Result<Verified, CheckFault> {
    let (verified, _) = check_files(archive, listing, anchor, progress).await?;
    Ok(verified)
}

/// The same, and that it has exactly what was recorded.
pub async fn check_against(
    recorded: &impl Recorded,
    archive: &Archive,
    listing: &Listing,
    anchor: Option<Sha256Hash>,
    progress: impl FnMut(&Verified),
) -> Result<Verified, CheckFault> {
    // Read first: an export that goes on meanwhile only gets further.
    let checkpoint = recorded.checkpoint().await.map_err(unreadable)?;
    let (verified, histories) = check_files(archive, listing, anchor, progress).await?;
    check_length(&verified, checkpoint.as_ref())?;
    if let Some((last, _)) = verified.last {
        let differences = recorded.differences(&histories, last).await.map_err(unreadable)?;
        if !differences.is_empty() {
            locate(archive, listing, &differences).await?;
            differences.missing_at(Place::manifest(last)).map_or(Ok(()), Err)?;
        }
    }
    check_last(&verified, checkpoint.as_ref())?;
    Ok(verified)
}

/// Checks hour after hour.
async fn check_files(
    archive: &Archive,
    listing: &Listing,
    anchor: Option<Sha256Hash>,
    mut progress: impl FnMut(&Verified),
) -> Result<(Verified, Histories), CheckFault> {
    let log = log::read(archive).await?.ok_or(LogFault::NoIdentity)?;
    let mut verification = Verification::new(log);
    let mut anchored = anchor.is_none();
    let mut hours = std::pin::pin!(hours(archive, listing));
    while let Some((hour, files)) = hours.try_next().await? {
        verification.check_hour(hour, &files)?;
        let verified = verification.so_far();
        anchored |= verified.last.map(|(_, sha256)| sha256) == anchor;
        progress(verified);
    }
    match anchor {
        Some(anchor) if !anchored => Err(CheckFault::Anchor(anchor)),
        _ => Ok(verification.end()),
    }
}

/// Finds the first line that is not what was recorded. What was checked kept the end of every history only.
async fn locate(archive: &Archive, listing: &Listing, differences: &Differences) -> Result<(), CheckFault> {
    let mut hours = std::pin::pin!(hours(archive, listing));
    while let Some((hour, files)) = hours.try_next().await? {
        let Some(events) = files.events else { continue };
        for (line, number) in Lines::of(&events).zip(1..) {
            let Some(event) = line.ok().and_then(|line| parse_line(&line).ok()) else { continue };
            differences.of(Place { hour, line: number }, &event).map_or(Ok(()), Err)?;
        }
    }
    Ok(())
}

fn unreadable(fault: impl Error + Send + Sync + 'static) -> CheckFault {
    CheckFault::Recorded(Box::new(fault))
}

//! The check of a whole export, by itself or against the table that it was made of.

use std::error::Error;

use domain::checkpoint::AuditCheckpoint;
use domain::values::{Hour, Sha256Hash};
use futures_util::TryStreamExt;

use crate::archive::{Archive, ArchiveFault, Listing};
use crate::compare::{RecordedHour, check_end};
use crate::fault::Fault;
use crate::reading::hours;
use crate::verify::{Verification, Verified};

/// Why an export was not found to be whole.
#[derive(Debug, thiserror::Error)]
pub enum CheckFault {
    /// Something is wrong with it.
    #[error(transparent)]
    Fault(#[from] Fault),
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

    /// The events of an hour.
    async fn hour(&self, hour: Hour) -> Result<RecordedHour, Self::Fault>;
}

/// Checks an export from end to end, and that one of its manifests has the hash that was kept of an earlier check.
/// `progress` is told of every hour.
pub async fn check(
    archive: &Archive,
    listing: &Listing,
    anchor: Option<Sha256Hash>,
    progress: impl FnMut(&Verified),
) -> Result<Verified, CheckFault> {
    check_hours(archive, listing, anchor, async |_| Ok(None), progress).await
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
    let of_hour = async |hour| recorded.hour(hour).await.map(Some).map_err(unreadable);
    let verified = check_hours(archive, listing, anchor, of_hour, progress).await?;
    check_end(&verified, checkpoint.as_ref())?;
    Ok(verified)
}

/// Checks hour after hour, each against what was recorded in it, if that is known.
async fn check_hours(
    archive: &Archive,
    listing: &Listing,
    anchor: Option<Sha256Hash>,
    recorded: impl AsyncFn(Hour) -> Result<Option<RecordedHour>, CheckFault>,
    mut progress: impl FnMut(&Verified),
) -> Result<Verified, CheckFault> {
    let mut verification = Verification::default();
    let mut anchored = anchor.is_none();
    let mut hours = std::pin::pin!(hours(archive, listing));
    while let Some((hour, files)) = hours.try_next().await? {
        match recorded(hour).await? {
            Some(mut recorded) => {
                verification.check_hour(hour, &files, |event| recorded.compare(event))?;
                recorded.end()?;
            }
            None => verification.check_hour(hour, &files, |_| Ok(()))?,
        }
        let verified = verification.so_far();
        anchored |= verified.last.map(|(_, sha256)| sha256) == anchor;
        progress(verified);
    }
    let verified = verification.end()?;
    match anchor {
        Some(anchor) if !anchored => Err(CheckFault::Anchor(anchor)),
        _ => Ok(verified),
    }
}

fn unreadable(fault: impl Error + Send + Sync + 'static) -> CheckFault {
    CheckFault::Recorded(Box::new(fault))
}

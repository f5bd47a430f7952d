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
    mut progress: impl FnMut(&Verified),
) -> Result<Verified, CheckFault> {
    let mut verification = Verification::default();
    let mut anchored = Anchored::new(anchor);
    let mut hours = std::pin::pin!(hours(archive, listing));
    while let Some((hour, files)) = hours.try_next().await? {
        verification.check_hour(hour, &files, |_| Ok(()))?;
        anchored.see(verification.so_far());
        progress(verification.so_far());
    }
    let verified = verification.end()?;
    anchored.end()?;
    Ok(verified)
}

/// The same, and that it has exactly what was recorded.
pub async fn check_against(
    recorded: &impl Recorded,
    archive: &Archive,
    listing: &Listing,
    anchor: Option<Sha256Hash>,
    mut progress: impl FnMut(&Verified),
) -> Result<Verified, CheckFault> {
    // Read first: an export that goes on meanwhile only gets further.
    let checkpoint = recorded.checkpoint().await.map_err(unreadable)?;
    let mut verification = Verification::default();
    let mut anchored = Anchored::new(anchor);
    let mut hours = std::pin::pin!(hours(archive, listing));
    while let Some((hour, files)) = hours.try_next().await? {
        let mut recorded = recorded.hour(hour).await.map_err(unreadable)?;
        verification.check_hour(hour, &files, |event| recorded.compare(event))?;
        recorded.end()?;
        anchored.see(verification.so_far());
        progress(verification.so_far());
    }
    let verified = verification.end()?;
    anchored.end()?;
    check_end(&verified, checkpoint.as_ref())?;
    Ok(verified)
}

fn unreadable(fault: impl Error + Send + Sync + 'static) -> CheckFault {
    CheckFault::Recorded(Box::new(fault))
}

/// Whether the manifest of an earlier check has been seen.
struct Anchored {
    anchor: Option<Sha256Hash>,
    seen: bool,
}

impl Anchored {
    const fn new(anchor: Option<Sha256Hash>) -> Self {
        Self { anchor, seen: anchor.is_none() }
    }

    fn see(&mut self, verified: &Verified) {
        self.seen |= verified.last.map(|(_, sha256)| sha256) == self.anchor;
    }

    fn end(self) -> Result<(), CheckFault> {
        match self.anchor {
            Some(anchor) if !self.seen => Err(CheckFault::Anchor(anchor)),
            _ => Ok(()),
        }
    }
}

//! The check of a whole export, with or without its table.

use std::time::Instant;

use futures_util::TryStreamExt;
use key_inventory::table::{StoreFault, Table};
use key_inventory::values::Sha256Hash;

use crate::archive::{Archive, ArchiveFault, Listing};
use crate::compare::{TableHour, check_end};
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
    /// The table could not be read.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

/// What an export is held against, beside itself.
#[derive(Debug, Default)]
pub struct Against<'a> {
    /// The hash of a manifest that an earlier check ended with.
    pub anchor: Option<Sha256Hash>,
    /// The table that it was exported from, and until when it may be read.
    pub table: Option<(&'a Table, Instant)>,
}

/// Checks an export from end to end. `progress` is told of every hour.
pub async fn check(
    archive: &Archive,
    listing: &Listing,
    against: &Against<'_>,
    mut progress: impl FnMut(&Verified),
) -> Result<Verified, CheckFault> {
    // Read first: an export that goes on meanwhile only gets further.
    let checkpoint = match against.table {
        Some((table, _)) => table.audit_checkpoint().await?,
        None => None,
    };
    let mut verification = Verification::default();
    let mut anchored = against.anchor.is_none();
    let mut hours = std::pin::pin!(hours(archive, listing));
    while let Some((hour, files)) = hours.try_next().await? {
        match against.table {
            Some((table, deadline)) => {
                let mut table_hour = TableHour::read(table, hour, deadline).await?;
                verification.check_hour(hour, &files, |event| table_hour.compare(event))?;
                table_hour.end()?;
            }
            None => verification.check_hour(hour, &files, |_| Ok(()))?,
        }
        let verified = verification.so_far();
        anchored |= verified.last.map(|(_, sha256)| sha256) == against.anchor;
        progress(verified);
    }
    let verified = verification.end()?;
    if let (false, Some(anchor)) = (anchored, against.anchor) {
        return Err(CheckFault::Anchor(anchor));
    }
    check_end(&verified, checkpoint.as_ref())?;
    Ok(verified)
}

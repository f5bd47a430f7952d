//! The check of a whole export, by itself or against the table that it was made of.

use std::error::Error;

use domain::checkpoint::AuditCheckpoint;
use domain::values::{Hour, VerifierKey};
use futures_util::TryStreamExt;
use futures_util::stream::{self, StreamExt};

use crate::archive::{Archive, ArchiveFault, Listing};
use crate::checkpoint::{Checkpoint, MOST_BYTES, NEWEST, SignedCheckpoint, checkpoint_path};
use crate::compare::{Differences, check_last, check_length};
use crate::event_file::{Lines, parse_line};
use crate::fault::{Fault, Place, Tampering};
use crate::histories::Histories;
use crate::log::{self, LogFault};
use crate::reading::hours;
use crate::tile;
use crate::tree::TileFile;
use crate::verify::{Verification, Verified};

/// Tiles that are compared at once, and that are kept in memory until there are so many.
const TILES_AT_ONCE: usize = 16;

/// What whoever checks has in hand besides the files.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// The keys that the log is signed by. Without any, nothing is said of who wrote it.
    pub keys: Vec<VerifierKey>,
    /// A checkpoint that was kept of an earlier check.
    pub since: Option<SignedCheckpoint>,
}

/// Why an export was not found to be whole.
#[derive(Debug, thiserror::Error)]
pub enum CheckFault {
    /// Something is wrong with it.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// It does not say which log it is.
    #[error(transparent)]
    Log(#[from] LogFault),
    /// It does not go on with the checkpoint that was kept of an earlier check.
    #[error("the checkpoint that was kept, of {size} entries, {shows}")]
    Since {
        /// How many entries the log had then.
        size: u64,
        /// What is wrong.
        shows: &'static str,
    },
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

/// Checks an export from end to end. `progress` is told of every hour.
pub async fn check(
    archive: &Archive,
    listing: &Listing,
    evidence: &Evidence,
    progress: impl FnMut(&Verified),
) -> Result<Verified, CheckFault> {
    let (verified, _) = check_files(archive, listing, evidence, progress).await?;
    Ok(verified)
}

/// The same, and that it has exactly what was recorded.
pub async fn check_against(
    recorded: &impl Recorded,
    archive: &Archive,
    listing: &Listing,
    evidence: &Evidence,
    progress: impl FnMut(&Verified),
) -> Result<Verified, CheckFault> {
    // Read first: an export that goes on meanwhile only gets further.
    let checkpoint = recorded.checkpoint().await.map_err(unreadable)?;
    let (verified, histories) = check_files(archive, listing, evidence, progress).await?;
    check_length(&verified, checkpoint.as_ref())?;
    if let Some((last, _)) = verified.last {
        let differences = recorded.differences(&histories, last).await.map_err(unreadable)?;
        if !differences.is_empty() {
            locate(archive, listing, &differences).await?;
            differences.missing_at(Place::Manifest(last)).map_or(Ok(()), Err)?;
        }
    }
    check_last(&verified, checkpoint.as_ref())?;
    Ok(verified)
}

/// Checks hour after hour.
async fn check_files(
    archive: &Archive,
    listing: &Listing,
    evidence: &Evidence,
    mut progress: impl FnMut(&Verified),
) -> Result<(Verified, Histories), CheckFault> {
    let log = log::read(archive).await?.ok_or(LogFault::NoIdentity)?;
    let mut earlier = Earlier::new(evidence, &log.identity.origin)?;
    let mut newest = Newest::read(archive).await?;
    let first_hour = log.identity.first_hour;
    let mut verification = Verification::new(log, evidence.keys.clone());
    let (mut hours, mut tiles) = (std::pin::pin!(hours(archive, listing)), Vec::new());
    while let Some((hour, files)) = hours.try_next().await? {
        verification.check_hour(hour, &files)?;
        tiles.extend(verification.take_tiles());
        if tiles.len() >= TILES_AT_ONCE {
            check_tiles(archive, std::mem::take(&mut tiles)).await?;
        }
        let verified = verification.so_far();
        if let Some((_, checkpoint)) = &verified.last {
            earlier.compare(checkpoint)?;
            newest.compare(checkpoint, files.checkpoint.as_deref())?;
        }
        progress(verified);
    }
    check_tiles(archive, tiles).await?;
    earlier.end()?;
    let (verified, histories) = verification.end();
    let next = verified.last.as_ref().map_or(first_hour, |(last, _)| last.next());
    newest.end(archive, next).await?;
    Ok((verified, histories))
}

/// That tiles are there, and are those of the tree.
async fn check_tiles(archive: &Archive, tiles: Vec<TileFile>) -> Result<(), CheckFault> {
    let reading = stream::iter(tiles).map(|(tile, bytes)| async move {
        let there = archive.read(&tile.path(), tile::MOST_BYTES).await?;
        let fault = |tampering, shows| Fault::new(Place::Tile(tile), tampering, shows);
        match there {
            Some(there) if there == bytes => Ok(()),
            Some(_) => {
                Err(CheckFault::from(fault(Tampering::Changed, "its hashes are not those of the entries")))
            }
            None => Err(fault(Tampering::Removed, "the tile is missing").into()),
        }
    });
    reading.buffered(TILES_AT_ONCE).try_collect().await
}

/// The checkpoint of an earlier check, until the log has come as far.
struct Earlier<'a>(Option<&'a SignedCheckpoint>);

impl<'a> Earlier<'a> {
    fn new(evidence: &'a Evidence, origin: &domain::values::Origin) -> Result<Self, CheckFault> {
        let Some(since) = &evidence.since else { return Ok(Self(None)) };
        let fault = |shows| Err(CheckFault::Since { size: since.checkpoint().size, shows });
        if since.checkpoint().origin != *origin {
            return fault("is of another log");
        }
        let is_signed = evidence.keys.iter().any(|key| since.note().is_signed_by(key));
        if !evidence.keys.is_empty() && !is_signed {
            return fault("is signed by none of the given keys");
        }
        Ok(Self(Some(since)))
    }

    fn compare(&mut self, here: &Checkpoint) -> Result<(), CheckFault> {
        match self.0.map(SignedCheckpoint::checkpoint) {
            Some(earlier) if earlier == here => self.0 = None,
            Some(earlier) if earlier.size <= here.size => {
                let shows = "is of other entries than those that are here now";
                return Err(CheckFault::Since { size: earlier.size, shows });
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&self) -> Result<(), CheckFault> {
        let Some(earlier) = self.0 else { return Ok(()) };
        Err(CheckFault::Since {
            size: earlier.checkpoint().size,
            shows: "goes further than what is here now",
        })
    }
}

/// What is said to be the newest checkpoint. One that is missing or of an earlier hour is none the worse: a run may have ended before it
/// was written.
struct Newest(Option<SignedCheckpoint>);

impl Newest {
    async fn read(archive: &Archive) -> Result<Self, CheckFault> {
        let Some(bytes) = archive.read(NEWEST, MOST_BYTES).await? else { return Ok(Self(None)) };
        let changed = |why: crate::checkpoint::NotACheckpoint| {
            Fault::new(Place::Newest, Tampering::Changed, why.to_string())
        };
        Ok(Self(Some(SignedCheckpoint::parse(&bytes).map_err(changed)?)))
    }

    fn compare(&mut self, here: &Checkpoint, bytes: Option<&[u8]>) -> Result<(), Fault> {
        match &self.0 {
            Some(newest) if newest.checkpoint() == here && bytes == Some(&newest.bytes()) => {
                self.0 = None;
                Ok(())
            }
            Some(newest) if newest.checkpoint().size <= here.size => {
                Err(Fault::new(Place::Newest, Tampering::Forked, "it is not the checkpoint of any hour"))
            }
            _ => Ok(()),
        }
    }

    /// It may be of an hour that was exported since the files were listed.
    async fn end(&self, archive: &Archive, next: Hour) -> Result<(), CheckFault> {
        if self.0.is_none() || archive.read(&checkpoint_path(next), MOST_BYTES).await?.is_some() {
            return Ok(());
        }
        let shows = "it is of a later hour than those that are there";
        Err(Fault::new(Place::Newest, Tampering::Truncated, shows).into())
    }
}

/// Finds the first line that is not what was recorded. What was checked kept the end of every history only.
async fn locate(archive: &Archive, listing: &Listing, differences: &Differences) -> Result<(), CheckFault> {
    let mut hours = std::pin::pin!(hours(archive, listing));
    while let Some((hour, files)) = hours.try_next().await? {
        let Some(events) = files.events else { continue };
        for (line, number) in Lines::of(&events).zip(1..) {
            let Some(event) = line.ok().and_then(|line| parse_line(&line).ok()) else { continue };
            differences.of(Place::line(hour, number), &event).map_or(Ok(()), Err)?;
        }
    }
    Ok(())
}

fn unreadable(fault: impl Error + Send + Sync + 'static) -> CheckFault {
    CheckFault::Recorded(Box::new(fault))
}

//! The check of a whole export, by itself or against the table that it was made of.

mod checkpoints;

use std::error::Error;
use std::time::Duration;

use domain::checkpoint::AuditCheckpoint;
use domain::values::{EpochMillis, Hour, VerifierKey};
use futures_util::TryStreamExt;
use futures_util::stream::{self, StreamExt};
use tokio::task::JoinError;

use self::checkpoints::{Earlier, Newest, check_freshness};
use crate::archive::{Archive, ArchiveFault, Listing};
use crate::calendar;
use crate::checkpoint::{Checkpoint, MOST_BYTES, SignedCheckpoint, checkpoint_path};
use crate::compare::{Differences, check_last, check_length};
use crate::event_file::{Lines, parse_line};
use crate::examination::{Events, Examination};
use crate::fault::{Fault, Place, Tampering};
use crate::histories::Histories;
use crate::log::{self, Log, LogFault};
use crate::part::{self, Part};
use crate::reading::{FileRead, hours, hours_as, read};
use crate::tile;
use crate::tree::{TileFile, Tree};
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
    /// How old the log may be.
    pub freshness: Option<Freshness>,
    /// Whether a part of a log will do.
    pub takes_part: bool,
}

/// How old a log may be.
#[derive(Debug, Clone, Copy)]
pub struct Freshness {
    /// What time it is.
    pub now: EpochMillis,
    /// How long ago the newest hour may have ended.
    pub most: Duration,
}

/// Why an export could not be checked at all.
#[derive(Debug, thiserror::Error)]
pub enum CheckFault {
    /// It does not say which log it is.
    #[error(transparent)]
    Log(#[from] LogFault),
    /// Its files could not be read.
    #[error(transparent)]
    Archive(#[from] ArchiveFault),
    /// What was recorded could not be read.
    #[error(transparent)]
    Recorded(Box<dyn Error + Send + Sync>),
    /// A thread that worked on it did not come to its end.
    #[error("the events could not be examined: {0}")]
    Unexamined(#[from] JoinError),
}

impl CheckFault {
    /// Whether the export itself is at fault, and not the way to it.
    #[must_use]
    pub const fn is_of_export(&self) -> bool {
        match self {
            Self::Log(LogFault::Archive(_)) | Self::Archive(_) | Self::Recorded(_) | Self::Unexamined(_) => {
                false
            }
            Self::Log(LogFault::Malformed(_) | LogFault::NoIdentity | LogFault::Tables) => true,
        }
    }
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
    let (verified, _) = check_histories(archive, listing, evidence, progress).await?;
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
    let (mut verified, histories) = check_histories(archive, listing, evidence, progress).await?;
    let length = check_length(&verified, checkpoint.as_ref());
    verified.faults.extend(length);
    if let Some((last, _)) = verified.last {
        let differences = recorded.differences(&histories, last).await.map_err(unreadable)?;
        if !differences.is_empty() {
            locate(archive, listing, &differences, &mut verified).await?;
            verified.faults.extend(differences.missing_at(Place::Manifest(last)));
        }
    }
    let last = check_last(&verified, checkpoint.as_ref());
    verified.faults.extend(last);
    Ok(verified)
}

/// The same as [`check`], and how far every history goes.
pub async fn check_histories(
    archive: &Archive,
    listing: &Listing,
    evidence: &Evidence,
    mut progress: impl FnMut(&Verified),
) -> Result<(Verified, Histories), CheckFault> {
    let log = log::read(archive).await?.ok_or(LogFault::NoIdentity)?;
    let origin = log.identity.origin.clone();
    let (mut verification, first) = begin(archive, log, evidence).await?;
    let mut earlier = Earlier::new(evidence, &origin, &mut verification);
    let mut newest = Newest::read(archive, &mut verification).await?;
    let (mut hours, mut tiles) = (std::pin::pin!(hours_as(archive, listing, Examination::begin)), Vec::new());
    while let Some((hour, examination)) = hours.try_next().await? {
        // Of the hour before a part, there is the checkpoint.
        if Some(hour.next()) == first
            && examination.manifest == FileRead::Absent
            && matches!(examination.events, Events::Absent)
        {
            continue;
        }
        let checkpoint = examination.checkpoint.bytes().cloned();
        verification.check_hour(hour, examination).await?;
        tiles.extend(verification.take_tiles());
        if tiles.len() >= TILES_AT_ONCE {
            check_tiles(archive, std::mem::take(&mut tiles), &mut verification).await?;
        }
        if let Some((_, here)) = verification.so_far().last.clone() {
            earlier.compare(&here, &mut verification);
            newest.compare(&here, checkpoint.as_deref(), &mut verification);
        }
        if let Some(at) = verification.take_lost() {
            resume(archive, &at, &mut verification).await?;
        }
        progress(verification.so_far());
    }
    check_tiles(archive, tiles, &mut verification).await?;
    earlier.end(&mut verification);
    newest.end(archive, &mut verification).await?;
    check_freshness(evidence, &mut verification);
    Ok(verification.end())
}

/// Begins with the log's first hour; or with a part's, if it says that it is one and that will do. Gives that hour then.
async fn begin(
    archive: &Archive,
    log: Log,
    evidence: &Evidence,
) -> Result<(Verification, Option<Hour>), CheckFault> {
    let keys = evidence.keys.clone();
    let Some(Part { from_hour, .. }) = part::read(archive).await? else {
        return Ok((Verification::new(log, keys), None));
    };
    if !evidence.takes_part {
        let mut verification = Verification::new(log, keys);
        let shows =
            format!("it is a part of the log, from {} on, and was not to be one", calendar::text(from_hour));
        verification.fault(Fault::new(Place::Part, Tampering::Removed, shows));
        return Ok((verification, None));
    }
    let before = from_hour.previous();
    let signed = match read(archive, &checkpoint_path(before), MOST_BYTES).await? {
        FileRead::Here(bytes) => SignedCheckpoint::parse(&bytes).ok(),
        FileRead::Absent | FileRead::Unusable(_) => None,
    };
    let Some(signed) = signed else {
        let mut verification = Verification::new(log, keys);
        let shows = "the checkpoint before the part is missing, or none";
        verification.fault(Fault::new(Place::Checkpoint(before), Tampering::Removed, shows));
        return Ok((verification, None));
    };
    let tree = tree_at(archive, signed.checkpoint()).await?;
    let is_there = tree.is_some();
    let mut verification = Verification::of_part(log, keys, (before, &signed), tree);
    if !is_there {
        let shows = "the tiles of the log up to it are not there, or give another root";
        verification.fault(Fault::new(Place::Checkpoint(before), Tampering::Removed, shows));
    }
    Ok((verification, Some(from_hour)))
}

/// That tiles are there, and are those of the tree.
async fn check_tiles(
    archive: &Archive,
    tiles: Vec<TileFile>,
    verification: &mut Verification,
) -> Result<(), CheckFault> {
    let reading = stream::iter(tiles).map(|(tile, bytes)| async move {
        let there = read(archive, &tile.path(), tile::MOST_BYTES).await?;
        let fault = |tampering, shows: &str| Some(Fault::new(Place::Tile(tile), tampering, shows));
        Ok::<_, ArchiveFault>(match there {
            FileRead::Here(there) if there == bytes => None,
            FileRead::Here(_) => fault(Tampering::Changed, "its hashes are not those of the entries"),
            FileRead::Absent => fault(Tampering::Removed, "the tile is missing"),
            FileRead::Unusable(why) => fault(Tampering::Changed, &why),
        })
    });
    let mut found = std::pin::pin!(reading.buffered(TILES_AT_ONCE));
    while let Some(fault) = found.try_next().await? {
        if let Some(fault) = fault {
            verification.fault(fault);
        }
    }
    Ok(())
}

/// Goes on after an hour that is not what was signed, by the tiles of what was: otherwise every later hour would be told to be
/// another one, too.
async fn resume(
    archive: &Archive,
    at: &Checkpoint,
    verification: &mut Verification,
) -> Result<(), CheckFault> {
    if let Some(tree) = tree_at(archive, at).await? {
        verification.resume(tree);
    }
    Ok(())
}

/// The tree of a checkpoint, from the tiles that it ends with.
async fn tree_at(archive: &Archive, at: &Checkpoint) -> Result<Option<Tree>, CheckFault> {
    let mut tiles = Vec::new();
    for tile in Tree::edge_of(at.size) {
        match read(archive, &tile.path(), tile::MOST_BYTES).await? {
            FileRead::Here(bytes) => tiles.push((tile, bytes)),
            FileRead::Absent | FileRead::Unusable(_) => return Ok(None),
        }
    }
    Ok(Tree::of_edge(at.size, &tiles).filter(|tree| tree.root() == at.root))
}

/// Finds the lines that are not what was recorded. What was checked kept the end of every history only.
async fn locate(
    archive: &Archive,
    listing: &Listing,
    differences: &Differences,
    verified: &mut Verified,
) -> Result<(), CheckFault> {
    let mut hours = std::pin::pin!(hours(archive, listing));
    while let Some((hour, files)) = hours.try_next().await? {
        let Some(events) = files.events.bytes() else { continue };
        for (line, number) in Lines::of(events).zip(1..) {
            let Some(event) = line.ok().and_then(|line| parse_line(&line).ok()) else { continue };
            verified.faults.extend(differences.of(Place::line(hour, number), &event));
        }
    }
    Ok(())
}

fn unreadable(fault: impl Error + Send + Sync + 'static) -> CheckFault {
    CheckFault::Recorded(Box::new(fault))
}

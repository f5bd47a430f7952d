//! A part of a log: some of its hours, with the checkpoint before them and the tiles that they need, so that it can be checked by
//! itself. It says that it is one: a whole log that has lost its beginning is at fault.

use domain::values::Hour;
use serde::{Deserialize, Serialize};

use crate::archive::{Archive, ArchiveFault, Listing};
use crate::calendar;
use crate::checkpoint::{self, NEWEST, SignedCheckpoint, checkpoint_path};
use crate::event_file;
use crate::log::{self, IDENTITY, LogFault, table_path};
use crate::manifest::{self, FORMAT, events_path, manifest_path};
use crate::tile::{self, Tile};

/// Where a part says which part it is: canonical JSON (RFC 8785) and a line feed.
pub const PART: &str = "log/part.json";

/// Which part of a log it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Part {
    /// The format of everything in it.
    pub format: u32,
    /// Its first hour, which is not the log's.
    #[serde(with = "calendar::hour_text")]
    pub from_hour: Hour,
}

/// Why a part cannot be taken out of a log.
#[derive(Debug, thiserror::Error)]
pub enum ExtractFault {
    /// The log does not have these hours.
    #[error("the log has the hours from {first} to {end}, and not all of those that are wanted")]
    Hours {
        /// The log's first hour.
        first: String,
        /// The end of its last hour.
        end: String,
    },
    /// A file that belongs to the part is missing.
    #[error("{0} is missing")]
    Missing(String),
    /// A checkpoint of the part is none.
    #[error("{0} is no checkpoint of a log")]
    NotACheckpoint(String),
    /// There is something else already.
    #[error("{0} is there already, and is another file")]
    Occupied(String),
    /// The log does not say which one it is.
    #[error(transparent)]
    Log(#[from] LogFault),
    /// Files cannot be used.
    #[error(transparent)]
    Archive(#[from] ArchiveFault),
}

/// What an archive says of being a part; none if it is a whole log.
pub(crate) async fn read(archive: &Archive) -> Result<Option<Part>, LogFault> {
    log::read_file(archive, PART).await
}

/// Takes hours out of a log, up to the one before `end`, and puts them into an empty archive. `progress` is told of every hour.
pub async fn extract(
    from: &Archive,
    listing: &Listing,
    to: &Archive,
    hours: std::ops::Range<Hour>,
    mut progress: impl FnMut(Hour),
) -> Result<(), ExtractFault> {
    let log = log::read(from).await?.ok_or(LogFault::NoIdentity)?;
    let first = log.identity.first_hour;
    let last = listing.hours.last_key_value().map(|(hour, _)| *hour);
    let end = last.filter(|last| Some(*last) != listing.unfinished()).map_or(first, Hour::next);
    if hours.start < first || hours.end > end || hours.start >= hours.end {
        return Err(ExtractFault::Hours { first: calendar::text(first), end: calendar::text(end) });
    }
    copy(from, to, IDENTITY, log::LONGEST).await?;
    for number in 1..=log.owners.len() {
        copy(from, to, &table_path(number), log::LONGEST).await?;
    }
    let mut size = 0;
    if hours.start > first {
        let part = Part { format: FORMAT, from_hour: hours.start };
        put(to, PART, log::bytes(&part).ok_or_else(|| LogFault::Malformed(PART.to_owned()))?).await?;
        size = copy_checkpoint(from, to, hours.start.previous()).await?;
        copy_tiles(from, to, Tile::partial_ones_of(size)).await?;
    }
    let mut hour = hours.start;
    while hour < hours.end {
        copy(from, to, &events_path(hour), event_file::MOST_BYTES).await?;
        copy(from, to, &manifest_path(hour), manifest::MOST_BYTES).await?;
        let before = size;
        size = copy_checkpoint(from, to, hour).await?;
        copy_tiles(from, to, Tile::new_ones(before, size)).await?;
        progress(hour);
        hour = hour.next();
    }
    let newest = need(from, &checkpoint_path(hours.end.previous()), checkpoint::MOST_BYTES).await?;
    put(to, NEWEST, newest).await
}

/// Copies an hour's checkpoint, and gives how many entries it is of.
async fn copy_checkpoint(from: &Archive, to: &Archive, hour: Hour) -> Result<u64, ExtractFault> {
    let path = checkpoint_path(hour);
    let bytes = need(from, &path, checkpoint::MOST_BYTES).await?;
    let read = SignedCheckpoint::parse(&bytes).map_err(|_| ExtractFault::NotACheckpoint(path.clone()))?;
    put(to, &path, bytes).await?;
    Ok(read.checkpoint().size)
}

async fn copy_tiles(
    from: &Archive,
    to: &Archive,
    tiles: impl Iterator<Item = Tile>,
) -> Result<(), ExtractFault> {
    for tile in tiles {
        copy(from, to, &tile.path(), tile::MOST_BYTES).await?;
    }
    Ok(())
}

async fn copy(from: &Archive, to: &Archive, path: &str, most: u64) -> Result<(), ExtractFault> {
    let bytes = need(from, path, most).await?;
    put(to, path, bytes).await
}

async fn need(from: &Archive, path: &str, most: u64) -> Result<bytes::Bytes, ExtractFault> {
    from.read(path, most).await?.ok_or_else(|| ExtractFault::Missing(path.to_owned()))
}

async fn put(to: &Archive, path: &str, bytes: bytes::Bytes) -> Result<(), ExtractFault> {
    let most = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    match to.create(path, bytes.clone(), most).await {
        Ok(crate::archive::Written::Before(there)) if there != bytes => {
            Err(ExtractFault::Occupied(path.to_owned()))
        }
        Err(ArchiveFault::TooLarge(..)) => Err(ExtractFault::Occupied(path.to_owned())),
        Err(fault) => Err(fault.into()),
        Ok(_) => Ok(()),
    }
}

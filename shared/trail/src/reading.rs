//! An export read from end to end: the hours in order, the next ones fetched while one is looked at. How much of a file is read is
//! bounded by what its manifest says that it has; what is no plain file, or much larger, is told and not read.

use std::collections::BTreeSet;

use bytes::Bytes;
use domain::values::Hour;
use futures_util::stream::{self, Stream, StreamExt};

use crate::archive::{Archive, ArchiveFault, Listing};
use crate::checkpoint::{self, CHECKPOINT, checkpoint_path};
use crate::event_file;
use crate::manifest::{self, EVENTS, MANIFEST, Manifest, events_path, manifest_path};

/// Hours that are fetched ahead. A full one is at most the largest file, an empty one a few hundred bytes.
const AHEAD: usize = 8;

/// What a file may have beyond twice what its manifest says.
const SLACK: u64 = 64 << 10;

/// What came of reading a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum FileRead {
    /// It is not there.
    #[default]
    Absent,
    /// It is there.
    Here(Bytes),
    /// Something is there that is no file of an export, for this reason.
    Unusable(String),
}

impl FileRead {
    /// Its bytes, if it is there.
    #[must_use]
    pub const fn bytes(&self) -> Option<&Bytes> {
        match self {
            Self::Here(bytes) => Some(bytes),
            Self::Absent | Self::Unusable(_) => None,
        }
    }
}

/// The files of one hour.
#[derive(Debug, Default)]
pub struct HourFiles {
    /// `manifest.json`.
    pub manifest: FileRead,
    /// `events.ndjson.gz`.
    pub events: FileRead,
    /// `checkpoint`.
    pub checkpoint: FileRead,
}

/// The hours of an export that are complete, in order, with their files.
pub fn hours<'a>(
    archive: &'a Archive,
    listing: &'a Listing,
) -> impl Stream<Item = Result<(Hour, HourFiles), ArchiveFault>> + 'a {
    hours_as(archive, listing, |files| files)
}

/// The same, with what is made of the files of each as soon as they are there.
pub(crate) fn hours_as<'a, T: 'a>(
    archive: &'a Archive,
    listing: &'a Listing,
    make: impl Fn(HourFiles) -> T + Copy + 'a,
) -> impl Stream<Item = Result<(Hour, T), ArchiveFault>> + 'a {
    let unfinished = listing.unfinished();
    let hours = listing.hours.iter().filter(move |(hour, _)| Some(**hour) != unfinished);
    let fetching = move |(hour, files): (&'a Hour, &'a _)| async move {
        Ok((*hour, make(fetch(archive, *hour, files).await?)))
    };
    stream::iter(hours).map(fetching).buffered(AHEAD)
}

/// Reads a file of at most so many bytes. That there is something else is no fault of reading.
pub(crate) async fn read(archive: &Archive, path: &str, most: u64) -> Result<FileRead, ArchiveFault> {
    match archive.read(path, most).await {
        Ok(Some(bytes)) => Ok(FileRead::Here(bytes)),
        Ok(None) => Ok(FileRead::Absent),
        Err(ArchiveFault::NotAFile(_)) => Ok(FileRead::Unusable("it is not a plain file".to_owned())),
        Err(ArchiveFault::TooLarge(_, most)) => {
            Ok(FileRead::Unusable(format!("it has more than {most} bytes, which no export wrote there")))
        }
        Err(fault) => Err(fault),
    }
}

async fn fetch(
    archive: &Archive,
    hour: Hour,
    files: &BTreeSet<&'static str>,
) -> Result<HourFiles, ArchiveFault> {
    let mut found = HourFiles::default();
    if files.contains(MANIFEST) {
        found.manifest = read(archive, &manifest_path(hour), manifest::MOST_BYTES).await?;
    }
    if files.contains(EVENTS) {
        let manifest = found.manifest.bytes().and_then(|bytes| Manifest::parse(bytes).ok());
        // A file that was tampered with may be larger: which line it is, is worth reading twice as much.
        let most =
            manifest.map_or(event_file::MOST_BYTES, |manifest| manifest.file.bytes.saturating_mul(2) + SLACK);
        found.events = read(archive, &events_path(hour), most.min(event_file::MOST_BYTES)).await?;
    }
    if files.contains(CHECKPOINT) {
        found.checkpoint = read(archive, &checkpoint_path(hour), checkpoint::MOST_BYTES).await?;
    }
    Ok(found)
}

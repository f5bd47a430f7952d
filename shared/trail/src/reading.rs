//! An export read from end to end: the hours in order, the next ones fetched while one is looked at.

use std::collections::BTreeSet;

use domain::values::Hour;
use futures_util::stream::{self, Stream, StreamExt};

use crate::archive::{Archive, ArchiveFault, Listing};
use crate::checkpoint::{self, CHECKPOINT, checkpoint_path};
use crate::event_file;
use crate::manifest::{self, EVENTS, MANIFEST, events_path, manifest_path};
use crate::verify::HourFiles;

/// Hours that are fetched ahead. A full one is at most the largest file, an empty one a few hundred bytes.
const AHEAD: usize = 8;

/// The hours of an export that are complete, in order, with their files.
pub fn hours<'a>(
    archive: &'a Archive,
    listing: &'a Listing,
) -> impl Stream<Item = Result<(Hour, HourFiles), ArchiveFault>> + 'a {
    let unfinished = listing.unfinished();
    let hours = listing.hours.iter().filter(move |(hour, _)| Some(**hour) != unfinished);
    stream::iter(hours).map(|(hour, files)| fetch(archive, *hour, files)).buffered(AHEAD)
}

async fn fetch(
    archive: &Archive,
    hour: Hour,
    files: &BTreeSet<&'static str>,
) -> Result<(Hour, HourFiles), ArchiveFault> {
    let mut found = HourFiles::default();
    if files.contains(MANIFEST) {
        found.manifest = archive.read(&manifest_path(hour), manifest::MOST_BYTES).await?;
    }
    if files.contains(EVENTS) {
        found.events = archive.read(&events_path(hour), event_file::MOST_BYTES).await?;
    }
    if files.contains(CHECKPOINT) {
        found.checkpoint = archive.read(&checkpoint_path(hour), checkpoint::MOST_BYTES).await?;
    }
    Ok((hour, found))
}

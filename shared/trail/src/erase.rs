//! Texts taken out of the files that disclose them. The log itself has none: what is erased there is in the way of nobody's proof.

use std::collections::BTreeSet;

use domain::values::{EpochMillis, Hour, UserId, Version};
use futures_util::stream::{self, StreamExt, TryStreamExt};

use crate::archive::{Archive, ArchiveFault, Found};
use crate::calendar;
use crate::disclosure_file::{disclosures_path, without};
use crate::event_file::MOST_BYTES;

/// Files that are read ahead.
const AHEAD: usize = 8;
/// How often a file is looked at that somebody else changes at the same time.
const TRIES: usize = 10;

/// What was taken out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TakenOut {
    /// Files that were looked at.
    pub files: u64,
    /// Events whose texts are disclosed no more.
    pub events: u64,
}

/// Why texts were not taken out of all files.
#[derive(Debug, thiserror::Error)]
pub enum EraseFault {
    /// A file is none of those that an export writes, and may have the texts.
    #[error("{0} is no file of texts, and may have those that are to be erased")]
    Unreadable(String),
    /// Somebody else goes on changing a file.
    #[error("somebody else changes {0} at the same time")]
    Contention(String),
    /// The files cannot be used.
    #[error(transparent)]
    Archive(#[from] ArchiveFault),
}

/// Takes the texts of a user's events, of which it is known when each was recorded, out of every file that may have them: an event
/// is in the file of the hour in which it was recorded, or of a later one, up to the one before `end`. `progress` is told of every
/// hour.
pub async fn erase(
    archive: &Archive,
    user_id: &UserId,
    events: &[(Version, EpochMillis)],
    end: Hour,
    progress: impl Fn(Hour),
) -> Result<TakenOut, EraseFault> {
    let mut taken_out = TakenOut::default();
    let mut left: BTreeSet<_> = events.iter().map(|(version, _)| *version).collect();
    let Some(first) = events.iter().map(|(_, recorded_at)| Hour::of(*recorded_at)).min() else {
        return Ok(taken_out);
    };
    let hours = std::iter::successors(Some(first), |hour| Some(hour.next())).take_while(|hour| *hour < end);
    let reading = stream::iter(hours).map(|hour| async move {
        let found = archive.find(&disclosures_path(hour), MOST_BYTES).await?;
        Ok::<_, EraseFault>((hour, found))
    });
    let mut reading = std::pin::pin!(reading.buffered(AHEAD));
    while let Some((hour, found)) = reading.try_next().await? {
        progress(hour);
        let Some(found) = found else { continue };
        taken_out.files += 1;
        for version in take_out(archive, hour, found, user_id, &left).await? {
            left.remove(&version);
            taken_out.events += 1;
        }
        if left.is_empty() {
            break;
        }
    }
    Ok(taken_out)
}

/// Takes them out of one file, and gives which were in it.
async fn take_out(
    archive: &Archive,
    hour: Hour,
    mut found: Found,
    user_id: &UserId,
    versions: &BTreeSet<Version>,
) -> Result<BTreeSet<Version>, EraseFault> {
    let path = disclosures_path(hour);
    for _ in 0..TRIES {
        let read = without(&found.bytes, user_id, versions);
        let (bytes, taken) = read.map_err(|_| EraseFault::Unreadable(path.clone()))?;
        if taken.is_empty() || archive.replace(&path, &found, bytes).await? {
            return Ok(taken);
        }
        match archive.find(&path, MOST_BYTES).await? {
            Some(again) => found = again,
            None => return Ok(BTreeSet::new()),
        }
    }
    Err(EraseFault::Contention(calendar::text(hour)))
}

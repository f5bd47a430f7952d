//! Single events looked for in a log: by a receipt, which is an event's hash, or by their place in a history.

use std::collections::{HashMap, HashSet};

use domain::history::{Disclosures, EventHash, HistoryId};
use domain::values::Version;
use futures_util::TryStreamExt;

use crate::archive::{Archive, Listing};
use crate::fault::Faults;
use crate::log::LogFault;
use crate::numbered::{Numbered, hours, texts_of};

/// Which event is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The one that has this hash, in whatever history.
    Hash(EventHash),
    /// The one of this history that has this version.
    Version(HistoryId, Version),
}

impl Wanted {
    fn is(&self, numbered: &Numbered) -> bool {
        let record = numbered.event.record();
        match self {
            Self::Hash(hash) => *hash == numbered.event.hash(),
            Self::Version(history, version) => {
                *version == record.version && *history == record.happening.history()
            }
        }
    }
}

/// An event that was looked for, with what discloses its texts as far as that was asked for and is kept.
pub type FoundEvent = (Numbered, Disclosures);

/// Looks for an event, from the log's first hour on, and reads no hour after the one that has it. What is not as it was written on the way
/// could have been it.
pub async fn seek(
    archive: &Archive,
    listing: &Listing,
    texts: Option<&Archive>,
    wanted: &Wanted,
) -> Result<(Option<FoundEvent>, Faults), LogFault> {
    let (mut hours, mut unreadable) = (std::pin::pin!(hours(archive, listing).await?), Faults::default());
    while let Some(hour) = hours.try_next().await? {
        let mut is_here = false;
        for found in hour.events() {
            match found {
                Ok(numbered) => is_here |= wanted.is(&numbered),
                Err(fault) => unreadable.push(fault),
            }
        }
        if is_here {
            // Only now: the texts of no other hour are wanted.
            let texts = texts_of(texts, hour.hour).await?;
            let mut disclosed = hour.disclosed(texts.as_ref()).filter_map(Result::ok);
            return Ok((disclosed.find(|(numbered, _)| wanted.is(numbered)), unreadable));
        }
    }
    Ok((None, unreadable))
}

/// Looks for the events that have these hashes, and reads no hour after the one that has the last of them.
pub async fn seek_hashes(
    archive: &Archive,
    listing: &Listing,
    hashes: &[EventHash],
) -> Result<(HashMap<EventHash, Numbered>, Faults), LogFault> {
    let (mut hours, mut unreadable) = (std::pin::pin!(hours(archive, listing).await?), Faults::default());
    let (mut open, mut found): (HashSet<_>, _) = (hashes.iter().copied().collect(), HashMap::new());
    while !open.is_empty()
        && let Some(hour) = hours.try_next().await?
    {
        for here in hour.events() {
            match here {
                Ok(numbered) if open.remove(&numbered.event.hash()) => {
                    found.insert(numbered.event.hash(), numbered);
                }
                Ok(_) => {}
                Err(fault) => unreadable.push(fault),
            }
        }
    }
    Ok((found, unreadable))
}

//! The export against what was recorded: what is in one and not in the other, and where.

use std::collections::{BTreeMap, HashMap};

use domain::checkpoint::AuditCheckpoint;
use domain::history::{ChainedRecord, EventHash, HistoryId};
use domain::values::{EpochMillis, Version};

use crate::calendar;
use crate::fault::{Fault, Place, Tampering};
use crate::verify::Verified;

/// What was found of the histories as they were recorded.
#[derive(Debug, Default)]
pub struct Differences {
    /// The histories of which the files have what was not recorded so, with the hash of each version that was recorded.
    pub other: HashMap<HistoryId, BTreeMap<Version, EventHash>>,
    /// The first version of each history that was recorded, is not in the files, and is not still to come.
    pub missing: BTreeMap<HistoryId, Missing>,
}

/// A version that the files should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing {
    /// The version.
    pub version: Version,
    /// When it was recorded.
    pub recorded_at: EpochMillis,
}

impl Differences {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.other.is_empty() && self.missing.is_empty()
    }

    /// What is wrong with an event in the files, if anything is.
    pub(crate) fn of(&self, place: Place, event: &ChainedRecord) -> Option<Fault> {
        let (history, version) = (event.record().happening.history(), event.record().version);
        match self.other.get(&history)?.get(&version) {
            Some(recorded) if *recorded == event.hash() => None,
            Some(recorded) => {
                let exported = event.hash();
                let shows =
                    format!("version {version} of {history} is {exported} here, and {recorded} in the table");
                Some(Fault::new(place, Tampering::Forked, shows))
            }
            None => {
                let shows = format!("the table does not have version {version} of {history}");
                Some(Fault::new(place, Tampering::Added, shows))
            }
        }
    }

    /// The histories of which something is missing in the files that end here.
    pub(crate) fn missing_at(&self, place: Place) -> impl Iterator<Item = Fault> {
        self.missing.iter().map(move |(history, Missing { version, recorded_at })| {
            let at = recorded_at.to_rfc3339_seconds();
            let shows = format!(
                "the table has version {version} of {history}, recorded at {at}, and the export does not"
            );
            Fault::new(place, Tampering::Removed, shows)
        })
    }
}

/// Whether an export goes as far as its table says that it does.
pub(crate) fn check_length(verified: &Verified, checkpoint: Option<&AuditCheckpoint>) -> Option<Fault> {
    let checkpoint = checkpoint?;
    if verified.last.as_ref().is_some_and(|(last, _)| *last >= checkpoint.hour) {
        return None;
    }
    let end = calendar::text(checkpoint.hour.next());
    let shows = format!("the table says that the hours before {end} were exported");
    Some(Fault::new(Place::Manifest(checkpoint.hour), Tampering::Truncated, shows))
}

/// Whether its last hour is the one that its table remembers.
pub(crate) fn check_last(verified: &Verified, checkpoint: Option<&AuditCheckpoint>) -> Option<Fault> {
    match (&verified.last, checkpoint) {
        (Some((last, here)), Some(checkpoint))
            if *last == checkpoint.hour && (here.size, here.root) != (checkpoint.size, checkpoint.root) =>
        {
            let shows = "the table remembers another checkpoint of the hour";
            Some(Fault::new(Place::Checkpoint(*last), Tampering::Forked, shows))
        }
        _ => None,
    }
}

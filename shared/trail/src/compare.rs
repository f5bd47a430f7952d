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
    /// The histories of which the files have what was not recorded so, with the hashes of all that was recorded, from version
    /// 1 on.
    pub other: HashMap<HistoryId, Vec<EventHash>>,
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
        let recorded = self.other.get(&history)?;
        let recorded =
            usize::try_from(version.get()).ok().and_then(|version| recorded.get(version.checked_sub(1)?));
        match recorded {
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

    /// The first history of which something is missing in the files that end here.
    pub(crate) fn missing_at(&self, place: Place) -> Option<Fault> {
        let (history, Missing { version, recorded_at }) = self.missing.first_key_value()?;
        let at = recorded_at.to_rfc3339_seconds();
        let shows = format!(
            "the table has version {version} of {history}, recorded at {at}, and the export does not"
        );
        Some(Fault::new(place, Tampering::Removed, shows))
    }
}

/// Whether an export goes as far as its table says that it does.
pub fn check_length(verified: &Verified, checkpoint: Option<&AuditCheckpoint>) -> Result<(), Fault> {
    let Some(checkpoint) = checkpoint else { return Ok(()) };
    if verified.last.as_ref().is_some_and(|(last, _)| *last >= checkpoint.hour) {
        return Ok(());
    }
    let end = calendar::text(checkpoint.hour.next());
    let shows = format!("the table says that the hours before {end} were exported");
    Err(Fault::new(Place::Manifest(checkpoint.hour), Tampering::Truncated, shows))
}

/// Whether its last hour is the one that its table remembers.
pub fn check_last(verified: &Verified, checkpoint: Option<&AuditCheckpoint>) -> Result<(), Fault> {
    match (&verified.last, checkpoint) {
        (Some((last, here)), Some(checkpoint))
            if *last == checkpoint.hour && (here.size, here.root) != (checkpoint.size, checkpoint.root) =>
        {
            let shows = "the table remembers another checkpoint of the hour";
            Err(Fault::new(Place::Checkpoint(*last), Tampering::Forked, shows))
        }
        _ => Ok(()),
    }
}

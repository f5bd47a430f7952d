//! Events read back from an export: one user's, one organisation's, of some time.

use std::collections::HashMap;

use domain::history::ChainedRecord;
use domain::user::Event;
use domain::values::{EpochMillis, Hour, KeyNumber, OrgId, UserId};

use crate::event_file::{Lines, has_its_hash, parse_line};
use crate::fault::{Fault, Place, Tampering};

/// Which events are wanted. What is not given does not restrict.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// In this user's history.
    pub user: Option<UserId>,
    /// About physical keys that this organisation issued.
    pub org: Option<OrgId>,
    /// Recorded at this moment or later.
    pub from: Option<EpochMillis>,
    /// Recorded before this moment.
    pub to: Option<EpochMillis>,
}

/// An event, its line, and who issued its physical key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// The line as it was exported.
    pub line: String,
    /// What it spells.
    pub event: ChainedRecord,
    /// The issuer; none if the addition is not in the export.
    pub issuer: Option<OrgId>,
}

/// A selection under way. Hours are handed to it in order, from the export's first: a removal does not name the
/// organisation, its addition does.
#[derive(Debug)]
pub struct Selecting {
    selection: Selection,
    issuers: HashMap<(UserId, KeyNumber), OrgId>,
}

impl Selecting {
    /// Begins.
    #[must_use]
    pub fn new(selection: Selection) -> Self {
        Self { selection, issuers: HashMap::new() }
    }

    /// Whether an hour comes after all that is wanted.
    #[must_use]
    pub fn is_over(&self, hour: Hour) -> bool {
        self.selection.to.is_some_and(|to| hour.start() >= to)
    }

    /// Hands the wanted events of an hour's file to `each`. What is not as it was written ends it.
    pub fn read(
        &mut self,
        hour: Hour,
        bytes: &[u8],
        mut each: impl FnMut(Selected) -> std::io::Result<()>,
    ) -> Result<std::io::Result<()>, Fault> {
        for (line, number) in Lines::of(bytes).zip(1..) {
            let fault = |shows: String| Fault::new(Place { hour, line: number }, Tampering::Changed, shows);
            let line = line.map_err(|why| fault(why.to_string()))?;
            let event = parse_line(&line).map_err(|why| fault(why.to_string()))?;
            if !has_its_hash(&line, &event) {
                return Err(fault("the event is not the one that was hashed".to_owned()));
            }
            let issuer = self.issuer(&event);
            if self.is_wanted(&event, issuer.as_ref()) {
                let given = each(Selected { line, event, issuer });
                if given.is_err() {
                    return Ok(given);
                }
            }
        }
        Ok(Ok(()))
    }

    /// The issuer of an event's physical key, remembered from its addition to its removal.
    fn issuer(&mut self, event: &ChainedRecord) -> Option<OrgId> {
        match &event.record.event {
            Event::PhysicalKeyAdded(added) => {
                let place = (added.user_id.clone(), added.number);
                self.issuers.insert(place, added.org_id.clone());
                Some(added.org_id.clone())
            }
            Event::PhysicalKeyRemoved(removed) => {
                self.issuers.remove(&(removed.user_id.clone(), removed.number))
            }
        }
    }

    fn is_wanted(&self, event: &ChainedRecord, issuer: Option<&OrgId>) -> bool {
        let Selection { user, org, from, to } = &self.selection;
        let at = event.record.recorded_at;
        user.as_ref().is_none_or(|user| *user == event.record.user_id)
            && org.as_ref().is_none_or(|org| Some(org) == issuer)
            && from.is_none_or(|from| from <= at)
            && to.is_none_or(|to| at < to)
    }
}

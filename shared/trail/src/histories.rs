//! Histories across the files of an export: versions 1, 2, 3 … in the order of the files, each event over the one before.

use std::collections::HashMap;

use domain::history::{ChainedRecord, HistoryId, Position};

use crate::fault::{Fault, Place, Tampering};

/// Where every history stands.
#[derive(Debug, Default)]
pub struct Histories(HashMap<HistoryId, Position>);

impl Histories {
    /// How many users have a history.
    #[must_use]
    pub fn users(&self) -> usize {
        self.0.keys().filter(|history| matches!(history, HistoryId::User(_))).count()
    }

    /// How many organisations have a history.
    #[must_use]
    pub fn organisations(&self) -> usize {
        self.0.keys().filter(|history| matches!(history, HistoryId::Organisation(_))).count()
    }

    /// How far a history goes in the files.
    #[must_use]
    pub fn position(&self, history: &HistoryId) -> Position {
        self.0.get(history).copied().unwrap_or_default()
    }

    /// Every history that the files have, and how far it goes.
    pub fn each(&self) -> impl Iterator<Item = (&HistoryId, Position)> {
        self.0.iter().map(|(history, position)| (history, *position))
    }

    /// The event at a place, whose own hash is right.
    pub(crate) fn check(&mut self, place: Place, event: &ChainedRecord) -> Result<(), Fault> {
        let (id, version) = (event.record().happening.history(), event.record().version);
        let Position { version: last, hash } = self.position(&id);
        if version <= last {
            let shows = format!("version {version} of {id} is there a second time");
            return Err(Fault::new(place, Tampering::Forked, shows));
        }
        if version != last.next() {
            let shows = format!("this is version {version} of {id}, and version {} is missing", last.next());
            return Err(Fault::new(place, Tampering::Removed, shows));
        }
        if event.previous_hash() != hash {
            let shows = format!("version {version} of {id} follows another version {last}");
            return Err(Fault::new(place, Tampering::Forked, shows));
        }
        self.0.insert(id, event.position());
        Ok(())
    }
}

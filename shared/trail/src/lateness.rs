//! How long after an event was recorded it came into a file. A day is what the sweep may take; longer than that, somebody should ask why.

use domain::history::HistoryId;
use domain::values::{EpochMillis, Hour, Version};

use crate::examination::Event;
use crate::fault::Place;

/// More hours than the sweep may take until an event comes into a file: a day, and the hours before and after it.
const LONG: u64 = 26;
/// Events that are named.
const MOST_NAMED: usize = 10;

/// The events that came late.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lateness {
    /// By how many hours the latest event of all came after the hour that it was recorded in.
    pub greatest_hours: u64,
    /// How many came more than a day late.
    pub long: u64,
    /// The first of those.
    pub named: Vec<Late>,
}

/// An event that came late.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Late {
    /// Where it is.
    pub place: Place,
    /// Whose history it belongs to.
    pub history: HistoryId,
    /// Which version of it.
    pub version: Version,
    /// When it was recorded.
    pub recorded_at: EpochMillis,
}

impl Lateness {
    /// Notes an event of an hour's file.
    pub(crate) fn note(&mut self, hour: Hour, place: Place, event: &Event) {
        let late = hour.after(Hour::of(event.recorded_at));
        self.greatest_hours = self.greatest_hours.max(late);
        if late <= LONG {
            return;
        }
        self.long += 1;
        if self.named.len() < MOST_NAMED {
            let (history, version) = (event.happening.history(), event.version);
            self.named.push(Late { place, history, version, recorded_at: event.recorded_at });
        }
    }
}

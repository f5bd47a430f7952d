//! The table and the files, as far as the export goes.

/// How many histories there are.
pub const HISTORIES: usize = 2;
/// The most events that a history gets.
pub const VERSIONS: usize = 3;
/// Hours that can have a file.
pub const HOURS: usize = 6;

/// One history, its head, and the head's place in the index.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct History {
    /// How many events are committed.
    pub committed: u8,
    /// The hour in which each event was recorded, by its writer's clock.
    pub recorded: [u8; VERSIONS],
    /// Which events a Query shows by now: it is read-committed, so version 2 may show before version 1.
    pub shown: [bool; VERSIONS],
    /// The hour of the head: the latest in which it was ever written.
    pub changed: u8,
    /// Where the index has the head; it follows the table.
    pub indexed: Option<u8>,
    /// Where an export of the history goes on.
    pub cursor: u8,
    /// The version up to which the history was left behind, if it was.
    pub behind: Option<u8>,
}

impl History {
    /// The hour of a version, from 1.
    #[must_use]
    pub fn hour_of(&self, version: u8) -> u8 {
        self.recorded[usize::from(version - 1)]
    }

    /// Whether a Query shows a version.
    #[must_use]
    pub fn shows(&self, version: u8) -> bool {
        version <= self.committed && self.shown[usize::from(version - 1)]
    }

    /// One more event, by a clock at this hour.
    #[must_use]
    pub fn with_event_at(mut self, hour: u8) -> Self {
        self.recorded[usize::from(self.committed)] = hour;
        self.committed += 1;
        self.changed = self.changed.max(hour);
        self
    }

    /// Everything shows, and the index has caught up.
    #[must_use]
    pub fn settled(mut self) -> Self {
        for version in 1..=self.committed {
            self.shown[usize::from(version - 1)] = true;
        }
        if self.committed > 0 {
            self.indexed = Some(self.changed);
        }
        self
    }
}

/// Which versions of a history a file has: after `from`, up to `to`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stretch {
    /// The version before the first.
    pub from: u8,
    /// The last version.
    pub to: u8,
    /// Whether one between them is not in the file: only with a fault.
    pub has_hole: bool,
}

/// The file of an hour.
pub type File = [Stretch; HISTORIES];

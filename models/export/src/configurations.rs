//! What is explored: how many, how late, how capped.

use std::fmt;

/// One world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Configuration {
    /// Its name.
    pub name: &'static str,
    /// How many histories.
    pub histories: usize,
    /// The most events of each.
    pub versions: u8,
    /// The last hour that it becomes.
    pub hours: u8,
    /// By how many hours a writer's clock may differ.
    pub skew: u8,
    /// How many runs at once.
    pub runs: usize,
    /// How many events a file has at most.
    pub cap: u8,
    /// Whether the index may be later than the end of the hour.
    pub index_is_late: bool,
    /// Whether what a Query shows may be later than that.
    pub reads_are_late: bool,
    /// Whether there is a sweep, which finds who was missed because of that.
    pub sweeps: bool,
    /// How many more hours an export takes at the end, because of the cap.
    pub rests: u8,
}

const PLAIN: Configuration = Configuration {
    name: "two runs, one history",
    histories: 1,
    versions: 2,
    hours: 2,
    skew: 1,
    runs: 2,
    cap: 9,
    index_is_late: false,
    reads_are_late: false,
    sweeps: false,
    rests: 0,
};

/// Two runs race.
pub const RACE: Configuration = PLAIN;
/// The index and reads are late by any number of hours, and a sweep comes by.
pub const LATE: Configuration = Configuration {
    name: "two runs, a late index and a sweep",
    index_is_late: true,
    reads_are_late: true,
    sweeps: true,
    rests: 1,
    ..PLAIN
};
/// Reads are late by any number of hours, and no sweep comes by.
pub const HIDDEN: Configuration =
    Configuration { name: "two runs, reads that are late", reads_are_late: true, rests: 1, ..PLAIN };
/// A file has one event of a history.
pub const CAPPED: Configuration =
    Configuration { name: "two runs, files of one event", versions: 3, hours: 1, cap: 1, rests: 2, ..PLAIN };
/// A file has one event, and there are two histories.
pub const CAPPED_FOR_TWO: Configuration = Configuration {
    name: "one run, two histories, files of one event",
    histories: 2,
    versions: 1,
    runs: 1,
    hours: 1,
    cap: 1,
    rests: 2,
    ..PLAIN
};
/// Two histories, one run that is killed again and again.
pub const TWO_HISTORIES: Configuration =
    Configuration { name: "one run, two histories", histories: 2, runs: 1, hours: 1, ..PLAIN };

/// All of them.
pub const ALL: &[Configuration] = &[RACE, LATE, HIDDEN, CAPPED, CAPPED_FOR_TWO, TWO_HISTORIES];

impl fmt::Display for Configuration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

//! What can be wrong with an export, and where.

use domain::values::Hour;

use crate::manifest::{events_path, manifest_path};

/// What a fault means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tampering {
    /// Something is not what was written.
    Changed,
    /// Something that was written is not there.
    Removed,
    /// Something is there that was not written.
    Added,
    /// Events are not in the order that they were written in.
    Reordered,
    /// The end is missing.
    Truncated,
    /// There are two continuations of one history, or of the export.
    Forked,
}

impl std::fmt::Display for Tampering {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Changed => "changed",
            Self::Removed => "removed",
            Self::Added => "added",
            Self::Reordered => "reordered",
            Self::Truncated => "truncated",
            Self::Forked => "forked",
        })
    }
}

/// A place in an export, in the order in which it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The hour.
    pub hour: Hour,
    /// The line of its events, from 1; 0 is the manifest.
    pub line: u64,
}

impl Place {
    /// An hour's manifest.
    #[must_use]
    pub const fn manifest(hour: Hour) -> Self {
        Self { hour, line: 0 }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            // Of a file without lines, the manifest says what it should be.
            0 => formatter.write_str(&manifest_path(self.hour)),
            line => write!(formatter, "{}, line {line}", events_path(self.hour)),
        }
    }
}

/// The first thing that is wrong: where, what it means, and what shows it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {tampering}: {shows}")]
pub struct Fault {
    /// Where it shows.
    pub place: Place,
    /// What it means.
    pub tampering: Tampering,
    /// What shows it: half a sentence.
    pub shows: String,
}

impl Fault {
    /// A fault.
    #[must_use]
    pub fn new(place: Place, tampering: Tampering, shows: impl Into<String>) -> Self {
        Self { place, tampering, shows: shows.into() }
    }
}

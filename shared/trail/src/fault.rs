//! What can be wrong with an export, and where.

use domain::values::Hour;

use crate::checkpoint::{NEWEST, checkpoint_path};
use crate::disclosure_file::disclosures_path;
use crate::manifest::{events_path, manifest_path};
use crate::part::PART;
use crate::tile::Tile;

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
    /// What is told could not have happened.
    Impossible,
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
            Self::Impossible => "impossible",
        })
    }
}

/// A place in an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A line of an hour's events, from 1.
    Line {
        /// The hour.
        hour: Hour,
        /// The line.
        line: u64,
    },
    /// An hour's events as a whole.
    Events(Hour),
    /// A line of what discloses the texts of an hour's events, from 1, in the place of its own that it has.
    Disclosure {
        /// The hour.
        hour: Hour,
        /// The line.
        line: u64,
    },
    /// What discloses the texts of an hour's events as a whole.
    Disclosures(Hour),
    /// An hour's manifest.
    Manifest(Hour),
    /// An hour's checkpoint.
    Checkpoint(Hour),
    /// A tile of the tree.
    Tile(Tile),
    /// The newest checkpoint.
    Newest,
    /// The checkpoint that was kept of an earlier check.
    Kept,
    /// What says that it is a part of a log.
    Part,
}

impl Place {
    /// A line of an hour's events; of a file without lines, the manifest says what it should be.
    #[must_use]
    pub const fn line(hour: Hour, line: u64) -> Self {
        if line == 0 { Self::Manifest(hour) } else { Self::Line { hour, line } }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Line { hour, line } => write!(formatter, "{}, line {line}", events_path(*hour)),
            Self::Events(hour) => formatter.write_str(&events_path(*hour)),
            Self::Disclosure { hour, line } => write!(formatter, "{}, line {line}", disclosures_path(*hour)),
            Self::Disclosures(hour) => formatter.write_str(&disclosures_path(*hour)),
            Self::Manifest(hour) => formatter.write_str(&manifest_path(*hour)),
            Self::Checkpoint(hour) => formatter.write_str(&checkpoint_path(*hour)),
            Self::Tile(tile) => formatter.write_str(&tile.path()),
            Self::Newest => formatter.write_str(NEWEST),
            Self::Part => formatter.write_str(PART),
            Self::Kept => formatter.write_str("the checkpoint that was kept"),
        }
    }
}

/// One thing that is wrong: where, what it means, and what shows it.
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

/// Faults that are told one by one; of more it is told how many there are.
const MOST_KEPT: usize = 1_000;

/// Everything that is wrong, in the order in which it was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    kept: Vec<Fault>,
    count: u64,
}

impl Faults {
    /// One more.
    pub fn push(&mut self, fault: Fault) {
        self.count += 1;
        if self.kept.len() < MOST_KEPT {
            self.kept.push(fault);
        }
    }

    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The first of them.
    #[must_use]
    pub fn first_ones(&self) -> &[Fault] {
        &self.kept
    }
}

impl Extend<Fault> for Faults {
    fn extend<T: IntoIterator<Item = Fault>>(&mut self, faults: T) {
        faults.into_iter().for_each(|fault| self.push(fault));
    }
}

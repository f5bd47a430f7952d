//! What an earlier run from the same place left: its results tell that it was, and how far one with `--again` came.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use spreadsheet::guarded;

use super::results::{COLUMNS, MOST, SETTLED, TO_BE_ADDED, numbered};

/// What the last run from the same place left.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Earlier {
    /// There was none.
    None,
    /// It asked for what was not out.
    Rest,
    /// It asked for all of it once more: these additions, a row each.
    Again { begun: Vec<Begun>, reached: Reached },
}

/// How far a run with `--again` came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reached {
    /// No row has an outcome. It may have ended before it had said what it was going to ask for.
    Begun,
    /// Some rows have one.
    Cut,
    /// Every row has one.
    Whole,
}

/// What a run with `--again` was going to ask for, for one row.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Begun {
    pub(super) addition: usize,
    cell: String,
}

impl Begun {
    /// Whether it was for this user.
    pub(super) fn is_of(&self, user: &str) -> bool {
        guarded(user) == self.cell
    }
}

/// A line of an earlier run's results, as far as the next run needs it.
#[derive(Debug, Deserialize)]
struct EarlierLine {
    row: usize,
    user: String,
    outcome: String,
    addition: Option<usize>,
}

impl Earlier {
    /// Reads the last results of this name. What is no file of results is no run of ours.
    pub(super) fn of(wanted: &Path) -> Self {
        let last = (1..=MOST).map(|number| numbered(wanted, number)).take_while(|path| path.is_file()).last();
        last.and_then(|path| Self::read(&path)).unwrap_or(Self::None)
    }

    fn read(path: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(path).ok()?;
        // The last line of a run that was killed, or whose disk was full, may be half a line, and half a number another one.
        let (whole, _) = text.rsplit_once('\n')?;
        let mut reader = csv::Reader::from_reader(whole.as_bytes());
        if reader.headers().ok()? != COLUMNS.as_slice() {
            return None;
        }
        let (mut begun, mut settled) = (BTreeMap::new(), BTreeSet::new());
        for line in reader.deserialize::<EarlierLine>().map_while(Result::ok) {
            match line.addition {
                Some(addition) if line.outcome == TO_BE_ADDED => {
                    begun.insert(line.row, Begun { addition, cell: line.user });
                }
                _ if SETTLED.contains(&line.outcome.as_str()) => _ = settled.insert(line.row),
                _ => {}
            }
        }
        if begun.is_empty() {
            return Some(Self::Rest);
        }
        let reached = match begun.keys().filter(|row| settled.contains(row)).count() {
            0 => Reached::Begun,
            count if count < begun.len() => Reached::Cut,
            _ => Reached::Whole,
        };
        Some(Self::Again { begun: begun.into_values().collect(), reached })
    }
}

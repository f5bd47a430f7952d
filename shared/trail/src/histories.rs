//! Histories across the files of an export: versions 1, 2, 3 … in the order of the files, each event over the one before, and each
//! one that could have happened.

use std::collections::BTreeSet;

use domain::history::{HistoryId, Position};
use domain::values::Version;

use crate::by_history::{ByHistory, Kind, Which};
use crate::examination::Event;
use crate::fault::{Fault, Faults, Place, Tampering};
use crate::held::Issuers;
use crate::sense::Story;

/// Versions of one history that are remembered as missing, to tell one that comes late from one that comes twice.
const MOST_MISSING: u64 = 1_000;

/// Where every history stands.
#[derive(Debug, Default)]
pub struct Histories {
    all: ByHistory<History>,
    issuers: Issuers,
    /// Of a part of a log, how many had begun before it.
    begun_before: Option<u64>,
}

/// About eighty bytes: all of them are in memory at once.
#[derive(Debug, Default)]
struct History {
    position: Position,
    course: Course,
}

/// How a history is followed. One with a gap, or with an event that is another one, is told no further.
#[derive(Debug)]
enum Course {
    /// By what it tells.
    Told(Story),
    /// By its versions alone: what was missing when later ones came.
    #[expect(clippy::box_collection, reason = "The set itself would make every one of the others larger.")]
    Lost(Box<BTreeSet<Version>>),
}

impl Default for Course {
    fn default() -> Self {
        Self::Told(Story::default())
    }
}

impl Course {
    /// From now on by its versions alone; these are missing, too.
    fn lose(&mut self, more: impl IntoIterator<Item = Version>) {
        match self {
            Self::Lost(missing) => missing.extend(more),
            Self::Told(_) => *self = Self::Lost(Box::new(more.into_iter().collect())),
        }
    }

    /// Whether this version was missing, which it is no more.
    fn finds(&mut self, version: Version) -> bool {
        match self {
            Self::Lost(missing) => missing.remove(&version),
            Self::Told(_) => false,
        }
    }
}

impl Histories {
    /// Those of a part of a log, where a history may have begun before it.
    pub(crate) fn of_part() -> Self {
        Self { begun_before: Some(0), ..Self::default() }
    }

    /// Of a part of a log, how many histories had begun before it.
    pub(crate) const fn begun_before(&self) -> Option<u64> {
        self.begun_before
    }

    /// How many users have a history.
    #[must_use]
    pub fn users(&self) -> usize {
        self.all.each().filter(|(which, _)| which.kind == Kind::User).count()
    }

    /// How many organisations have one.
    #[must_use]
    pub fn organisations(&self) -> usize {
        self.all.each().filter(|(which, _)| which.kind == Kind::Organisation).count()
    }

    /// How far a history goes in the files.
    #[must_use]
    pub fn position(&self, history: &HistoryId) -> Position {
        self.all.get(history.into()).map(|history| history.position).unwrap_or_default()
    }

    /// Every history that the files have, and how far it goes.
    pub fn each(&self) -> impl Iterator<Item = (HistoryId, Position)> {
        self.all.each().filter_map(|(which, history)| Some((which.history()?, history.position)))
    }

    /// The event at a place. Whatever is wrong with it, the history goes on from it; its story only if the event is the one that was
    /// hashed.
    pub(crate) fn check(&mut self, place: Place, event: &Event, faults: &mut Faults) {
        let (which, version) = (Which::from(&event.happening), event.version);
        let History { position, course } = self.all.of(which);
        let id = || event.happening.history();
        let last = position.version;
        if let Some(begun_before) = &mut self.begun_before
            && last == Version::NONE
            && version > Version::NONE.next()
        {
            // What it told before is not here.
            *begun_before += 1;
            *position = Position { version, hash: event.hash };
            course.lose([]);
            return;
        }
        let mut fault = |tampering, shows| faults.push(Fault::new(place, tampering, shows));
        if version <= last {
            if course.finds(version) {
                let shows = format!("version {version} of {} stands after version {last}", id());
                fault(Tampering::Reordered, shows);
            } else {
                fault(Tampering::Forked, format!("version {version} of {} is there a second time", id()));
            }
            return;
        }
        if version == last.next() {
            if event.previous_hash != position.hash {
                fault(
                    Tampering::Forked,
                    format!("version {version} of {} follows another version {last}", id()),
                );
            }
        } else {
            let gap = last.next().get()..version.get();
            let missing = match gap.end - gap.start {
                1 => format!("version {} is missing", gap.start),
                2 => format!("the versions {} and {} are missing", gap.start, gap.end - 1),
                _ => format!("the versions {} to {} are missing", gap.start, gap.end - 1),
            };
            fault(Tampering::Removed, format!("this is version {version} of {}, and {missing}", id()));
            let of_gap = gap.take(usize::try_from(MOST_MISSING).unwrap_or_default()).map(Version::new);
            course.lose(of_gap);
        }
        *position = Position { version, hash: event.hash };
        if !event.is_hashed {
            course.lose([]);
        }
        if let Course::Told(story) = course {
            for nonsense in story.go_on(event, &mut self.issuers) {
                fault(Tampering::Impossible, format!("version {version} of {}: {nonsense}", id()));
            }
        }
    }
}

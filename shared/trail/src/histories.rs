//! Histories across the files of an export: versions 1, 2, 3 … in the order of the files, each event over the one before, and each
//! one that could have happened.

use std::collections::{BTreeSet, HashMap};

use domain::history::{ChainedRecord, HistoryId, Position};
use domain::values::Version;

use crate::fault::{Fault, Faults, Place, Tampering};
use crate::sense::Story;

/// Versions of one history that are remembered as missing, to tell one that comes late from one that comes twice.
const MOST_MISSING: u64 = 1_000;

/// Where every history stands.
#[derive(Debug, Default)]
pub struct Histories {
    all: HashMap<HistoryId, History>,
    /// Of a part of a log, how many had begun before it.
    begun_before: Option<u64>,
}

#[derive(Debug, Default)]
struct History {
    position: Position,
    story: Story,
    /// What was missing when later versions came. A story with a gap, or with an event that is another one, is told no further.
    missing: Option<BTreeSet<Version>>,
}

impl Histories {
    /// Those of a part of a log, where a history may have begun before it.
    pub(crate) fn of_part() -> Self {
        Self { all: HashMap::new(), begun_before: Some(0) }
    }

    /// Of a part of a log, how many histories had begun before it.
    pub(crate) const fn begun_before(&self) -> Option<u64> {
        self.begun_before
    }

    /// How many users have a history.
    #[must_use]
    pub fn users(&self) -> usize {
        self.all.keys().filter(|history| matches!(history, HistoryId::User(_))).count()
    }

    /// How many organisations have a history.
    #[must_use]
    pub fn organisations(&self) -> usize {
        self.all.keys().filter(|history| matches!(history, HistoryId::Organisation(_))).count()
    }

    /// How far a history goes in the files.
    #[must_use]
    pub fn position(&self, history: &HistoryId) -> Position {
        self.all.get(history).map(|history| history.position).unwrap_or_default()
    }

    /// Every history that the files have, and how far it goes.
    pub fn each(&self) -> impl Iterator<Item = (&HistoryId, Position)> {
        self.all.iter().map(|(id, history)| (id, history.position))
    }

    /// The event at a place. Whatever is wrong with it, the history goes on from it; its story only if the event is the one that was
    /// hashed.
    pub(crate) fn check(
        &mut self,
        place: Place,
        event: &ChainedRecord,
        is_hashed: bool,
        faults: &mut Faults,
    ) {
        let (id, version) = (event.record().happening.history(), event.record().version);
        let History { position, story, missing } = self.all.entry(id.clone()).or_default();
        let last = position.version;
        if let Some(begun_before) = &mut self.begun_before
            && last == Version::NONE
            && version > Version::NONE.next()
        {
            // What it told before is not here.
            *begun_before += 1;
            *position = event.position();
            missing.get_or_insert_default();
            return;
        }
        let mut fault = |tampering, shows| faults.push(Fault::new(place, tampering, shows));
        if version <= last {
            if missing.as_mut().is_some_and(|missing| missing.remove(&version)) {
                let shows = format!("version {version} of {id} stands after version {last}");
                fault(Tampering::Reordered, shows);
            } else {
                fault(Tampering::Forked, format!("version {version} of {id} is there a second time"));
            }
            return;
        }
        if version == last.next() {
            if event.previous_hash() != position.hash {
                fault(Tampering::Forked, format!("version {version} of {id} follows another version {last}"));
            }
        } else {
            let gap = last.next().get()..version.get();
            let which = match gap.end - gap.start {
                1 => format!("version {} is missing", gap.start),
                2 => format!("the versions {} and {} are missing", gap.start, gap.end - 1),
                _ => format!("the versions {} to {} are missing", gap.start, gap.end - 1),
            };
            fault(Tampering::Removed, format!("this is version {version} of {id}, and {which}"));
            let of_gap = gap.take(usize::try_from(MOST_MISSING).unwrap_or_default()).map(Version::new);
            missing.get_or_insert_default().extend(of_gap);
        }
        *position = event.position();
        if !is_hashed {
            missing.get_or_insert_default();
        }
        if missing.is_none() {
            for nonsense in story.go_on(event.record()) {
                fault(Tampering::Impossible, format!("version {version} of {id}: {nonsense}"));
            }
        }
    }
}

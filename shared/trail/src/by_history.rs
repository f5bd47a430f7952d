//! A map from histories to what is kept of each, in little memory: a log has millions of them, and whoever checks it has all of them in
//! hand at once.
//!
//! A `HashMap` of ids would have an allocation for every id, and room for about as many entries as there are, each as large as what is
//! kept. Here the ids stand one after the other in one text, what is kept beside them in blocks that are full, and the room of the
//! hash table is for places, of four bytes.

use std::hash::{BuildHasher, RandomState};

use domain::history::{Happening, HistoryId};
use domain::values::{OrgId, UserId};
use hashbrown::HashTable;

/// How many histories a block has. Its ids are at most 512 KB.
const IN_BLOCK: usize = 1_024;

/// What kind of history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// A user's.
    User,
    /// An organisation's.
    Organisation,
    /// A log's.
    AuditLog,
}

/// Which history, without a copy of its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Which<'a> {
    /// What kind.
    pub(crate) kind: Kind,
    /// Which one of its kind.
    pub(crate) id: &'a str,
}

impl<'a> From<&'a HistoryId> for Which<'a> {
    fn from(history: &'a HistoryId) -> Self {
        let kind = match history {
            HistoryId::User(_) => Kind::User,
            HistoryId::Organisation(_) => Kind::Organisation,
            HistoryId::AuditLog(_) => Kind::AuditLog,
        };
        Self { kind, id: history.aggregate_id() }
    }
}

impl<'a> From<&'a Happening> for Which<'a> {
    fn from(happening: &'a Happening) -> Self {
        let kind = match happening {
            Happening::User(_) => Kind::User,
            Happening::Organisation(_) => Kind::Organisation,
            Happening::AuditLog(_) => Kind::AuditLog,
        };
        Self { kind, id: happening.aggregate_id() }
    }
}

impl Which<'_> {
    /// The history; none if the id is none of its kind, which nothing here is.
    pub(crate) fn history(self) -> Option<HistoryId> {
        Some(match self.kind {
            Kind::User => HistoryId::User(UserId::parse(self.id).ok()?),
            Kind::Organisation => HistoryId::Organisation(OrgId::parse(self.id).ok()?),
            Kind::AuditLog => HistoryId::AuditLog(self.id.parse().ok()?),
        })
    }
}

/// Something about each of many histories.
#[derive(Debug)]
pub(crate) struct ByHistory<T> {
    /// The place of each, by the hash of which it is. So many that four bytes do not tell them apart would take 400 GB.
    places: HashTable<u32>,
    /// With a seed of its own: whoever writes a log cannot choose ids that fall together.
    hashing: RandomState,
    blocks: Vec<Block<T>>,
}

#[derive(Debug)]
struct Block<T> {
    /// All ids, one after the other.
    ids: String,
    entries: Vec<Entry<T>>,
}

#[derive(Debug)]
struct Entry<T> {
    kept: T,
    /// Where its id ends, and the next one's begins.
    id_end: u32,
    kind: Kind,
}

impl<T> Default for ByHistory<T> {
    fn default() -> Self {
        Self { places: HashTable::new(), hashing: RandomState::new(), blocks: Vec::new() }
    }
}

impl<T: Default> ByHistory<T> {
    /// What is kept of a history, if anything is.
    pub(crate) fn get(&self, which: Which<'_>) -> Option<&T> {
        let Self { places, hashing, blocks } = self;
        let place = places.find(hashing.hash_one(which), |place| which_at(blocks, *place) == which)?;
        let (block, entry) = split(*place);
        Some(&blocks[block].entries[entry].kept)
    }

    /// What is kept of a history, to be changed. Of one that was not there, it is the default.
    pub(crate) fn of(&mut self, which: Which<'_>) -> &mut T {
        let Self { places, hashing, blocks } = self;
        let hash = hashing.hash_one(which);
        let known = places.find(hash, |place| which_at(blocks, *place) == which).copied();
        let place = known.unwrap_or_else(|| {
            let place = add(blocks, which);
            places.insert_unique(hash, place, |place| hashing.hash_one(which_at(blocks, *place)));
            place
        });
        let (block, entry) = split(place);
        &mut blocks[block].entries[entry].kept
    }

    /// Each of them, in the order in which they came.
    pub(crate) fn each(&self) -> impl Iterator<Item = (Which<'_>, &T)> {
        let entries = |block: &'_ Block<T>| 0..block.entries.len();
        self.blocks.iter().flat_map(move |block| {
            entries(block).map(|entry| (block.which(entry), &block.entries[entry].kept))
        })
    }
}

impl<T> Block<T> {
    fn which(&self, entry: usize) -> Which<'_> {
        let end = |entry: usize| self.entries[entry].id_end as usize;
        let begin = entry.checked_sub(1).map_or(0, end);
        Which { kind: self.entries[entry].kind, id: &self.ids[begin..end(entry)] }
    }
}

/// In which block a place is, and where in it.
const fn split(place: u32) -> (usize, usize) {
    (place as usize / IN_BLOCK, place as usize % IN_BLOCK)
}

fn which_at<T>(blocks: &[Block<T>], place: u32) -> Which<'_> {
    let (block, entry) = split(place);
    blocks[block].which(entry)
}

fn add<T: Default>(blocks: &mut Vec<Block<T>>, which: Which<'_>) -> u32 {
    let is_full = |block: &Block<T>| block.entries.len() == IN_BLOCK;
    if blocks.last().is_none_or(is_full) {
        blocks.push(Block { ids: String::new(), entries: Vec::with_capacity(IN_BLOCK) });
    }
    let before = blocks.len() - 1;
    let block = &mut blocks[before];
    block.ids.push_str(which.id);
    let id_end = u32::try_from(block.ids.len()).unwrap_or(u32::MAX);
    block.entries.push(Entry { kept: T::default(), id_end, kind: which.kind });
    if block.entries.len() == IN_BLOCK {
        block.ids.shrink_to_fit();
    }
    let place = before * IN_BLOCK + block.entries.len() - 1;
    u32::try_from(place).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_history_keeps_its_own_whatever_others_are_called() {
        let kinds = [Kind::User, Kind::Organisation, Kind::AuditLog];
        let ids: Vec<_> =
            (0..3 * IN_BLOCK).map(|number| format!("{}-{number}", "鍵".repeat(number % 5))).collect();
        let all: Vec<_> = ids.iter().flat_map(|id| kinds.map(|kind| Which { kind, id })).collect();
        let mut map = ByHistory::default();
        for _ in 0..2 {
            for (which, number) in all.iter().zip(1..) {
                *map.of(*which) += number;
            }
        }
        for (which, number) in all.iter().zip(1..) {
            assert_eq!(map.get(*which), Some(&(2 * number)), "{which:?}");
        }
        assert!(
            map.each().map(|(which, kept)| (which, *kept)).eq(all.iter().copied().zip((1..).map(|n| 2 * n)))
        );
        assert_eq!(map.get(Which { kind: Kind::User, id: "" }), None);
        assert!(ByHistory::<u8>::default().each().next().is_none());
    }

    #[test]
    fn a_history_is_found_by_its_id_and_gives_it_back() {
        for history in [
            HistoryId::User(UserId::parse("alice").unwrap()),
            HistoryId::Organisation(OrgId::parse("alice").unwrap()),
            HistoryId::AuditLog("alice".parse().unwrap()),
        ] {
            assert_eq!(Which::from(&history).history(), Some(history));
        }
    }
}

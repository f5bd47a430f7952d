//! The tree over everything that was ever exported (RFC 6962, section 2.1): its root says which entries there are, in which
//! order, and none of them can be changed, moved, taken out or put in without another root.
//!
//! An event's entry is its hash, 32 bytes. An hour's entry is its manifest, and follows the hour's events: it begins with `{` and
//! is longer, so neither can be taken for the other.

use bytes::Bytes;
use domain::values::Sha256Hash;

use crate::tile::{self, Tile, WIDTH, WIDTH_BITS};

/// What is hashed before an entry, and before two subtrees.
const LEAF: u8 = 0;
const NODE: u8 = 1;

/// A tree that entries are added to: all that is kept in memory is its right edge, and the tiles that are not written yet.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    size: u64,
    /// The hashes of the last tile of each level, from the lowest up.
    edge: Vec<Vec<Sha256Hash>>,
    /// The tiles that became full since they were last taken.
    full: Vec<TileFile>,
    /// How large the tree was then.
    taken_at: u64,
}

/// A tile and its bytes.
pub type TileFile = (Tile, Bytes);

impl Tree {
    /// The tree of a size whose last tiles read like this, from the lowest level up; none if they do not have so many hashes.
    /// Whether it is the right one is told by its root.
    #[must_use]
    pub fn of_edge(size: u64, last: &[TileFile]) -> Option<Self> {
        let mut edge = Vec::new();
        for (of, (tile, bytes)) in Tile::partial_ones_of(size).zip(last) {
            if of != *tile {
                return None;
            }
            edge.resize(usize::from(tile.level), Vec::new());
            edge.push(tile::hashes(bytes, tile.width)?);
        }
        let is_whole = Tile::partial_ones_of(size).count() == last.len();
        is_whole.then_some(Self { size, edge, full: Vec::new(), taken_at: size })
    }

    /// The tiles that the tree of a size ends with, from the lowest level up.
    #[must_use]
    pub fn edge_of(size: u64) -> Vec<Tile> {
        Tile::partial_ones_of(size).collect()
    }

    /// How many entries it has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Adds an entry.
    pub fn push(&mut self, entry: &[u8]) {
        self.push_leaf(leaf(entry));
    }

    /// Adds an entry by its hash in the tree.
    pub(crate) fn push_leaf(&mut self, leaf: Sha256Hash) {
        let mut hash = leaf;
        let before = self.size;
        self.size += 1;
        for level in 0_u8.. {
            if self.edge.len() == usize::from(level) {
                self.edge.push(Vec::new());
            }
            let Some(last) = self.edge.get_mut(usize::from(level)) else { return };
            last.push(hash);
            if last.len() < usize::from(WIDTH) {
                return;
            }
            let number = before >> (WIDTH_BITS * (u32::from(level) + 1));
            self.full.push((Tile { level, number, width: WIDTH }, bytes(last)));
            hash = root_of(last);
            last.clear();
        }
    }

    /// The hash over all entries.
    #[must_use]
    pub fn root(&self) -> Sha256Hash {
        let mut right: Option<Sha256Hash> = None;
        for last in &self.edge {
            // What is right of a level's whole subtrees is one more, if there is anything.
            let nodes: Vec<_> = last.iter().copied().chain(right).collect();
            right = (!nodes.is_empty()).then(|| root_of(&nodes));
        }
        right.unwrap_or_else(|| Sha256Hash::of([]))
    }

    /// The tiles that have come into being since they were last taken: full ones, and the partial ones that it ends with now.
    pub fn take_tiles(&mut self) -> Vec<TileFile> {
        let mut tiles = std::mem::take(&mut self.full);
        for tile in Tile::partial_ones_of(self.size) {
            let is_new = self.size >> (WIDTH_BITS * u32::from(tile.level))
                != self.taken_at >> (WIDTH_BITS * u32::from(tile.level));
            if let Some(last) = self.edge.get(usize::from(tile.level)).filter(|_| is_new) {
                tiles.push((tile, bytes(last)));
            }
        }
        self.taken_at = self.size;
        tiles
    }
}

/// The hash of an entry in the tree.
pub(crate) fn leaf(entry: &[u8]) -> Sha256Hash {
    Sha256Hash::of_parts([&[LEAF], entry])
}

/// The hash over subtrees of one size, of which the last may be smaller: the left half is the largest power of two of them that
/// leaves something for the right.
pub(crate) fn root_of(nodes: &[Sha256Hash]) -> Sha256Hash {
    match nodes {
        [] => Sha256Hash::of([]),
        [one] => *one,
        _ => {
            let (left, right) = nodes.split_at(nodes.len().next_power_of_two() / 2);
            node(root_of(left), root_of(right))
        }
    }
}

/// The hash over two subtrees.
pub(crate) fn node(left: Sha256Hash, right: Sha256Hash) -> Sha256Hash {
    Sha256Hash::of_parts([&[NODE], &left.bytes(), &right.bytes()])
}

fn bytes(hashes: &[Sha256Hash]) -> Bytes {
    hashes.iter().map(Sha256Hash::bytes).collect::<Vec<_>>().concat().into()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use tlog_tiles::tlog::{HashReader, record_hash, stored_hash_count, stored_hashes, tree_hash};
    use tlog_tiles::{Error, Hash, Tile as Others};

    use super::*;

    /// The other implementation's store of hashes.
    #[derive(Default)]
    struct Stored(Vec<Hash>);

    impl HashReader for Stored {
        fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, Error> {
            Ok(indexes.iter().map(|index| self.0[usize::try_from(*index).unwrap()]).collect())
        }
    }

    fn entry(number: u64) -> Vec<u8> {
        number.to_string().into_bytes()
    }

    /// Every root and every tile, up to a tree of three levels of tiles.
    #[test]
    fn roots_and_tiles_are_those_of_another_implementation() {
        const MOST: u64 = 256 * 256 + 300;
        let (mut tree, mut stored) = (Tree::default(), Stored::default());
        assert_eq!(tree.root().bytes(), tree_hash(0, &stored).unwrap().0);
        let mut files: HashMap<String, Bytes> = HashMap::new();
        let mut taken_at = 0;
        for number in 0..MOST {
            tree.push(&entry(number));
            let new = stored_hashes(number, &entry(number), &stored).unwrap();
            stored.0.extend(new);
            let size = number + 1;
            // All small ones, those around full tiles, and then some.
            if size > 600 && size < MOST && size % 256 > 2 && size % 977 != 0 {
                continue;
            }
            assert_eq!(tree.size(), size);
            assert_eq!(tree.root().bytes(), tree_hash(size, &stored).unwrap().0, "of {size}");
            let taken = tree.take_tiles();
            let mut new: Vec<_> = taken.iter().map(|(tile, _)| *tile).collect();
            new.sort_unstable();
            assert_eq!(new, Tile::new_ones(taken_at, size).collect::<Vec<_>>(), "from {taken_at} to {size}");
            taken_at = size;
            for (tile, bytes) in taken {
                let other = Others::new(8, tile.level, tile.number, tile.width.into(), false);
                assert_eq!(tile.path(), format!("log/{}", other.path().replace("tile/8/", "tile/")));
                assert_eq!(bytes, other.read_data(&stored).unwrap(), "{}", tile.path());
                files.insert(tile.path(), bytes);
            }
            let last: Vec<_> = Tile::partial_ones_of(size)
                .map(|tile| {
                    (tile, files.get(&tile.path()).cloned().unwrap_or_else(|| panic!("{}", tile.path())))
                })
                .collect();
            let read = Tree::of_edge(size, &last).expect("a tree");
            assert_eq!((read.root(), read.size()), (tree.root(), size));
        }
        assert_eq!(stored.0.len() as u64, stored_hash_count(MOST));
        for tile in Others::new_tiles(8, 0, MOST) {
            let path = format!("log/{}", tile.path().replace("tile/8/", "tile/"));
            assert!(files.contains_key(&path), "{path}");
        }
        assert_eq!(Sha256Hash::of_parts([&[LEAF], b"7"]).bytes(), record_hash(b"7").0);
    }

    #[test]
    fn a_tree_goes_on_from_its_edge() {
        let mut whole = Tree::default();
        (0..700).for_each(|number| whole.push(&entry(number)));
        for size in [1, 255, 256, 257, 511, 512, 699] {
            let mut begun = Tree::default();
            (0..size).for_each(|number| begun.push(&entry(number)));
            let tiles = begun.take_tiles();
            let last: Vec<_> = Tile::partial_ones_of(size)
                .map(|tile| tiles.iter().find(|(of, _)| *of == tile).cloned().unwrap())
                .collect();
            let mut read = Tree::of_edge(size, &last).unwrap();
            assert!(read.take_tiles().is_empty(), "nothing is new");
            (size..700).for_each(|number| read.push(&entry(number)));
            assert_eq!(read.root(), whole.root(), "from {size}");
        }
    }

    #[test]
    fn tiles_that_do_not_fit_are_no_edge() {
        let tile = |level, width| Tile { level, number: 0, width };
        let bytes = |hashes: usize| Bytes::from(vec![7; hashes * 32]);
        assert!(Tree::of_edge(0, &[]).is_some());
        assert!(
            Tree::of_edge(258, &[(tile(0, 2), bytes(2)), (tile(1, 1), bytes(1))]).is_none(),
            "another number"
        );
        for last in [
            vec![],
            vec![(tile(0, 3), bytes(2))],
            vec![(tile(0, 3), bytes(4))],
            vec![(tile(0, 3), bytes(3).slice(1..))],
            vec![(tile(0, 2), bytes(2))],
            vec![(tile(0, 3), bytes(3)), (tile(1, 1), bytes(1))],
        ] {
            assert!(Tree::of_edge(3, &last).is_none(), "{last:?}");
        }
    }
}

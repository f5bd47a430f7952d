use std::collections::HashMap;

use tlog_tiles::tlog::{check_record, prove_record, stored_hashes, tree_hash};
use tlog_tiles::{Hash, HashReader};

use super::*;
use crate::tile;
use crate::tree::{Tree, leaf};

/// The other implementation's store of hashes.
#[derive(Default)]
struct Stored(Vec<Hash>);

impl HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        Ok(indexes.iter().map(|index| self.0[usize::try_from(*index).unwrap()]).collect())
    }
}

fn entry(number: u64) -> Vec<u8> {
    number.to_string().into_bytes()
}

/// A log whose tiles were written at some sizes, by both implementations.
#[derive(Default)]
struct Log {
    tree: Tree,
    tiles: HashMap<Tile, Vec<Sha256Hash>>,
    stored: Stored,
}

impl Log {
    fn grow(&mut self, size: u64) {
        for number in self.tree.size()..size {
            self.tree.push(&entry(number));
            let new = stored_hashes(number, &entry(number), &self.stored).unwrap();
            self.stored.0.extend(new);
        }
        for (tile, bytes) in self.tree.take_tiles() {
            self.tiles.insert(tile, tile::hashes(&bytes, tile.width).unwrap());
        }
    }

    /// That the path of an entry is the other implementation's, and leads to the root of the tree that there is.
    fn is_proven(&self, index: u64) {
        let size = self.tree.size();
        let inclusion = Inclusion::new(index, size).unwrap();
        let path =
            inclusion.path(|tile| self.tiles.get(&tile).map(Vec::as_slice)).expect("the tiles have it");
        let others = prove_record(size, index, &self.stored).unwrap();
        assert_eq!(path.iter().map(Sha256Hash::bytes).collect::<Vec<_>>(), bytes(&others), "{inclusion:?}");
        let leaf = leaf(&entry(index));
        assert_eq!(inclusion.root(leaf, &path), Some(self.tree.root()), "{inclusion:?}");
        let root = tree_hash(size, &self.stored).unwrap();
        check_record(&others, size, root, index, Hash(leaf.bytes())).unwrap();
    }
}

fn bytes(hashes: &[Hash]) -> Vec<[u8; 32]> {
    hashes.iter().map(|hash| hash.0).collect()
}

#[test]
fn every_entry_of_a_small_tree_is_proven_as_another_implementation_proves_it() {
    let mut log = Log::default();
    for size in (1..=70).chain([128, 129, 255, 256, 257, 300, 512, 513]) {
        log.grow(size);
        (0..size).for_each(|index| log.is_proven(index));
    }
}

#[test]
fn entries_of_trees_with_three_levels_of_tiles_are_proven() {
    const FULL: u64 = 256 * 256;
    let mut log = Log::default();
    for size in [FULL - 1, FULL, FULL + 1, FULL + 255, FULL + 256, FULL + 257, 2 * FULL + 1] {
        log.grow(size);
        let edges =
            [0, 1, 255, 256, 257, FULL - 257, FULL - 256, FULL - 2, FULL - 1, FULL, FULL + 1, 2 * FULL];
        let last = (size - 3).max(1)..size;
        for index in edges.into_iter().chain(last).filter(|index| *index < size) {
            log.is_proven(index);
        }
        (0..size).step_by(4_099).for_each(|index| log.is_proven(index));
    }
}

#[test]
fn a_path_leads_to_the_root_from_its_own_entry_alone() {
    let mut log = Log::default();
    for size in 1..40 {
        log.grow(size);
        for index in 0..size {
            let inclusion = Inclusion::new(index, size).unwrap();
            let path = inclusion.path(|tile| log.tiles.get(&tile).map(Vec::as_slice)).unwrap();
            let (leaf, root) = (leaf(&entry(index)), Some(log.tree.root()));
            for other in (0..size + 3).filter(|other| *other != index) {
                let found = Inclusion::new(other, size).map(|other| other.root(leaf, &path));
                assert_ne!(found.flatten(), root, "{index} as {other} of {size}");
            }
            let longer = [&path[..], &[Sha256Hash::ZERO]].concat();
            assert_eq!(inclusion.root(leaf, &longer), None, "{inclusion:?}");
            for place in 0..path.len() {
                let mut changed = path.clone();
                changed[place] = Sha256Hash::ZERO;
                assert_ne!(inclusion.root(leaf, &changed), root, "{inclusion:?}");
                let mut shorter = path.clone();
                shorter.remove(place);
                assert_eq!(inclusion.root(leaf, &shorter), None, "{inclusion:?}");
                let mut turned = path.clone();
                turned.swap(0, place);
                assert!(place == 0 || inclusion.root(leaf, &turned) != root, "{inclusion:?}");
            }
        }
    }
}

#[test]
fn what_is_not_in_the_tree_has_no_place_in_it() {
    assert!(Inclusion::new(0, 0).is_none() && Inclusion::new(7, 7).is_none());
    let last = Inclusion::new(u64::MAX - 1, u64::MAX).unwrap();
    assert_eq!((last.tiles().len(), last.siblings().len()), (8, 63));
    assert_eq!(last.path(|_| None), None);
    assert_eq!(last.path(|_| Some(&[])), None, "a tile that has too few hashes");
    let only = Inclusion::new(0, 1).unwrap();
    assert_eq!((only.tiles().len(), only.path(|_| None)), (0, Some(Vec::new())));
}

/// A tile of each level, and those that the tree ends with: what it costs does not grow with the log.
#[test]
fn a_proof_takes_few_tiles() {
    let paths = |index, size| Inclusion::new(index, size).unwrap().tiles().into_iter().map(Tile::path);
    let expected = [
        "log/tile/0/003",
        "log/tile/0/x003/906.p/64",
        "log/tile/1/000",
        "log/tile/1/015.p/66",
        "log/tile/2/000.p/15",
    ];
    assert_eq!(paths(1_000, 1_000_000).collect::<Vec<_>>(), expected);
}

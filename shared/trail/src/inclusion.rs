//! That an entry is in the tree (RFC 9162, section 2.1.3): which tiles it takes to show it, the hashes beside its way to the root, and the
//! root that they lead to.

use std::collections::BTreeSet;
use std::ops::Range;

use domain::values::Sha256Hash;

use crate::tile::{Tile, WIDTH, WIDTH_BITS};
use crate::tree::{node, root_of};

/// Which entry, of a tree of which size. One that exists is in the tree: the index is less than the size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inclusion {
    index: u64,
    size: u64,
}

/// A subtree of a power of two of entries, the first of which is at a multiple of that.
#[derive(Debug, Clone, Copy)]
struct Subtree {
    /// By how much more than its entries it is high.
    height: u32,
    /// Its number among those of its height.
    number: u64,
}

impl Inclusion {
    /// The entry with this index, from 0, in a tree of this size; none if it does not have so many.
    #[must_use]
    pub const fn new(index: u64, size: u64) -> Option<Self> {
        if index < size { Some(Self { index, size }) } else { None }
    }

    /// How many entries are before it.
    #[must_use]
    pub const fn index(self) -> u64 {
        self.index
    }

    /// How many entries the tree has.
    #[must_use]
    pub const fn size(self) -> u64 {
        self.size
    }

    /// The tiles that have the hashes beside its way: one of each level at most, and those that the tree ends with.
    #[must_use]
    pub fn tiles(self) -> BTreeSet<Tile> {
        self.siblings().into_iter().flat_map(subtrees).map(|subtree| self.place(subtree).0).collect()
    }

    /// The hashes beside its way, from the entry up, by the hashes of those tiles; none if a tile is not there or has too few.
    #[must_use]
    pub fn path<'a>(self, hashes: impl Fn(Tile) -> Option<&'a [Sha256Hash]>) -> Option<Vec<Sha256Hash>> {
        let of_subtree = |subtree| {
            let (tile, place) = self.place(subtree);
            Some(root_of(hashes(tile)?.get(place)?))
        };
        // What is beside the way at the right edge is no power of two: its subtrees are joined from the right.
        let of_sibling = |entries| {
            let whole = subtrees(entries).map(of_subtree).collect::<Option<Vec<_>>>()?;
            whole.into_iter().rev().reduce(|right, left| node(left, right))
        };
        self.siblings().into_iter().map(of_sibling).collect()
    }

    /// The root that the entry's hash and the hashes beside its way lead to (RFC 9162, section 2.1.3.2); none if there are not as many of
    /// them as there should be.
    #[must_use]
    pub fn root(self, leaf: Sha256Hash, path: &[Sha256Hash]) -> Option<Sha256Hash> {
        let (mut of_entry, mut of_last, mut root) = (self.index, self.size - 1, leaf);
        for beside in path {
            if of_last == 0 {
                return None;
            }
            if of_entry % 2 == 1 || of_entry == of_last {
                root = node(*beside, root);
                // Where the tree's last subtree has nothing at its right, it is its own parent.
                while of_entry.is_multiple_of(2) && of_entry != 0 {
                    (of_entry, of_last) = (of_entry >> 1, of_last >> 1);
                }
            } else {
                root = node(root, *beside);
            }
            (of_entry, of_last) = (of_entry >> 1, of_last >> 1);
        }
        (of_last == 0).then_some(root)
    }

    /// The entries that are beside its way at each height, from the entry up.
    fn siblings(self) -> Vec<Range<u64>> {
        let (mut from, mut to, mut siblings) = (0, self.size, Vec::new());
        while to - from > 1 {
            let middle = from + (1 << (to - from - 1).ilog2());
            if self.index < middle {
                siblings.push(middle..to);
                to = middle;
            } else {
                siblings.push(from..middle);
                from = middle;
            }
        }
        siblings.reverse();
        siblings
    }

    /// The tile that has a subtree's hashes, and where they are in it.
    fn place(self, Subtree { height, number }: Subtree) -> (Tile, Range<usize>) {
        let (level, hashes) = (height / WIDTH_BITS, 1 << (height % WIDTH_BITS));
        let (first, width) = (number * hashes, u64::from(WIDTH));
        let at = usize::try_from(first % width).unwrap_or(usize::MAX);
        let end = at.saturating_add(usize::try_from(hashes).unwrap_or(usize::MAX));
        (Tile::with(u8::try_from(level).unwrap_or(u8::MAX), first / width, self.size), at..end)
    }
}

/// The largest subtrees that these entries are made of, from the left: the first entry is at a multiple of a larger one.
fn subtrees(Range { mut start, end }: Range<u64>) -> impl Iterator<Item = Subtree> {
    std::iter::from_fn(move || {
        let height = end.checked_sub(start)?.checked_ilog2()?;
        let subtree = Subtree { height, number: start >> height };
        start += 1 << height;
        Some(subtree)
    })
}

#[cfg(test)]
mod tests;

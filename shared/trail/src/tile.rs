//! Tiles: the files that keep the log's tree, so that a proof needs a few of them and no event (C2SP `tlog-tiles`).
//!
//! A tile of level L and number N has the hashes of up to 256 subtrees of 256^L entries each, from the (N × 256)th on, one after the
//! other. A full one never changes. The last one of a level is partial: each width that a checkpoint needs is a file of its own.

use domain::values::Sha256Hash;

/// How many hashes a full tile has.
pub const WIDTH: u16 = 256;
/// The bits of the number of a hash that say its place in a tile.
pub(crate) const WIDTH_BITS: u32 = WIDTH.trailing_zeros();
/// The size of a full one, in bytes.
pub const MOST_BYTES: u64 = WIDTH as u64 * 32;

/// Where tiles are.
const FOLDER: &str = "log/tile/";
/// Of a number, so many decimal digits go into the name of one folder.
const IN_ONE_FOLDER: u64 = 1_000;

/// Which tile it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    /// Its level, from 0: the entries' own hashes.
    pub level: u8,
    /// Its number among those of its level, from 0.
    pub number: u64,
    /// How many hashes it has, from 1 to 256.
    pub width: u16,
}

impl Tile {
    /// The tiles that a tree of a size ends with, from the lowest level up: those that are not full.
    pub(crate) fn partial_ones_of(size: u64) -> impl Iterator<Item = Self> {
        levels(size).filter_map(|(level, hashes)| {
            let width = u16::try_from(hashes % u64::from(WIDTH)).unwrap_or_default();
            (width > 0).then_some(Self { level, number: hashes / u64::from(WIDTH), width })
        })
    }

    /// The tiles that come into being when a tree grows from one size to another: full ones, and those that it ends with then.
    pub(crate) fn new_ones(before: u64, after: u64) -> impl Iterator<Item = Self> {
        levels(after).flat_map(move |(level, hashes)| {
            let width = u64::from(WIDTH);
            let had = before.checked_shr(u32::from(level) * WIDTH_BITS).unwrap_or_default();
            let full = (had / width..hashes / width).map(move |number| Self { level, number, width: WIDTH });
            let last = Self::partial_ones_of(after).find(|tile| tile.level == level && had != hashes);
            full.chain(last)
        })
    }

    /// The tile of a level and a number in a tree of a size: full, or as wide as the tree ends it.
    pub(crate) fn with(level: u8, number: u64, size: u64) -> Self {
        let hashes = size.checked_shr(u32::from(level) * WIDTH_BITS).unwrap_or_default();
        let here = hashes.saturating_sub(number.saturating_mul(u64::from(WIDTH)));
        Self { level, number, width: u16::try_from(here).map_or(WIDTH, |here| here.min(WIDTH)) }
    }

    /// Its path, such as `log/tile/0/x001/234.p/56`.
    #[must_use]
    pub fn path(self) -> String {
        let Self { level, mut number, width } = self;
        let mut path = format!("{:03}", number % IN_ONE_FOLDER);
        while number >= IN_ONE_FOLDER {
            number /= IN_ONE_FOLDER;
            path = format!("x{:03}/{path}", number % IN_ONE_FOLDER);
        }
        let part = if width == WIDTH { String::new() } else { format!(".p/{width}") };
        format!("{FOLDER}{level}/{path}{part}")
    }

    /// The tile that has this path.
    #[must_use]
    pub fn of_path(path: &str) -> Option<Self> {
        let (level, rest) = path.strip_prefix(FOLDER)?.split_once('/')?;
        let (number, width) = match rest.split_once(".p/") {
            None => (rest, WIDTH),
            Some((number, width)) => (number, width.parse().ok()?),
        };
        let number = number.split('/').try_fold(0_u64, |number, digits| {
            let digits: u64 = digits.trim_start_matches('x').parse().ok()?;
            number.checked_mul(IN_ONE_FOLDER)?.checked_add(digits)
        });
        let tile = Self { level: level.parse().ok()?, number: number?, width };
        ((1..=WIDTH).contains(&tile.width) && tile.path() == path).then_some(tile)
    }
}

/// The levels of a tree of a size that have hashes, and how many hashes each has.
fn levels(size: u64) -> impl Iterator<Item = (u8, u64)> {
    (0_u8..).map_while(move |level| {
        let hashes = size.checked_shr(u32::from(level) * WIDTH_BITS).unwrap_or_default();
        (hashes > 0).then_some((level, hashes))
    })
}

/// The hashes in a tile's bytes, if there are so many.
pub(crate) fn hashes(bytes: &[u8], width: u16) -> Option<Vec<Sha256Hash>> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    (rest.is_empty() && hashes.len() == usize::from(width))
        .then(|| hashes.iter().map(|hash| Sha256Hash::from_bytes(*hash)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_has_one_path_and_no_other_path_is_one() {
        let tile = |level, number, width| Tile { level, number, width };
        for (tile, path) in [
            (tile(0, 0, 1), "log/tile/0/000.p/1"),
            (tile(0, 0, 256), "log/tile/0/000"),
            (tile(3, 1_234_067, 255), "log/tile/3/x001/x234/067.p/255"),
            (tile(7, u64::MAX, 256), "log/tile/7/x018/x446/x744/x073/x709/x551/615"),
        ] {
            assert_eq!(tile.path(), path);
            assert_eq!(Tile::of_path(path), Some(tile));
        }
        for path in [
            "log/tile/0/000.p/0",
            "log/tile/0/000.p/256",
            "log/tile/0/000.p/257",
            "log/tile/0/000.p/01",
            "log/tile/00/000",
            "log/tile/0/0",
            "log/tile/0/001/000",
            "log/tile/0/x000/001",
            "log/tile/0/x018/x446/x744/x073/x709/x551/616",
            "log/tile/data/000",
            "log/tile/256/000",
            "tile/0/000",
            "log/tile/0/",
        ] {
            assert_eq!(Tile::of_path(path), None, "{path}");
        }
    }

    #[test]
    fn a_tree_ends_with_a_tile_for_each_of_its_base_256_digits() {
        let of = |size| Tile::partial_ones_of(size).map(Tile::path).collect::<Vec<_>>();
        assert!(of(0).is_empty() && of(256).len() == 1);
        assert_eq!(of(1), ["log/tile/0/000.p/1"]);
        assert_eq!(of(256), ["log/tile/1/000.p/1"]);
        assert_eq!(of(70_000), ["log/tile/0/273.p/112", "log/tile/1/001.p/17", "log/tile/2/000.p/1"]);
        assert_eq!(of(u64::MAX).len(), 8);
    }
}

//! Chance, by number: every draw has a place that its seed is derived from, so that one more draw here changes none there.

use fastrand::Rng;

/// What keeps the places apart: the fractional part of the golden ratio (`SplitMix64`).
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// The seed of a place below a seed.
pub(crate) fn derived(seed: u64, place: &[u64]) -> u64 {
    place.iter().fold(mixed(seed), |state, part| mixed(state ^ mixed(*part)))
}

/// The source of chance of a place below a seed.
pub(crate) fn at(seed: u64, place: &[u64]) -> Rng {
    Rng::with_seed(derived(seed, place))
}

const fn mixed(value: u64) -> u64 {
    let mut value = value.wrapping_add(STEP);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_place_has_the_same_chance_and_another_place_another() {
        assert_eq!(at(1, &[2, 3]).u64(..), at(1, &[2, 3]).u64(..));
        assert_ne!(derived(1, &[2, 3]), derived(1, &[3, 2]));
        assert_ne!(derived(1, &[2]), derived(2, &[2]));
    }
}

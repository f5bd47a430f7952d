//! The physical keys that a user holds, and who issued each: nearly everybody holds one or two, so those take no memory of their own.

use std::collections::{BTreeMap, HashMap};

use domain::values::{KeyNumber, OrgId};

/// How many are kept without an allocation.
const FEW: usize = 2;

/// An organisation that issued something, by its place among [`Issuers`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Issuer(u32);

/// Every organisation that issued something, once: there are few of them, and their ids are long.
#[derive(Debug, Default)]
pub(crate) struct Issuers {
    places: HashMap<OrgId, u32>,
    all: Vec<OrgId>,
}

impl Issuers {
    /// What stands for an organisation.
    pub(crate) fn place(&mut self, org_id: &OrgId) -> Issuer {
        if let Some(place) = self.places.get(org_id) {
            return Issuer(*place);
        }
        let place = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.all.push(org_id.clone());
        self.places.insert(org_id.clone(), place);
        Issuer(place)
    }

    /// The organisation that something stands for.
    pub(crate) fn org_id(&self, Issuer(place): Issuer) -> &OrgId {
        &self.all[place as usize]
    }
}

/// Physical keys by their numbers.
#[derive(Debug)]
pub(crate) enum Held {
    /// So few of them, and with numbers of four bytes. Zero is nobody's number.
    Few([(u32, Issuer); FEW]),
    /// Others.
    #[expect(clippy::box_collection, reason = "The map itself would make every one of the few larger.")]
    Many(Box<BTreeMap<KeyNumber, Issuer>>),
}

const NONE: (u32, Issuer) = (0, Issuer(0));

impl Default for Held {
    fn default() -> Self {
        Self::Few([NONE; FEW])
    }
}

impl Held {
    /// One more; another one in its place, if it was held already.
    pub(crate) fn insert(&mut self, number: KeyNumber, issuer: Issuer) {
        match self {
            Self::Many(many) => {
                many.insert(number, issuer);
            }
            Self::Few(few) => {
                let short = u32::try_from(number.get()).ok();
                let room = |wanted| few.iter().position(|(there, _)| *there == wanted);
                let place = short.and_then(|short| room(short).or_else(|| room(0)));
                if let (Some(short), Some(place)) = (short, place) {
                    few[place] = (short, issuer);
                    return;
                }
                let few = few.iter().filter_map(|(there, issuer)| {
                    KeyNumber::new((*there).into()).map(|number| (number, *issuer))
                });
                *self = Self::Many(Box::new(few.chain([(number, issuer)]).collect()));
            }
        }
    }

    /// Who issued it, if it is held.
    pub(crate) fn issuer(&self, number: KeyNumber) -> Option<Issuer> {
        match self {
            Self::Many(many) => many.get(&number).copied(),
            Self::Few(few) => {
                let short = u32::try_from(number.get()).ok()?;
                few.iter().find(|(there, _)| *there == short).map(|(_, issuer)| *issuer)
            }
        }
    }

    /// One less. Gives who issued it, if it was held.
    pub(crate) fn remove(&mut self, number: KeyNumber) -> Option<Issuer> {
        match self {
            Self::Many(many) => {
                let removed = many.remove(&number);
                if many.is_empty() {
                    *self = Self::default();
                }
                removed
            }
            Self::Few(few) => {
                let short = u32::try_from(number.get()).ok()?;
                let there = few.iter_mut().find(|(there, _)| *there == short)?;
                Some(std::mem::replace(there, NONE).1)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever is added and removed, in any order, it is what a plain map would have.
    #[test]
    fn few_and_many_are_held_alike() {
        let numbers = [1, 2, 3, u64::from(u32::MAX), u64::from(u32::MAX) + 1, u64::MAX];
        let mut state = 1_u32;
        for _ in 0..2_000 {
            let (mut held, mut plain) = (Held::default(), BTreeMap::new());
            for _ in 0..20 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let number = KeyNumber::new(numbers[(state >> 16) as usize % numbers.len()]).unwrap();
                if (state >> 24).is_multiple_of(2) {
                    held.insert(number, Issuer(state));
                    plain.insert(number, Issuer(state));
                    assert_eq!(held.issuer(number), plain.get(&number).copied(), "{number}");
                } else {
                    assert_eq!(held.issuer(number), plain.get(&number).copied(), "{number}");
                    assert_eq!(held.remove(number), plain.remove(&number), "{number}");
                }
            }
            for number in numbers.map(|number| KeyNumber::new(number).unwrap()) {
                assert_eq!(held.remove(number), plain.remove(&number), "{number}");
            }
        }
    }

    #[test]
    fn an_issuer_stands_for_one_organisation() {
        let mut issuers = Issuers::default();
        let ids = ["acme", "other", "acme"].map(|id| OrgId::parse(id).unwrap());
        let places = ids.each_ref().map(|id| issuers.place(id));
        assert!(places[0] == places[2] && places[0] != places[1]);
        assert_eq!(places.map(|place| issuers.org_id(place).clone()), ids);
    }
}

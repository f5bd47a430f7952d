//! Who signs the hours: from hour to hour the same key, another one from where the log's own history names it, or from where an
//! operator who had lost it went on with another.

use std::collections::HashSet;

use domain::values::{Hour, VerifierKey};

use crate::checkpoint::SignedCheckpoint;
use crate::fault::{Fault, Place, Tampering};

/// The keys that whoever checks has in hand, and which of them signs now. A key that was followed by another one does not come
/// back, unless the log's history names it again: whoever has it may not be its owner any more.
#[derive(Debug, Default)]
pub(crate) struct Signers {
    given: Vec<VerifierKey>,
    in_force: Option<VerifierKey>,
    /// The one that signed the last hour.
    last: Option<VerifierKey>,
    /// What the log's history has named since the last hour that was signed.
    named: Option<VerifierKey>,
    retired: HashSet<VerifierKey>,
    replaced: Vec<(Hour, VerifierKey)>,
    /// Those that have signed an hour.
    used: HashSet<VerifierKey>,
    /// Whose name the last hour bore that somebody else should have signed: it is told once, and not for every hour after it.
    told: Option<String>,
}

impl Signers {
    /// Those whose keys are given.
    pub(crate) fn new(given: Vec<VerifierKey>) -> Self {
        Self { given, ..Self::default() }
    }

    /// The key that signed the last hour, if any key is given.
    pub(crate) const fn last(&self) -> Option<&VerifierKey> {
        self.last.as_ref()
    }

    /// The key that the next hour is to be signed by, if any key is given.
    pub(crate) const fn in_force(&self) -> Option<&VerifierKey> {
        self.in_force.as_ref()
    }

    /// The hours from which on another key signs that no event names.
    pub(crate) fn replaced(&self) -> &[(Hour, VerifierKey)] {
        &self.replaced
    }

    /// The given keys that have signed nothing.
    pub(crate) fn unused(&self) -> impl Iterator<Item = &VerifierKey> {
        self.given.iter().filter(|key| !self.used.contains(*key))
    }

    /// The log's history names the key of the hours after this one.
    pub(crate) fn name(&mut self, key: &VerifierKey) {
        self.named = Some(key.clone());
    }

    /// That an hour's checkpoint is signed by whom it should be. `named` holds for the hours after the one that names it.
    pub(crate) fn check(&mut self, hour: Hour, signed: &SignedCheckpoint) -> Result<(), Fault> {
        let fault = |shows| Err(Fault::new(Place::Checkpoint(hour), Tampering::Forked, shows));
        if signed.note().signatures() != 1 {
            return fault("it has more signatures than an export writes".to_owned());
        }
        if self.given.is_empty() {
            return Ok(());
        }
        if let Some(expected) = &self.in_force
            && signed.is_signed_only_by(expected)
        {
            self.used.insert(expected.clone());
            self.told = None;
            return Ok(());
        }
        let other = self.given.iter().find(|key| {
            !self.retired.contains(*key)
                && Some(*key) != self.in_force.as_ref()
                && signed.is_signed_only_by(key)
        });
        self.used.extend(other.cloned());
        let by = signed.note().first_signer();
        let was_told = other.is_none() && self.told.replace(by.clone()).as_ref() == Some(&by);
        match (other, &self.in_force) {
            _ if was_told => {}
            (Some(other), None) => self.in_force = Some(other.clone()),
            (Some(other), Some(_)) => {
                let other = other.clone();
                self.replaced.push((hour, other.clone()));
                self.follow(other);
            }
            (None, None) => {
                return fault(format!("it bears the name of {by}, and none of the given keys signed it"));
            }
            (None, Some(expected)) => {
                let expected = expected.short();
                return fault(format!("it bears the name of {by}, and should be signed by {expected}"));
            }
        }
        Ok(())
    }

    /// After an hour: what it named holds from the next one on. It has to be given: nobody's word but the caller's is taken for a
    /// key.
    pub(crate) fn end_hour(&mut self, hour: Hour) -> Result<(), Fault> {
        self.last.clone_from(&self.in_force);
        let Some(named) = self.named.take() else { return Ok(()) };
        if self.given.is_empty() || self.in_force.as_ref() == Some(&named) {
            return Ok(());
        }
        self.retired.remove(&named);
        let is_given = self.given.contains(&named);
        self.follow(named.clone());
        if !is_given {
            let shows = format!(
                "the hours after this one are to be signed by {named}, which was not given: who wrote them is not known"
            );
            return Err(Fault::new(Place::Checkpoint(hour), Tampering::Forked, shows));
        }
        Ok(())
    }

    fn follow(&mut self, next: VerifierKey) {
        let before = self.in_force.replace(next);
        self.retired.extend(before);
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
    use domain::values::Sha256Hash;

    use super::*;
    use crate::checkpoint::Checkpoint;

    fn pair(seed: u8) -> (Ed25519KeyPair, VerifierKey) {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap();
        let key = VerifierKey::new("log".parse().unwrap(), pair.public_key().as_ref().try_into().unwrap());
        (pair, key)
    }

    fn key(seed: u8) -> VerifierKey {
        pair(seed).1
    }

    /// Hours from the first on, each signed by a key, after events that name keys in some of them.
    fn check(given: &[u8], hours: &[(u8, Option<u8>)]) -> Result<Vec<(Hour, VerifierKey)>, String> {
        let mut signers = Signers::new(given.iter().map(|seed| key(*seed)).collect());
        for (hour, (signed_by, names)) in (0..).map(Hour::new).zip(hours) {
            let checkpoint =
                Checkpoint { origin: "log".parse().unwrap(), size: hour.get() + 1, root: Sha256Hash::ZERO };
            let (pair, key_of_it) = pair(*signed_by);
            let signature = pair.sign(checkpoint.to_string().as_bytes()).as_ref().try_into().unwrap();
            if let Some(named) = names {
                signers.name(&key(*named));
            }
            let signed = SignedCheckpoint::new(checkpoint, &key_of_it, &signature);
            signers.check(hour, &signed).map_err(|fault| fault.shows)?;
            signers.end_hour(hour).map_err(|fault| fault.shows)?;
        }
        Ok(signers.replaced().to_vec())
    }

    fn should(by: u8, expected: u8) -> Result<Vec<(Hour, VerifierKey)>, String> {
        let (by, expected) = (key(by).short(), key(expected).short());
        Err(format!("it bears the name of {by}, and should be signed by {expected}"))
    }

    #[test]
    fn one_key_signs_until_the_log_names_another() {
        assert_eq!(check(&[1], &[(1, None), (1, None)]), Ok(vec![]));
        assert_eq!(check(&[2, 1], &[(1, None), (1, Some(2)), (2, None), (2, None)]), Ok(vec![]));
        assert_eq!(check(&[1, 2], &[(1, Some(2)), (2, Some(1)), (1, None)]), Ok(vec![]), "named again");
        assert_eq!(check(&[1, 2], &[(1, Some(2)), (1, None)]), should(1, 2), "the old one is over");
        assert_eq!(check(&[1, 2], &[(1, Some(2)), (2, None), (1, None)]), should(1, 2));
        assert_eq!(check(&[1], &[(1, Some(1)), (1, None)]), Ok(vec![]), "the same one");
    }

    #[test]
    fn a_key_that_no_event_names_is_told_and_only_taken_if_it_is_given_and_was_none_before() {
        let replaced = |hour, seed| (Hour::new(hour), key(seed));
        assert_eq!(check(&[1, 2], &[(1, None), (2, None), (2, None)]), Ok(vec![replaced(1, 2)]));
        assert_eq!(check(&[1, 2], &[(1, None), (2, None), (1, None)]), should(1, 2));
        assert_eq!(check(&[1, 2, 3], &[(1, Some(2)), (3, None)]), Ok(vec![replaced(1, 3)]), "lost at once");
        assert_eq!(check(&[1], &[(1, None), (2, None)]), should(2, 1));
    }

    #[test]
    fn keys_come_from_whoever_checks_and_from_nobody_else() {
        assert_eq!(check(&[], &[(1, Some(3)), (2, None)]), Ok(vec![]), "nothing is given and nothing said");
        let by = key(1).short();
        assert_eq!(
            check(&[2], &[(1, None)]),
            Err(format!("it bears the name of {by}, and none of the given keys signed it"))
        );
        let not_given = format!(
            "the hours after this one are to be signed by {}, which was not given: who wrote them is not known",
            key(2)
        );
        assert_eq!(check(&[1], &[(1, Some(2)), (2, None)]), Err(not_given));
    }
}

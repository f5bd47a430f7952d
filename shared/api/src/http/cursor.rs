//! Cursors: where the next page of a list begins, sealed so that only we can make and read them.
//!
//! A cursor is encrypted and authenticated (AES-256-GCM, RFC 5116) with the list it belongs to: the route, the caller,
//! the user or organisation, and the filters. Used with any other, changed, or a day old, it is no cursor.

use std::time::Duration;

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use data_encoding::BASE64URL_NOPAD;
use domain::values::{EpochMillis, Sha256Hash};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::config::CursorSecret;

/// How long a cursor is good for.
const GOOD_FOR: Duration = Duration::from_hours(24);
/// The longest a cursor can be: a user id of 128 characters of four bytes, escaped, with room to spare.
pub(super) const LONGEST: usize = 4_096;
const NONCE: usize = 12;

/// Seals and opens cursors.
pub struct CursorSealer(RandomizedNonceKey);

impl std::fmt::Debug for CursorSealer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("CursorSealer")
    }
}

/// Why there is no sealer, or no cursor. It says nothing more, because nobody could do anything with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the cursor cannot be sealed")]
pub struct CursorFault;

/// What is sealed: a place in a list, and until when it may be used.
#[derive(Serialize, Deserialize)]
struct Sealed<P> {
    place: P,
    until: EpochMillis,
}

impl CursorSealer {
    /// A sealer with a secret. Two with the same secret open each other's cursors.
    pub fn new(secret: &CursorSecret) -> Result<Self, CursorFault> {
        let derived = Sha256Hash::of([b"physical key inventory, cursors\0", secret.bytes()].concat());
        RandomizedNonceKey::new(&AES_256_GCM, &derived.bytes()).map(Self).map_err(|_| CursorFault)
    }

    /// Seals a place in the list that `list` names.
    pub fn seal<P: Serialize>(&self, list: &str, place: P, now: EpochMillis) -> Result<String, CursorFault> {
        let sealed = Sealed { place, until: now.plus(GOOD_FOR) };
        let mut bytes = serde_json::to_vec(&sealed).map_err(|_| CursorFault)?;
        let nonce = self.0.seal_in_place_append_tag(Aad::from(list), &mut bytes).map_err(|_| CursorFault)?;
        Ok(BASE64URL_NOPAD.encode(&[nonce.as_ref().as_slice(), &bytes].concat()))
    }

    /// Opens a cursor of the list that `list` names; `None` for anything else.
    #[must_use]
    pub fn open<P: DeserializeOwned>(&self, list: &str, cursor: &str, now: EpochMillis) -> Option<P> {
        if cursor.len() > LONGEST {
            return None;
        }
        let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = sealed.to_vec();
        let opened = self.0.open_in_place(nonce, Aad::from(list), &mut sealed).ok()?;
        let Sealed { place, until } = serde_json::from_slice(opened).ok()?;
        (now < until).then_some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: EpochMillis = EpochMillis::new(1_795_435_200_000);

    fn sealer(secret: &str) -> CursorSealer {
        CursorSealer::new(&CursorSecret::parse(secret).unwrap()).unwrap()
    }

    fn open(list: &str, cursor: &str, now: EpochMillis) -> Option<u64> {
        sealer(&"s".repeat(32)).open(list, cursor, now)
    }

    #[test]
    fn a_cursor_is_opened_by_whoever_has_the_secret() {
        let cursor = sealer(&"s".repeat(32)).seal("list", 7_u64, NOW).unwrap();
        assert_eq!(open("list", &cursor, NOW), Some(7));
        assert_eq!(sealer(&"t".repeat(32)).open::<u64>("list", &cursor, NOW), None);
    }

    #[test]
    fn a_cursor_is_good_for_one_list_and_one_day() {
        let cursor = sealer(&"s".repeat(32)).seal("list", 7_u64, NOW).unwrap();
        assert_eq!(open("another list", &cursor, NOW), None);
        assert_eq!(open("list", &cursor, EpochMillis::new(NOW.plus(GOOD_FOR).get() - 1)), Some(7));
        assert_eq!(open("list", &cursor, NOW.plus(GOOD_FOR)), None);
    }

    #[test]
    fn a_cursor_changed_anywhere_is_none() {
        let cursor = sealer(&"s".repeat(32)).seal("list", 7_u64, NOW).unwrap();
        for position in 0..cursor.len() {
            let mut changed = cursor.clone().into_bytes();
            changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
            assert_eq!(open("list", str::from_utf8(&changed).unwrap(), NOW), None, "{position}");
            assert_eq!(open("list", &cursor[..position], NOW), None, "{position}");
        }
    }

    #[test]
    fn a_cursor_of_another_shape_is_none() {
        let cursor = sealer(&"s".repeat(32)).seal("list", "seven", NOW).unwrap();
        assert_eq!(open("list", &cursor, NOW), None);
        assert_eq!(open("list", &"A".repeat(LONGEST + 1), NOW), None);
    }
}

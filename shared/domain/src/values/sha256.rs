//! A SHA-256, as it is written down.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A SHA-256; 64 lower-case hexadecimal digits in JSON.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256Hash([u8; 32]);

impl Sha256Hash {
    /// What stands where nothing was before.
    pub const ZERO: Self = Self([0; 32]);

    /// The hash of some bytes.
    #[must_use]
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The hash of an earlier hash's 32 bytes and what follows it, which may come in parts.
    #[must_use]
    pub fn chained<const PARTS: usize>(earlier: Self, parts: [&[u8]; PARTS]) -> Self {
        Self::over(Sha256::new().chain_update(earlier.0), parts)
    }

    /// The hash of bytes that come in parts.
    #[must_use]
    pub fn of_parts<const PARTS: usize>(parts: [&[u8]; PARTS]) -> Self {
        Self::over(Sha256::new(), parts)
    }

    fn over<const PARTS: usize>(begun: Sha256, parts: [&[u8]; PARTS]) -> Self {
        Self(parts.into_iter().fold(begun, Digest::chain_update).finalize().into())
    }

    /// The hash that these bytes are.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn bytes(&self) -> [u8; 32] {
        self.0
    }
}

impl From<Sha256Hash> for String {
    fn from(hash: Sha256Hash) -> Self {
        hash.to_string()
    }
}

impl std::fmt::Display for Sha256Hash {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl std::fmt::Debug for Sha256Hash {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, formatter)
    }
}

/// The text is not 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 64 lower-case hexadecimal digits")]
pub struct NotASha256;

impl TryFrom<String> for Sha256Hash {
    type Error = NotASha256;

    fn try_from(text: String) -> Result<Self, NotASha256> {
        text.parse()
    }
}

impl std::str::FromStr for Sha256Hash {
    type Err = NotASha256;

    fn from_str(text: &str) -> Result<Self, NotASha256> {
        let mut bytes = [0; 32];
        if text.len() != 2 * bytes.len() {
            return Err(NotASha256);
        }
        data_encoding::HEXLOWER.decode_mut(text.as_bytes(), &mut bytes).map_err(|_| NotASha256)?;
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf abc | sha256sum`, and FIPS 180-2, appendix B.1.
    const OF_ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn a_hash_is_written_in_lower_case_and_read_as_it_is_written() {
        let hash = Sha256Hash::of("abc");
        assert_eq!((hash.to_string().as_str(), format!("{hash:?}").as_str()), (OF_ABC, OF_ABC));
        assert_eq!(OF_ABC.parse(), Ok(hash));
        for text in ["", &OF_ABC.to_uppercase(), &OF_ABC[1..], &format!("{OF_ABC}00")] {
            assert_eq!(text.parse::<Sha256Hash>(), Err(NotASha256), "{text}");
        }
    }

    #[test]
    fn what_follows_a_hash_may_come_in_parts() {
        let whole = Sha256Hash::of([&[0; 32], b"abc".as_slice()].concat());
        assert_eq!(Sha256Hash::chained(Sha256Hash::ZERO, [b"a".as_slice(), b"bc"]), whole);
        assert_eq!(Sha256Hash::of_parts([b"a".as_slice(), b"", b"bc"]), Sha256Hash::of("abc"));
    }
}

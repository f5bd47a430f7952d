//! Texts that people type, kept out of what is hashed for ever: a record has their salted digests.
//!
//! A digest is SHA-256 over a salt of 128 random bits and the text, as base64url (RFC 4648, section 5, without padding):
//! the idea of RFC 9901. Whoever is shown salt and text, the **disclosure**, can check that this text was meant. Without
//! the salt nobody can find out even the shortest text by trying, so that a text is erased once its disclosures are.

use std::collections::BTreeMap;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const SALT_BYTES: usize = 16;

/// Which text of an event it is. There is one digest a name, so that nobody can show two people two texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TextName {
    /// An organisation's display name, in its own history.
    Name,
    /// Free text about a physical key.
    Note,
    /// The display name of the issuer, as it was given with a physical key.
    OrgName,
    /// Why the texts of a physical key were erased.
    Reason,
}

impl TextName {
    /// Every name, in the order of its variants.
    const ALL: [Self; 4] = [Self::Name, Self::Note, Self::OrgName, Self::Reason];

    /// As records spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Note => "note",
            Self::OrgName => "orgName",
            Self::Reason => "reason",
        }
    }
}

/// Declares bytes that are base64url in JSON, in one spelling.
macro_rules! base64url_value {
    ($(#[$doc:meta])* $name:ident, $length:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; $length]);

        impl TryFrom<String> for $name {
            type Error = NotBase64Url;

            fn try_from(text: String) -> Result<Self, NotBase64Url> {
                Self::parse(&text)
            }
        }

        impl $name {
            pub(super) fn parse(text: &str) -> Result<Self, NotBase64Url> {
                let mut bytes = [0; $length];
                if BASE64URL_NOPAD.decode_len(text.len()) != Ok(bytes.len()) {
                    return Err(NotBase64Url);
                }
                BASE64URL_NOPAD.decode_mut(text.as_bytes(), &mut bytes).map_err(|_| NotBase64Url)?;
                Ok(Self(bytes))
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                BASE64URL_NOPAD.encode(&value.0)
            }
        }
    };
}

base64url_value! {
    /// What makes the digest of a text impossible to guess.
    Salt, SALT_BYTES
}
base64url_value! {
    /// The salted SHA-256 of a text.
    TextDigest, 32
}

/// The text is not base64url of the right length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be base64url without padding, of the right length")]
pub struct NotBase64Url;

impl TextDigest {
    /// The digest of a text.
    #[must_use]
    pub fn of(salt: Salt, text: &str) -> Self {
        Self(Sha256::new().chain_update(salt.0).chain_update(text).finalize().into())
    }
}

/// How many random bytes the salts of a decision take.
pub const RANDOM_BYTES: usize = TextName::ALL.len() * SALT_BYTES;

/// The salts of one decision, kept for every sending of it: one for each name, so that to disclose one text is to tell
/// nothing that helps with another.
#[derive(Debug, Clone, Copy)]
pub struct Salts([u8; RANDOM_BYTES]);

impl Salts {
    /// The salts of these random bytes.
    #[must_use]
    pub const fn new(random: [u8; RANDOM_BYTES]) -> Self {
        Self(random)
    }

    fn of(&self, name: TextName) -> Salt {
        let mut salt = [0; SALT_BYTES];
        let (chunks, _) = self.0.as_chunks::<SALT_BYTES>();
        if let Some(chunk) = chunks.get(name as usize) {
            salt = *chunk;
        }
        Salt(salt)
    }
}

/// What it takes to check a text against its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Disclosure {
    /// The salt, 16 bytes as base64url.
    pub salt: Salt,
    /// The text.
    // The longest is a note.
    #[cfg_attr(feature = "openapi", schema(max_length = 500, examples("Front door")))]
    pub text: String,
}

/// Something for each text of an event, by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Texts<T>(BTreeMap<TextName, T>);

/// What discloses an event's texts, as far as they have not been erased.
pub type Disclosures = Texts<Disclosure>;

impl<T> Default for Texts<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> Texts<T> {
    /// Those that are there, of these.
    #[must_use]
    pub fn of(texts: impl IntoIterator<Item = (TextName, Option<T>)>) -> Self {
        Self(texts.into_iter().filter_map(|(name, text)| Some((name, text?))).collect())
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What there is of a name.
    #[must_use]
    pub fn get(&self, name: TextName) -> Option<&T> {
        self.0.get(&name)
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = TextName> {
        self.0.keys().copied()
    }

    fn map<U>(&self, each: impl Fn(TextName, &T) -> U) -> Texts<U> {
        Texts(self.0.iter().map(|(name, text)| (*name, each(*name, text))).collect())
    }
}

impl Texts<&str> {
    /// Salts them.
    #[must_use]
    pub fn salted(&self, salts: &Salts) -> Disclosures {
        self.map(|name, text| Disclosure { salt: salts.of(name), text: (*text).to_owned() })
    }
}

impl Disclosures {
    /// What a record has instead of the texts.
    #[must_use]
    pub fn digests(&self) -> Texts<TextDigest> {
        self.map(|_, Disclosure { salt, text }| TextDigest::of(*salt, text))
    }

    /// The salts alone.
    #[must_use]
    pub fn salts(&self) -> Texts<Salt> {
        self.map(|_, disclosure| disclosure.salt)
    }
}

/// Why a disclosure is not an event's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DisclosureFault {
    /// The record has no digest of that name, or another one.
    #[error("a text was disclosed of which the record does not have the digest")]
    NotTheDigest,
    /// The digest is right, and the text is none that could ever be recorded.
    #[error("a text was disclosed that keeps no rule of its kind")]
    NotAText,
}

impl Texts<TextDigest> {
    /// Whether nothing is disclosed but texts of these digests. Less may be.
    pub fn check(&self, disclosures: &Disclosures) -> Result<(), DisclosureFault> {
        let is_theirs = disclosures.0.iter().all(|(name, disclosure)| {
            self.get(*name) == Some(&TextDigest::of(disclosure.salt, &disclosure.text))
        });
        if is_theirs { Ok(()) } else { Err(DisclosureFault::NotTheDigest) }
    }

    /// Whether these are the digests of the same texts, as far as there are salts to tell by: without one, a text was erased
    /// and could be any.
    #[must_use]
    pub fn are_of(&self, salts: &Texts<Salt>, texts: &Texts<&str>) -> bool {
        let is_same = |name: TextName, digest: &TextDigest| {
            salts
                .get(name)
                .is_none_or(|salt| texts.get(name).is_some_and(|text| TextDigest::of(*salt, text) == *digest))
        };
        texts.names().all(|name| self.get(name).is_some())
            && self.0.iter().all(|(name, digest)| is_same(*name, digest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disclosures(note: &str) -> Disclosures {
        let mut random = [0; RANDOM_BYTES];
        for (byte, value) in random.iter_mut().zip(0..) {
            *byte = value;
        }
        Texts::of([(TextName::Note, Some(note)), (TextName::OrgName, None)]).salted(&Salts::new(random))
    }

    /// Computed with Python: `base64.urlsafe_b64encode(hashlib.sha256(bytes(range(16, 32)) + "Tür".encode()).digest())`.
    #[test]
    fn the_digest_is_the_one_that_others_compute() {
        let digests = serde_json::to_value(disclosures("Tür").digests()).unwrap();
        assert_eq!(digests, serde_json::json!({"note": "lKoXnT6je5qgBhSDmeCGNpFx7UtB-lGHqa_klDUfX3g"}));
    }

    #[test]
    fn a_disclosure_is_good_for_its_digest_and_for_no_other() {
        let digests = disclosures("front").digests();
        assert_eq!(digests.check(&disclosures("front")), Ok(()));
        assert_eq!(digests.check(&Disclosures::default()), Ok(()), "it was erased, or is withheld");
        assert_eq!(digests.check(&disclosures("back")), Err(DisclosureFault::NotTheDigest));
        let nothing = Texts::default();
        assert_eq!(nothing.check(&disclosures("front")), Err(DisclosureFault::NotTheDigest));
    }

    #[test]
    fn texts_are_told_by_their_salts_and_could_be_any_without() {
        let of = |note| Texts::of([(TextName::Note, note)]);
        let (digests, salts) = (disclosures("front").digests(), disclosures("front").salts());
        assert!(digests.are_of(&salts, &of(Some("front"))));
        for other in [of(Some("back")), of(None), Texts::of([(TextName::OrgName, Some("front"))])] {
            assert!(!digests.are_of(&salts, &other), "{other:?}");
        }
        assert!(
            digests.are_of(&Texts::default(), &of(Some("back")))
                && digests.are_of(&Texts::default(), &of(None))
        );
        assert!(!Texts::default().are_of(&Texts::default(), &of(Some("front"))), "there was none");
    }

    #[test]
    fn salts_differ_by_name() {
        let mut random = [7; RANDOM_BYTES];
        random[..SALT_BYTES].fill(1);
        random[RANDOM_BYTES - SALT_BYTES..].fill(3);
        let salts = Salts::new(random);
        let salts = TextName::ALL.map(|name| salts.of(name));
        assert_eq!(
            salts,
            [Salt([1; SALT_BYTES]), Salt([7; SALT_BYTES]), Salt([7; SALT_BYTES]), Salt([3; SALT_BYTES])]
        );
    }

    #[test]
    fn a_digest_and_a_salt_have_one_spelling() {
        let salt = Salt([255; SALT_BYTES]);
        let text = String::from(salt);
        assert_eq!(Salt::try_from(text.clone()), Ok(salt));
        for other in
            [format!("{text}="), text[1..].to_owned(), text.replace('_', "/"), format!("{}x", &text[..21])]
        {
            assert_eq!(Salt::try_from(other.clone()), Err(NotBase64Url), "{other}");
        }
    }
}

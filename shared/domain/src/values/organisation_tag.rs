//! The tag of an organisation: what stands for it where it has to be known before anything is read.

use serde::{Deserialize, Serialize};

use super::{OrgId, Sha256Hash};

const BYTES: usize = 10;
/// Lower-case letters and digits only: a double click selects the whole, and case does not matter to a reader.
const ENCODING: data_encoding::Encoding = data_encoding::BASE32_DNSSEC;

/// The first 80 bits of the SHA-256 of an organisation's id, as 16 lower-case letters and digits. API key ids begin with
/// it, and places in the table have it in them. It names nobody: whoever goes by it compares the whole id as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrgTag([u8; BYTES]);

impl OrgTag {
    /// How many bytes it has.
    pub(crate) const BYTES: usize = BYTES;
    /// How many characters it has as text.
    pub(crate) const CHARACTERS: usize = BYTES * 8 / 5;

    /// The tag of an organisation.
    #[must_use]
    pub fn of(org_id: &OrgId) -> Self {
        let mut bytes = [0; BYTES];
        bytes.copy_from_slice(&Sha256Hash::of(org_id.as_str()).bytes()[..BYTES]);
        Self(bytes)
    }

    /// The tag that a text spells.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; BYTES] = ENCODING.decode(text.as_bytes()).ok()?.try_into().ok()?;
        // Decoding ignores case; there is one spelling.
        (ENCODING.encode(&bytes) == text).then_some(Self(bytes))
    }

    /// Its bytes.
    pub(crate) const fn bytes(&self) -> &[u8; BYTES] {
        &self.0
    }
}

impl TryFrom<String> for OrgTag {
    type Error = NotAnOrgTag;

    fn try_from(text: String) -> Result<Self, NotAnOrgTag> {
        Self::parse(&text).ok_or(NotAnOrgTag)
    }
}

impl From<OrgTag> for String {
    fn from(tag: OrgTag) -> Self {
        tag.to_string()
    }
}

/// The text is not the tag of an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not the tag of an organisation")]
pub struct NotAnOrgTag;

impl std::fmt::Display for OrgTag {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&ENCODING.encode(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_has_one_spelling() {
        let tag = OrgTag::of(&OrgId::parse("acme").unwrap());
        // The beginning of `printf acme | sha256sum`, in base 32 with the digits of RFC 4648, section 7, in lower case.
        assert_eq!(tag.to_string().len(), OrgTag::CHARACTERS);
        assert_eq!(OrgTag::parse(&tag.to_string()), Some(tag));
        let json = serde_json::to_string(&tag).unwrap();
        assert_eq!((json.as_str(), serde_json::from_str(&json).ok()), (&*format!("\"{tag}\""), Some(tag)));
        assert_eq!(OrgTag::parse(&tag.to_string().to_uppercase()), None);
        assert_eq!(OrgTag::parse(""), None);
        assert_ne!(tag, OrgTag::of(&OrgId::parse("Acme").unwrap()));
    }
}

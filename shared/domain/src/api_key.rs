//! API keys: `pki_<id>_<secret and checksum>`, shown once when issued; only a hash of the secret is stored.
//!
//! The checksum lets a mistyped key be refused without a read. The id begins with the tag of its organisation, so that
//! the organisation's item and its physical keys are known before anything is read, and a retry that crosses a rotation
//! finds its first answer (`api::auth::Presented::scope`).

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::organisation::ApiKeyIssued;
use crate::values::{EpochMillis, OrgId, OrgTag, Sha256Hash, Subject};

/// Names our keys to secret scanners and to people.
const PREFIX: &str = "pki_";
const TAG_BYTES: usize = OrgTag::BYTES;
const ID_BYTES: usize = 20;
const ID_CHARACTERS: usize = 32;
const SECRET_BYTES: usize = 32;
const CHECKSUM_BYTES: usize = 4;
/// Lower-case letters and digits only: a double click selects the whole, and case does not matter to a reader.
const ENCODING: data_encoding::Encoding = data_encoding::BASE32_DNSSEC;

/// How many random bytes an API key takes.
pub const RANDOM_BYTES: usize = ID_BYTES - TAG_BYTES + SECRET_BYTES;

/// The public part of an API key: 32 lower-case letters and digits. It may be logged.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct ApiKeyId(String);

/// The text is not the id of an API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not the id of an API key")]
pub struct NotAnApiKeyId;

impl TryFrom<String> for ApiKeyId {
    type Error = NotAnApiKeyId;

    fn try_from(text: String) -> Result<Self, NotAnApiKeyId> {
        Self::parse(&text).ok_or(NotAnApiKeyId)
    }
}

impl ApiKeyId {
    /// The id, if the text has the form of one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = ENCODING.decode(text.as_bytes()).ok()?;
        // Decoding ignores case; the canonical spelling is the stored one.
        (bytes.len() == ID_BYTES && ENCODING.encode(&bytes) == text).then(|| Self(text.to_owned()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The tag of its organisation. Nothing is to be believed of it before the API key is verified.
    #[must_use]
    pub fn organisation_tag(&self) -> Option<OrgTag> {
        OrgTag::parse(self.0.get(..OrgTag::CHARACTERS)?)
    }
}

/// An API key as it is presented, its checksum verified, its secret not yet.
#[derive(Clone)]
pub struct PresentedApiKey {
    id: ApiKeyId,
    secret: [u8; SECRET_BYTES],
}

impl std::fmt::Debug for PresentedApiKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("PresentedApiKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What is stored of an API key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredApiKey {
    /// Its public part.
    pub api_key_id: ApiKeyId,
    /// The organisation it belongs to.
    pub org_id: OrgId,
    /// The hash of the secret. The secret has 256 random bits, so nothing slower is needed.
    pub secret_sha256: Sha256Hash,
    /// When it was issued.
    pub issued_at: EpochMillis,
    /// From when on it is refused, if it expires at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<EpochMillis>,
    /// The token subjects that it was bound to: it is good together with a token of one of them only. Empty if it was bound
    /// to none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<Subject>,
    /// When it was revoked, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<EpochMillis>,
}

/// Why an API key is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ApiKeyFault {
    /// Not the form of an API key, or the checksum does not match.
    #[error("The API key is mistyped or cut off. Copy it again as a whole.")]
    Malformed,
    /// No such API key, or its secret is another one.
    #[error("The API key is not known here. Ask for a new one.")]
    Unknown,
    /// It was revoked.
    #[error("The API key has been revoked. Ask for a new one.")]
    Revoked,
    /// It has expired.
    #[error("The API key has expired. Ask for a new one.")]
    Expired,
    /// Its organisation was closed.
    #[error("The organisation of the API key has been closed.")]
    OrganisationClosed,
}

impl ApiKeyFault {
    /// The reason by name, for the log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "api_key_malformed",
            Self::Unknown => "api_key_unknown",
            Self::Revoked => "api_key_revoked",
            Self::Expired => "api_key_expired",
            Self::OrganisationClosed => "api_key_of_a_closed_organisation",
        }
    }
}

fn checksum(id: &str, secret: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let hash = Sha256Hash::of([PREFIX.as_bytes(), id.as_bytes(), secret].concat()).bytes();
    let mut checksum = [0; CHECKSUM_BYTES];
    checksum.copy_from_slice(&hash[..CHECKSUM_BYTES]);
    checksum
}

/// What an API key is issued for.
#[derive(Debug, Clone)]
pub struct ApiKeyTerms {
    /// The organisation it belongs to.
    pub org_id: OrgId,
    /// When it is issued.
    pub issued_at: EpochMillis,
    /// From when on it is refused, if it expires at all.
    pub valid_until: Option<EpochMillis>,
    /// The token subjects that it is bound to, if it is.
    pub subjects: Vec<Subject>,
}

impl ApiKeyTerms {
    /// An API key that does not expire and is bound to nobody.
    #[must_use]
    pub const fn of(org_id: OrgId, issued_at: EpochMillis) -> Self {
        Self { org_id, issued_at, valid_until: None, subjects: Vec::new() }
    }
}

/// Makes a new API key of an organisation from random bytes: the text to show once, and what happens when it is issued.
#[must_use]
pub fn issue(terms: ApiKeyTerms, random: &[u8; RANDOM_BYTES]) -> (String, ApiKeyIssued) {
    let ApiKeyTerms { org_id, issued_at, valid_until, subjects } = terms;
    let (random_id, secret) = random.split_at(ID_BYTES - TAG_BYTES);
    let mut id = OrgTag::of(&org_id).bytes().to_vec();
    id.extend_from_slice(random_id);
    let id = ENCODING.encode(&id);
    let mut tail = secret.to_vec();
    tail.extend_from_slice(&checksum(&id, secret));
    let text = format!("{PREFIX}{id}_{}", ENCODING.encode(&tail));
    let secret_sha256 = Sha256Hash::of(secret);
    let api_key_id = ApiKeyId(id);
    (text, ApiKeyIssued { org_id, api_key_id, secret_sha256, issued_at, valid_until, subjects })
}

impl PresentedApiKey {
    /// Reads the header's text. Costs no I/O.
    pub fn parse(text: &str) -> Result<Self, ApiKeyFault> {
        Self::read(text).ok_or(ApiKeyFault::Malformed)
    }

    fn read(text: &str) -> Option<Self> {
        let (id, tail) = text.strip_prefix(PREFIX)?.split_at_checked(ID_CHARACTERS)?;
        let id = ApiKeyId::parse(id)?;
        let encoded = tail.strip_prefix('_')?;
        let tail = ENCODING.decode(encoded.as_bytes()).ok()?;
        if ENCODING.encode(&tail) != encoded {
            return None;
        }
        let (secret, sum) = tail.split_at_checked(SECRET_BYTES)?;
        let secret: [u8; SECRET_BYTES] = secret.try_into().ok()?;
        bool::from(sum.ct_eq(&checksum(id.as_str(), &secret))).then_some(Self { id, secret })
    }

    /// The public part, by which the stored one is found.
    #[must_use]
    pub const fn id(&self) -> &ApiKeyId {
        &self.id
    }

    /// Compares with what is stored, in constant time, and gives that. That a key was revoked or has expired is told only
    /// to someone who has its secret.
    pub fn verify<'a>(
        &self,
        stored: Option<&'a StoredApiKey>,
        now: EpochMillis,
    ) -> Result<&'a StoredApiKey, ApiKeyFault> {
        let hash = Sha256Hash::of(self.secret);
        // An unknown id is compared as well, so that it takes as long as a wrong secret.
        let expected = stored.map_or(Sha256Hash::ZERO, |stored| stored.secret_sha256);
        let matches = bool::from(hash.bytes().ct_eq(&expected.bytes()));
        match stored {
            Some(stored) if matches && stored.api_key_id == self.id => {
                if stored.revoked_at.is_some() {
                    Err(ApiKeyFault::Revoked)
                } else if stored.valid_until.is_some_and(|until| until <= now) {
                    Err(ApiKeyFault::Expired)
                } else {
                    Ok(stored)
                }
            }
            _ => Err(ApiKeyFault::Unknown),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: EpochMillis = EpochMillis::new(1_000);

    fn terms(org_id: &str) -> ApiKeyTerms {
        ApiKeyTerms::of(OrgId::parse(org_id).unwrap(), NOW)
    }

    fn issued(valid_until: Option<EpochMillis>) -> (String, StoredApiKey) {
        let mut random = [0; RANDOM_BYTES];
        for (byte, value) in random.iter_mut().zip(7..) {
            *byte = value;
        }
        let (text, issued) = issue(ApiKeyTerms { valid_until, ..terms("acme") }, &random);
        (text, issued.into())
    }

    #[test]
    fn an_issued_key_is_accepted() {
        let (text, stored) = issued(None);
        let presented = PresentedApiKey::parse(&text).unwrap();
        assert_eq!(presented.id(), &stored.api_key_id);
        assert_eq!(presented.verify(Some(&stored), NOW), Ok(&stored));
    }

    #[test]
    fn every_single_changed_character_is_noticed_without_a_read() {
        let (text, _) = issued(None);
        for position in 0..text.len() {
            for replacement in ["0", "v", "z", "A", "_", "é"] {
                let mut changed = text.clone();
                changed.replace_range(position..=position, replacement);
                if changed != text {
                    assert_eq!(
                        PresentedApiKey::parse(&changed).unwrap_err(),
                        ApiKeyFault::Malformed,
                        "{changed}"
                    );
                }
            }
            assert_eq!(PresentedApiKey::parse(&text[..position]).unwrap_err(), ApiKeyFault::Malformed);
        }
        assert!(PresentedApiKey::parse(&text.to_uppercase()).is_err());
        assert!(PresentedApiKey::parse(&format!("{text}0")).is_err());
    }

    #[test]
    fn an_id_has_one_spelling_and_one_length() {
        let id = issued(None).1.api_key_id;
        assert_eq!(ApiKeyId::parse(id.as_str()), Some(id.clone()));
        let without_a_byte = ENCODING.encode(&[7; ID_BYTES - 1]);
        for text in
            ["", "?", &id.as_str().to_uppercase(), &id.as_str()[..OrgTag::CHARACTERS], &without_a_byte]
        {
            assert_eq!(ApiKeyId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn each_fault_has_a_name_in_the_log() {
        use ApiKeyFault::{Expired, Malformed, OrganisationClosed, Revoked, Unknown};
        let names = [Malformed, Unknown, Revoked, Expired, OrganisationClosed].map(ApiKeyFault::name);
        let expected = [
            "api_key_malformed",
            "api_key_unknown",
            "api_key_revoked",
            "api_key_expired",
            "api_key_of_a_closed_organisation",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn the_secret_is_what_counts() {
        let (text, stored) = issued(None);
        let presented = PresentedApiKey::parse(&text).unwrap();
        let other = StoredApiKey { secret_sha256: Sha256Hash::ZERO, ..stored.clone() };
        assert_eq!(presented.verify(Some(&other), NOW), Err(ApiKeyFault::Unknown));
        // The secret is compared, not its hash with itself.
        let hash = StoredApiKey { secret_sha256: Sha256Hash::of(stored.secret_sha256.bytes()), ..stored };
        assert_eq!(presented.verify(Some(&hash), NOW), Err(ApiKeyFault::Unknown));
        assert_eq!(presented.verify(None, NOW), Err(ApiKeyFault::Unknown));
    }

    #[test]
    fn revocation_and_expiry_are_told_to_the_owner_only() {
        let (text, stored) = issued(Some(EpochMillis::new(2_000)));
        let presented = PresentedApiKey::parse(&text).unwrap();
        assert!(presented.verify(Some(&stored), EpochMillis::new(1_999)).is_ok());
        assert_eq!(presented.verify(Some(&stored), EpochMillis::new(2_000)), Err(ApiKeyFault::Expired));
        let revoked = StoredApiKey { revoked_at: Some(NOW), ..stored };
        assert_eq!(presented.verify(Some(&revoked), NOW), Err(ApiKeyFault::Revoked));
        let wrong = StoredApiKey { secret_sha256: Sha256Hash::ZERO, ..revoked };
        assert_eq!(presented.verify(Some(&wrong), NOW), Err(ApiKeyFault::Unknown));
    }

    #[test]
    fn keys_of_one_organisation_share_their_tag() {
        let one = issue(terms("acme"), &[1; RANDOM_BYTES]).1.api_key_id;
        let two = issue(terms("acme"), &[2; RANDOM_BYTES]).1.api_key_id;
        let foreign = issue(terms("umbrella"), &[1; RANDOM_BYTES]).1.api_key_id;
        assert_ne!(one, two);
        assert_eq!(one.organisation_tag(), Some(OrgTag::of(&OrgId::parse("acme").unwrap())));
        assert_eq!(one.organisation_tag(), two.organisation_tag());
        assert_ne!(one.organisation_tag(), foreign.organisation_tag());
    }

    #[test]
    fn debug_output_shows_no_secret() {
        let (text, _) = issued(None);
        let debug = format!("{:?}", PresentedApiKey::parse(&text).unwrap());
        assert!(debug.contains("pki_") || debug.contains("ApiKeyId"), "{debug}");
        assert!(!debug.contains(&text[37..48]) && !debug.contains("secret"), "{debug}");
    }
}

//! The keys that sign hours: in AWS KMS, which never hands one out, or in a file of this machine.

mod file;
mod kms;

use aws_types::SdkConfig;
use domain::values::{NotAVerifierKey, Origin, VerifierKey};
use trail::note::{Signature, is_signature};

pub use self::file::{KeyFile, KeyFileFault};
pub use self::kms::{KmsKey, PublicKeyFault};

/// A signing key and its verifier key.
#[derive(Debug)]
pub struct SigningKey {
    verifier_key: VerifierKey,
    holder: Holder,
}

/// Who has the private half.
#[derive(Debug)]
enum Holder {
    File(KeyFile),
    Kms(KmsKey),
}

/// Why a signing key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SigningKeyFault {
    /// Its file cannot be used.
    #[error(transparent)]
    File(#[from] KeyFileFault),
    /// The verifier key is none.
    #[error("the verifier key {0}")]
    VerifierKey(#[from] NotAVerifierKey),
    /// KMS does not say under which name a key signs.
    #[error("a signing key of KMS needs its verifier key: `physical-keys audit key` prints it")]
    NoVerifierKey,
    /// The verifier key is another signing key's.
    #[error("the verifier key {given} is not the one of the signing key, {own}")]
    OtherKey {
        /// As configured.
        given: String,
        /// As the file has it.
        own: String,
    },
}

/// Why nothing is signed.
#[derive(Debug, thiserror::Error)]
pub enum SigningFault {
    /// KMS says no, or nothing.
    #[error("KMS did not sign: {0}")]
    Kms(String),
    /// What it signed cannot be verified.
    #[error(
        "what was signed cannot be verified with {0}: signing key and verifier key do not belong together"
    )]
    OtherKey(String),
    /// The key that is to sign the hour is not configured.
    #[error("the hour is to be signed by {expected}, and the export is configured with {configured}")]
    NotConfigured {
        /// Who is to sign.
        expected: String,
        /// Who could.
        configured: String,
    },
}

impl SigningKey {
    /// The signing key at a place: the ARN of a KMS key, or else the path of a file. Of one in KMS the verifier key has to be given,
    /// because whoever may only sign is not told the public key.
    pub fn open(
        place: &str,
        verifier_key: Option<&str>,
        environment: &SdkConfig,
    ) -> Result<Self, SigningKeyFault> {
        let given: Option<VerifierKey> = verifier_key.map(str::parse).transpose()?;
        if KmsKey::is_named(place) {
            let verifier_key = given.ok_or(SigningKeyFault::NoVerifierKey)?;
            return Ok(Self { verifier_key, holder: Holder::Kms(KmsKey::over(environment, place)) });
        }
        let file = KeyFile::read(place.as_ref())?;
        match given.filter(|given| given != file.verifier_key()) {
            None => Ok(file.into()),
            Some(given) => {
                let (given, own) = (given.short(), file.verifier_key().short());
                Err(SigningKeyFault::OtherKey { given, own })
            }
        }
    }

    /// A key in KMS.
    #[must_use]
    pub const fn in_kms(key: KmsKey, verifier_key: VerifierKey) -> Self {
        Self { verifier_key, holder: Holder::Kms(key) }
    }

    /// By which its signatures are verified.
    #[must_use]
    pub const fn verifier_key(&self) -> &VerifierKey {
        &self.verifier_key
    }

    /// The signature of a text, which can be verified.
    async fn sign(&self, text: &str) -> Result<Signature, SigningFault> {
        let signature = match &self.holder {
            Holder::File(file) => file.sign(text),
            Holder::Kms(key) => key.sign(text).await?,
        };
        if is_signature(text, &signature, &self.verifier_key) {
            return Ok(signature);
        }
        Err(SigningFault::OtherKey(self.verifier_key.short()))
    }
}

impl From<KeyFile> for SigningKey {
    fn from(file: KeyFile) -> Self {
        Self { verifier_key: file.verifier_key().clone(), holder: Holder::File(file) }
    }
}

/// The signing keys that an export is configured with: the one that signs the first hour and, while it is followed by another one,
/// that one. Both sign under the name of the log.
#[derive(Debug)]
pub struct SigningKeys {
    first: SigningKey,
    next: Option<SigningKey>,
}

/// The two keys sign under two names.
#[derive(Debug, thiserror::Error)]
#[error("the signing keys are of {0} and of {1}: a log has one name")]
pub struct TwoNames(Origin, Origin);

impl SigningKeys {
    /// These keys.
    pub fn new(first: SigningKey, next: Option<SigningKey>) -> Result<Self, TwoNames> {
        let name = first.verifier_key.name();
        let other = next.as_ref().map(|next| next.verifier_key.name()).filter(|other| *other != name);
        match other {
            Some(other) => Err(TwoNames(name.clone(), other.clone())),
            None => Ok(Self { first, next }),
        }
    }

    /// The name of the log that they sign.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        self.first.verifier_key.name()
    }

    /// The one that signs the first hour.
    #[must_use]
    pub const fn first(&self) -> &VerifierKey {
        self.first.verifier_key()
    }

    /// The signature of a text by one of them.
    pub(crate) async fn sign(&self, text: &str, by: &VerifierKey) -> Result<Signature, SigningFault> {
        self.of(by)?.sign(text).await
    }

    /// The key that belongs to a verifier key.
    pub(crate) fn of(&self, verifier_key: &VerifierKey) -> Result<&SigningKey, SigningFault> {
        let mut all = [Some(&self.first), self.next.as_ref()].into_iter().flatten();
        all.clone().find(|key| key.verifier_key == *verifier_key).ok_or_else(|| {
            let configured = all.by_ref().map(|key| key.verifier_key.short()).collect::<Vec<_>>();
            SigningFault::NotConfigured {
                expected: verifier_key.short(),
                configured: configured.join(" and "),
            }
        })
    }
}

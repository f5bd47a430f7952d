//! A signing key in AWS KMS: an asymmetric key of the spec `ECC_NIST_EDWARDS25519`, for `SIGN_VERIFY`. It never leaves KMS.

use std::time::Duration;

use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{MessageType, SigningAlgorithmSpec};
use aws_types::SdkConfig;
use domain::values::{Origin, VerifierKey};
use process::aws::{Bounds, cause};
use trail::note::Signature;

use super::SigningFault;

/// KMS answers in tens of milliseconds. A checkpoint that is not signed now is signed by the next run.
const BOUNDS: Bounds = Bounds { attempt: Duration::from_secs(5), attempts: 4 };
/// What is before the 32 bytes of a public key in its `SubjectPublicKeyInfo` (RFC 8410, section 4).
const BEFORE_PUBLIC_KEY: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// A key of KMS.
#[derive(Debug, Clone)]
pub struct KmsKey {
    client: Client,
    arn: String,
}

/// Why the public key of a key in KMS is not known.
#[derive(Debug, thiserror::Error)]
pub enum PublicKeyFault {
    /// KMS says no, or nothing.
    #[error("KMS does not tell the public key: {0}")]
    Kms(String),
    /// It is of another kind.
    #[error("the key in KMS is not one of the spec ECC_NIST_EDWARDS25519")]
    OtherKind,
}

impl KmsKey {
    /// Whether this names a key in KMS: by its ARN, or by an alias's.
    #[must_use]
    pub fn is_named(place: &str) -> bool {
        place.starts_with("arn:")
    }

    /// The key of this ARN, in an environment.
    #[must_use]
    pub fn over(environment: &SdkConfig, arn: &str) -> Self {
        Self { client: Client::new(&BOUNDS.over(environment)), arn: arn.to_owned() }
    }

    /// The verifier key of it, under a name.
    pub async fn verifier_key(&self, origin: &Origin) -> Result<VerifierKey, PublicKeyFault> {
        let answer = self.client.get_public_key().key_id(&self.arn).send().await;
        let answer = answer.map_err(|error| PublicKeyFault::Kms(cause(&error)))?;
        let public_key = answer.public_key.unwrap_or_else(|| Blob::new([]));
        let public_key = public_key.as_ref().strip_prefix(&BEFORE_PUBLIC_KEY);
        let public_key = public_key.and_then(|key| key.try_into().ok()).ok_or(PublicKeyFault::OtherKind)?;
        Ok(VerifierKey::new(origin.clone(), public_key))
    }

    /// The signature of a text.
    pub(super) async fn sign(&self, text: &str) -> Result<Signature, SigningFault> {
        let signing = self
            .client
            .sign()
            .key_id(&self.arn)
            .message(Blob::new(text))
            // Ed25519 signs the text itself: a digest of it would be another signature, which nobody else verifies.
            .message_type(MessageType::Raw)
            .signing_algorithm(SigningAlgorithmSpec::Ed25519Sha512);
        let answer = signing.send().await.map_err(|error| SigningFault::Kms(cause(&error)))?;
        let signature = answer.signature.unwrap_or_else(|| Blob::new([]));
        signature
            .as_ref()
            .try_into()
            .map_err(|_| SigningFault::Kms("an answer without a signature".to_owned()))
    }
}

//! A KMS for one test, that speaks HTTP, and a disturber in front of it.

use export_audit::signing::{KmsKey, SigningKey, SigningKeys};
use local_inventory::dynamodb::{EmbeddedDynamoDb, Reach, environment};
use local_inventory::kms::LocalKms;

use super::{ORIGIN, key_file, verifier_key};
use crate::disturbance::Disturber;

/// What its key is called.
pub const KMS_KEY: &str = "arn:aws:kms:eu-central-1:123456789012:key/0f1e2d3c-0000-4000-8000-000000000000";

/// A KMS with one key.
#[derive(Debug)]
pub struct Kms {
    /// What is in front of it.
    pub disturber: Disturber,
    _engine: EmbeddedDynamoDb,
}

impl Kms {
    /// One whose key has this seed.
    pub async fn with_key(seed: u8) -> Self {
        let file = key_file(ORIGIN, seed);
        let public_key = *file.verifier_key().public_key();
        let kms = Some(LocalKms::new(public_key, move |message| file.sign(message)));
        let engine = EmbeddedDynamoDb::in_memory_with(Reach { kms, ..Reach::default() }).await;
        let engine = engine.expect("an engine");
        Self { disturber: Disturber::in_front_of(engine.access()).await, _engine: engine }
    }

    /// Its key, through the disturber.
    #[must_use]
    pub fn key(&self) -> KmsKey {
        KmsKey::over(&environment(&self.disturber.access()), KMS_KEY)
    }

    /// Signing keys of a log: this one, which is said to have the verifier key of a seed.
    #[must_use]
    pub fn signing_keys(&self, seed: u8) -> SigningKeys {
        SigningKeys::new(SigningKey::in_kms(self.key(), verifier_key(seed)), None).expect("a key")
    }
}

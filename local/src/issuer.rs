//! A token issuer for one machine: an Ed25519 key pair, the tokens it signs, and the key set that verifies them.

use std::path::Path;
use std::time::Duration;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use key_inventory::auth::signing_keys::SigningKeys;
use key_inventory::config::{SigningKeyConfig, TokenConfig};
use key_inventory::values::{EpochMillis, OrgId, UserId};
use serde_json::{Value, json};

use crate::private_file;

/// The `iss` of local tokens.
pub const LOCAL_ISSUER: &str = "physical-keys-local";
/// The `aud` of local tokens.
pub const LOCAL_AUDIENCE: &str = "physical-keys";
const KEY_ID: &str = "local";

/// Signs tokens with a key of its own.
pub struct LocalIssuer {
    private_key: EncodingKey,
    public_key: String,
}

impl std::fmt::Debug for LocalIssuer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("LocalIssuer").field("public_key", &self.public_key).finish_non_exhaustive()
    }
}

/// Whom a token is for.
#[derive(Debug, Clone)]
pub enum Subject {
    /// A person.
    User(UserId),
    /// A service of an organisation.
    Service(OrgId),
}

/// Why the local issuer has no key.
#[derive(Debug, thiserror::Error)]
pub enum IssuerFault {
    /// Its file cannot be read or written.
    #[error("the signing key cannot be read or written: {0}")]
    File(#[from] std::io::Error),
    /// Its file holds something else.
    #[error("the signing key's file holds no Ed25519 key")]
    NotAKey,
    /// The cryptographic library refuses.
    #[error("a signing key cannot be generated or used")]
    Cryptography,
}

impl LocalIssuer {
    /// An issuer with a new key that is gone with the process.
    pub fn ephemeral() -> Result<Self, IssuerFault> {
        let key = Ed25519KeyPair::generate_pkcs8(&aws_lc_rs::rand::SystemRandom::new());
        Self::of_pkcs8(key.map_err(|_| IssuerFault::Cryptography)?.as_ref())
    }

    /// The issuer whose key is in a file. A missing file is made, readable by its owner only.
    pub fn in_file(path: &Path) -> Result<Self, IssuerFault> {
        let new = || {
            let key = Ed25519KeyPair::generate_pkcs8(&aws_lc_rs::rand::SystemRandom::new());
            key.map(|key| key.as_ref().to_vec()).map_err(|_| IssuerFault::Cryptography)
        };
        Self::of_pkcs8(&private_file::read_or_create(path, new)?)
    }

    fn of_pkcs8(pkcs8: &[u8]) -> Result<Self, IssuerFault> {
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| IssuerFault::NotAKey)?;
        let public_key = BASE64URL_NOPAD.encode(pair.public_key().as_ref());
        Ok(Self { private_key: EncodingKey::from_ed_der(pkcs8), public_key })
    }

    /// The public key set, as an issuer would publish it.
    #[must_use]
    pub fn key_set(&self) -> Value {
        json!({"keys": [{
            "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": KEY_ID, "x": self.public_key,
        }]})
    }

    /// How a function verifies the tokens of this issuer.
    pub fn token_config(&self) -> Result<TokenConfig, IssuerFault> {
        let keys = SigningKeys::parse(self.key_set().to_string().as_bytes());
        Ok(TokenConfig {
            issuer: LOCAL_ISSUER.to_owned(),
            audience: LOCAL_AUDIENCE.to_owned(),
            signing_keys: SigningKeyConfig::Inline(keys.map_err(|_| IssuerFault::NotAKey)?),
            user_claim: "sub".to_owned(),
            org_claim: "org_id".to_owned(),
        })
    }

    /// A token for a subject, valid from now.
    pub fn token(
        &self,
        subject: &Subject,
        now: EpochMillis,
        valid_for: Duration,
    ) -> Result<String, IssuerFault> {
        let mut claims = json!({
            "iss": LOCAL_ISSUER,
            "aud": LOCAL_AUDIENCE,
            "iat": now.seconds(),
            "exp": now.plus(valid_for).seconds(),
        });
        match subject {
            Subject::User(user) => claims["sub"] = json!(user),
            Subject::Service(organisation) => {
                claims["sub"] = json!(format!("service@{organisation}"));
                claims["org_id"] = json!(organisation);
            }
        }
        self.sign(&claims)
    }

    /// Signs any claims.
    pub fn sign(&self, claims: &Value) -> Result<String, IssuerFault> {
        let header = Header { kid: Some(KEY_ID.to_owned()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, claims, &self.private_key).map_err(|_| IssuerFault::Cryptography)
    }
}

//! A token issuer for one machine: an Ed25519 key pair, the tokens it signs, and the key set that verifies them.

use std::path::Path;
use std::time::Duration;

use api::auth::claims::ClaimRules;
use api::auth::conditions::Conditions;
use api::auth::identity::IdentityRules;
use api::auth::signing_keys::SigningKeys;
use api::config::{SigningKeyConfig, TokenConfig};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use data_encoding::BASE64URL_NOPAD;
use domain::values::{EpochMillis, OrgId, OrgTag, Subject, UserId};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::private_files;

/// The `iss` of local tokens.
pub const LOCAL_ISSUER: &str = "physical-keys-local";
/// The `aud` of local tokens.
pub const LOCAL_AUDIENCE: &str = "physical-keys";
/// What makes a local token a service's, as Auth0's machine tokens have it.
pub const LOCAL_SERVICE_CLAIM: &str = "gty=client-credentials";
/// What makes a local token a key manager's.
pub const LOCAL_MANAGER_CLAIM: &str = "groups=key-managers/{org}";
const KEY_ID: &str = "local";
/// How far ahead a local token's `exp` may be.
const LONGEST_LIFETIME: Duration = Duration::from_hours(24);

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
pub enum Bearer {
    /// A person, of an organisation perhaps.
    Person(UserId, Option<OrgId>),
    /// A person who acts for an organisation.
    KeyManager(UserId, OrgId),
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
        Self::of_pkcs8(&private_files::read_or_create(path, new)?)
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
        let keys = keys.map_err(|_| IssuerFault::NotAKey)?;
        Ok(TokenConfig {
            signing_keys: SigningKeyConfig::Inline(keys),
            claims: ClaimRules {
                issuer: LOCAL_ISSUER.to_owned(),
                audiences: vec![LOCAL_AUDIENCE.to_owned()],
                clients: Vec::new(),
                longest_lifetime: LONGEST_LIFETIME,
            },
            identity: identity_rules(),
        })
    }

    /// A token, valid from now.
    pub fn token(
        &self,
        bearer: &Bearer,
        now: EpochMillis,
        valid_for: Duration,
    ) -> Result<String, IssuerFault> {
        let mut claims = json!({
            "iss": LOCAL_ISSUER,
            "aud": LOCAL_AUDIENCE,
            "iat": now.seconds(),
            "exp": now.plus(valid_for).seconds(),
        });
        match bearer {
            Bearer::Person(user, organisation) => {
                claims["sub"] = json!(user);
                if let Some(organisation) = organisation {
                    claims["org_id"] = json!(organisation);
                }
            }
            Bearer::KeyManager(user, organisation) => {
                claims["sub"] = json!(user);
                claims["org_id"] = json!(organisation);
                claims["groups"] = json!([format!("key-managers/{organisation}")]);
            }
            Bearer::Service(organisation) => {
                claims["sub"] = json!(service_of(organisation));
                claims["org_id"] = json!(organisation);
                claims["gty"] = json!("client-credentials");
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

/// Whom local tokens name: the same rules as functions read from their environment.
#[must_use]
pub fn identity_rules() -> IdentityRules {
    IdentityRules {
        user_claim: "sub".to_owned(),
        org_claim: "org_id".to_owned(),
        service: Conditions::parse(LOCAL_SERVICE_CLAIM),
        key_manager: Conditions::parse(LOCAL_MANAGER_CLAIM),
    }
}

/// The subject of an organisation's service: by its id, or where that would be too long for a subject, by its tag.
fn service_of(organisation: &OrgId) -> String {
    let by_id = format!("service@{organisation}");
    if Subject::parse(by_id.as_str()).is_ok() {
        by_id
    } else {
        format!("service@{}", OrgTag::of(organisation))
    }
}

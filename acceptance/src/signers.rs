//! Signing keys of every accepted kind, and tokens that no honest issuer would make.

use std::sync::LazyLock;
use std::time::Duration;

use api::auth::claims::ClaimRules;
use api::auth::signing_keys::SigningKeys;
use api::config::{SigningKeyConfig, TokenConfig};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair,
};
use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, EncodingKey};
use local_inventory::issuer::identity_rules;
use serde_json::{Value, json};

/// The `iss` of these tests.
pub const ISSUER: &str = "https://issuer.example";
/// The `aud` of these tests.
pub const AUDIENCE: &str = "physical-keys";

/// A key pair: signs, and has a public half for a key set.
pub struct Signer {
    /// The algorithm it signs with.
    pub algorithm: Algorithm,
    private_key: EncodingKey,
    /// The public half as a JSON Web Key without `kid`.
    pub public_key: Value,
}

/// Generating an RSA key takes long, so all tests of a process share one.
static RSA: LazyLock<(Vec<u8>, Value)> = LazyLock::new(|| {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("an RSA key");
    let public = pair.public_key();
    let encode = |integer: &[u8]| BASE64URL_NOPAD.encode(integer);
    let (n, e) = (public.modulus(), public.exponent());
    let key = json!({
        "kty": "RSA", "n": encode(n.big_endian_without_leading_zero()), "e": encode(e.big_endian_without_leading_zero()),
    });
    // The library signs with the PKCS #1 key, which is what the PKCS #8 one of this length has behind 26 bytes.
    (pair.as_der().expect("PKCS #8").as_ref()[26..].to_vec(), key)
});

impl Signer {
    /// An Ed25519 key pair.
    #[must_use]
    pub fn ed25519() -> Self {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("an Ed25519 key");
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).expect("an Ed25519 key");
        let x = BASE64URL_NOPAD.encode(pair.public_key().as_ref());
        Self {
            algorithm: Algorithm::EdDSA,
            private_key: EncodingKey::from_ed_der(pkcs8.as_ref()),
            public_key: json!({"kty": "OKP", "crv": "Ed25519", "x": x}),
        }
    }

    /// A P-256 key pair.
    #[must_use]
    pub fn p256() -> Self {
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).expect("a P-256 key");
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref()).expect("a P-256 key");
        let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
        let public_key = json!({"kty": "EC", "crv": "P-256", "x": BASE64URL_NOPAD.encode(x), "y": BASE64URL_NOPAD.encode(y)});
        Self {
            algorithm: Algorithm::ES256,
            private_key: EncodingKey::from_ec_der(pkcs8.as_ref()),
            public_key,
        }
    }

    /// The RSA key pair of this process.
    #[must_use]
    pub fn rsa() -> Self {
        let (private_key, public_key) = &*RSA;
        Self {
            algorithm: Algorithm::RS256,
            private_key: EncodingKey::from_rsa_der(private_key),
            public_key: public_key.clone(),
        }
    }

    /// The public half under a key id.
    #[must_use]
    pub fn published(&self, key_id: &str) -> Value {
        let mut key = self.public_key.clone();
        key["kid"] = json!(key_id);
        key
    }

    /// A token with this header, signed by this key whatever the header says.
    #[must_use]
    pub fn token(&self, header: &Value, claims: &Value) -> String {
        self.token_of(header.to_string(), claims.to_string())
    }

    /// A properly signed token of any two parts, whether they are JSON or not.
    #[must_use]
    pub fn token_of(&self, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
        let unsigned = joined(header, payload);
        let signature = jsonwebtoken::crypto::sign(unsigned.as_bytes(), &self.private_key, self.algorithm);
        format!("{unsigned}.{}", signature.expect("a signature"))
    }
}

/// The first two parts of a token.
#[must_use]
pub fn unsigned(header: &Value, claims: &Value) -> String {
    joined(header.to_string(), claims.to_string())
}

fn joined(header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
    let part = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
    format!("{}.{}", part(header.as_ref()), part(payload.as_ref()))
}

/// How tokens of these signing keys are verified.
#[must_use]
pub fn token_config(keys: &[Value]) -> TokenConfig {
    let set = json!({"keys": keys}).to_string();
    config(SigningKeyConfig::Inline(SigningKeys::parse(set.as_bytes()).expect("a key set")))
}

/// How tokens are verified with the keys at a URL.
#[must_use]
pub fn token_config_by_url(url: &str) -> TokenConfig {
    config(SigningKeyConfig::Url(url.to_owned()))
}

fn config(signing_keys: SigningKeyConfig) -> TokenConfig {
    TokenConfig {
        signing_keys,
        claims: ClaimRules {
            issuer: ISSUER.to_owned(),
            audiences: vec![AUDIENCE.to_owned()],
            clients: Vec::new(),
            longest_lifetime: Duration::from_hours(24),
        },
        identity: identity_rules(),
    }
}

//! Bearer tokens.

use std::sync::LazyLock;

use api::auth::claims::ClaimRules;
use api::auth::conditions::Conditions;
use api::auth::identity::{IdentityRules, TokenIdentity, TokenKind};
use api::auth::jwks::SigningKeySource;
use api::auth::signing_keys::SigningKeys;
use api::auth::token::TokenVerifier;
use api::auth::token_fault::TokenError;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use data_encoding::BASE64URL_NOPAD;
use futures_util::FutureExt;
use serde_json::{Map, Value, json};

use crate::NOW;

const ISSUER: &str = "https://issuer.example";

static SIGNING_KEY: LazyLock<Ed25519KeyPair> =
    LazyLock::new(|| Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a signing key"));
static VERIFIER: LazyLock<TokenVerifier> = LazyLock::new(verifier);

/// A verifier of what is signed here.
pub(crate) fn verifier() -> TokenVerifier {
    let public = BASE64URL_NOPAD.encode(SIGNING_KEY.public_key().as_ref());
    let set = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": public}]});
    let keys = SigningKeys::parse(set.to_string().as_bytes()).expect("a key set");
    let claims = ClaimRules {
        issuer: ISSUER.to_owned(),
        audiences: vec!["a".to_owned()],
        clients: Vec::new(),
        longest_lifetime: std::time::Duration::from_hours(24),
    };
    let identity = IdentityRules {
        user_claim: "sub".to_owned(),
        org_claim: "org_id".to_owned(),
        service: Conditions::parse("roles=service"),
        key_manager: Conditions::parse("groups=managers-{org}"),
    };
    TokenVerifier::new(SigningKeySource::Fixed(keys), claims, identity)
}

/// A bearer token. With a line break in it, the bytes are a header and claims, which are signed here: so the fuzzer gets
/// past the signature. Anything else is a token as it is, which nobody signed.
pub fn token(bytes: &[u8]) {
    if let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
        let (header, claims) = (&bytes[..end], &bytes[end + 1..]);
        let encoded = [header, claims].map(|part| BASE64URL_NOPAD.encode(part)).join(".");
        let signature = BASE64URL_NOPAD.encode(SIGNING_KEY.sign(encoded.as_bytes()).as_ref());
        if let Ok(identity) = verify(&format!("{encoded}.{signature}")) {
            check(&identity, claims);
        }
        assert!(verify(&format!("{encoded}.")).is_err(), "without a signature");
    } else {
        let Ok(token) = std::str::from_utf8(bytes) else { return };
        assert!(verify(token).is_err(), "nobody signed it");
    }
}

/// Verifies a token. What explains it comes to the same.
fn verify(token: &str) -> Result<TokenIdentity, TokenError> {
    let verified = VERIFIER.verify(token, NOW).now_or_never().expect("nothing to wait for");
    let explained = VERIFIER.explain(token, NOW).now_or_never().expect("nothing to wait for");
    let explained = explained.map_err(TokenError::from).and_then(|explanation| explanation.outcome());
    assert_eq!(verified, explained, "what decides and what explains");
    verified
}

/// What an accepted token's claims must say.
fn check(identity: &TokenIdentity, claims: &[u8]) {
    let claims: Map<String, Value> = serde_json::from_slice(claims).expect("an object");
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let lists = |name: &str, value: &str| match claims.get(name) {
        Some(Value::Array(values)) => values.iter().any(|one| one == value),
        Some(one) => one == value,
        None => false,
    };
    assert_eq!((text("iss"), text("sub")), (Some(ISSUER), Some(identity.subject.as_str())));
    assert!(lists("aud", "a") && !claims.contains_key("act") && !claims.contains_key("cnf"));
    let expires = claims["exp"].as_f64().expect("a number") - 1_795_435_200.0;
    assert!(expires > -60.0 && expires <= 86_460.0);
    let organisation = identity.organisation.as_ref().map(domain::values::OrgId::as_str);
    assert_eq!(organisation.is_some(), claims.contains_key("org_id"));
    assert!(organisation.is_none_or(|org_id| lists("org_id", org_id)));
    match identity.kind {
        TokenKind::Service => assert!(lists("roles", "service")),
        TokenKind::KeyManager => {
            assert!(lists("groups", &format!("managers-{}", organisation.expect("an organisation"))));
        }
        TokenKind::Person => assert!(!lists("roles", "service")),
    }
}

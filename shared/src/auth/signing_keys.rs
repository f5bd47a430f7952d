//! The issuer's public signing keys, read from a JSON Web Key Set (RFC 7517).

use std::collections::HashMap;

use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse, RSAKeyParameters,
};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;

/// More keys than any issuer publishes; a larger set is cut.
const MOST_KEYS: usize = 100;
/// RSA moduli: below 2,048 bits they are weak, above 8,192 they are a way to make us compute.
const RSA_MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=1_024;

/// A public key and the one algorithm it verifies. The algorithm comes from the key, never from a token
/// (RFC 8725, section 3.1).
#[derive(Debug, Clone)]
pub struct SigningKey {
    /// RS256, ES256 or EdDSA.
    pub algorithm: Algorithm,
    /// The key in the form the library verifies with.
    pub decoding_key: DecodingKey,
}

/// The usable keys of a set.
#[derive(Debug, Clone, Default)]
pub struct SigningKeys {
    by_id: HashMap<String, SigningKey>,
    /// The key to use for a token that names none: there is only one.
    only: Option<SigningKey>,
}

/// The text is not a JSON Web Key Set with at least one key that we can use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SigningKeysFault {
    /// Not JSON of the form `{"keys":[…]}`.
    #[error("is not a JSON Web Key Set")]
    Malformed,
    /// No key in it is for RS256, ES256 or EdDSA signatures.
    #[error("holds no RS256, ES256 or EdDSA public key for signatures")]
    NoUsableKey,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

impl SigningKeys {
    /// Reads a key set. Keys that are not for verifying RS256, ES256 or EdDSA are passed over, as RFC 7517
    /// (section 5) asks for.
    pub fn parse(json: &[u8]) -> Result<Self, SigningKeysFault> {
        let set: KeySet = serde_json::from_slice(json).map_err(|_| SigningKeysFault::Malformed)?;
        let usable: Vec<_> = set.keys.into_iter().take(MOST_KEYS).filter_map(usable_key).collect();
        if usable.is_empty() {
            return Err(SigningKeysFault::NoUsableKey);
        }
        let only = match usable.as_slice() {
            [(_, key)] => Some(key.clone()),
            _ => None,
        };
        let mut by_id = HashMap::new();
        for (id, key) in usable {
            if let Some(id) = id {
                by_id.entry(id).or_insert(key);
            }
        }
        Ok(Self { by_id, only })
    }

    /// The key a token names by its `kid`. Without a `kid` there must be only one key to choose from.
    #[must_use]
    pub fn find(&self, key_id: Option<&str>) -> Option<&SigningKey> {
        match key_id {
            Some(id) => self.by_id.get(id),
            None => self.only.as_ref(),
        }
    }
}

fn usable_key(value: serde_json::Value) -> Option<(Option<String>, SigningKey)> {
    let jwk: Jwk = serde_json::from_value(value).ok()?;
    let for_signatures =
        jwk.common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature)
            && jwk.common.key_operations.as_ref().is_none_or(|all| all.contains(&KeyOperations::Verify));
    let (algorithm, name) = match &jwk.algorithm {
        AlgorithmParameters::RSA(key) if sound_modulus(key) => (Algorithm::RS256, KeyAlgorithm::RS256),
        AlgorithmParameters::EllipticCurve(key)
            if key.curve == EllipticCurve::P256 && is_32_bytes(&key.x) && is_32_bytes(&key.y) =>
        {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        AlgorithmParameters::OctetKeyPair(key)
            if key.curve == EllipticCurve::Ed25519 && is_32_bytes(&key.x) =>
        {
            (Algorithm::EdDSA, KeyAlgorithm::EdDSA)
        }
        _ => return None,
    };
    let for_algorithm = jwk.common.key_algorithm.as_ref().is_none_or(|stated| *stated == name);
    if !for_signatures || !for_algorithm {
        return None;
    }
    let decoding_key = DecodingKey::from_jwk(&jwk).ok()?;
    Some((jwk.common.key_id, SigningKey { algorithm, decoding_key }))
}

fn decoded(base64url: &str) -> Option<Vec<u8>> {
    data_encoding::BASE64URL_NOPAD.decode(base64url.as_bytes()).ok()
}

fn is_32_bytes(base64url: &str) -> bool {
    decoded(base64url).is_some_and(|bytes| bytes.len() == 32)
}

fn sound_modulus(key: &RSAKeyParameters) -> bool {
    decoded(&key.n).is_some_and(|modulus| {
        let significant = modulus.iter().skip_while(|byte| **byte == 0).count();
        RSA_MODULUS_BYTES.contains(&significant)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ED: &str = r#""kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#;

    #[track_caller]
    fn usable(key: &str) -> bool {
        match SigningKeys::parse(format!(r#"{{"keys":[{{{key}}}]}}"#).as_bytes()) {
            Ok(_) => true,
            Err(fault) => {
                assert_eq!(fault, SigningKeysFault::NoUsableKey);
                false
            }
        }
    }

    #[test]
    fn keys_for_signatures_are_used() {
        assert!(usable(ED));
        assert!(usable(&format!(r#"{ED},"use":"sig","alg":"EdDSA","kid":"a""#)));
        assert!(usable(&format!(r#"{ED},"key_ops":["verify"]"#)));
    }

    #[test]
    fn keys_for_anything_else_are_passed_over() {
        assert!(!usable(&format!(r#"{ED},"use":"enc""#)));
        assert!(!usable(&format!(r#"{ED},"key_ops":["sign"]"#)));
        assert!(!usable(&format!(r#"{ED},"alg":"ES256""#)));
        assert!(!usable(r#""kty":"oct","k":"c2VjcmV0""#));
        assert!(!usable(r#""kty":"OKP","crv":"Ed25519","x":"c2hvcnQ""#));
        assert!(!usable(r#""kty":"EC","crv":"P-384","x":"AA","y":"AA""#));
        assert!(!usable(&format!(r#""kty":"RSA","e":"AQAB","n":"{}""#, "_".repeat(171))));
        assert!(!usable(&format!(r#""kty":"RSA","e":"AQAB","n":"{}""#, "A".repeat(342))));
        assert!(!usable(&format!(r#""kty":"RSA","e":"AQAB","n":"{}""#, "_".repeat(1_400))));
        assert!(usable(&format!(r#""kty":"RSA","e":"AQAB","n":"{}w""#, "_".repeat(341))));
    }

    #[test]
    fn a_token_without_a_key_id_needs_a_set_with_one_key() {
        let one = SigningKeys::parse(format!(r#"{{"keys":[{{{ED},"kid":"a"}}]}}"#).as_bytes()).unwrap();
        assert!(one.find(None).is_some() && one.find(Some("a")).is_some() && one.find(Some("b")).is_none());
        let two = format!(r#"{{"keys":[{{{ED},"kid":"a"}},{{{ED},"kid":"b"}}]}}"#);
        let two = SigningKeys::parse(two.as_bytes()).unwrap();
        assert!(two.find(None).is_none() && two.find(Some("b")).is_some());
    }

    #[test]
    fn what_is_no_key_set_is_named() {
        for text in ["", "[]", "{}", r#"{"keys":{}}"#, "\u{0}"] {
            assert_eq!(
                SigningKeys::parse(text.as_bytes()).unwrap_err(),
                SigningKeysFault::Malformed,
                "{text}"
            );
        }
        assert_eq!(SigningKeys::parse(br#"{"keys":[]}"#).unwrap_err(), SigningKeysFault::NoUsableKey);
    }
}

//! The issuer's public signing keys, read from a JSON Web Key Set (RFC 7517).

use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse, RSAKeyParameters,
};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

/// More keys than any issuer publishes; a larger set is cut.
const MOST_KEYS: usize = 100;
/// Keys that a token may be tried with.
const MOST_TRIED: usize = 4;
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

/// Which key a token is signed with, by its header.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// `kid`, if it has one.
    pub key_id: Option<&'a str>,
    /// What it says it was signed by.
    pub algorithm: Algorithm,
}

/// The usable keys of a set, each with its `kid` if it has one.
#[derive(Debug, Clone, Default)]
pub struct SigningKeys(Vec<(Option<String>, SigningKey)>);

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
    keys: Vec<Value>,
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
        Ok(Self(usable))
    }

    /// The keys that a token may be signed with. A `kid` need not be unique: what fits the algorithm is meant (RFC 7517,
    /// section 4.5), and if several do, each is tried. A token without a `kid` means any key that fits. So many that trying
    /// them all would be a way to make us compute are none.
    #[must_use]
    pub fn find(&self, wanted: Wanted<'_>) -> Vec<SigningKey> {
        let is_meant = |id: &Option<String>| wanted.key_id.is_none() || id.as_deref() == wanted.key_id;
        let fitting = self.0.iter().filter(|(id, key)| is_meant(id) && key.algorithm == wanted.algorithm);
        let fitting: Vec<_> = fitting.map(|(_, key)| key.clone()).collect();
        if fitting.len() > MOST_TRIED { Vec::new() } else { fitting }
    }
}

fn usable_key(mut value: Value) -> Option<(Option<String>, SigningKey)> {
    normalise(&mut value);
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

/// Spells a key as the library reads it: `Ed25519` (RFC 9864) as `EdDSA`, and integers without leading zero octets, which
/// RFC 7518 (section 6.3.1.1) forbids and issuers send.
fn normalise(key: &mut Value) {
    let is_rsa = key.get("kty").and_then(Value::as_str) == Some("RSA");
    let Some(members) = key.as_object_mut() else { return };
    if members.get("alg").and_then(Value::as_str) == Some("Ed25519") {
        members.insert("alg".to_owned(), "EdDSA".into());
    }
    for name in ["n", "e"].into_iter().filter(|_| is_rsa) {
        let Some(integer) = members.get(name).and_then(Value::as_str).and_then(decoded) else { continue };
        let significant: Vec<_> = integer.into_iter().skip_while(|byte| *byte == 0).collect();
        members.insert(name.to_owned(), data_encoding::BASE64URL_NOPAD.encode(&significant).into());
    }
}

fn decoded(base64url: &str) -> Option<Vec<u8>> {
    data_encoding::BASE64URL_NOPAD.decode(base64url.as_bytes()).ok()
}

fn is_32_bytes(base64url: &str) -> bool {
    decoded(base64url).is_some_and(|bytes| bytes.len() == 32)
}

fn sound_modulus(key: &RSAKeyParameters) -> bool {
    decoded(&key.n).is_some_and(|modulus| RSA_MODULUS_BYTES.contains(&modulus.len()))
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
        assert!(usable(&format!(r#"{ED},"alg":"Ed25519""#)));
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

    const P256: &str = r#""kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0""#;

    fn set(keys: &[String]) -> SigningKeys {
        let keys: Vec<_> = keys.iter().map(|key| format!("{{{key}}}")).collect();
        SigningKeys::parse(format!(r#"{{"keys":[{}]}}"#, keys.join(",")).as_bytes()).unwrap()
    }

    #[track_caller]
    fn finds(keys: &SigningKeys, key_id: Option<&str>, algorithm: Algorithm, expected: usize) {
        let found = keys.find(Wanted { key_id, algorithm });
        assert_eq!(found.len(), expected, "{key_id:?}, {algorithm:?}");
        assert!(found.iter().all(|key| key.algorithm == algorithm));
    }

    #[test]
    fn a_key_is_found_by_its_id_and_what_the_algorithm_fits() {
        let keys = set(&[
            format!(r#"{P256},"kid":"a""#),
            format!(r#"{ED},"kid":"a""#),
            format!(r#"{ED},"kid":"b""#),
        ]);
        finds(&keys, Some("a"), Algorithm::ES256, 1);
        finds(&keys, Some("a"), Algorithm::EdDSA, 1);
        finds(&keys, Some("a"), Algorithm::RS256, 0);
        finds(&keys, Some("b"), Algorithm::ES256, 0);
        finds(&keys, Some("c"), Algorithm::EdDSA, 0);
    }

    #[test]
    fn several_keys_that_fit_are_all_tried_within_a_bound() {
        let key = format!(r#"{ED},"kid":"a""#);
        for count in 1..=MOST_TRIED {
            finds(&set(&vec![key.clone(); count]), Some("a"), Algorithm::EdDSA, count);
            finds(&set(&vec![key.clone(); count]), None, Algorithm::EdDSA, count);
        }
        finds(&set(&vec![key; MOST_TRIED + 1]), Some("a"), Algorithm::EdDSA, 0);
    }

    #[test]
    fn integers_with_leading_zero_octets_are_the_same_integers() {
        let key = |n: &str, e: &str| format!(r#""kty":"RSA","e":"{e}","n":"{n}""#);
        let modulus = vec![0xff; 256];
        let padded: Vec<_> = [vec![0, 0], modulus.clone()].concat();
        let encode = |bytes: &[u8]| data_encoding::BASE64URL_NOPAD.encode(bytes);
        assert!(usable(&key(&encode(&modulus), "AQAB")));
        assert!(usable(&key(&encode(&padded), "AAEAAQ")));
        let mut spelled: Value =
            serde_json::from_str(&format!("{{{}}}", key(&encode(&padded), "AAEAAQ"))).unwrap();
        normalise(&mut spelled);
        assert_eq!(
            (spelled["n"].as_str(), spelled["e"].as_str()),
            (Some(encode(&modulus).as_str()), Some("AQAB"))
        );
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

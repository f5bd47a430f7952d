//! A stand-in for AWS KMS with one key, which signs: of the spec `ECC_NIST_EDWARDS25519`, whatever it is called.

use std::sync::Arc;

use data_encoding::BASE64;
use serde_json::{Value, json};

/// What is before the 32 bytes of a public key in its `SubjectPublicKeyInfo` (RFC 8410, section 4).
const BEFORE_PUBLIC_KEY: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
const ALGORITHM: &str = "ED25519_SHA_512";

/// What signs bytes.
type Sign = dyn Fn(&[u8]) -> [u8; 64] + Send + Sync;

/// A KMS with one key.
#[derive(Clone)]
pub struct LocalKms {
    public_key: [u8; 32],
    sign: Arc<Sign>,
}

impl std::fmt::Debug for LocalKms {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("LocalKms").field("public_key", &self.public_key).finish_non_exhaustive()
    }
}

impl LocalKms {
    /// One whose key has this public half.
    pub fn new(public_key: [u8; 32], sign: impl Fn(&[u8]) -> [u8; 64] + Send + Sync + 'static) -> Self {
        Self { public_key, sign: Arc::new(sign) }
    }

    /// `Sign` or `GetPublicKey`, answered as by the service; `None` for anything else, and for what the service refuses.
    pub(crate) fn carry_out(&self, operation: &str, body: &[u8]) -> Option<Value> {
        let request: Value = serde_json::from_slice(body).ok()?;
        let key_id = request.get("KeyId")?.as_str()?;
        match operation {
            "Sign" => {
                let is_known =
                    request.get("SigningAlgorithm")? == ALGORITHM && request.get("MessageType")? == "RAW";
                let message = BASE64.decode(request.get("Message")?.as_str()?.as_bytes()).ok()?;
                let signature = BASE64.encode(&(self.sign)(&message));
                is_known
                    .then(|| json!({"KeyId": key_id, "Signature": signature, "SigningAlgorithm": ALGORITHM}))
            }
            "GetPublicKey" => {
                let public_key = BASE64.encode(&[BEFORE_PUBLIC_KEY.as_slice(), &self.public_key].concat());
                Some(json!({
                    "KeyId": key_id,
                    "KeySpec": "ECC_NIST_EDWARDS25519",
                    "KeyUsage": "SIGN_VERIFY",
                    "PublicKey": public_key,
                    "SigningAlgorithms": [ALGORITHM],
                }))
            }
            _ => None,
        }
    }
}

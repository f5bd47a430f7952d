//! What makes two requests the same under an idempotency key.
//!
//! Both spellings are kept for 30 days, so both are canonical JSON (RFC 8785) of types that are for nothing else.

use domain::confinement::Confinement;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::auth::Presented;
use crate::http::command_headers::IdempotencyKey;

/// Where the answer to a request with an idempotency key is kept: by caller and key, under the user.
pub(crate) fn request_hash(presented: &Presented, key: &IdempotencyKey) -> String {
    sha256_hex(&(presented.scope(), key.as_str()))
}

/// What makes two requests the same: the command as it was asked for, and the caller's organisation.
pub(crate) fn fingerprint(asked: impl Serialize, caller: &Confinement) -> String {
    sha256_hex(&(asked, caller.organisation()))
}

#[expect(
    clippy::expect_used,
    reason = "Serialising fails for maps with keys that are no strings and for failing writers; there are neither."
)]
fn sha256_hex(parts: &impl Serialize) -> String {
    let canonical = serde_json_canonicalizer::to_vec(parts).expect("JSON");
    data_encoding::HEXLOWER.encode(&Sha256::digest(canonical))
}

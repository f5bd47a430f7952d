//! What makes two requests the same under an idempotency key.
//!
//! Both spellings are kept for 30 days, so both are canonical JSON (RFC 8785) of types that are for nothing else.

use domain::confinement::Confinement;
use domain::values::Sha256Hash;
use serde::Serialize;

use crate::auth::Presented;
use crate::http::command_headers::IdempotencyKey;

/// Where the answer to a request with an idempotency key is kept: by caller and key, under the user.
pub(crate) fn request_hash(presented: &Presented, key: &IdempotencyKey) -> String {
    hash(&(presented.scope(), key.as_str())).to_string()
}

/// What makes two requests the same, beside the texts in them: the command as it was asked for, and the caller's
/// organisation.
pub(crate) fn fingerprint(asked: impl Serialize, caller: &Confinement) -> String {
    hash(&(asked, caller.organisation())).to_string()
}

#[expect(
    clippy::expect_used,
    reason = "Serialising fails for maps with keys that are no strings and for failing writers; there are neither."
)]
fn hash(parts: &impl Serialize) -> Sha256Hash {
    Sha256Hash::of(serde_json_canonicalizer::to_vec(parts).expect("JSON"))
}

//! What makes two requests the same under an idempotency key.

use sha2::{Digest, Sha256};

use crate::auth::{Caller, Presented};
use crate::http::command::CommandRequest;

fn sha256_hex(parts: &serde_json::Value) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(parts.to_string()))
}

/// Where the answer to a request with an idempotency key is kept: by caller and key, under the user.
pub(crate) fn request_hash(presented: &Presented, request: &CommandRequest) -> Option<String> {
    let key = request.idempotency_key.as_ref()?;
    Some(sha256_hex(&serde_json::json!([presented.scope(), key.as_str()])))
}

/// What makes two requests the same: the command as parsed, and the caller's organisation.
pub(crate) fn fingerprint(caller: &Caller, request: &CommandRequest) -> String {
    sha256_hex(&serde_json::json!([request.command, caller.confinement.organisation()]))
}

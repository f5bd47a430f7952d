//! How far the history of all users has been exported.

use serde::{Deserialize, Serialize};

use crate::values::{Hour, Sha256Hash};

/// How far exports have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditCheckpoint {
    /// The last hour that was exported.
    pub hour: Hour,
    /// The hash of its manifest, which the next one names.
    pub manifest_sha256: Sha256Hash,
}

//! How far the histories have been exported.

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
    /// The hour from which on heads are listed, where a file had no room for all that was found: what was left is in one of
    /// them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed_from: Option<Hour>,
}

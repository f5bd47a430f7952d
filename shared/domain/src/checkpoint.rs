//! How far the histories have been exported.

use serde::{Deserialize, Serialize};

use crate::values::{Hour, Sha256Hash, VerifierKey};

/// How far exports have come: the checkpoint of the last hour, and by whom the next one is to be signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditCheckpoint {
    /// The last hour that was exported.
    pub hour: Hour,
    /// How many entries the log had at its end.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Sha256Hash,
    /// The key that signed it.
    pub signed_by: VerifierKey,
    /// The key that signs the next hour, if it is another one: the log's history named it in the last hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_signed_by: Option<VerifierKey>,
    /// The key that an operator put in the place of one that was lost: it signs the next hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<VerifierKey>,
    /// The hour from which on heads are listed, where a file had no room for all that was found: what was left is in one of
    /// them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed_from: Option<Hour>,
}

impl AuditCheckpoint {
    /// The key that the next hour is to be signed by.
    #[must_use]
    pub fn next_key(&self) -> &VerifierKey {
        self.replaced_by.as_ref().unwrap_or_else(|| self.key_of_history())
    }

    /// The key that the next hour would be signed by if no operator had put another in its place. Whoever did so may have been
    /// overtaken by a run that had the key still.
    #[must_use]
    pub fn key_of_history(&self) -> &VerifierKey {
        self.next_signed_by.as_ref().unwrap_or(&self.signed_by)
    }
}

//! Organisations, which issue physical keys.

use serde::{Deserialize, Serialize};

use crate::values::{EpochMillis, OrgId, OrgName};

/// An organisation as it is registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Organisation {
    /// Its id.
    pub org_id: OrgId,
    /// Its display name, if it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<OrgName>,
    /// When it was registered.
    pub created_at: EpochMillis,
    /// When it was closed, if it was: its API keys, services and key managers end with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<EpochMillis>,
}

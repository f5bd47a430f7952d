//! The bodies of lists (contract, "Queries").

use domain::history::ChainedRecord;
use domain::user::PhysicalKey;
use domain::values::{EpochMillis, KeyNumber, Note, OrgName, UserId};
use serde::Serialize;
use store::HeldKey;

/// A page of a user's physical keys, by issuer and number.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PhysicalKeys {
    /// The physical keys of this page.
    pub keys: Vec<PhysicalKey>,
    /// All that match, on this page and on others; absent if there are too many to count in one request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A page of a user's history, in the order of its versions. An event without its two hashes is what is hashed, so
/// whoever has all of them can check the chain.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PhysicalKeyEvents {
    /// The events of this page.
    pub events: Vec<ChainedRecord>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A page of the physical keys that an organisation has out, newest first.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct OrgPhysicalKeys {
    /// The physical keys of this page.
    pub keys: Vec<IssuedPhysicalKey>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A physical key and its holder. Its issuer is the organisation that was asked about.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct IssuedPhysicalKey {
    /// Who holds it.
    pub user_id: UserId,
    /// The number the server gave it.
    pub number: KeyNumber,
    /// The organisation's display name, if it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org_name: Option<OrgName>,
    /// Free text, if it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
    /// When it was issued.
    pub added_at: EpochMillis,
}

impl From<HeldKey> for IssuedPhysicalKey {
    fn from(held: HeldKey) -> Self {
        // Every field is named: one that is new has to be thought about here.
        let HeldKey { user_id, key: PhysicalKey { number, org_id: _, org_name, note, added_at } } = held;
        Self { user_id, number, org_name, note, added_at }
    }
}

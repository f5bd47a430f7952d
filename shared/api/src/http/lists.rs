//! The bodies of lists (contract, "Queries").

use domain::history::{Disclosures, EventHash, KeptRecord, NotAUsersEvent, Texts};
use domain::user::{Event, PhysicalKey};
use domain::values::{EpochMillis, KeyNumber, Note, OrgName, UserId};
use serde::Serialize;
use serde_json::value::RawValue;
use store::HeldKey;

/// A page of a user's physical keys, by issuer and number.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PhysicalKeys {
    /// The physical keys of this page.
    #[cfg_attr(feature = "openapi", schema(max_items = 100))]
    pub keys: Vec<PhysicalKey>,
    /// All that match, on this page and on others; absent if there are too many to count in one request.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<super::schemas::Count>))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Where the next page begins; absent on the last one.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<super::schemas::Cursor>))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A page of a user's history, in the order of its versions. Whoever has all of it can check the chain.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PhysicalKeyEvents {
    /// The events of this page.
    #[cfg_attr(feature = "openapi", schema(max_items = 100))]
    pub events: Vec<PhysicalKeyEvent>,
    /// Where the next page begins; absent on the last one.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<super::schemas::Cursor>))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// An event of a user's history: what happened, as the command was answered; and what was hashed, with what it takes to check
/// the texts that are in one and not in the other.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PhysicalKeyEvent {
    /// What happened. A text that has been erased since is not in it.
    pub event: Event,
    /// What was hashed, in its canonical spelling (RFC 8785): texts stand in it by their digests.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::history::UserEventRecord))]
    pub record: Box<RawValue>,
    /// What discloses the texts: each digest is SHA-256 over the salt's 16 bytes and the text.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::history::DisclosedTexts))]
    #[serde(skip_serializing_if = "Texts::is_empty")]
    pub disclosures: Disclosures,
    /// The hash of the record before; zeros in the first.
    pub previous_hash: EventHash,
    /// SHA-256 over the 32 bytes of the hash before and the record.
    pub hash: EventHash,
}

impl PhysicalKeyEvent {
    /// The event that is kept in a user's history.
    #[expect(clippy::expect_used, clippy::missing_panics_doc, reason = "A record that was read is JSON.")]
    pub fn of(kept: KeptRecord) -> Result<Self, NotAUsersEvent> {
        let event = kept.users_event()?;
        let KeptRecord { chained, disclosures } = kept;
        let record = RawValue::from_string(chained.canonical().to_owned()).expect("JSON");
        Ok(Self { event, record, disclosures, previous_hash: chained.previous_hash(), hash: chained.hash() })
    }
}

/// A page of the physical keys that an organisation has out, newest first.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct OrgPhysicalKeys {
    /// The physical keys of this page.
    #[cfg_attr(feature = "openapi", schema(max_items = 100))]
    pub keys: Vec<IssuedPhysicalKey>,
    /// Where the next page begins; absent on the last one.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<super::schemas::Cursor>))]
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

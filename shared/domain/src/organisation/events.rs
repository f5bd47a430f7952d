//! What can happen to an organisation, and what is recorded of it.

use serde::{Deserialize, Serialize};

use crate::api_key::{ApiKeyId, StoredApiKey};
use crate::history::{Disclosure, DisclosureFault, Disclosures, TextDigest, TextName, Texts};
use crate::values::{EpochMillis, OrgId, OrgName, Sha256Hash, Subject};

/// Something that happened to an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It was registered.
    OrganisationRegistered(OrganisationRegistered),
    /// It got another display name.
    OrganisationRenamed(OrganisationRenamed),
    /// It was closed, and is not opened again.
    OrganisationClosed(OrganisationClosed),
    /// An API key was issued to it.
    ApiKeyIssued(ApiKeyIssued),
    /// One of its API keys was revoked.
    ApiKeyRevoked(ApiKeyRevoked),
}

/// An organisation was registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationRegistered {
    /// Which one.
    pub org_id: OrgId,
    /// Its display name, if it was given.
    pub name: Option<OrgName>,
    /// When it was decided.
    pub registered_at: EpochMillis,
}

/// An organisation got another display name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationRenamed {
    /// Which one.
    pub org_id: OrgId,
    /// The new name; none once it was erased.
    pub name: Option<OrgName>,
    /// When it was decided.
    pub renamed_at: EpochMillis,
}

/// An organisation was closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrganisationClosed {
    /// Which one.
    pub org_id: OrgId,
    /// When it was decided.
    pub closed_at: EpochMillis,
}

/// An API key was issued: everything that a table needs to let it in. The secret has 256 random bits, so that its hash tells
/// nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiKeyIssued {
    /// The organisation that it acts for.
    pub org_id: OrgId,
    /// Its public part.
    pub api_key_id: ApiKeyId,
    /// The SHA-256 of its secret.
    pub secret_sha256: Sha256Hash,
    /// When it was decided.
    pub issued_at: EpochMillis,
    /// From when on it is refused, if it expires at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<EpochMillis>,
    /// The token subjects that it was bound to, if it was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<Subject>,
}

/// An API key was revoked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiKeyRevoked {
    /// The organisation that it acted for.
    pub org_id: OrgId,
    /// Its public part.
    pub api_key_id: ApiKeyId,
    /// When it was decided.
    pub revoked_at: EpochMillis,
}

impl From<ApiKeyIssued> for StoredApiKey {
    fn from(issued: ApiKeyIssued) -> Self {
        // Every field is named: one that is new has to be thought about here.
        let ApiKeyIssued { org_id, api_key_id, secret_sha256, issued_at, valid_until, subjects } = issued;
        Self { api_key_id, org_id, secret_sha256, issued_at, valid_until, subjects, revoked_at: None }
    }
}

/// What is recorded of an event: all of it but the texts that people typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordedEvent {
    /// It was registered.
    OrganisationRegistered(RecordedRegistration),
    /// It got another display name.
    OrganisationRenamed(RecordedRenaming),
    /// It was closed.
    OrganisationClosed(OrganisationClosed),
    /// An API key was issued to it.
    ApiKeyIssued(ApiKeyIssued),
    /// One of its API keys was revoked.
    ApiKeyRevoked(ApiKeyRevoked),
}

/// What is recorded of a registration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordedRegistration {
    /// Which one.
    pub org_id: OrgId,
    /// When it was decided.
    pub registered_at: EpochMillis,
    /// The digest of `name`, if it was given.
    #[serde(default, skip_serializing_if = "Texts::is_empty")]
    pub texts: Texts<TextDigest>,
}

/// What is recorded of a new name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordedRenaming {
    /// Which one.
    pub org_id: OrgId,
    /// When it was decided.
    pub renamed_at: EpochMillis,
    /// The digest of `name`.
    pub texts: Texts<TextDigest>,
}

impl RecordedEvent {
    /// Whose history it belongs to.
    #[must_use]
    pub const fn org_id(&self) -> &OrgId {
        match self {
            Self::OrganisationRegistered(event) => &event.org_id,
            Self::OrganisationRenamed(event) => &event.org_id,
            Self::OrganisationClosed(event) => &event.org_id,
            Self::ApiKeyIssued(event) => &event.org_id,
            Self::ApiKeyRevoked(event) => &event.org_id,
        }
    }

    /// What happened, with the texts that are disclosed.
    pub fn disclosed(self, disclosures: &Disclosures) -> Result<Event, DisclosureFault> {
        let name = |texts: &Texts<TextDigest>| {
            texts.check(disclosures)?;
            let name =
                disclosures.get(TextName::Name).map(|Disclosure { text, .. }| OrgName::parse(text.as_str()));
            name.transpose().map_err(|_| DisclosureFault::NotAText)
        };
        Ok(match self {
            Self::OrganisationRegistered(RecordedRegistration { org_id, registered_at, texts }) => {
                let name = name(&texts)?;
                Event::OrganisationRegistered(OrganisationRegistered { org_id, name, registered_at })
            }
            Self::OrganisationRenamed(RecordedRenaming { org_id, renamed_at, texts }) => {
                let name = name(&texts)?;
                Event::OrganisationRenamed(OrganisationRenamed { org_id, name, renamed_at })
            }
            Self::OrganisationClosed(closed) => {
                name(&Texts::default())?;
                Event::OrganisationClosed(closed)
            }
            Self::ApiKeyIssued(issued) => {
                name(&Texts::default())?;
                Event::ApiKeyIssued(issued)
            }
            Self::ApiKeyRevoked(revoked) => {
                name(&Texts::default())?;
                Event::ApiKeyRevoked(revoked)
            }
        })
    }
}

impl Event {
    /// The texts that somebody typed.
    pub(super) fn texts(&self) -> Texts<&str> {
        let name = match self {
            Self::OrganisationRegistered(registered) => registered.name.as_ref(),
            Self::OrganisationRenamed(renamed) => renamed.name.as_ref(),
            Self::OrganisationClosed(_) | Self::ApiKeyIssued(_) | Self::ApiKeyRevoked(_) => None,
        };
        Texts::of([(TextName::Name, name.map(OrgName::as_str))])
    }

    /// What is recorded of it, if its texts have these digests.
    pub(super) fn recorded(&self, texts: Texts<TextDigest>) -> RecordedEvent {
        match self.clone() {
            Self::OrganisationRegistered(OrganisationRegistered { org_id, name: _, registered_at }) => {
                RecordedEvent::OrganisationRegistered(RecordedRegistration { org_id, registered_at, texts })
            }
            Self::OrganisationRenamed(OrganisationRenamed { org_id, name: _, renamed_at }) => {
                RecordedEvent::OrganisationRenamed(RecordedRenaming { org_id, renamed_at, texts })
            }
            Self::OrganisationClosed(closed) => RecordedEvent::OrganisationClosed(closed),
            Self::ApiKeyIssued(issued) => RecordedEvent::ApiKeyIssued(issued),
            Self::ApiKeyRevoked(revoked) => RecordedEvent::ApiKeyRevoked(revoked),
        }
    }
}

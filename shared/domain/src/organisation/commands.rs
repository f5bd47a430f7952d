//! What an operator asks for, and how it is decided.

use super::{
    ApiKeyIssued, ApiKeyRevoked, Event, Organisation, OrganisationClosed, OrganisationRegistered,
    OrganisationRenamed,
};
use crate::api_key::{ApiKeyId, StoredApiKey};
use crate::values::{EpochMillis, OrgName};

/// What an operator asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrganisationCommand {
    /// Register it; one that is registered gets the name, if there is one.
    Register {
        /// Its display name.
        name: Option<OrgName>,
    },
    /// Close it.
    Close,
    /// Issue this API key to it.
    IssueApiKey(ApiKeyIssued),
    /// Revoke the API key with this id.
    RevokeApiKey(ApiKeyId),
}

/// What a command leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// This happens.
    Happens(Event),
    /// It is as it was asked for already.
    Before,
}

/// Why a command is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is not registered.
    #[error("the organisation is not registered")]
    NotRegistered,
    /// It was closed, and stays closed: its API keys and services would all be good again.
    #[error("the organisation was closed, and stays closed")]
    Closed,
    /// It has no such API key.
    #[error("there is no API key with this id")]
    ApiKeyNotFound,
    /// Another organisation has the same tag, which is to be expected after a million millions of them.
    #[error("an organisation with the same tag is registered; this one needs another id")]
    TagTaken,
}

impl OrganisationCommand {
    /// The API key that is there already and that it is about: deciding takes to know it.
    #[must_use]
    pub const fn concerns(&self) -> Option<&ApiKeyId> {
        match self {
            Self::RevokeApiKey(id) => Some(id),
            Self::Register { .. } | Self::Close | Self::IssueApiKey(_) => None,
        }
    }

    /// What follows from it in this state. `api_key` is the one that it concerns, if the organisation has it. Repeating a
    /// command changes nothing, except that an API key of another id is another API key.
    pub fn decide(
        &self,
        organisation: &Organisation,
        api_key: Option<&StoredApiKey>,
        now: EpochMillis,
    ) -> Result<Decision, Refusal> {
        let org_id = organisation.org_id.clone();
        if let Self::Register { name } = self
            && organisation.registered_at.is_none()
        {
            let name = name.clone();
            let registered = OrganisationRegistered { org_id, name, registered_at: now };
            return Ok(Decision::Happens(Event::OrganisationRegistered(registered)));
        }
        if organisation.registered_at.is_none() {
            return Err(Refusal::NotRegistered);
        }
        let is_closed = !organisation.is_open();
        match self {
            Self::Register { .. } | Self::IssueApiKey(_) if is_closed => Err(Refusal::Closed),
            Self::Register { name } if name.is_none() || *name == organisation.name => Ok(Decision::Before),
            Self::Register { name } => {
                let renamed = OrganisationRenamed { org_id, name: name.clone(), renamed_at: now };
                Ok(Decision::Happens(Event::OrganisationRenamed(renamed)))
            }
            Self::Close if is_closed => Ok(Decision::Before),
            Self::Close => Ok(Decision::Happens(Event::OrganisationClosed(OrganisationClosed {
                org_id,
                closed_at: now,
            }))),
            Self::IssueApiKey(issued) => Ok(Decision::Happens(Event::ApiKeyIssued(issued.clone()))),
            Self::RevokeApiKey(api_key_id) => match api_key {
                None => Err(Refusal::ApiKeyNotFound),
                Some(api_key) if api_key.revoked_at.is_some() => Ok(Decision::Before),
                Some(_) => {
                    let revoked = ApiKeyRevoked { org_id, api_key_id: api_key_id.clone(), revoked_at: now };
                    Ok(Decision::Happens(Event::ApiKeyRevoked(revoked)))
                }
            },
        }
    }
}

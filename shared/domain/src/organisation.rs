//! The Organisation aggregate: who issues physical keys, and which API keys act for it, from when until when.
//!
//! Pure, like the User aggregate. Its commands are the operator's: they are given by whoever may write the table.

mod commands;
mod events;

use serde::{Deserialize, Serialize};

pub use self::commands::{Decision, OrganisationCommand, Refusal};
pub use self::events::{
    ApiKeyIssued, ApiKeyRevoked, Event, OrganisationClosed, OrganisationRegistered, OrganisationRenamed,
    RecordedEvent, RecordedRegistration, RecordedRenaming,
};
use crate::history::{Aggregate, Happening, TextDigest, Texts};
use crate::values::{EpochMillis, OrgId, OrgName, Version};

/// An organisation: what its history adds up to, but for its API keys, which are items of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Organisation {
    /// Its id.
    pub org_id: OrgId,
    /// The number of events so far.
    pub version: Version,
    /// Its display name, if it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<OrgName>,
    /// When it was registered, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered_at: Option<EpochMillis>,
    /// When it was closed, if it was: its API keys, services and key managers end with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<EpochMillis>,
}

impl Organisation {
    /// An organisation of which nothing is known yet.
    #[must_use]
    pub const fn new(org_id: OrgId) -> Self {
        Self { org_id, version: Version::NONE, name: None, registered_at: None, closed_at: None }
    }

    /// Whether it is registered, and was not closed.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.registered_at.is_some() && self.closed_at.is_none()
    }
}

impl Aggregate for Organisation {
    type Event = Event;

    fn version(&self) -> Version {
        self.version
    }

    fn apply(mut self, event: &Event) -> Self {
        self.version = self.version.next();
        match event {
            Event::OrganisationRegistered(registered) => {
                self.registered_at = Some(registered.registered_at);
                self.name.clone_from(&registered.name);
            }
            Event::OrganisationRenamed(renamed) => self.name.clone_from(&renamed.name),
            Event::OrganisationClosed(closed) => self.closed_at = Some(closed.closed_at),
            Event::ApiKeyIssued(_) | Event::ApiKeyRevoked(_) => {}
        }
        self
    }

    fn texts(event: &Event) -> Texts<&str> {
        event.texts()
    }

    fn recorded(event: &Event, texts: Texts<TextDigest>) -> Happening {
        Happening::Organisation(event.recorded(texts))
    }
}

#[cfg(test)]
mod tests;

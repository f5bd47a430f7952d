//! The head of any history, and how it goes on by records that were written before: whoever fills a table from a log, or checks a
//! table against its own histories, tells them again.

use super::{DisclosureFault, HistoryId, KeptRecord, Position, Snapshot};
use crate::audit_log::{self, AuditLog};
use crate::organisation::{self, Organisation};
use crate::user::{self, User};
use crate::values::{Hour, Version};

/// Something that happened in a history of any kind, with the texts that are disclosed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// In a user's.
    User(user::Event),
    /// In an organisation's.
    Organisation(organisation::Event),
    /// In the log's.
    AuditLog(audit_log::Event),
}

/// Where a history of any kind stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Head {
    /// A user's.
    User(Snapshot<User>),
    /// An organisation's.
    Organisation(Snapshot<Organisation>),
    /// The log's.
    AuditLog(Snapshot<AuditLog>),
}

/// Why a record is not the next one of a history. `Display` is a predicate for a sentence: "it …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotNext {
    /// It belongs to another one.
    #[error("belongs to {0}")]
    OfAnotherHistory(HistoryId),
    /// It is an earlier or a later version.
    #[error("is version {found}, and the next one is {expected}")]
    OtherVersion {
        /// Its version.
        found: Version,
        /// The one that would be next.
        expected: Version,
    },
    /// It follows another event than the one that the history ends with.
    #[error("follows another event than the one before it")]
    Forked,
    /// It is not the record that was hashed.
    #[error("is not the event that was hashed")]
    NotHashed,
    /// What is disclosed beside it is not what was recorded.
    #[error("does not fit its texts: {0}")]
    Disclosure(#[from] DisclosureFault),
}

impl Head {
    /// The head of a history without events.
    #[must_use]
    pub fn new(history: &HistoryId) -> Self {
        match history {
            HistoryId::User(id) => Self::User(Snapshot::new(User::new(id.clone()))),
            HistoryId::Organisation(id) => Self::Organisation(Snapshot::new(Organisation::new(id.clone()))),
            HistoryId::AuditLog(origin) => Self::AuditLog(Snapshot::new(AuditLog::new(origin.clone()))),
        }
    }

    /// Whose it is.
    #[must_use]
    pub fn history(&self) -> HistoryId {
        match self {
            Self::User(user) => HistoryId::User(user.state.id.clone()),
            Self::Organisation(of) => HistoryId::Organisation(of.state.org_id.clone()),
            Self::AuditLog(log) => HistoryId::AuditLog(log.state.origin.clone()),
        }
    }

    /// How far the history goes.
    #[must_use]
    pub const fn position(&self) -> Position {
        let (version, hash) = match self {
            Self::User(Snapshot { state, head, .. }) => (state.version, *head),
            Self::Organisation(Snapshot { state, head, .. }) => (state.version, *head),
            Self::AuditLog(Snapshot { state, head, .. }) => (state.version, *head),
        };
        Position { version, hash }
    }

    /// The latest hour in which an event was recorded.
    #[must_use]
    pub const fn changed_in(&self) -> Hour {
        match self {
            Self::User(snapshot) => snapshot.changed_in,
            Self::Organisation(snapshot) => snapshot.changed_in,
            Self::AuditLog(snapshot) => snapshot.changed_in,
        }
    }

    /// What happens next, and where the history stands after it.
    pub fn follow(&self, kept: &KeptRecord) -> Result<(Told, Self), NotNext> {
        let (chained, at) = (&kept.chained, self.position());
        let (history, found) = (chained.record().happening.history(), chained.record().version);
        if history != self.history() {
            return Err(NotNext::OfAnotherHistory(history));
        }
        if found != at.version.next() {
            return Err(NotNext::OtherVersion { found, expected: at.version.next() });
        }
        if chained.previous_hash() != at.hash {
            return Err(NotNext::Forked);
        }
        if !chained.is_hashed() {
            return Err(NotNext::NotHashed);
        }
        let told = kept.told()?;
        let after = match (self, &told) {
            (Self::User(user), Told::User(event)) => Self::User(user.after(event, chained)),
            (Self::Organisation(of), Told::Organisation(event)) => {
                Self::Organisation(of.after(event, chained))
            }
            (Self::AuditLog(log), Told::AuditLog(event)) => Self::AuditLog(log.after(event, chained)),
            _ => return Err(NotNext::OfAnotherHistory(history)),
        };
        Ok((told, after))
    }
}

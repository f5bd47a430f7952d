//! Events read back from an export: one user's, one organisation's, of some time.

use domain::history::{ChainedRecord, HistoryId};
use domain::values::{EpochMillis, Hour, OrgId, UserId};

use crate::event_file::line;
use crate::fault::Fault;
use crate::numbered::{Numbered, events_of};

/// Which events are wanted. What is not given does not restrict.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// In this user's history.
    pub user: Option<UserId>,
    /// Which concern this organisation: about physical keys that it issued, and in its own history.
    pub org: Option<OrgId>,
    /// Recorded at this moment or later.
    pub from: Option<EpochMillis>,
    /// Recorded before this moment.
    pub to: Option<EpochMillis>,
}

/// An event and its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// The line as it was exported.
    pub line: String,
    /// What it spells.
    pub event: ChainedRecord,
}

/// What stands in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// An event that is wanted.
    Event(Box<Selected>),
    /// Something that is not as it was written: it could be anybody's.
    Unreadable(Fault),
}

impl Selection {
    /// Hands the wanted events of an hour's file to `each`, and every line that is not as it was written.
    pub fn read(
        &self,
        hour: Hour,
        bytes: &[u8],
        mut each: impl FnMut(Found) -> std::io::Result<()>,
    ) -> std::io::Result<()> {
        for found in events_of(hour, None, bytes) {
            match found {
                Err(fault) => each(Found::Unreadable(fault))?,
                Ok(Numbered { event, .. }) if self.is_wanted(&event) => {
                    each(Found::Event(Box::new(Selected { line: line(&event), event })))?;
                }
                Ok(_) => {}
            }
        }
        Ok(())
    }

    /// Whether an event is wanted.
    #[must_use]
    pub fn is_wanted(&self, event: &ChainedRecord) -> bool {
        let Self { user, org, from, to } = self;
        let record = event.record();
        let is_of = |user: &UserId| matches!(record.happening.history(), HistoryId::User(of) if of == *user);
        let at = record.recorded_at;
        user.as_ref().is_none_or(is_of)
            && org.as_ref().is_none_or(|org| record.issuer.as_ref() == Some(org))
            && from.is_none_or(|from| from <= at)
            && to.is_none_or(|to| at < to)
    }
}

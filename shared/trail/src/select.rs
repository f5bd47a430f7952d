//! Events read back from an export: one user's, one organisation's, of some time.

use domain::history::{ChainedRecord, HistoryId};
use domain::values::{EpochMillis, Hour, OrgId, UserId};

use crate::event_file::{Lines, parse_line};
use crate::fault::{Fault, Place, Tampering};

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
        for (line, number) in Lines::of(bytes).zip(1..) {
            let unreadable = |why: String| {
                Found::Unreadable(Fault::new(Place::line(hour, number), Tampering::Changed, why))
            };
            let read = line.and_then(|line| Ok((parse_line(&line)?, line)));
            match read {
                Err(why) => each(unreadable(why.to_string()))?,
                Ok((event, _)) if !event.is_hashed() => {
                    each(unreadable("the event is not the one that was hashed".to_owned()))?;
                }
                Ok((event, line)) if self.is_wanted(&event) => {
                    each(Found::Event(Box::new(Selected { line, event })))?;
                }
                Ok(_) => {}
            }
        }
        Ok(())
    }

    fn is_wanted(&self, event: &ChainedRecord) -> bool {
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

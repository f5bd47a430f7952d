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

impl Selection {
    /// Hands the wanted events of an hour's file to `each`. What is not as it was written ends it.
    pub fn read(
        &self,
        hour: Hour,
        bytes: &[u8],
        mut each: impl FnMut(Selected) -> std::io::Result<()>,
    ) -> Result<std::io::Result<()>, Fault> {
        for (line, number) in Lines::of(bytes).zip(1..) {
            let fault = |shows: String| Fault::new(Place::line(hour, number), Tampering::Changed, shows);
            let line = line.map_err(|why| fault(why.to_string()))?;
            let event = parse_line(&line).map_err(|why| fault(why.to_string()))?;
            if !event.is_hashed() {
                return Err(fault("the event is not the one that was hashed".to_owned()));
            }
            if self.is_wanted(&event) {
                let given = each(Selected { line, event });
                if given.is_err() {
                    return Ok(given);
                }
            }
        }
        Ok(Ok(()))
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

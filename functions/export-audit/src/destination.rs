//! Which log an export goes to, and whether it is this table's.

use domain::checkpoint::AuditCheckpoint;
use domain::values::{EpochMillis, Hour, Origin};
use store::StoreFault;
use trail::calendar;
use trail::event_file::Contents;
use trail::log::{self, Identity, Log};
use trail::manifest::FORMAT;

use crate::export::{ExportFault, Exporter, before};

/// A log that is this table's.
#[derive(Debug)]
pub(crate) struct Destination {
    log: Log,
    /// The table.
    table_id: String,
}

impl Destination {
    /// The table that an hour is of which has this in its file, where the plan was for that. Until the event that claims the log for
    /// this table is in a file, which another run may have made, hours are of the table before.
    pub(crate) fn table_of(&self, planned: &Contents, has: &Contents) -> &str {
        let is_claim = |of: &Contents| of.claimed.as_ref().is_some_and(|id| id.as_str() == self.table_id);
        let mut before = self.log.owners.iter().rev().skip(1);
        match before.next().filter(|_| is_claim(planned) && !is_claim(has)) {
            Some(owner) => &owner.table_id,
            None => &self.table_id,
        }
    }

    /// Whether a table is, or was, the log's.
    pub(crate) fn knows(&self, table_id: &str) -> bool {
        self.log.owners.iter().any(|owner| owner.table_id == table_id)
    }

    /// The hour after the checkpoint; the log's first one if there is none.
    pub(crate) fn next(&self, checkpoint: Option<&AuditCheckpoint>) -> Hour {
        checkpoint.map_or(self.log.identity.first_hour, |checkpoint| checkpoint.hour.next())
    }
}

/// Why nothing is exported there.
#[derive(Debug, thiserror::Error)]
pub enum DestinationFault {
    /// The table's histories are exported to another log than the one that is configured.
    #[error(
        "the signing key is of {configured}, and this table's log is {kept}: one log is not continued under another name"
    )]
    OtherName {
        /// As configured.
        configured: Origin,
        /// As the table has it.
        kept: Origin,
    },
    /// Another log is there.
    #[error(
        "this table's log is {ours}, and what is there is {there}: two logs are not written to one place"
    )]
    OtherLog {
        /// The table's.
        ours: Origin,
        /// What is there.
        there: Origin,
    },
    /// Another table's log is there.
    #[error(
        "this table is {ours}, and the log there comes from table {there}: two tables are not exported to one place, and a table \
         that was restored goes on with the log after `physical-keys audit replay`"
    )]
    OtherTable {
        /// This one.
        ours: String,
        /// The one that the log comes from.
        there: String,
    },
    /// Another table has claimed the log since this run began.
    #[error("another table has claimed the log: this one is not exported there any more")]
    Claimed,
    /// The log begins with another hour.
    #[error("the first hour is to be {configured}, and the log there begins with {there}")]
    OtherFirstHour {
        /// As configured.
        configured: String,
        /// The log's.
        there: String,
    },
    /// It is not that hour yet.
    #[error("the first hour is to be {0}, which has not come yet")]
    FirstHourToCome(String),
    /// The log is not where it was.
    #[error("the table's histories were exported through {0} already, and no log is there")]
    Gone(String),
}

impl Exporter<'_> {
    /// That no other table has claimed the log since it was opened.
    pub(crate) async fn is_still_ours(&self, destination: &Destination) -> Result<(), ExportFault> {
        if log::is_unclaimed(self.archive, &destination.log).await? {
            return Ok(());
        }
        Err(DestinationFault::Claimed.into())
    }

    /// Opens the log, or begins it.
    pub(crate) async fn open(
        &self,
        checkpoint: Option<&AuditCheckpoint>,
        now: EpochMillis,
    ) -> Result<Destination, ExportFault> {
        let table = self.table.identity(self.chance.bytes()).await?;
        let origin = self.origin().await?;
        let log = match log::read(self.archive).await? {
            Some(log) if !log.owners.is_empty() => log,
            // Whoever named the log was ended before it said which table it comes from.
            Some(Log { identity, .. }) => {
                self.check_name(&identity, &origin)?;
                log::begin(self.archive, &identity, &table.id).await?
            }
            None => {
                if let Some(checkpoint) = checkpoint {
                    let through = calendar::text(checkpoint.hour.next());
                    return Err(DestinationFault::Gone(through).into());
                }
                let first_hour = self.settings.first_hour.unwrap_or_else(|| before(table.created_at));
                if first_hour > Hour::of(now) {
                    return Err(DestinationFault::FirstHourToCome(calendar::text(first_hour)).into());
                }
                let identity = Identity { first_hour, format: FORMAT, origin: origin.clone() };
                log::begin(self.archive, &identity, &table.id).await?
            }
        };
        self.check_name(&log.identity, &origin)?;
        if let Some(owner) = log.owners.last().filter(|owner| owner.table_id != table.id) {
            return Err(DestinationFault::OtherTable { ours: table.id, there: owner.table_id.clone() }.into());
        }
        Ok(Destination { log, table_id: table.id })
    }

    /// The name of the table's log, which is the one that the signing keys sign under.
    async fn origin(&self) -> Result<Origin, ExportFault> {
        let configured = self.signing.origin();
        let kept: Result<Origin, _> = self.table.origin_or(configured.to_string()).await?.parse();
        let kept = kept.map_err(|_| StoreFault::Corrupt("the name of the log".to_owned()))?;
        if kept == *configured {
            return Ok(kept);
        }
        Err(DestinationFault::OtherName { configured: configured.clone(), kept }.into())
    }

    fn check_name(&self, there: &Identity, origin: &Origin) -> Result<(), DestinationFault> {
        if there.origin != *origin {
            return Err(DestinationFault::OtherLog { ours: origin.clone(), there: there.origin.clone() });
        }
        match self.settings.first_hour.filter(|first_hour| *first_hour != there.first_hour) {
            None => Ok(()),
            Some(configured) => Err(DestinationFault::OtherFirstHour {
                configured: calendar::text(configured),
                there: calendar::text(there.first_hour),
            }),
        }
    }
}

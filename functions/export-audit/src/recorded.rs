//! What the table has of the audit trail, for an export to be held against.

use std::time::Instant;

use domain::checkpoint::AuditCheckpoint;
use domain::values::Hour;
use store::{StoreFault, Table};
use trail::check::Recorded;
use trail::compare::RecordedHour;

use crate::hour_events::HourEvents;

/// The records of a table.
#[derive(Debug, Clone, Copy)]
pub struct RecordedInTable<'a> {
    /// The inventory's table.
    pub table: &'a Table,
    /// Until when it may be read.
    pub deadline: Instant,
}

impl Recorded for RecordedInTable<'_> {
    type Fault = StoreFault;

    async fn checkpoint(&self) -> Result<Option<AuditCheckpoint>, StoreFault> {
        self.table.audit_checkpoint().await
    }

    async fn hour(&self, hour: Hour) -> Result<RecordedHour, StoreFault> {
        let mut recorded = RecordedHour::new(hour);
        let mut events = HourEvents::open(self.table, hour, self.deadline).await?;
        while let Some(event) = events.next().await? {
            recorded.push(&event);
        }
        Ok(recorded)
    }
}

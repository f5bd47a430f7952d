//! The export against a running table: an event that is in one and not in the other.

use std::cmp::Ordering;
use std::time::Instant;

use key_inventory::history::{ChainedRecord, EventHash};
use key_inventory::table::{AuditCheckpoint, StoreFault, Table};
use key_inventory::values::Hour;

use crate::calendar;
use crate::fault::{Fault, Place, Tampering};
use crate::hour_events::HourEvents;
use crate::verify::Verified;

/// What the table has of an hour, to be compared event by event.
#[derive(Debug)]
pub struct TableHour {
    hour: Hour,
    events: std::iter::Peekable<std::vec::IntoIter<TableEvent>>,
    line: u64,
}

/// As much of an event as says which one it is.
#[derive(Debug)]
struct TableEvent {
    order: String,
    hash: EventHash,
    name: String,
}

impl From<&ChainedRecord> for TableEvent {
    fn from(event: &ChainedRecord) -> Self {
        let name = format!("version {} of {:?}", event.record.version, event.record.user_id.as_str());
        Self { order: event.audit_order(), hash: event.hash, name }
    }
}

impl TableHour {
    /// Reads an hour of the table.
    pub async fn read(table: &Table, hour: Hour, deadline: Instant) -> Result<Self, StoreFault> {
        let mut events = Vec::new();
        let mut read = HourEvents::open(table, hour, deadline).await?;
        while let Some(event) = read.next().await? {
            events.push(TableEvent::from(&event));
        }
        Ok(Self { hour, events: events.into_iter().peekable(), line: 0 })
    }

    /// The export's next event.
    pub fn compare(&mut self, event: &ChainedRecord) -> Result<(), Fault> {
        self.line += 1;
        let exported = TableEvent::from(event);
        let Some(next) = self.events.peek() else {
            return Err(self.fault(Tampering::Added, format!("the table does not have {}", exported.name)));
        };
        match next.order.cmp(&exported.order) {
            Ordering::Less => Err(self.not_exported()),
            Ordering::Equal if next.hash == exported.hash => {
                self.events.next();
                Ok(())
            }
            Ordering::Equal => {
                Err(self.fault(Tampering::Changed, format!("the table has another {}", exported.name)))
            }
            Ordering::Greater => {
                Err(self.fault(Tampering::Added, format!("the table does not have {}", exported.name)))
            }
        }
    }

    /// After the export's last event of the hour.
    pub fn end(mut self) -> Result<(), Fault> {
        if self.events.peek().is_some() { Err(self.not_exported()) } else { Ok(()) }
    }

    fn not_exported(&mut self) -> Fault {
        let name = self.events.peek().map(|event| event.name.clone()).unwrap_or_default();
        self.fault(Tampering::Removed, format!("the table has {name}, and the export does not"))
    }

    fn fault(&self, tampering: Tampering, shows: String) -> Fault {
        Fault::new(Place { hour: self.hour, line: self.line }, tampering, shows)
    }
}

/// Whether an export goes as far as its table says that it does.
pub fn check_end(verified: &Verified, checkpoint: Option<&AuditCheckpoint>) -> Result<(), Fault> {
    let Some(checkpoint) = checkpoint else { return Ok(()) };
    let place = Place::manifest(checkpoint.hour);
    match verified.last {
        Some((hour, sha256)) if hour == checkpoint.hour && sha256 != checkpoint.manifest_sha256 => {
            let shows = "the table remembers another manifest of the hour";
            Err(Fault::new(place, Tampering::Forked, shows))
        }
        Some((hour, _)) if hour >= checkpoint.hour => Ok(()),
        _ => {
            let shows = format!(
                "the table says that the hours before {} were exported",
                calendar::text(checkpoint.hour.next())
            );
            Err(Fault::new(place, Tampering::Truncated, shows))
        }
    }
}

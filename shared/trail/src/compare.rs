//! The export against what was recorded: an event that is in one and not in the other.

use std::cmp::Ordering;
use std::collections::VecDeque;

use domain::checkpoint::AuditCheckpoint;
use domain::history::{ChainedRecord, EventHash};
use domain::values::Hour;

use crate::calendar;
use crate::fault::{Fault, Place, Tampering};
use crate::verify::Verified;

/// What was recorded in an hour, to be compared event by event.
#[derive(Debug)]
pub struct RecordedHour {
    hour: Hour,
    events: VecDeque<RecordedEvent>,
    line: u64,
}

/// As much of an event as says which one it is.
#[derive(Debug)]
struct RecordedEvent {
    order: String,
    hash: EventHash,
    name: String,
}

impl From<&ChainedRecord> for RecordedEvent {
    fn from(event: &ChainedRecord) -> Self {
        let name = format!("version {} of {}", event.record().version, event.record().happening.history());
        Self { order: event.audit_order(), hash: event.hash(), name }
    }
}

impl RecordedHour {
    /// An hour in which nothing was recorded yet.
    #[must_use]
    pub const fn new(hour: Hour) -> Self {
        Self { hour, events: VecDeque::new(), line: 0 }
    }

    /// One more event, which was recorded after the others.
    pub fn push(&mut self, event: &ChainedRecord) {
        self.events.push_back(RecordedEvent::from(event));
    }

    /// The export's next event.
    pub fn compare(&mut self, event: &ChainedRecord) -> Result<(), Fault> {
        self.line += 1;
        let exported = RecordedEvent::from(event);
        let Some(next) = self.events.front() else {
            return Err(self.fault(Tampering::Added, format!("the table does not have {}", exported.name)));
        };
        match next.order.cmp(&exported.order) {
            Ordering::Less => Err(self.not_exported()),
            Ordering::Equal if next.hash == exported.hash => {
                self.events.pop_front();
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
    pub fn end(self) -> Result<(), Fault> {
        if self.events.front().is_some() { Err(self.not_exported()) } else { Ok(()) }
    }

    fn not_exported(&self) -> Fault {
        let name = self.events.front().map(|event| event.name.clone()).unwrap_or_default();
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

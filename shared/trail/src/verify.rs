//! Verification: every file against its manifest, the chain of manifests, and every history across the files.
//! Neither a table nor credentials are needed; it is told bytes, and says what is wrong first.

use bytes::Bytes;
use domain::values::{Hour, Sha256Hash};

use crate::calendar;
use crate::event_file::{LineFault, Lines, parse_line};
use crate::fault::{Fault, Place, Tampering};
use crate::histories::Histories;
use crate::log::Log;
use crate::manifest::{EVENTS, FileEntry, Manifest, SetAside};

/// The files of one hour; none for a file that is not there.
#[derive(Debug, Default)]
pub struct HourFiles {
    /// `manifest.json`.
    pub manifest: Option<Bytes>,
    /// `events.ndjson.gz`.
    pub events: Option<Bytes>,
}

/// What was checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// The first hour.
    pub first: Option<Hour>,
    /// The last hour, and the hash of its manifest: who keeps the hash can tell later that nothing before it changed.
    pub last: Option<(Hour, Sha256Hash)>,
    /// How many hours.
    pub hours: u64,
    /// How many events.
    pub events: u64,
    /// How many users have a history.
    pub users: usize,
    /// How many organisations have one.
    pub organisations: usize,
    /// The size of the files of events.
    pub bytes: u64,
    /// The histories that the last hour did not go on with.
    pub set_aside: Vec<SetAside>,
}

/// A verification under way. Hours are handed to it in order.
#[derive(Debug)]
pub struct Verification {
    log: Log,
    verified: Verified,
    histories: Histories,
}

impl Verification {
    /// One of this log, before its first hour.
    #[must_use]
    pub fn new(log: Log) -> Self {
        Self { log, verified: Verified::default(), histories: Histories::default() }
    }

    /// Checks the next hour.
    pub fn check_hour(&mut self, hour: Hour, files: &HourFiles) -> Result<(), Fault> {
        let place = Place::manifest(hour);
        self.check_sequence(hour)?;
        let missing = |shows: &str| Fault::new(place, Tampering::Removed, shows);
        let bytes = files.manifest.as_ref().ok_or_else(|| missing("the hour has no manifest"))?;
        let manifest = self.check_manifest(hour, bytes)?;
        let events = files
            .events
            .as_ref()
            .ok_or_else(|| missing(&format!("the {EVENTS} that it names is missing")))?;
        self.check_file(&manifest, events)?;
        self.verified.bytes += manifest.file.bytes;
        self.verified.first.get_or_insert(hour);
        self.verified.last = Some((hour, Sha256Hash::of(bytes)));
        self.verified.hours += 1;
        self.verified.events += manifest.events;
        self.verified.set_aside = manifest.set_aside;
        Ok(())
    }

    /// What was checked so far.
    #[must_use]
    pub const fn so_far(&self) -> &Verified {
        &self.verified
    }

    /// After the last hour: what was checked, and how far every history goes.
    #[must_use]
    pub fn end(mut self) -> (Verified, Histories) {
        self.verified.users = self.histories.users();
        self.verified.organisations = self.histories.organisations();
        (self.verified, self.histories)
    }

    fn check_sequence(&self, hour: Hour) -> Result<(), Fault> {
        let expected = self.verified.last.map_or(self.log.identity.first_hour, |(last, _)| last.next());
        if hour == expected {
            return Ok(());
        }
        let (tampering, shows) = if hour > expected {
            (Tampering::Removed, format!("the hour {} is missing", calendar::text(expected)))
        } else {
            (Tampering::Added, format!("the log begins with the hour {}", calendar::text(expected)))
        };
        Err(Fault::new(Place::manifest(hour.min(expected)), tampering, shows))
    }

    fn check_manifest(&self, hour: Hour, bytes: &[u8]) -> Result<Manifest, Fault> {
        let fault = |tampering, shows: &str| Fault::new(Place::manifest(hour), tampering, shows);
        let manifest = Manifest::parse(bytes).map_err(|why| fault(Tampering::Changed, &why.to_string()))?;
        if manifest.hour != hour {
            return Err(fault(Tampering::Reordered, "it is the manifest of another hour"));
        }
        if self.log.owner_of(hour).is_none_or(|owner| owner.table_id != manifest.table_id) {
            return Err(fault(Tampering::Forked, "it is of another table than the one that the log says"));
        }
        match self.verified.last {
            None if manifest.previous_manifest_sha256 == Sha256Hash::ZERO => Ok(manifest),
            None => Err(fault(Tampering::Removed, "it follows another manifest, and is the first")),
            Some((_, previous)) if manifest.previous_manifest_sha256 == previous => Ok(manifest),
            Some(_) => {
                Err(fault(Tampering::Forked, "it follows another manifest than the one of the hour before"))
            }
        }
    }

    fn check_file(&mut self, manifest: &Manifest, bytes: &[u8]) -> Result<(), Fault> {
        let hour = manifest.hour;
        let mut lines = 0;
        for line in Lines::of(bytes) {
            let place = Place { hour, line: lines + 1 };
            let line = line.map_err(|fault| of_line(place, fault))?;
            let event = parse_line(&line).map_err(|fault| of_line(place, fault))?;
            if !event.is_hashed() {
                return Err(Fault::new(
                    place,
                    Tampering::Changed,
                    "the event is not the one that was hashed",
                ));
            }
            self.histories.check(place, &event)?;
            lines += 1;
        }
        let place = Place { hour, line: lines };
        let says = format!("the manifest counts {} events, and there are {lines}", manifest.events);
        match lines.cmp(&manifest.events) {
            std::cmp::Ordering::Greater => Err(Fault::new(place, Tampering::Added, says)),
            std::cmp::Ordering::Less => Err(Fault::new(place, Tampering::Removed, says)),
            std::cmp::Ordering::Equal if FileEntry::of(bytes) == manifest.file => Ok(()),
            std::cmp::Ordering::Equal => {
                let shows = "the file is not the one that the manifest names";
                Err(Fault::new(place, Tampering::Changed, shows))
            }
        }
    }
}

fn of_line(place: Place, fault: LineFault) -> Fault {
    let tampering = match fault {
        LineFault::EndsEarly => Tampering::Truncated,
        LineFault::NotText | LineFault::NotAnEvent | LineFault::NotARecord(_) => Tampering::Changed,
    };
    Fault::new(place, tampering, fault.to_string())
}

//! Verification: every file against its manifest, the chain of manifests, and every user's history across the files.
//! Neither a table nor credentials are needed; it is told bytes, and says what is wrong first.

use bytes::Bytes;
use domain::history::ChainedRecord;
use domain::values::{Hour, Sha256Hash};

use crate::calendar;
use crate::event_file::{LineFault, Lines, parse_line};
use crate::fault::{Fault, Place, Tampering};
use crate::histories::Histories;
use crate::manifest::{EVENTS, EventEntry, FileEntry, Manifest};

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
    /// The size of the files of events.
    pub bytes: u64,
}

/// A verification under way. Hours are handed to it in order.
#[derive(Debug, Default)]
pub struct Verification {
    verified: Verified,
    histories: Histories,
}

impl Verification {
    /// Checks the next hour. `each` is told of every event that is as it was written.
    pub fn check_hour(
        &mut self,
        hour: Hour,
        files: &HourFiles,
        mut each: impl FnMut(&ChainedRecord) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let place = Place::manifest(hour);
        self.check_sequence(hour)?;
        self.histories.begin_hour(hour)?;
        let bytes = files
            .manifest
            .as_ref()
            .ok_or_else(|| Fault::new(place, Tampering::Removed, "the hour has no manifest".to_owned()))?;
        let manifest = self.check_manifest(hour, bytes)?;
        match (&manifest.file, &files.events) {
            (None, None) if manifest.events == 0 => {}
            (Some(entry), Some(events)) => {
                self.check_file(&manifest, entry, events, &mut each)?;
                self.verified.bytes += entry.bytes;
            }
            (Some(_), None) => {
                return Err(Fault::new(
                    place,
                    Tampering::Removed,
                    format!("it names {EVENTS}, which is missing"),
                ));
            }
            (None, Some(_)) => {
                return Err(Fault::new(
                    place,
                    Tampering::Added,
                    format!("it names no {EVENTS}, and there is one"),
                ));
            }
            (None, None) => {
                return Err(Fault::new(place, Tampering::Changed, "it counts events and names no file"));
            }
        }
        self.verified.first.get_or_insert(hour);
        self.verified.last = Some((hour, Sha256Hash::of(bytes)));
        self.verified.hours += 1;
        self.verified.events += manifest.events;
        Ok(())
    }

    /// What was checked so far.
    #[must_use]
    pub const fn so_far(&self) -> &Verified {
        &self.verified
    }

    /// After the last hour.
    pub fn end(mut self) -> Result<Verified, Fault> {
        self.histories.end()?;
        self.verified.users = self.histories.users();
        Ok(self.verified)
    }

    fn check_sequence(&self, hour: Hour) -> Result<(), Fault> {
        match self.verified.last {
            Some((last, _)) if hour != last.next() => {
                let shows = format!("the hour {} is missing", calendar::text(last.next()));
                Err(Fault::new(Place::manifest(last.next()), Tampering::Removed, shows))
            }
            _ => Ok(()),
        }
    }

    fn check_manifest(&self, hour: Hour, bytes: &[u8]) -> Result<Manifest, Fault> {
        let fault = |tampering, shows: &str| Fault::new(Place::manifest(hour), tampering, shows);
        let manifest = Manifest::parse(bytes).map_err(|why| fault(Tampering::Changed, &why.to_string()))?;
        if manifest.hour != hour {
            return Err(fault(Tampering::Reordered, "it is the manifest of another hour"));
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

    fn check_file(
        &mut self,
        manifest: &Manifest,
        entry: &FileEntry,
        bytes: &[u8],
        each: &mut impl FnMut(&ChainedRecord) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let hour = manifest.hour;
        let mut read = Read::default();
        for line in Lines::of(bytes) {
            let place = Place { hour, line: read.lines + 1 };
            let line = line.map_err(|fault| of_line(place, fault))?;
            let event = parse_line(&line).map_err(|fault| of_line(place, fault))?;
            if !event.is_hashed() {
                return Err(Fault::new(
                    place,
                    Tampering::Changed,
                    "the event is not the one that was hashed",
                ));
            }
            read.in_order(place, &event)?;
            self.histories.check(place, &event)?;
            each(&event)?;
            read.lines += 1;
            if read.first.is_none() {
                read.first = Some(EventEntry::from(&event));
            }
            read.last = Some(event);
        }
        self.check_whole(manifest, entry, bytes, &read)
    }

    /// The file as a whole, after its lines.
    fn check_whole(
        &self,
        manifest: &Manifest,
        entry: &FileEntry,
        bytes: &[u8],
        read: &Read,
    ) -> Result<(), Fault> {
        let place = Place { hour: manifest.hour, line: read.lines };
        if entry.name != EVENTS {
            let shows = format!("it names a file that is not {EVENTS}");
            return Err(Fault::new(Place::manifest(manifest.hour), Tampering::Changed, shows));
        }
        let last = read.last.as_ref().map(EventEntry::from);
        let says = format!("the manifest counts {} events, and there are {}", manifest.events, read.lines);
        if read.lines > manifest.events {
            return Err(Fault::new(place, Tampering::Added, says));
        }
        if read.lines < manifest.events {
            if last.as_ref() != Some(&entry.last) {
                return Err(Fault::new(place, Tampering::Truncated, says));
            }
            let gap = self.histories.gap_in(manifest.hour);
            return Err(gap.unwrap_or_else(|| Fault::new(place, Tampering::Removed, says)));
        }
        if read.first.as_ref() != Some(&entry.first) || last.as_ref() != Some(&entry.last) {
            let shows = "its first or its last event is not the one that the manifest names";
            return Err(Fault::new(place, Tampering::Changed, shows));
        }
        if Sha256Hash::of(bytes) != entry.sha256 || bytes.len() as u64 != entry.bytes {
            return Err(Fault::new(
                place,
                Tampering::Changed,
                "the file is not the one that the manifest names",
            ));
        }
        Ok(())
    }
}

/// What was read of a file.
#[derive(Debug, Default)]
struct Read {
    lines: u64,
    first: Option<EventEntry>,
    last: Option<ChainedRecord>,
    order: String,
}

impl Read {
    fn in_order(&mut self, place: Place, event: &ChainedRecord) -> Result<(), Fault> {
        if Hour::of(event.record().recorded_at) != place.hour {
            return Err(Fault::new(place, Tampering::Reordered, "the event was recorded in another hour"));
        }
        let order = event.audit_order();
        if order < self.order {
            return Err(Fault::new(
                place,
                Tampering::Reordered,
                "the event was recorded before the one above it",
            ));
        }
        self.order = order;
        Ok(())
    }
}

fn of_line(place: Place, fault: LineFault) -> Fault {
    let tampering = match fault {
        LineFault::EndsEarly => Tampering::Truncated,
        LineFault::NotText | LineFault::NotAnEvent | LineFault::NotARecord(_) => Tampering::Changed,
    };
    Fault::new(place, tampering, fault.to_string())
}

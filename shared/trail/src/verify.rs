//! Verification: every file against its manifest, every history across the files, and every hour's checkpoint against the tree over
//! all entries up to it. Neither a table nor credentials are needed; it is told bytes, and says what is wrong first.

use bytes::Bytes;
use domain::history::Happening;
use domain::values::{Hour, VerifierKey};

use crate::calendar;
use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::event_file::{LineFault, Lines, parse_line};
use crate::fault::{Fault, Place, Tampering};
use crate::histories::Histories;
use crate::log::Log;
use crate::manifest::{EVENTS, FileEntry, Manifest, SetAside};
use crate::signers::Signers;
use crate::tree::{TileFile, Tree};

/// The files of one hour; none for a file that is not there.
#[derive(Debug, Default)]
pub struct HourFiles {
    /// `manifest.json`.
    pub manifest: Option<Bytes>,
    /// `events.ndjson.gz`.
    pub events: Option<Bytes>,
    /// `checkpoint`.
    pub checkpoint: Option<Bytes>,
}

/// What was checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// The first hour.
    pub first: Option<Hour>,
    /// The last hour, and its checkpoint: who keeps that can tell later that nothing before it changed.
    pub last: Option<(Hour, Checkpoint)>,
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
    /// The key that signed the last hour; none if no key was given, and so no signature was looked at.
    pub signed_by: Option<VerifierKey>,
    /// The hours from which on another key signs that no event names: somebody had lost the one before, or had not.
    pub replaced: Vec<(Hour, VerifierKey)>,
    /// The given keys that signed nothing: the log ends before them, or it is another one than whoever gave them thinks.
    pub unused: Vec<VerifierKey>,
}

/// A verification under way. Hours are handed to it in order.
#[derive(Debug)]
pub struct Verification {
    log: Log,
    verified: Verified,
    histories: Histories,
    tree: Tree,
    signers: Signers,
}

impl Verification {
    /// One of this log, before its first hour, by somebody who has these keys in hand.
    #[must_use]
    pub fn new(log: Log, keys: Vec<VerifierKey>) -> Self {
        Self {
            log,
            verified: Verified::default(),
            histories: Histories::default(),
            tree: Tree::default(),
            signers: Signers::new(keys),
        }
    }

    /// Checks the next hour.
    pub fn check_hour(&mut self, hour: Hour, files: &HourFiles) -> Result<(), Fault> {
        let place = Place::Manifest(hour);
        self.check_sequence(hour)?;
        let missing = |shows: &str| Fault::new(place, Tampering::Removed, shows);
        let bytes = files.manifest.as_ref().ok_or_else(|| missing("the hour has no manifest"))?;
        let manifest = self.check_manifest(hour, bytes)?;
        let events = files
            .events
            .as_ref()
            .ok_or_else(|| missing(&format!("the {EVENTS} that it names is missing")))?;
        self.check_file(&manifest, events)?;
        self.tree.push(bytes);
        let checkpoint = self.check_checkpoint(hour, files.checkpoint.as_ref())?;
        self.verified.bytes += manifest.file.bytes;
        self.verified.first.get_or_insert(hour);
        self.verified.last = Some((hour, checkpoint));
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

    /// The tiles that have to be there for the hours since they were last taken.
    pub fn take_tiles(&mut self) -> Vec<TileFile> {
        self.tree.take_tiles()
    }

    /// After the last hour: what was checked, and how far every history goes.
    #[must_use]
    pub fn end(mut self) -> (Verified, Histories) {
        self.verified.users = self.histories.users();
        self.verified.organisations = self.histories.organisations();
        self.verified.signed_by = self.signers.in_force().cloned();
        self.verified.replaced = self.signers.replaced().to_vec();
        self.verified.unused = self.signers.unused().cloned().collect();
        (self.verified, self.histories)
    }

    fn check_sequence(&self, hour: Hour) -> Result<(), Fault> {
        let last = self.verified.last.as_ref();
        let expected = last.map_or(self.log.identity.first_hour, |(last, _)| last.next());
        if hour == expected {
            return Ok(());
        }
        let (tampering, shows) = if hour > expected {
            (Tampering::Removed, format!("the hour {} is missing", calendar::text(expected)))
        } else {
            (Tampering::Added, format!("the log begins with the hour {}", calendar::text(expected)))
        };
        Err(Fault::new(Place::Manifest(hour.min(expected)), tampering, shows))
    }

    fn check_manifest(&self, hour: Hour, bytes: &[u8]) -> Result<Manifest, Fault> {
        let fault = |tampering, shows: &str| Fault::new(Place::Manifest(hour), tampering, shows);
        let manifest = Manifest::parse(bytes).map_err(|why| fault(Tampering::Changed, &why.to_string()))?;
        if manifest.hour != hour {
            return Err(fault(Tampering::Reordered, "it is the manifest of another hour"));
        }
        if self.log.owner_of(hour).is_none_or(|owner| owner.table_id != manifest.table_id) {
            return Err(fault(Tampering::Forked, "it is of another table than the one that the log says"));
        }
        Ok(manifest)
    }

    fn check_file(&mut self, manifest: &Manifest, bytes: &[u8]) -> Result<(), Fault> {
        let hour = manifest.hour;
        let mut lines = 0;
        for line in Lines::of(bytes) {
            let place = Place::line(hour, lines + 1);
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
            if let Happening::AuditLog(of_log) = &event.record().happening {
                if *of_log.origin() != self.log.identity.origin {
                    let shows = format!("it is an event of the log {}", of_log.origin());
                    return Err(Fault::new(place, Tampering::Forked, shows));
                }
                self.signers.name(of_log.verifier_key());
            }
            self.tree.push(&event.hash().bytes());
            lines += 1;
        }
        let place = Place::line(hour, lines);
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

    /// That the checkpoint is of exactly what was read up to this hour, and who signed it.
    fn check_checkpoint(&mut self, hour: Hour, bytes: Option<&Bytes>) -> Result<Checkpoint, Fault> {
        let fault = |tampering, shows: &str| Fault::new(Place::Checkpoint(hour), tampering, shows);
        let bytes = bytes.ok_or_else(|| fault(Tampering::Removed, "the hour has no checkpoint"))?;
        let signed = SignedCheckpoint::parse(bytes);
        let signed = signed.map_err(|why| fault(Tampering::Changed, &why.to_string()))?;
        let origin = self.log.identity.origin.clone();
        let expected = Checkpoint { origin, size: self.tree.size(), root: self.tree.root() };
        if *signed.checkpoint() != expected {
            return Err(fault(
                Tampering::Forked,
                "it is of other events or manifests than those that are there",
            ));
        }
        self.signers.check(hour, &signed)?;
        self.signers.end_hour(hour)?;
        Ok(expected)
    }
}

fn of_line(place: Place, fault: LineFault) -> Fault {
    let tampering = match fault {
        LineFault::EndsEarly => Tampering::Truncated,
        LineFault::NotText | LineFault::NotAnEvent | LineFault::NotARecord(_) => Tampering::Changed,
    };
    Fault::new(place, tampering, fault.to_string())
}

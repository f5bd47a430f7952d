//! Verification: every file against its manifest, every history across the files, and every hour's checkpoint against the tree over
//! all entries up to it. Neither a table nor credentials are needed; it is told bytes, and says everything that is wrong.

use std::collections::{BTreeMap, HashMap};

use domain::audit_log;
use domain::history::Happening;
use domain::user::RecordedEvent;
use domain::values::{Hour, KeyNumber, UserId, VerifierKey, Version};
use tokio::task::JoinError;

use crate::calendar;
use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::event_file::LineFault;
use crate::examination::{Event, Events, Examination};
use crate::fault::{Fault, Faults, Place, Tampering};
use crate::histories::Histories;
use crate::lateness::Lateness;
use crate::log::Log;
use crate::manifest::{EVENTS, FileEntry, Manifest, SetAside};
use crate::reading::FileRead;
use crate::signers::Signers;
use crate::tables::Tables;
use crate::tree::{TileFile, Tree};

/// What was checked, and what is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// Everything that is wrong.
    pub faults: Faults,
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
    /// The file of events of each hour, as its manifest names it: whoever reads it again can tell whether it is still that one.
    pub files: BTreeMap<Hour, FileEntry>,
    /// The checkpoint of each hour.
    pub checkpoints: BTreeMap<Hour, Checkpoint>,
    /// The physical keys whose texts were erased, and the version that says so: it covers lower ones.
    pub erasures: HashMap<(UserId, KeyNumber), Version>,
    /// The histories that the last hour did not go on with.
    pub set_aside: Vec<SetAside>,
    /// The key that signed the last hour; none if no key was given, and so no signature was looked at.
    pub signed_by: Option<VerifierKey>,
    /// The key that the hour after it is to be signed by.
    pub next_signed_by: Option<VerifierKey>,
    /// The hours from which on another key signs that no event names: somebody had lost the one before, or had not.
    pub replaced: Vec<(Hour, VerifierKey)>,
    /// The given keys that signed nothing: the log ends before them, or it is another one than whoever gave them thinks.
    pub unused: Vec<VerifierKey>,
    /// The events that came long after they were recorded.
    pub lateness: Lateness,
    /// Of a part of a log, how many histories had begun before it.
    pub begun_before: Option<u64>,
}

/// A verification under way. Hours are handed to it in order.
#[derive(Debug)]
pub struct Verification {
    log: Log,
    verified: Verified,
    histories: Histories,
    /// The tree over everything so far; none from where it is not known what was in it.
    tree: Option<Tree>,
    /// The checkpoint that the tree has to be read from the tiles of.
    lost_at: Option<Checkpoint>,
    signers: Signers,
    tables: Tables,
    /// The hour that comes next.
    next: Hour,
}

impl Verification {
    /// One of this log, before its first hour, by somebody who has these keys in hand.
    #[must_use]
    pub fn new(log: Log, keys: Vec<VerifierKey>) -> Self {
        Self {
            next: log.identity.first_hour,
            tables: Tables::new(log.owners.clone()),
            log,
            verified: Verified::default(),
            histories: Histories::default(),
            tree: Some(Tree::default()),
            lost_at: None,
            signers: Signers::new(keys),
        }
    }

    /// One of a part of a log, which goes on from a checkpoint and its tree.
    #[must_use]
    pub fn of_part(
        log: Log,
        keys: Vec<VerifierKey>,
        before: (Hour, &SignedCheckpoint),
        tree: Option<Tree>,
    ) -> Self {
        let (hour, signed) = before;
        let mut part =
            Self { next: hour.next(), tree, histories: Histories::of_part(), ..Self::new(log, keys) };
        part.tables = part.tables.of_part();
        if let Err(fault) = part.signers.check(hour, signed) {
            part.verified.faults.push(fault);
        }
        part
    }

    /// Checks an hour. Those of the log come in order; one before its first is told and passed over.
    pub(crate) async fn check_hour(&mut self, hour: Hour, examination: Examination) -> Result<(), JoinError> {
        let Examination { manifest: read, events, checkpoint } = examination;
        if !self.is_in_sequence(hour) {
            return Ok(());
        }
        let faults_before = self.verified.faults.count();
        let manifest = self.manifest(hour, &read);
        self.events(hour, events, manifest.as_ref()).await?;
        match (&read, &mut self.tree) {
            (FileRead::Here(bytes), Some(tree)) => tree.push(bytes),
            _ => self.tree = None,
        }
        let is_sound = self.verified.faults.count() == faults_before;
        self.checkpoint(hour, &checkpoint, is_sound);
        self.verified.faults.extend(self.tables.end_hour(hour).err());
        if let Some(manifest) = manifest {
            self.verified.bytes += manifest.file.bytes;
            self.verified.files.insert(hour, manifest.file);
            self.verified.set_aside = manifest.set_aside;
        }
        self.verified.first.get_or_insert(hour);
        self.verified.hours += 1;
        self.next = hour.next();
        Ok(())
    }

    /// What was checked so far.
    #[must_use]
    pub const fn so_far(&self) -> &Verified {
        &self.verified
    }

    /// What is wrong besides what the hours show.
    pub fn fault(&mut self, fault: Fault) {
        self.verified.faults.push(fault);
    }

    /// The tiles that have to be there for the hours since they were last taken.
    pub fn take_tiles(&mut self) -> Vec<TileFile> {
        self.tree.as_mut().map(Tree::take_tiles).unwrap_or_default()
    }

    /// The checkpoint of the last hour, if what was read is something else: the hours after it go on from its tiles.
    pub const fn take_lost(&mut self) -> Option<Checkpoint> {
        self.lost_at.take()
    }

    /// Goes on from a tree that was read from tiles.
    pub fn resume(&mut self, tree: Tree) {
        self.tree = Some(tree);
    }

    /// The hour that would come next.
    #[must_use]
    pub const fn next_hour(&self) -> Hour {
        self.next
    }

    /// After the last hour: what was checked, and how far every history goes.
    #[must_use]
    pub fn end(mut self) -> (Verified, Histories) {
        self.verified.users = self.histories.users();
        self.verified.organisations = self.histories.organisations();
        self.verified.signed_by = self.signers.last().cloned();
        self.verified.next_signed_by = self.signers.in_force().cloned();
        self.verified.replaced = self.signers.replaced().to_vec();
        self.verified.unused = self.signers.unused().cloned().collect();
        self.verified.begun_before = self.histories.begun_before();
        (self.verified, self.histories)
    }

    fn is_in_sequence(&mut self, hour: Hour) -> bool {
        let (place, expected) = (Place::Manifest(hour.min(self.next)), calendar::text(self.next));
        if hour < self.next {
            let shows = format!("the log begins with the hour {expected}");
            self.verified.faults.push(Fault::new(place, Tampering::Added, shows));
            return false;
        }
        let missing = hour.after(self.next);
        if missing > 0 {
            let shows = match missing {
                1 => format!("the hour {expected} is missing"),
                _ => format!("{missing} hours from {expected} on are missing"),
            };
            self.verified.faults.push(Fault::new(place, Tampering::Removed, shows));
            // What the missing hours had in the tree is not known.
            self.tree = None;
        }
        true
    }

    fn manifest(&mut self, hour: Hour, read: &FileRead) -> Option<Manifest> {
        let mut fault = |tampering, shows: &str| {
            self.verified.faults.push(Fault::new(Place::Manifest(hour), tampering, shows));
            None
        };
        let bytes = match read {
            FileRead::Here(bytes) => bytes,
            FileRead::Absent => return fault(Tampering::Removed, "the hour has no manifest"),
            FileRead::Unusable(why) => return fault(Tampering::Changed, why),
        };
        let manifest = match Manifest::parse(bytes) {
            Ok(manifest) => manifest,
            Err(why) => return fault(Tampering::Changed, &why.to_string()),
        };
        if manifest.hour != hour {
            return fault(Tampering::Reordered, "it is the manifest of another hour");
        }
        if let Err(fault) = self.tables.check(hour, &manifest.table_id) {
            self.verified.faults.push(fault);
        }
        Some(manifest)
    }

    /// Takes an hour's events. Of a file that has more lines than its manifest counts, no more are read.
    async fn events(
        &mut self,
        hour: Hour,
        events: Events,
        manifest: Option<&Manifest>,
    ) -> Result<(), JoinError> {
        let mut examined = match events {
            Events::Here(examined) => examined,
            Events::Absent if manifest.is_none() => return Ok(()),
            Events::Absent => {
                let shows = format!("the {EVENTS} that it names is missing");
                self.fault(Fault::new(Place::Manifest(hour), Tampering::Removed, shows));
                return Ok(());
            }
            Events::Unusable(why) => {
                self.fault(Fault::new(Place::Events(hour), Tampering::Changed, why));
                return Ok(());
            }
        };
        let faults_before = self.verified.faults.count();
        let counted = manifest.map_or(u64::MAX, |manifest| manifest.events);
        let mut lines = 0;
        while let Some(block) = examined.next().await? {
            for line in block {
                lines += 1;
                let place = Place::line(hour, lines);
                match line {
                    Ok(_) if lines > counted => {
                        let shows = format!("the manifest counts {counted} events, and there are more");
                        self.fault(Fault::new(place, Tampering::Added, shows));
                        return Ok(());
                    }
                    Ok(event) => self.event(hour, place, &event),
                    Err(why) => {
                        self.fault(of_line(place, why));
                        self.tree = None;
                    }
                }
            }
        }
        let Some(manifest) = manifest else { return Ok(()) };
        let is_sound = self.verified.faults.count() == faults_before;
        let place = Place::line(hour, lines);
        if lines < counted && is_sound {
            let shows = format!("the manifest counts {counted} events, and there are {lines}");
            self.fault(Fault::new(place, Tampering::Removed, shows));
        } else if is_sound && examined.file().await? != manifest.file {
            let shows = "the file is not the one that the manifest names";
            self.fault(Fault::new(place, Tampering::Changed, shows));
        }
        Ok(())
    }

    fn event(&mut self, hour: Hour, place: Place, event: &Event) {
        let mut fault = |tampering, shows: &str| {
            self.verified.faults.push(Fault::new(place, tampering, shows));
        };
        if !event.is_hashed {
            fault(Tampering::Changed, "the event is not the one that was hashed");
        } else if !event.is_canonical {
            fault(Tampering::Changed, "it has members, or a spelling, that this release does not write");
        }
        if let Happening::AuditLog(of_log) = &event.happening {
            if *of_log.origin() != self.log.identity.origin {
                fault(Tampering::Forked, &format!("it is an event of the log {}", of_log.origin()));
            } else if let audit_log::Event::SigningKeyChanged(changed) = of_log {
                self.signers.name(&changed.verifier_key);
            } else if let audit_log::Event::LogClaimed(claimed) = of_log {
                self.verified.faults.extend(self.tables.claim(place, claimed).err());
            }
        }
        if let Happening::User(RecordedEvent::PhysicalKeyTextsErased(erased)) = &event.happening {
            self.verified.erasures.insert((erased.user_id.clone(), erased.number), event.version);
        }
        self.histories.check(place, event, &mut self.verified.faults);
        self.verified.lateness.note(hour, place, event);
        self.verified.events += 1;
        if let Some(tree) = &mut self.tree {
            tree.push_leaf(event.leaf);
        }
    }

    /// That the checkpoint is of exactly what was read up to this hour, and who signed it. Where something is wrong with the hour, it
    /// is told already why it is not.
    fn checkpoint(&mut self, hour: Hour, read: &FileRead, is_sound: bool) {
        let mut fault = |tampering, shows: &str| {
            self.verified.faults.push(Fault::new(Place::Checkpoint(hour), tampering, shows));
        };
        let signed = match read {
            FileRead::Here(bytes) => SignedCheckpoint::parse(bytes).map_err(|why| why.to_string()),
            FileRead::Absent => Err("the hour has no checkpoint".to_owned()),
            FileRead::Unusable(why) => Err(why.clone()),
        };
        let signed = match signed {
            Ok(signed) => signed,
            Err(why) => {
                let is_absent = matches!(read, FileRead::Absent);
                fault(if is_absent { Tampering::Removed } else { Tampering::Changed }, &why);
                if !is_sound {
                    self.tree = None;
                }
                return;
            }
        };
        let origin = self.log.identity.origin.clone();
        let own = self.tree.as_ref().map(|tree| Checkpoint { origin, size: tree.size(), root: tree.root() });
        let says = signed.checkpoint().clone();
        if own.as_ref() != Some(&says) {
            if is_sound && own.is_some() {
                fault(Tampering::Forked, "it is of other events or manifests than those that are there");
            }
            // What was signed is what the hours after it go on from, if its tiles are there; or else what was read, if it was sound.
            self.lost_at = Some(says.clone());
            // Nor are this hour's tiles those of what was read, which is told.
            match &mut self.tree {
                Some(tree) if is_sound => drop(tree.take_tiles()),
                _ => self.tree = None,
            }
        }
        for fault in [self.signers.check(hour, &signed), self.signers.end_hour(hour)] {
            fault.map_or_else(|fault| self.verified.faults.push(fault), |()| {});
        }
        self.verified.checkpoints.insert(hour, says.clone());
        self.verified.last = Some((hour, says));
    }
}

fn of_line(place: Place, fault: LineFault) -> Fault {
    let tampering = match fault {
        LineFault::EndsEarly => Tampering::Truncated,
        LineFault::NotText | LineFault::NotAnEvent | LineFault::NotARecord(_) => Tampering::Changed,
    };
    Fault::new(place, tampering, fault.to_string())
}

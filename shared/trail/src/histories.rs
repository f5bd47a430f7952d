//! Histories across the files of an export: versions without gaps from 1, each event over the one before.
//!
//! Files are in the order of clocks, and the clocks of two writers differ: an event may stand before the one that it
//! follows. It waits until that one comes, for a day: nobody is to be accused because of a clock.

use std::collections::{BTreeMap, HashMap};

use domain::history::{ChainedRecord, EventHash, HistoryId};
use domain::values::{Hour, Version};

use crate::fault::{Fault, Place, Tampering};

/// How many hours an event may wait for the one before it.
const LONGEST_WAIT: u64 = 24;

/// Where every history stands.
#[derive(Debug, Default)]
pub(crate) struct Histories {
    histories: HashMap<HistoryId, History>,
    /// Every event that waits, by its place.
    waiting: BTreeMap<Place, (HistoryId, Version)>,
}

#[derive(Debug)]
struct History {
    version: Version,
    head: EventHash,
    waiting: BTreeMap<Version, Waiting>,
}

#[derive(Debug, Clone, Copy)]
struct Waiting {
    place: Place,
    previous_hash: EventHash,
    hash: EventHash,
}

impl Default for History {
    fn default() -> Self {
        Self { version: Version::NONE, head: EventHash::GENESIS, waiting: BTreeMap::new() }
    }
}

impl Histories {
    /// How many users have a history.
    pub(crate) fn users(&self) -> usize {
        self.histories.keys().filter(|history| matches!(history, HistoryId::User(_))).count()
    }

    /// The event at a place, whose own hash is right.
    pub(crate) fn check(&mut self, place: Place, event: &ChainedRecord) -> Result<(), Fault> {
        let (id, version) = (event.record().happening.history(), event.record().version);
        let history = self.histories.entry(id.clone()).or_default();
        let event = Waiting { place, previous_hash: event.previous_hash(), hash: event.hash() };
        if version <= history.version || history.waiting.contains_key(&version) {
            let shows = format!("version {version} of {id} is there a second time");
            return Err(Fault::new(place, Tampering::Forked, shows));
        }
        if version != history.version.next() {
            history.waiting.insert(version, event);
            self.waiting.insert(place, (id, version));
            return Ok(());
        }
        history.follow(&id, event)?;
        while let Some(next) = history.waiting.remove(&history.version.next()) {
            self.waiting.remove(&next.place);
            history.follow(&id, next)?;
        }
        Ok(())
    }

    /// Before an hour is read: no event has waited too long.
    pub(crate) fn begin_hour(&self, hour: Hour) -> Result<(), Fault> {
        match self.waiting.first_key_value() {
            Some((place, _)) if hour.after(place.hour) > LONGEST_WAIT => self.end(),
            _ => Ok(()),
        }
    }

    /// After the last hour: no event waits.
    pub(crate) fn end(&self) -> Result<(), Fault> {
        self.waiting.first_key_value().map_or(Ok(()), |(place, of)| Err(self.missing(*place, of)))
    }

    /// The first event of an hour that waits, if one does.
    pub(crate) fn gap_in(&self, hour: Hour) -> Option<Fault> {
        let (place, of) = self.waiting.range(Place::manifest(hour)..).next()?;
        (place.hour == hour).then(|| self.missing(*place, of))
    }

    fn missing(&self, place: Place, (id, version): &(HistoryId, Version)) -> Fault {
        let next = self.histories.get(id).map(|history| history.version.next()).unwrap_or_default();
        let shows = format!("this is version {version} of {id}, and version {next} is missing");
        Fault::new(place, Tampering::Removed, shows)
    }
}

impl History {
    fn follow(&mut self, id: &HistoryId, event: Waiting) -> Result<(), Fault> {
        let version = self.version.next();
        if event.previous_hash != self.head {
            let shows = format!("version {version} of {id} follows another version {}", self.version);
            return Err(Fault::new(event.place, Tampering::Forked, shows));
        }
        (self.version, self.head) = (version, event.hash);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use domain::history::{Actor, ActorKind, Circumstances, RANDOM_BYTES, Salts, Snapshot};
    use domain::user::{AddPhysicalKey, Command, User};
    use domain::values::{EpochMillis, OrgId, UserId};

    use super::*;

    fn two_events() -> [ChainedRecord; 2] {
        let mut snapshot = Snapshot::new(User::new(UserId::parse("alice").unwrap()));
        [1, 2].map(|at| {
            let issuer = OrgId::parse("acme").unwrap();
            let actor = Actor { kind: ActorKind::User, iss: None, id: None, org_id: None, api_key_id: None };
            let (recorded_at, salts) = (EpochMillis::new(at), Salts::new([7; RANDOM_BYTES]));
            let circumstances = Circumstances { actor, request_id: "r".to_owned(), recorded_at, salts };
            let command = AddPhysicalKey::of(issuer.clone());
            let event = command.decide(&snapshot.state, None, recorded_at).unwrap().happened.into();
            let (event, after) = snapshot.append(&event, issuer, circumstances);
            snapshot = after;
            event.chained
        })
    }

    fn place(hours: u64) -> Place {
        let hour = Hour::of(EpochMillis::new(hours * 3_600_000));
        Place { hour, line: 1 }
    }

    #[test]
    fn an_event_waits_a_day_for_the_one_that_it_follows() {
        let [first, second] = two_events();
        let mut histories = Histories::default();
        histories.check(place(0), &second).unwrap();
        histories.begin_hour(place(24).hour).unwrap();
        let fault = histories.begin_hour(place(25).hour).unwrap_err();
        assert_eq!((fault.place, fault.tampering), (place(0), Tampering::Removed));
        assert_eq!(histories.end(), Err(fault));
        histories.check(place(24), &first).unwrap();
        histories.begin_hour(place(25).hour).unwrap();
        assert_eq!((histories.end(), histories.users()), (Ok(()), 1));
    }

    #[test]
    fn what_waited_is_held_against_what_came() {
        let [first, second] = two_events();
        let second = ChainedRecord::after(EventHash::GENESIS, second.record().clone());
        let mut histories = Histories::default();
        histories.check(place(0), &second).unwrap();
        let fault = histories.check(place(1), &first).unwrap_err();
        assert_eq!((fault.place, fault.tampering), (place(0), Tampering::Forked));
    }
}

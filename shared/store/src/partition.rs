//! Everything that is kept of one history, and what it should be by its events: for whoever holds a table against its own histories,
//! and for whoever mends one that was restored in the middle of a transaction.

mod erased;
mod expected;
mod mend;
mod newer;
mod scan;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use domain::history::{EventHash, Head, HistoryId, KeptRecord, NotNext, Position};
use domain::user::TextsOfUser;
use domain::values::Version;
use tokio::time::timeout_at;

pub use self::erased::Leftover;
use self::erased::strip;
use self::expected::Expected;
pub use self::mend::MendFault;
use self::newer::newer;
pub use self::scan::{ScanPlace, Scanned};
use super::Table;
use super::audit::HistoryKey;
use super::fault::StoreFault;
use super::items::{EVENT, EventShape, Item, Place, RequestShape, shape};
use super::read::{BATCH, in_time, operators_waits};
use super::schema::HEAD_INDEX;

/// Items of a page.
const PAGE: i32 = 500;
/// Prefix of the sort keys of kept answers.
const REQUEST: &str = "REQUEST#";

/// All items that are kept of one history. Strongly consistent, which for a `Query` means read-committed.
#[derive(Debug)]
pub struct Partition {
    key: HistoryKey,
    /// Its events in the order of their places; none for an item that cannot be read as one.
    events: Vec<(Place, Option<KeptRecord>)>,
    /// Kept answers.
    requests: Vec<(Place, Item)>,
    /// Everything else, by its place: what follows from the events.
    state: BTreeMap<Place, Item>,
}

/// What the events of a history come to.
#[derive(Debug, Default)]
pub struct Folded {
    /// The records that follow one another from the first version on.
    pub records: Vec<KeptRecord>,
    /// Where the history stands after them; none if there is none.
    pub head: Option<Head>,
    /// What is not so.
    pub faults: Vec<PartitionFault>,
    /// The items that differ from what follows from the events; nothing is said of them where the events do not follow one another.
    pub differences: Vec<Difference>,
    /// What the events tell of texts, if they are a user's.
    pub texts: TextsOfUser,
    /// What is kept of texts that were erased.
    pub leftovers: Vec<Leftover>,
}

/// Something that is kept of a history and is not as it should be. `Display` is half a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PartitionFault {
    /// An event's item cannot be read.
    #[error("the item {0} is no event")]
    NotAnEvent(String),
    /// An event is not the next one of the history.
    #[error("the event at {0} {1}")]
    NotNext(String, NotNext),
    /// A kept answer belongs to no event.
    #[error("the answer {0} is of an event that is not there")]
    Answer(String),
}

/// An item that differs from what follows from the events. `Display` is half a sentence.
#[derive(Debug, Clone, PartialEq)]
pub enum Difference {
    /// It is missing.
    Missing(ItemAt),
    /// It is there and has other attributes.
    Other(ItemAt),
    /// It is there and should not be.
    Stray(ItemAt),
}

/// An item and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemAt {
    place: Place,
    item: Item,
}

impl Difference {
    /// The item as it should be, or as it should not be there.
    const fn at(&self) -> &ItemAt {
        match self {
            Self::Missing(at) | Self::Other(at) | Self::Stray(at) => at,
        }
    }

    /// Whether it is about an item of a kind that this program writes. What a newer one has put there is told, and left alone.
    #[must_use]
    pub fn is_known(&self) -> bool {
        match self {
            Self::Missing(_) | Self::Other(_) => true,
            Self::Stray(at) => at.place.is_state(),
        }
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (at, says) = match self {
            Self::Missing(at) => (at, "is missing"),
            Self::Other(at) => (at, "is not what follows from the events"),
            Self::Stray(at) => (at, "is there, and nothing says that it should be"),
        };
        let Place { pk, sk } = &at.place;
        write!(formatter, "the item {pk:?} {sk:?} {says}")
    }
}

impl Folded {
    /// How far the history goes.
    #[must_use]
    pub fn position(&self) -> Position {
        self.head.as_ref().map(Head::position).unwrap_or_default()
    }

    /// The hash of a version, if the history goes so far.
    #[must_use]
    pub fn hash(&self, version: Version) -> Option<EventHash> {
        let place = usize::try_from(version.get().checked_sub(1)?).ok()?;
        self.records.get(place).map(|kept| kept.chained.hash())
    }
}

impl Table {
    /// Everything that is kept of a history.
    pub async fn partition(&self, key: &HistoryKey, deadline: Instant) -> Result<Partition, StoreFault> {
        let mut partition =
            Partition { key: key.clone(), events: Vec::new(), requests: Vec::new(), state: BTreeMap::new() };
        let mut after = None;
        loop {
            let query = self.query_of(key.as_str(), "", None, PAGE).set_exclusive_start_key(after);
            let read = in_time(timeout_at(deadline.into(), query.send()).await)?;
            for item in read.items.unwrap_or_default() {
                partition.add(item)?;
            }
            after = read.last_evaluated_key;
            if after.is_none() {
                break;
            }
        }
        for place in partition.elsewhere().chunks(BATCH) {
            let keys = place.iter().map(Place::key).collect();
            for item in self.batch_get(keys, operators_waits(), deadline).await? {
                partition.add(item)?;
            }
        }
        Ok(partition)
    }
}

impl Partition {
    fn add(&mut self, item: Item) -> Result<(), StoreFault> {
        let place: Place = shape(item.clone())?;
        if place.sk.starts_with(EVENT) {
            let kept = shape::<EventShape>(item).and_then(EventShape::kept).ok();
            self.events.push((place, kept));
        } else if place.sk.starts_with(REQUEST) {
            self.requests.push((place, item));
        } else {
            self.state.insert(place, item);
        }
        Ok(())
    }

    /// The items that are kept of it in other partitions: an organisation's API keys.
    fn elsewhere(&self) -> Vec<Place> {
        let issued = self.events.iter().flat_map(|(_, kept)| kept).filter_map(expected::api_key_of);
        let places: BTreeSet<_> = issued.map(|id| Place::api_key(&id)).collect();
        places.into_iter().collect()
    }

    /// Where it is kept.
    #[must_use]
    pub const fn key(&self) -> &HistoryKey {
        &self.key
    }

    /// Whether a difference is about the head.
    #[must_use]
    pub fn is_head(&self, difference: &Difference) -> bool {
        Place::head_in(self.key.as_str()).as_ref() == Some(&difference.at().place)
    }

    /// Which history it is, as its first event says.
    #[must_use]
    pub fn history(&self) -> Option<HistoryId> {
        let first = self.events.iter().find_map(|(_, kept)| kept.as_ref());
        first.map(|kept| kept.chained.record().happening.history())
    }

    /// Folds the events, from nothing, and compares everything else with what they come to.
    pub fn fold(&self, table: &Table) -> Result<Folded, StoreFault> {
        let (mut folded, mut expected) = (Folded::default(), Expected::default());
        let ends_with = self.follow(&mut folded, &mut expected)?;
        folded.faults.extend(ends_with);
        folded.texts = self.texts();
        folded.leftovers = self.leftovers(&folded.texts);
        if folded.faults.is_empty() {
            if let Some(head) = &folded.head {
                expected.head(head, self.shard_of_head(), table.shards)?;
            }
            folded.differences = self.differences(expected, &folded.texts)?;
            self.check_answers(&mut folded);
        }
        Ok(folded)
    }

    /// Follows the events as far as they follow one another, and says where they do not.
    fn follow(
        &self,
        folded: &mut Folded,
        expected: &mut Expected,
    ) -> Result<Option<PartitionFault>, StoreFault> {
        let mut head = self.history().map(|history| Head::new(&history));
        for (place, kept) in &self.events {
            let not_an_event = || PartitionFault::NotAnEvent(place.sk.clone());
            let (Some(kept), Some(before)) = (kept, &head) else { return Ok(Some(not_an_event())) };
            let version = before.position().version.next();
            let (told, after) = match before.follow(kept) {
                Ok(next) => next,
                Err(why) => return Ok(Some(PartitionFault::NotNext(place.sk.clone(), why))),
            };
            if *place != Place::event_in(self.key.as_str().to_owned(), version) {
                return Ok(Some(not_an_event()));
            }
            expected.tell(&told)?;
            folded.records.push(kept.clone());
            folded.head = Some(after.clone());
            head = Some(after);
        }
        Ok(None)
    }

    /// What is not as expected. Texts that were erased are told by themselves; attributes of a newer release are not told, and stay.
    fn differences(&self, expected: Expected, texts: &TextsOfUser) -> Result<Vec<Difference>, StoreFault> {
        let mut differences = Vec::new();
        let mut there = self.state.clone();
        for (place, item) in &mut there {
            if place.physical_key_number().is_some_and(|number| texts.is_erased(number)) {
                strip(item);
            }
        }
        for (place, item) in expected.into_items()? {
            match there.remove(&place) {
                Some(found) => {
                    let newer = newer(&place, &found);
                    let item: Item = item.into_iter().chain(newer).collect();
                    if found != item {
                        differences.push(Difference::Other(ItemAt { place, item }));
                    }
                }
                None => differences.push(Difference::Missing(ItemAt { place, item })),
            }
        }
        differences.extend(there.into_iter().map(|(place, item)| Difference::Stray(ItemAt { place, item })));
        Ok(differences)
    }

    /// That every kept answer is of an event that is there.
    fn check_answers(&self, folded: &mut Folded) {
        for (place, item) in &self.requests {
            let answer = shape::<RequestShape>(item.clone()).ok();
            let hash = answer.as_ref().and_then(|answer| folded.hash(answer.version));
            if hash.is_none() || hash != answer.map(|answer| answer.event_hash) {
                folded.faults.push(PartitionFault::Answer(place.sk.clone()));
            }
        }
    }

    /// The shard that the head's place in its index has: whatever its writers were configured with.
    fn shard_of_head(&self) -> Option<u16> {
        let head = Place::head_in(self.key.as_str())?;
        let changed_in = self.state.get(&head)?.get(HEAD_INDEX.1)?.as_s().ok()?;
        let (_, shard) = changed_in.split_once('#')?;
        shard.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use domain::api_key::{self, ApiKeyTerms};
    use domain::history::{Actor, Circumstances, RANDOM_BYTES, Salts, Snapshot};
    use domain::organisation::{Event, Organisation};
    use domain::values::{EpochMillis, OrgId, Subject};

    use super::*;

    /// A history that tells such nonsense is told so, and not a fault of reading: DynamoDB refuses to read one item twice at once.
    #[test]
    fn an_api_key_that_is_issued_twice_is_read_once() {
        let (org_id, now) = (OrgId::parse("acme").unwrap(), EpochMillis::new(7));
        let (_, issued) = api_key::issue(ApiKeyTerms::of(org_id.clone(), now), &[7; api_key::RANDOM_BYTES]);
        let snapshot = Snapshot::new(Organisation::new(org_id.clone()));
        let actor = Actor::operator(Subject::parse("operator").unwrap());
        let salts = Salts::new([7; RANDOM_BYTES]);
        let circumstances = Circumstances { actor, request_id: "r".to_owned(), recorded_at: now, salts };
        let (kept, _) = snapshot.append(&Event::ApiKeyIssued(issued.clone()), Some(org_id), circumstances);
        let key = HistoryKey::from(&kept.chained.record().happening.history());
        let event =
            |version| (Place::event_in(key.as_str().to_owned(), Version::new(version)), Some(kept.clone()));
        let events = vec![event(1), event(2)];
        let partition = Partition { key: key.clone(), events, requests: Vec::new(), state: BTreeMap::new() };
        assert_eq!(partition.elsewhere(), [Place::api_key(&issued.api_key_id)]);
    }
}

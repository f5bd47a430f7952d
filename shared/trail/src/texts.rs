//! The texts beside the log: whether what is disclosed is what was recorded, and of what is not, whether it was erased. Whoever erases a
//! text records it, so that a text that is only missing is withheld.

use std::collections::HashMap;

use bytes::Bytes;
use domain::history::{ChainedRecord, Happening, HistoryId, TextName};
use domain::user::RecordedEvent;
use domain::values::{Hour, KeyNumber, UserId, Version};
use futures_util::TryStreamExt;

use crate::archive::{Archive, ArchiveFault, Listing};
use crate::disclosure_file::{DisclosureLines, disclosures_path};
use crate::event_file::{Lines, MOST_BYTES, parse_line};
use crate::fault::{Fault, Faults, Place, Tampering};
use crate::manifest::FileEntry;
use crate::reading::{FileRead, hours, read};
use crate::verify::Verified;

/// Withheld texts that are told one by one; of more it is told how many there are.
const MOST_NAMED: usize = 100;
/// What a line with digests of texts has. A line of an event without them need not be read.
const TEXTS: &str = "\"texts\":{";

/// What was found of the texts of a log that was verified.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckedTexts {
    /// Those that are disclosed, as they were recorded.
    pub disclosed: u64,
    /// Those that are not, and an event says that they were erased.
    pub erased: u64,
    /// Those that are not, and nothing says why.
    pub withheld: u64,
    /// The first of these.
    pub named: Vec<Withheld>,
    /// What is wrong: something is disclosed that was not recorded, or that was erased.
    pub faults: Faults,
}

/// A text that nothing discloses, and that nobody says was erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withheld {
    /// Where its digest stands.
    pub place: Place,
    /// Whose it is.
    pub history: HistoryId,
    /// The version of the event.
    pub version: Version,
    /// Which text of it.
    pub name: TextName,
}

/// Looks at the texts of every event of a log that was verified. `progress` is told of every hour.
pub async fn check_texts(
    archive: &Archive,
    listing: &Listing,
    verified: &Verified,
    disclosures: &Archive,
    mut progress: impl FnMut(Hour),
) -> Result<CheckedTexts, ArchiveFault> {
    let mut check = Check { erasures: &verified.erasures, checked: CheckedTexts::default() };
    let mut hours = std::pin::pin!(hours(archive, listing));
    while let Some((hour, files)) = hours.try_next().await? {
        progress(hour);
        let Some(named) = verified.files.get(&hour) else { continue };
        let Some(events) = files.events.bytes().filter(|bytes| FileEntry::of(bytes) == *named) else {
            let shows = "the file is not the one that was verified any more";
            check.checked.faults.push(Fault::new(Place::Events(hour), Tampering::Changed, shows));
            continue;
        };
        let texts = match read(disclosures, &disclosures_path(hour), MOST_BYTES).await? {
            FileRead::Here(bytes) => bytes,
            FileRead::Absent => Bytes::new(),
            FileRead::Unusable(why) => {
                check.checked.faults.push(Fault::new(Place::Disclosures(hour), Tampering::Changed, why));
                Bytes::new()
            }
        };
        check.hour(hour, events, &texts);
    }
    Ok(check.checked)
}

struct Check<'a> {
    erasures: &'a HashMap<(UserId, KeyNumber), Version>,
    checked: CheckedTexts,
}

impl Check<'_> {
    fn hour(&mut self, hour: Hour, events: &[u8], texts: &[u8]) {
        let mut disclosures = DisclosureLines::of(texts);
        for (line, number) in Lines::of(events).zip(1..) {
            // It was verified a moment ago: whatever cannot be read is none of it.
            let Ok(line) = line else { break };
            if !line.contains(TEXTS) {
                continue;
            }
            if let Ok(event) = parse_line(&line) {
                self.event(hour, Place::line(hour, number), &event, &mut disclosures);
            }
        }
        let left = disclosures.left().filter(|_| !texts.is_empty());
        if let Some(line) = left {
            let shows = "it discloses texts of no event that comes here";
            self.checked.faults.push(Fault::new(Place::Disclosure { hour, line }, Tampering::Added, shows));
        }
    }

    fn event(&mut self, hour: Hour, place: Place, event: &ChainedRecord, texts: &mut DisclosureLines<'_>) {
        let record = event.record();
        let Some(digests) = record.happening.texts() else { return };
        let is_erased = self.is_erased(&record.happening, record.version);
        let (disclosed, line) = match texts.check_next_of(event) {
            Ok(disclosed) => disclosed,
            Err((why, line)) => {
                let place = Place::Disclosure { hour, line };
                self.checked.faults.push(Fault::new(place, Tampering::Changed, why.to_string()));
                return;
            }
        };
        for name in digests.names() {
            match (disclosed.get(name).is_some(), is_erased) {
                (true, false) => self.checked.disclosed += 1,
                (true, true) => {
                    let shows = "it discloses a text of which an event says that it was erased";
                    let place = Place::Disclosure { hour, line };
                    self.checked.faults.push(Fault::new(place, Tampering::Added, shows));
                }
                (false, true) => self.checked.erased += 1,
                (false, false) => self.withheld(place, event, name),
            }
        }
    }

    fn withheld(&mut self, place: Place, event: &ChainedRecord, name: TextName) {
        self.checked.withheld += 1;
        if self.checked.named.len() < MOST_NAMED {
            let (history, version) = (event.record().happening.history(), event.record().version);
            self.checked.named.push(Withheld { place, history, version, name });
        }
    }

    /// Whether a later event says that the texts of this one were erased.
    fn is_erased(&self, happening: &Happening, version: Version) -> bool {
        let Happening::User(event) = happening else { return false };
        let number = match event {
            RecordedEvent::PhysicalKeyAdded(added) => added.number,
            RecordedEvent::PhysicalKeyTextsErased(erased) => erased.number,
            RecordedEvent::PhysicalKeyRemoved(_) => return false,
        };
        let erased_in = self.erasures.get(&(event.user_id().clone(), number));
        erased_in.is_some_and(|erased_in| version < *erased_in)
    }
}

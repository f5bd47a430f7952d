//! The events of a log, each with where it stands: in which hour's file, in which line, and as which entry of the tree.

use bytes::Bytes;
use domain::history::{ChainedRecord, Disclosures};
use domain::values::Hour;
use futures_util::TryStreamExt;
use futures_util::stream::Stream;

use crate::archive::{Archive, ArchiveFault, Listing};
use crate::checkpoint::SignedCheckpoint;
use crate::disclosure_file::{DisclosureLines, disclosures_path};
use crate::event_file::{Lines, MOST_BYTES, parse_line};
use crate::fault::{Fault, Place, Tampering};
use crate::log::{self, LogFault};
use crate::reading::{self, FileRead, HourFiles};

/// An event, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered {
    /// The event, as it was hashed.
    pub event: ChainedRecord,
    /// Where it stands.
    pub place: Place,
    /// Which entry of the tree it is, from 0, as the checkpoint before its hour has it; none where there is no such.
    pub index: Option<u64>,
}

/// One hour of a log.
#[derive(Debug)]
pub struct NumberedHour {
    /// Which one.
    pub hour: Hour,
    events: FileRead,
    /// Whether there should be a file of events.
    has_manifest: bool,
    /// How many entries the log had before it; none where no checkpoint says so.
    before: Option<u64>,
}

impl NumberedHour {
    /// Its events, in the order of the lines, and every line or file that is not as it was written: that could be about anybody.
    pub fn events(&self) -> impl Iterator<Item = Result<Numbered, Fault>> {
        let of_file = |tampering, why: &str| Err(Fault::new(Place::Events(self.hour), tampering, why));
        let unusable = match &self.events {
            FileRead::Here(_) => None,
            FileRead::Unusable(why) => Some(of_file(Tampering::Changed, why)),
            FileRead::Absent => {
                self.has_manifest.then(|| of_file(Tampering::Removed, "the hour has no file of events"))
            }
        };
        let lines = self.events.bytes().map(|bytes| events_of(self.hour, self.before, bytes));
        unusable.into_iter().chain(lines.into_iter().flatten())
    }

    /// The same, each event with what discloses its texts in such a file: nothing where that is not there.
    pub fn disclosed<'a>(
        &'a self,
        texts: Option<&'a Bytes>,
    ) -> impl Iterator<Item = Result<(Numbered, Disclosures), Fault>> + 'a {
        let mut texts = texts.map(|bytes| DisclosureLines::of(bytes));
        self.events().map(move |found| {
            let numbered = found?;
            let texts = texts.as_mut().map(|lines| lines.next_of(&numbered.event));
            Ok((numbered, texts.unwrap_or_default()))
        })
    }
}

/// The file of what discloses the texts of an hour's events, from a place that keeps any.
pub(crate) async fn texts_of(kept: Option<&Archive>, hour: Hour) -> Result<Option<Bytes>, ArchiveFault> {
    match kept {
        Some(kept) => kept.read(&disclosures_path(hour), MOST_BYTES).await,
        None => Ok(None),
    }
}

/// The hours of a log that are complete, in order.
pub async fn hours<'a>(
    archive: &'a Archive,
    listing: &'a Listing,
) -> Result<impl Stream<Item = Result<NumberedHour, ArchiveFault>> + 'a, LogFault> {
    let log = log::read(archive).await?.ok_or(LogFault::NoIdentity)?;
    let mut next = Some((log.identity.first_hour, 0));
    Ok(reading::hours(archive, listing).map_ok(move |(hour, files)| {
        let HourFiles { manifest, events, checkpoint } = files;
        let before = next.filter(|(next, _)| *next == hour).map(|(_, size)| size);
        let checkpoint = checkpoint.bytes().and_then(|bytes| SignedCheckpoint::parse(bytes).ok());
        next = checkpoint.map(|signed| (hour.next(), signed.checkpoint().size));
        NumberedHour { hour, events, has_manifest: manifest != FileRead::Absent, before }
    }))
}

/// The events of an hour's file, before which the log had so many entries.
pub(crate) fn events_of(
    hour: Hour,
    before: Option<u64>,
    bytes: &[u8],
) -> impl Iterator<Item = Result<Numbered, Fault>> {
    Lines::of(bytes).zip(0..).map(move |(line, earlier)| {
        let place = Place::line(hour, earlier + 1);
        let unreadable = |why: &dyn std::fmt::Display| Fault::new(place, Tampering::Changed, why.to_string());
        let event = line.and_then(|line| parse_line(&line)).map_err(|why| unreadable(&why))?;
        if !event.is_hashed() {
            return Err(unreadable(&"the event is not the one that was hashed"));
        }
        Ok(Numbered { event, place, index: before.and_then(|before| before.checked_add(earlier)) })
    })
}

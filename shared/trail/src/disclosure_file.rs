//! A file of disclosures: what discloses the texts of an hour's events, which have digests of them. It lies in a place of its own, where
//! it can be changed: a text is erased once its disclosures are.
//!
//! It is gzip of one line for each event that has texts, in the order of the events:
//! `{"aggregateId":"alice","aggregateType":"user","texts":{"note":{"salt":"…","text":"…"}},"version":1}`.

use std::collections::BTreeSet;
use std::io::Write;
use std::iter::Peekable;

use bytes::Bytes;
use domain::history::{ChainedRecord, DisclosureFault, Disclosures, HistoryId};
use domain::values::{Hour, UserId, Version};
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};

use crate::calendar;
use crate::event_file::{Lines, compressed};

/// The name of an hour's disclosures.
const DISCLOSURES: &str = "disclosures.ndjson.gz";

/// The path of an hour's disclosures below the root of their own place.
#[must_use]
pub fn disclosures_path(hour: Hour) -> String {
    format!("disclosures/{}/{DISCLOSURES}", calendar::folder(hour))
}

/// What discloses the texts of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Line {
    aggregate_id: String,
    aggregate_type: String,
    texts: Disclosures,
    version: Version,
}

impl Line {
    fn is_of(&self, history: &HistoryId, version: Version) -> bool {
        self.version == version
            && self.aggregate_id == history.aggregate_id()
            && self.aggregate_type == history.aggregate_type()
    }
}

/// A file that is being made in memory.
#[derive(Debug)]
pub struct DisclosureFile(GzEncoder<Vec<u8>>);

impl Default for DisclosureFile {
    fn default() -> Self {
        Self(compressed())
    }
}

impl DisclosureFile {
    /// Adds what discloses the texts of an event. Of one that has none, or none any more, there is no line.
    pub fn push(&mut self, event: &ChainedRecord, texts: &Disclosures) -> std::io::Result<()> {
        if texts.is_empty() {
            return Ok(());
        }
        let (history, version) = (event.record().happening.history(), event.record().version);
        let (aggregate_id, aggregate_type) = (history.aggregate_id(), history.aggregate_type());
        let (aggregate_id, aggregate_type) = (aggregate_id.to_owned(), aggregate_type.to_owned());
        let line = Line { aggregate_id, aggregate_type, texts: texts.clone(), version };
        self.push_line(&serde_json::to_string(&line)?)
    }

    fn push_line(&mut self, line: &str) -> std::io::Result<()> {
        self.0.write_all(line.as_bytes())?;
        self.0.write_all(b"\n")
    }

    /// Its bytes.
    pub fn finish(self) -> std::io::Result<Bytes> {
        Ok(self.0.finish()?.into())
    }
}

/// A file is none of those that an export writes here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no file of texts")]
pub struct NotDisclosures;

/// A file without the lines of these events of a user's, and which of them it had. A file that cannot be read may have their texts.
pub fn without(
    bytes: &[u8],
    user_id: &UserId,
    versions: &BTreeSet<Version>,
) -> Result<(Bytes, BTreeSet<Version>), NotDisclosures> {
    let (mut file, mut taken) = (DisclosureFile::default(), BTreeSet::new());
    let history = HistoryId::User(user_id.clone());
    for line in Lines::of(bytes) {
        let line = line.map_err(|_| NotDisclosures)?;
        let read: Line = serde_json::from_str(&line).map_err(|_| NotDisclosures)?;
        if versions.contains(&read.version) && read.is_of(&history, read.version) {
            taken.insert(read.version);
        } else {
            file.push_line(&line).map_err(|_| NotDisclosures)?;
        }
    }
    Ok((file.finish().map_err(|_| NotDisclosures)?, taken))
}

/// What discloses the texts of an hour's events, read beside them. It is believed as far as it fits their digests.
#[derive(Debug)]
pub struct DisclosureLines<'a> {
    lines: Peekable<Lines<'a>>,
    /// The number of the line that comes next.
    number: u64,
}

impl<'a> DisclosureLines<'a> {
    /// Those in these bytes.
    #[must_use]
    pub fn of(bytes: &'a [u8]) -> Self {
        Self { lines: Lines::of(bytes).peekable(), number: 1 }
    }

    /// What discloses the texts of the next event; nothing if the line that comes next is not about it, or is none.
    pub fn next_of(&mut self, event: &ChainedRecord) -> Disclosures {
        self.check_next_of(event).map(|(texts, _)| texts).unwrap_or_default()
    }

    /// The same, and the number of its line; a fault if what is disclosed there is not what was recorded.
    pub(crate) fn check_next_of(
        &mut self,
        event: &ChainedRecord,
    ) -> Result<(Disclosures, u64), (DisclosureFault, u64)> {
        let (history, version) = (event.record().happening.history(), event.record().version);
        let (line, number) = (self.lines.peek().and_then(|line| line.as_ref().ok()), self.number);
        let line = line.and_then(|line| serde_json::from_str::<Line>(line).ok());
        let Some(line) = line.filter(|line| line.is_of(&history, version)) else {
            return Ok((Disclosures::default(), number));
        };
        self.lines.next();
        self.number += 1;
        let digests = event.record().happening.texts().ok_or(DisclosureFault::NotTheDigest);
        match digests.and_then(|digests| digests.check(&line.texts)) {
            Ok(()) => Ok((line.texts, number)),
            Err(fault) => Err((fault, number)),
        }
    }

    /// The number of the line that belongs to no event that was asked for, if there is one.
    pub(crate) fn left(&mut self) -> Option<u64> {
        self.lines.peek().map(|_| self.number)
    }
}

#[cfg(test)]
mod tests {
    use domain::history::{Actor, Circumstances, KeptRecord, RANDOM_BYTES, Salts, Snapshot};
    use domain::user::{AddPhysicalKey, Command, User};
    use domain::values::{EpochMillis, Note, OrgId, Subject, UserId};

    use super::*;

    fn kept(user: &str, note: &str) -> KeptRecord {
        let snapshot = Snapshot::new(User::new(UserId::parse(user).unwrap()));
        let issuer = OrgId::parse("acme").unwrap();
        let command = AddPhysicalKey { note: Note::parse(note).ok(), ..AddPhysicalKey::of(issuer.clone()) };
        let recorded_at = EpochMillis::new(1_795_435_200_000);
        let actor = Actor::operator(Subject::parse("operator").unwrap());
        let salts = Salts::new([7; RANDOM_BYTES]);
        let circumstances = Circumstances { actor, request_id: "r1".to_owned(), recorded_at, salts };
        let event = command.decide(&snapshot.state, None, recorded_at).unwrap().happened.into();
        snapshot.append(&event, Some(issuer), circumstances).0
    }

    fn file(all: &[&KeptRecord]) -> Bytes {
        let mut file = DisclosureFile::default();
        for kept in all {
            file.push(&kept.chained, &kept.disclosures).unwrap();
        }
        file.finish().unwrap()
    }

    #[test]
    fn texts_are_read_beside_their_events() {
        let (alice, bob, carol) = (kept("alice", "front"), kept("bob", "back"), kept("carol", "gate"));
        let bytes = file(&[&alice, &carol]);
        let line = Lines::of(&bytes).next().unwrap().unwrap();
        let expected = concat!(
            r#"{"aggregateId":"alice","aggregateType":"user","#,
            r#""texts":{"note":{"salt":"BwcHBwcHBwcHBwcHBwcHBw","text":"front"}},"version":1}"#
        );
        assert_eq!(line, expected);
        let mut lines = DisclosureLines::of(&bytes);
        assert_eq!(lines.next_of(&alice.chained), alice.disclosures);
        assert_eq!(lines.next_of(&bob.chained), Disclosures::default(), "his were erased");
        assert_eq!(lines.next_of(&carol.chained), carol.disclosures);
        assert_eq!(lines.next_of(&carol.chained), Disclosures::default(), "the file is at its end");
    }

    #[test]
    fn what_does_not_fit_its_digest_discloses_nothing() {
        let (alice, other) = (kept("alice", "front"), kept("alice", "another"));
        let bytes = file(&[&other]);
        assert_eq!(DisclosureLines::of(&bytes).next_of(&alice.chained), Disclosures::default());
        assert_eq!(DisclosureLines::of(b"no gzip").next_of(&alice.chained), Disclosures::default());
    }
}

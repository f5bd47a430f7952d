//! What is written about each hour: its `manifest.json`, canonical JSON (RFC 8785) and a line feed.

use domain::history::HistoryId;
use domain::values::{Hour, Sha256Hash, Version};
use serde::{Deserialize, Serialize};

use crate::calendar;

/// The name of an hour's manifest.
pub const MANIFEST: &str = "manifest.json";
/// The name of an hour's events.
pub const EVENTS: &str = "events.ndjson.gz";
/// The longest manifest that is read: one that names ten thousand histories that were set aside.
pub const MOST_BYTES: u64 = 8 << 20;
/// The format of exports that this code writes and reads. The first never left development.
pub const FORMAT: u32 = 2;

/// One hour of the export. Hours without events have one, too, so that a missing hour shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Manifest {
    /// The format of the manifest and of the file.
    pub format: u32,
    /// The UTC hour, by its beginning.
    #[serde(with = "calendar::hour_text")]
    pub hour: Hour,
    /// How many events the file has.
    pub events: u64,
    /// The file.
    pub file: FileEntry,
    /// The histories that the export did not go on with, because the table holds other events of theirs than the files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set_aside: Vec<SetAside>,
    /// The table that was exported.
    pub table_id: String,
}

/// A file of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileEntry {
    /// Its size.
    pub bytes: u64,
    /// Its hash.
    pub sha256: Sha256Hash,
}

impl FileEntry {
    /// What a manifest says of a file with these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self { bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX), sha256: Sha256Hash::of(bytes) }
    }
}

/// A history that an export did not go on with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetAside {
    /// The kind of aggregate whose history it is.
    pub aggregate_type: String,
    /// Which one.
    pub aggregate_id: String,
    /// The last version of it that the files have.
    pub version: Version,
}

impl SetAside {
    /// A history that stops at a version.
    #[must_use]
    pub fn new(history: &HistoryId, version: Version) -> Self {
        let (aggregate_type, aggregate_id) = (history.aggregate_type(), history.aggregate_id());
        Self { aggregate_type: aggregate_type.to_owned(), aggregate_id: aggregate_id.to_owned(), version }
    }
}

/// `user "alice"`: the id is quoted, and what cannot be seen in it is escaped.
impl std::fmt::Display for SetAside {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {:?}", self.aggregate_type.escape_debug(), self.aggregate_id)
    }
}

/// Why bytes are no manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAManifest {
    /// They are not what an export writes.
    #[error("it is not what an export writes")]
    Malformed,
    /// Another release of this program wrote it.
    #[error(
        "it is of format {0}, and this release reads format {FORMAT}: an export of format 1 was written during development, \
         and begins anew"
    )]
    OfFormat(u32),
}

impl Manifest {
    /// Whether two say the same of an hour. Who was set aside may differ between two runs that raced, and is not compared.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        let Self { format, hour, events, file, set_aside: _, table_id } = self;
        (format, hour, events, file, table_id)
            == (&other.format, &other.hour, &other.events, &other.file, &other.table_id)
    }

    /// Its bytes; always the same for the same manifest.
    #[must_use]
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "Serialising fails for maps with keys that are no strings and for failing writers; a manifest has \
                  neither."
    )]
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json_canonicalizer::to_vec(self).expect("a manifest is JSON");
        bytes.push(b'\n');
        bytes
    }

    /// Reads a manifest. Bytes that spell one in another way are none.
    pub fn parse(bytes: &[u8]) -> Result<Self, NotAManifest> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let format: Format = serde_json::from_slice(bytes).map_err(|_| NotAManifest::Malformed)?;
        if format.format != FORMAT {
            return Err(NotAManifest::OfFormat(format.format));
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(|_| NotAManifest::Malformed)?;
        if manifest.bytes() == bytes { Ok(manifest) } else { Err(NotAManifest::Malformed) }
    }
}

/// The path of an hour's manifest below the export's root.
#[must_use]
pub fn manifest_path(hour: Hour) -> String {
    format!("log/{}/{MANIFEST}", calendar::folder(hour))
}

/// The path of an hour's events below the export's root. Nothing else is below `events/`, so that what reads whole folders
/// (Athena, Spark, DuckDB) finds events only.
#[must_use]
pub fn events_path(hour: Hour) -> String {
    format!("events/{}/{EVENTS}", calendar::folder(hour))
}

#[cfg(test)]
mod tests {
    use domain::values::UserId;

    use super::*;

    fn manifest() -> Manifest {
        Manifest {
            format: FORMAT,
            hour: Hour::new(498_732),
            events: 0,
            file: FileEntry::of(b"abc"),
            set_aside: Vec::new(),
            table_id: "t-1".to_owned(),
        }
    }

    #[test]
    fn a_manifest_is_read_as_it_is_written() {
        let bytes = manifest().bytes();
        let abc = Sha256Hash::of("abc");
        let expected = format!(
            "{{\"events\":0,\"file\":{{\"bytes\":3,\"sha256\":\"{abc}\"}},\"format\":2,\"hour\":\"2026-11-23T12:00:00Z\",\
             \"tableId\":\"t-1\"}}\n"
        );
        assert_eq!(String::from_utf8(bytes.clone()).unwrap(), expected);
        assert_eq!(Manifest::parse(&bytes), Ok(manifest()));
    }

    #[test]
    fn who_was_set_aside_is_all_that_two_runs_may_say_differently() {
        let mut other = manifest();
        other.set_aside =
            vec![SetAside::new(&HistoryId::User(UserId::parse("alice").unwrap()), Version::new(2))];
        assert!(manifest().says_the_same(&other));
        assert_eq!(Manifest::parse(&other.bytes()), Ok(other.clone()));
        assert_eq!(other.set_aside[0].to_string(), "user \"alice\"");
        other.table_id = "t-2".to_owned();
        assert!(!manifest().says_the_same(&other));
    }

    #[test]
    fn another_spelling_is_no_manifest() {
        let text = String::from_utf8(manifest().bytes()).unwrap();
        for other in [
            text.trim_end().to_owned(),
            text.replace("\"events\":0", "\"events\": 0"),
            text.replace("\"events\":0", "\"events\":0,\"more\":1"),
            text.replace("12:00:00Z", "12:30:00Z"),
            String::new(),
        ] {
            assert_eq!(Manifest::parse(other.as_bytes()), Err(NotAManifest::Malformed), "{other}");
        }
        for other in [1, 3] {
            let text = text.replace("\"format\":2", &format!("\"format\":{other}"));
            assert_eq!(Manifest::parse(text.as_bytes()), Err(NotAManifest::OfFormat(other)));
        }
    }
}

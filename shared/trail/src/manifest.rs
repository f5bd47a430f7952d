//! What is written about each hour: `manifest.json`, canonical JSON (RFC 8785) and a line feed.

use domain::history::{ChainedRecord, EventHash};
use domain::values::{EpochMillis, Hour, Sha256Hash, Version};
use serde::{Deserialize, Serialize};

use crate::calendar;

/// The name of an hour's manifest.
pub const MANIFEST: &str = "manifest.json";
/// The name of an hour's events.
pub const EVENTS: &str = "events.ndjson.gz";
/// The format of exports that this code writes and reads. The first never left development.
const FORMAT: u32 = 2;

/// One hour of the export. Hours without events have one, too, so that a missing hour shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Manifest {
    /// The format of the manifest and of the file.
    pub format: u32,
    /// The UTC hour, by its beginning.
    #[serde(with = "hour_text")]
    pub hour: Hour,
    /// How many events were recorded in it.
    pub events: u64,
    /// The file that holds them; none if there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileEntry>,
    /// The SHA-256 of the manifest of the hour before; zeros in the first.
    pub previous_manifest_sha256: Sha256Hash,
}

/// A file of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileEntry {
    /// Its name, beside the manifest.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// Its hash.
    pub sha256: Sha256Hash,
    /// The event in its first line.
    pub first: EventEntry,
    /// The event in its last line.
    pub last: EventEntry,
}

/// Which event it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EventEntry {
    /// The kind of aggregate whose history it belongs to.
    pub aggregate_type: String,
    /// Which one.
    pub aggregate_id: String,
    /// Its place in that history.
    pub version: Version,
    /// When it was recorded.
    pub recorded_at: EpochMillis,
    /// Its hash.
    pub hash: EventHash,
}

impl From<&ChainedRecord> for EventEntry {
    fn from(chained: &ChainedRecord) -> Self {
        let record = chained.record();
        let history = record.happening.history();
        Self {
            aggregate_type: history.aggregate_type().to_owned(),
            aggregate_id: history.aggregate_id().to_owned(),
            version: record.version,
            recorded_at: record.recorded_at,
            hash: chained.hash(),
        }
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
    /// A manifest of the current format.
    #[must_use]
    pub const fn new(hour: Hour, events: u64, file: Option<FileEntry>, previous: Sha256Hash) -> Self {
        Self { format: FORMAT, hour, events, file, previous_manifest_sha256: previous }
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
    format!("{}/{MANIFEST}", calendar::folder(hour))
}

/// The path of an hour's events below the export's root.
#[must_use]
pub fn events_path(hour: Hour) -> String {
    format!("{}/{EVENTS}", calendar::folder(hour))
}

mod hour_text {
    use domain::values::Hour;
    use serde::{Deserialize, Deserializer, Serializer, de};

    use crate::calendar;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "This is how serde calls it.")]
    pub(super) fn serialize<S: Serializer>(hour: &Hour, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&calendar::text(*hour))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Hour, D::Error> {
        let text = String::deserialize(deserializer)?;
        calendar::parse(&text).ok_or_else(|| de::Error::custom("not the beginning of an hour"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        Manifest::new(Hour::of(EpochMillis::new(1_795_435_200_000)), 0, None, Sha256Hash::ZERO)
    }

    #[test]
    fn a_manifest_is_read_as_it_is_written() {
        let bytes = manifest().bytes();
        let zeros = "0".repeat(64);
        let expected = format!(
            "{{\"events\":0,\"format\":2,\"hour\":\"2026-11-23T12:00:00Z\",\"previousManifestSha256\":\"{zeros}\"}}\n"
        );
        assert_eq!(String::from_utf8(bytes.clone()).unwrap(), expected);
        assert_eq!(Manifest::parse(&bytes), Ok(manifest()));
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

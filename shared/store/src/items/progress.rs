//! The items by which the export remembers how far it has come.

use domain::history::{EventHash, Position};
use domain::values::Version;
use serde::{Deserialize, Serialize};

use super::binary;

/// How far a history was exported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CursorShape {
    version: Version,
    #[serde(with = "binary")]
    hash: EventHash,
}

impl From<Position> for CursorShape {
    fn from(Position { version, hash }: Position) -> Self {
        Self { version, hash }
    }
}

impl From<CursorShape> for Position {
    fn from(CursorShape { version, hash }: CursorShape) -> Self {
        Self { version, hash }
    }
}

/// That a history was left behind, and up to which version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BehindShape {
    pub(crate) version: Version,
}

/// The name of the log that the table's histories are exported to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LogShape {
    pub(crate) origin: String,
}

/// The name of the table, where the engine has none for it. Whoever copies a table leaves it out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TableShape {
    pub(crate) table_id: String,
}

/// A sweep that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SweepShape {
    /// Where it goes on: a head's partition, and its place in the index.
    pub(crate) after_pk: String,
    pub(crate) after_changed_in: String,
    pub(crate) looked_at: u64,
    pub(crate) left_behind: u64,
}

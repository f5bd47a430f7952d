//! A record in its place in the chain: its bytes, its hash, and the hash before.

use super::{EventHash, EventRecord, NotARecord, Position};

/// A record and its two links in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainedRecord {
    record: EventRecord,
    canonical: String,
    previous_hash: EventHash,
    hash: EventHash,
}

impl ChainedRecord {
    /// A new record, after the one whose hash is `head`.
    #[must_use]
    pub fn after(head: EventHash, record: EventRecord) -> Self {
        let canonical = record.canonical();
        Self { hash: head.chain(&canonical), previous_hash: head, canonical, record }
    }

    /// A record that was written before. Whether it is the one that was hashed is asked of [`ChainedRecord::is_hashed`].
    pub fn read(canonical: String, previous_hash: EventHash, hash: EventHash) -> Result<Self, NotARecord> {
        Ok(Self { record: EventRecord::parse(&canonical)?, canonical, previous_hash, hash })
    }

    /// What happened, when, by whom.
    #[must_use]
    pub const fn record(&self) -> &EventRecord {
        &self.record
    }

    /// The bytes that were hashed.
    #[must_use]
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The hash of the record before; zeros in the first.
    #[must_use]
    pub const fn previous_hash(&self) -> EventHash {
        self.previous_hash
    }

    /// The hash of this record.
    #[must_use]
    pub const fn hash(&self) -> EventHash {
        self.hash
    }

    /// Whether its hash is that of its bytes and the hash before.
    #[must_use]
    pub fn is_hashed(&self) -> bool {
        self.hash == self.previous_hash.chain(&self.canonical)
    }

    /// Where its history stands after it.
    #[must_use]
    pub const fn position(&self) -> Position {
        Position { version: self.record.version, hash: self.hash }
    }

    /// Whether this record follows, unchanged, the one whose hash is `head`.
    #[must_use]
    pub fn follows(&self, head: EventHash) -> bool {
        self.previous_hash == head && self.is_hashed()
    }
}

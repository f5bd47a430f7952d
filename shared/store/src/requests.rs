//! What is kept of requests with an idempotency key, to answer them again.

use std::time::{Duration, Instant};

use domain::history::{EventHash, KeptRecord, Salt, TextDigest, Texts};
use domain::values::{EpochMillis, UserId, Version};
use process::retry::Backoff;

use super::Table;
use super::fault::StoreFault;
use super::items::{Place, RequestShape, shape};

/// How long the answer to a request with an idempotency key is kept.
const KEPT_FOR: Duration = Duration::from_hours(30 * 24);

/// What is kept of a request with an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRecord {
    /// What was asked, but for the texts; another request has another one.
    fingerprint: String,
    /// The digests of the texts.
    pub(super) texts: Texts<TextDigest>,
    /// Their salts, as far as the texts have not been erased.
    pub(super) salts: Texts<Salt>,
    /// The bytes that were answered.
    pub body: String,
    /// The version of the history after it.
    pub version: Version,
    /// The hash of the event that it led to.
    pub event_hash: EventHash,
    pub(super) expires_at: u64,
}

impl RequestRecord {
    /// A record that is kept for 30 days.
    #[must_use]
    pub fn new(fingerprint: String, body: String, recorded: &KeptRecord, now: EpochMillis) -> Self {
        let KeptRecord { chained, disclosures } = recorded;
        Self {
            fingerprint,
            // Under the salts of the record: a text has one digest, wherever that stands.
            texts: disclosures.digests(),
            salts: disclosures.salts(),
            body,
            version: chained.record().version,
            event_hash: chained.hash(),
            expires_at: now.plus(KEPT_FOR).seconds(),
        }
    }

    /// Whether it is kept of a request that asked for the same. After an erasure the fingerprint alone decides: which text it
    /// was nobody can tell any more.
    #[must_use]
    pub fn is_of(&self, fingerprint: &str, texts: &Texts<&str>) -> bool {
        self.fingerprint == fingerprint && self.texts.are_of(&self.salts, texts)
    }

    /// Whether it is to be treated as if it were not there.
    #[must_use]
    pub const fn has_expired(&self, now: EpochMillis) -> bool {
        self.expires_at <= now.seconds()
    }
}

impl From<RequestShape> for RequestRecord {
    fn from(shape: RequestShape) -> Self {
        let RequestShape { fingerprint, texts, salts, status: _, body, version, event_hash, expires_at } =
            shape;
        Self { fingerprint, texts, salts, body, version, event_hash, expires_at }
    }
}

impl From<&RequestRecord> for RequestShape {
    fn from(record: &RequestRecord) -> Self {
        let RequestRecord { fingerprint, texts, salts, body, version, event_hash, expires_at } =
            record.clone();
        Self { fingerprint, texts, salts, status: 200, body, version, event_hash, expires_at }
    }
}

impl Table {
    /// Reads what is kept of a request, unless it has expired.
    pub async fn read_request(
        &self,
        user_id: &UserId,
        request_hash: &str,
        now: EpochMillis,
        backoff: Backoff,
        deadline: Instant,
    ) -> Result<Option<RequestRecord>, StoreFault> {
        let place = Place::request(user_id, request_hash);
        let stored = self.get(&place, backoff, deadline).await?.map(shape::<RequestShape>).transpose()?;
        Ok(stored.map(RequestRecord::from).filter(|record| !record.has_expired(now)))
    }
}

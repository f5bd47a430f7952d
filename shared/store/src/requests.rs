//! What is kept of requests with an idempotency key, to answer them again.

use std::time::{Duration, Instant};

use domain::history::{ChainedRecord, EventHash};
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
    /// What was asked; another request has another one.
    pub fingerprint: String,
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
    pub fn new(fingerprint: String, body: String, recorded: &ChainedRecord, now: EpochMillis) -> Self {
        let (version, event_hash) = (recorded.record.version, recorded.hash);
        Self { fingerprint, body, version, event_hash, expires_at: now.plus(KEPT_FOR).seconds() }
    }

    /// Whether it is to be treated as if it were not there.
    #[must_use]
    pub const fn has_expired(&self, now: EpochMillis) -> bool {
        self.expires_at <= now.seconds()
    }
}

impl From<RequestShape> for RequestRecord {
    fn from(shape: RequestShape) -> Self {
        let RequestShape { fingerprint, status: _, body, version, event_hash, expires_at } = shape;
        Self { fingerprint, body, version, event_hash, expires_at }
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

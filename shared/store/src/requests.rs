//! What is kept of requests with an idempotency key, to answer them again.

use std::time::{Duration, Instant};

use domain::history::{EventHash, KeptRecord, Salt, TextDigest, Texts};
use domain::values::{EpochMillis, UserId, Version};
use process::retry::Backoff;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::Table;
use super::fault::StoreFault;
use super::items::{Place, RequestShape, TEXTS_OF_PHYSICAL_KEY, shape};

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

/// An answer without the texts that somebody typed; the rest of it is byte for byte what it was. None if it is no answer.
pub(super) fn without_texts(body: &str) -> Option<String> {
    let Members(members) = serde_json::from_str(body).ok()?;
    let mut kept = Vec::with_capacity(members.len());
    for (name, value) in members {
        if TEXTS_OF_PHYSICAL_KEY.contains(&name.as_str()) {
            continue;
        }
        let value = value.get();
        let value = if value.starts_with('{') { without_texts(value)? } else { value.to_owned() };
        kept.push(format!("{}:{value}", serde_json::Value::String(name)));
    }
    Some(format!("{{{}}}", kept.join(",")))
}

/// The members of an object in their order, each as it is spelled.
struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_loses_its_texts_and_nothing_else() {
        let body = concat!(
            r#"{"success":true,"aggregateId":"al\u0069ce \"note\"","version":1,"event":{"type":"PhysicalKeyAdded","data":"#,
            r#"{"userId":"alice","number":1,"orgId":"acme","orgName":"Acme","note":"n","addedAt":7}},"#,
            r#""number":1,"orgId":"acme","orgName":"Acme","note":"{\"note\":1}","addedAt":7}"#
        );
        let expected = concat!(
            r#"{"success":true,"aggregateId":"al\u0069ce \"note\"","version":1,"event":{"type":"PhysicalKeyAdded","data":"#,
            r#"{"userId":"alice","number":1,"orgId":"acme","addedAt":7}},"number":1,"orgId":"acme","addedAt":7}"#
        );
        assert_eq!(without_texts(body).as_deref(), Some(expected));
        assert_eq!(without_texts(expected).as_deref(), Some(expected));
        assert_eq!(without_texts("[]"), None);
    }
}

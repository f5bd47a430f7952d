//! The one write of a command: the event, the state it leads to and the answer, all or nothing.

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, CancellationReason, Delete, Put, TransactWriteItem, Update};

use super::Table;
use super::fault::{Kind, StoreFault};
use super::items::{EventShape, PhysicalKeyShape, Place, RequestShape, UserShape, item};
use super::schema::{EXPIRES_AT, PK, SK};
use crate::history::{ChainedRecord, Snapshot};
use crate::user::{Event, PhysicalKey};
use crate::values::{EpochMillis, OrgId, Version};

/// How long the answer to a request with an idempotency key is kept.
const KEPT_FOR: Duration = Duration::from_hours(30 * 24);

/// Everything one command writes.
#[derive(Debug, Clone)]
pub struct Commit<'a> {
    /// Where the history stood when it was decided upon. The write is conditional on it.
    pub before: &'a Snapshot,
    /// Where it stands afterwards.
    pub after: &'a Snapshot,
    /// The event.
    pub record: &'a ChainedRecord,
    /// Who issued the physical key that it is about.
    pub issuer: Option<&'a OrgId>,
    /// The request's hash and its answer, if it has an idempotency key.
    pub request: Option<(&'a str, &'a RequestRecord)>,
}

/// What is kept of a request with an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRecord {
    /// What was asked; another request has another one.
    pub fingerprint: String,
    /// The bytes that were answered.
    pub body: String,
    /// The version of the history after it.
    pub version: Version,
    expires_at: u64,
}

impl RequestRecord {
    /// A record that is kept for 30 days.
    #[must_use]
    pub fn new(fingerprint: String, body: String, version: Version, now: EpochMillis) -> Self {
        Self { fingerprint, body, version, expires_at: now.plus(KEPT_FOR).seconds() }
    }

    /// Whether it is to be treated as if it were not there.
    #[must_use]
    pub const fn has_expired(&self, now: EpochMillis) -> bool {
        self.expires_at <= now.seconds()
    }
}

impl From<RequestShape> for RequestRecord {
    fn from(shape: RequestShape) -> Self {
        let RequestShape { fingerprint, status: _, body, version, expires_at } = shape;
        Self { fingerprint, body, version, expires_at }
    }
}

/// Why a commit did not happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitFault {
    /// Somebody else wrote first. Nothing was written; read and decide again.
    #[error("another writer was first")]
    Contention,
    /// The store could not be used.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

impl Table {
    /// Writes a command's event, state and answer in one transaction.
    pub async fn commit(
        &self,
        commit: &Commit<'_>,
        now: EpochMillis,
        deadline: Instant,
    ) -> Result<(), CommitFault> {
        let mut items = vec![
            TransactWriteItem::builder().update(self.update_user(commit)?).build(),
            self.change_physical_key(commit)?,
            self.put(
                &Place::event(&commit.after.user.id, commit.record.record.version),
                &EventShape::new(commit.record.clone(), commit.issuer.cloned(), self.audit_shards),
            )?,
        ];
        if let Some((hash, record)) = commit.request {
            items.push(self.put_request(commit, hash, record, now)?);
        }
        // Without a token of ours the SDK makes one, and keeps it for all the attempts of this call.
        let writing = self.client.transact_write_items().set_transact_items(Some(items)).send();
        match tokio::time::timeout_at(deadline.into(), writing).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(commit_fault(&error, &commit.record.record.event)),
            Err(_) => Err(StoreFault::OutcomeUnknown("no answer before the deadline".to_owned()).into()),
        }
    }

    /// Moves the user item, on condition that version and counter are the ones that were read.
    fn update_user(&self, commit: &Commit<'_>) -> Result<Update, StoreFault> {
        let unusable = || StoreFault::Unexpected("an event left a history without a number".to_owned());
        let after = UserShape::of(commit.after).ok_or_else(unusable)?;
        let place = Place::user(&commit.after.user.id);
        let values = item(&place, &after)?;
        let mut update = Update::builder().table_name(&self.name).set_key(Some(place.key()));
        let mut sets = Vec::new();
        for (name, value) in values.into_iter().filter(|(name, _)| name != PK && name != SK) {
            sets.push(format!("#{name} = :{name}"));
            update = update
                .expression_attribute_names(format!("#{name}"), name.clone())
                .expression_attribute_values(format!(":{name}"), value);
        }
        // A fixed order makes two attempts of one command the same request.
        sets.sort_unstable();
        update = update.update_expression(format!("SET {}", sets.join(", ")));
        let update = match commit.before.user.last_number {
            None => {
                update.condition_expression("attribute_not_exists(#pk)").expression_attribute_names("#pk", PK)
            }
            Some(last_number) => update
                .condition_expression("#version = :readVersion AND #lastNumber = :readLastNumber")
                .expression_attribute_values(":readVersion", number(commit.before.user.version.get()))
                .expression_attribute_values(":readLastNumber", number(last_number.get())),
        };
        update.build().map_err(|error| StoreFault::Unexpected(error.to_string()))
    }

    /// Puts the item of a physical key that was added; deletes the one that was removed.
    fn change_physical_key(&self, commit: &Commit<'_>) -> Result<TransactWriteItem, StoreFault> {
        match &commit.record.record.event {
            Event::PhysicalKeyAdded(added) => self.put(
                &Place::physical_key(&added.user_id, added.number),
                &PhysicalKeyShape::new(&added.user_id, PhysicalKey::from(added)),
            ),
            Event::PhysicalKeyRemoved(removed) => {
                let delete = Delete::builder()
                    .table_name(&self.name)
                    .set_key(Some(Place::physical_key(&removed.user_id, removed.number).key()))
                    .condition_expression("attribute_exists(#pk)")
                    .expression_attribute_names("#pk", PK)
                    .build()
                    .map_err(|error| StoreFault::Unexpected(error.to_string()))?;
                Ok(TransactWriteItem::builder().delete(delete).build())
            }
        }
    }

    /// Puts an item where there must be none.
    fn put(&self, place: &Place, shape: &impl serde::Serialize) -> Result<TransactWriteItem, StoreFault> {
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(item(place, shape)?))
            .condition_expression("attribute_not_exists(#pk)")
            .expression_attribute_names("#pk", PK)
            .build()
            .map_err(|error| StoreFault::Unexpected(error.to_string()))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Puts the answer where there is none, or one that has expired: TTL deletion lags by days.
    fn put_request(
        &self,
        commit: &Commit<'_>,
        hash: &str,
        record: &RequestRecord,
        now: EpochMillis,
    ) -> Result<TransactWriteItem, StoreFault> {
        let shape = RequestShape {
            fingerprint: record.fingerprint.clone(),
            status: 200,
            body: record.body.clone(),
            version: record.version,
            expires_at: record.expires_at,
        };
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(item(&Place::request(&commit.after.user.id, hash), &shape)?))
            .condition_expression("attribute_not_exists(#pk) OR #expiresAt <= :now")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#expiresAt", EXPIRES_AT)
            .expression_attribute_values(":now", number(now.seconds()))
            .build()
            .map_err(|error| StoreFault::Unexpected(error.to_string()))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}

fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn commit_fault<R: std::fmt::Debug>(
    error: &SdkError<TransactWriteItemsError, R>,
    event: &Event,
) -> CommitFault {
    if let SdkError::ServiceError(service) = error
        && let TransactWriteItemsError::TransactionCanceledException(cancelled) = service.err()
    {
        return cancelled_fault(cancelled.cancellation_reasons(), event);
    }
    StoreFault::of(Kind::Write, error).into()
}

/// The meaning of a cancelled transaction: nothing was written, and the reasons, one for each item in order, say
/// why. A reason that is no race is never taken for one; and races come first, because they explain the others.
fn cancelled_fault(reasons: &[CancellationReason], event: &Event) -> CommitFault {
    /// The user item; its condition fails when another command was first.
    const USER: usize = 0;
    /// The physical key. `BatchGetItem` reads each item at a moment of its own: a physical key that was there may have
    /// been removed before the user item was read. Only the deletion that follows finds out.
    const PHYSICAL_KEY: usize = 1;
    /// The request item; its condition fails when the same request was first.
    const REQUEST: usize = 3;
    let raced: &[usize] = match event {
        Event::PhysicalKeyAdded(_) => &[USER, REQUEST],
        Event::PhysicalKeyRemoved(_) => &[USER, PHYSICAL_KEY, REQUEST],
    };
    let codes: Vec<_> = reasons.iter().map(|reason| reason.code().unwrap_or("None")).collect();
    let conflicts = codes.contains(&"TransactionConflict");
    let lost_race = raced.iter().any(|item| codes.get(*item) == Some(&"ConditionalCheckFailed"));
    if conflicts || lost_race {
        return CommitFault::Contention;
    }
    let cause = codes.iter().enumerate().find(|(_, code)| **code != "None");
    let fault = match cause {
        // The version was the one that was read, and yet a physical key or an event was not as it has to be.
        Some((position, &"ConditionalCheckFailed")) => StoreFault::Corrupt(format!(
            "the state does not fit the history (item {position} of the transaction)"
        )),
        Some((_, code)) => match StoreFault::of_code(Kind::Write, code) {
            StoreFault::OutcomeUnknown(code) => StoreFault::Unreachable(code),
            fault => fault,
        },
        None => StoreFault::Unexpected("a transaction was cancelled without a reason".to_owned()),
    };
    fault.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added() -> Event {
        let user = crate::user::User::new(crate::values::UserId::parse("alice").unwrap());
        let org_id = OrgId::parse("acme").unwrap();
        user.add(crate::user::AddPhysicalKey { org_id, org_name: None, note: None }, EpochMillis::new(0))
    }

    fn removed() -> Event {
        let json = r#"{"type":"PhysicalKeyRemoved","data":{"userId":"alice","number":1,"removedAt":0}}"#;
        serde_json::from_str(json).unwrap()
    }

    fn fault(codes: &[&str], event: &Event) -> CommitFault {
        let reasons: Vec<_> =
            codes.iter().map(|code| CancellationReason::builder().code(*code).build()).collect();
        cancelled_fault(&reasons, event)
    }

    #[track_caller]
    fn check(codes: &[&str], expected: &CommitFault) {
        for event in [added(), removed()] {
            assert_eq!(fault(codes, &event), *expected, "{codes:?}");
        }
    }

    const FAILED: &str = "ConditionalCheckFailed";
    const CONFLICT: &str = "TransactionConflict";

    #[test]
    fn a_lost_race_is_contention() {
        check(&[FAILED, "None", "None"], &CommitFault::Contention);
        check(&[FAILED, FAILED, FAILED, FAILED], &CommitFault::Contention);
        check(&["None", "None", "None", FAILED], &CommitFault::Contention);
        for position in 0..4 {
            let mut codes = ["None"; 4];
            codes[position] = CONFLICT;
            check(&codes, &CommitFault::Contention);
        }
    }

    #[test]
    fn throttling_is_never_taken_for_a_race() {
        for code in ["ThrottlingError", "ProvisionedThroughputExceeded"] {
            check(&[code, "None", "None"], &CommitFault::Store(StoreFault::Throttled));
            check(&["None", "None", code], &CommitFault::Store(StoreFault::Throttled));
        }
    }

    #[test]
    fn a_physical_key_that_went_between_two_reads_is_contention() {
        assert_eq!(fault(&["None", FAILED, "None"], &removed()), CommitFault::Contention);
    }

    #[test]
    fn a_state_that_does_not_fit_its_history_is_corrupt() {
        let cases = [
            (["None", FAILED, "None"], added()),
            (["None", "None", FAILED], added()),
            (["None", "None", FAILED], removed()),
        ];
        for (codes, event) in cases {
            let fault = fault(&codes, &event);
            assert!(matches!(fault, CommitFault::Store(StoreFault::Corrupt(_))), "{codes:?}: {fault:?}");
        }
    }

    #[test]
    fn other_reasons_are_unexpected_by_name() {
        for code in ["ValidationError", "ItemCollectionSizeLimitExceeded", "AccessDenied"] {
            check(&["None", code], &CommitFault::Store(StoreFault::Unexpected(code.to_owned())));
        }
        let silent = StoreFault::Unexpected("a transaction was cancelled without a reason".to_owned());
        check(&[], &CommitFault::Store(silent));
    }
}

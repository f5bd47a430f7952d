//! The one write of a command: the event, the state it leads to and the answer, all or nothing.

use std::time::Instant;

use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem, Update};
use domain::history::{ChainedRecord, Snapshot};
use domain::user::{Event, PhysicalKey};
use domain::values::{EpochMillis, OrgId, OrgTag};
use serde::{Deserialize, Serialize};

use super::Table;
use super::fault::StoreFault;
use super::items::{EventShape, MarkShape, PhysicalKeyShape, Place, RequestShape, UserShape, item};
use super::requests::RequestRecord;
use super::schema::{EXPIRES_AT, PK, SK};
use super::sending::SendingFault;

/// The name of an attempt: 32 hexadecimal digits of chance. It is the client request token of its transaction, which
/// DynamoDB remembers for ten minutes, and is kept in the event's item, outside of the record, for ever. (Request ids need
/// not be unique: whoever invokes a function chooses them.)
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttemptToken(String);

impl AttemptToken {
    /// The token of these random bytes.
    #[must_use]
    pub fn new(random: [u8; 16]) -> Self {
        Self(data_encoding::HEXLOWER.encode(&random))
    }

    /// As a client request token.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

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
    pub issuer: &'a OrgId,
    /// Whether it is the first that this issuer does with this user, as far as was read.
    pub is_first_of_issuer: bool,
    /// The request's hash and its answer, if it has an idempotency key.
    pub request: Option<(&'a str, &'a RequestRecord)>,
}

/// A write, ready to be sent as often as it takes, each time byte for byte the same.
#[derive(Debug)]
pub struct Write {
    items: Vec<TransactWriteItem>,
    token: AttemptToken,
    removes: bool,
}

impl Table {
    /// What writes a command's event, state and answer in one transaction.
    pub fn write_of(
        &self,
        commit: &Commit<'_>,
        token: &AttemptToken,
        now: EpochMillis,
    ) -> Result<Write, StoreFault> {
        let mut items = vec![
            TransactWriteItem::builder().update(self.update_user(commit)?).build(),
            self.change_physical_key(commit)?,
            self.put(
                &Place::event(&commit.after.user.id, commit.record.record.version),
                &EventShape::new(
                    commit.record.clone(),
                    commit.issuer.clone(),
                    token.clone(),
                    self.audit_shards,
                ),
            )?,
        ];
        if let Some((hash, record)) = commit.request {
            items.push(self.put_request(commit, hash, record, now)?);
        }
        if commit.is_first_of_issuer {
            items.push(self.put_mark(commit)?);
        }
        Ok(Write { items, token: token.clone(), removes: removes(&commit.record.record.event) })
    }

    /// Sends a write once. The SDK must not send it again by itself: after an answer to a second sending nobody could
    /// say what the first one, which had none, may still do.
    pub async fn send(&self, write: &Write, deadline: Instant) -> Result<(), SendingFault> {
        let once = Builder::new().retry_config(RetryConfig::disabled());
        let sending = self
            .client
            .transact_write_items()
            .client_request_token(write.token.as_str())
            .set_transact_items(Some(write.items.clone()))
            .customize()
            .config_override(once)
            .send();
        match tokio::time::timeout_at(deadline.into(), sending).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(SendingFault::of(&error, write.removes)),
            Err(_) => Err(SendingFault::Unanswered("no answer before the deadline".to_owned())),
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
                &Place::physical_key(&added.user_id, OrgTag::of(&added.org_id), added.number),
                &PhysicalKeyShape::new(&added.user_id, PhysicalKey::from(added)),
            ),
            Event::PhysicalKeyRemoved(removed) => {
                let issuer = OrgTag::of(commit.issuer);
                let delete = Delete::builder()
                    .table_name(&self.name)
                    .set_key(Some(Place::physical_key(&removed.user_id, issuer, removed.number).key()))
                    .condition_expression("attribute_exists(#pk)")
                    .expression_attribute_names("#pk", PK)
                    .build()
                    .map_err(|error| StoreFault::Unexpected(error.to_string()))?;
                Ok(TransactWriteItem::builder().delete(delete).build())
            }
        }
    }

    /// Puts the mark of the issuer. It may be there by now, and then it is the same: `BatchGetItem` reads each item at a moment
    /// of its own, so there is no condition that it could break.
    fn put_mark(&self, commit: &Commit<'_>) -> Result<TransactWriteItem, StoreFault> {
        let place = Place::mark(&commit.after.user.id, OrgTag::of(commit.issuer));
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(item(&place, &MarkShape { org_id: commit.issuer.clone() })?))
            .build()
            .map_err(|error| StoreFault::Unexpected(error.to_string()))?;
        Ok(TransactWriteItem::builder().put(put).build())
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
            event_hash: record.event_hash,
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

/// Whether the physical key's item has to be there for the write, and may have gone since it was read.
const fn removes(event: &Event) -> bool {
    match event {
        Event::PhysicalKeyAdded(_) => false,
        Event::PhysicalKeyRemoved(_) => true,
    }
}

fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

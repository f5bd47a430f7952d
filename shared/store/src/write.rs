//! Writes, whatever they write: one transaction under one token, sent as often as it takes, each time byte for byte the same.

use std::time::Instant;

use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem, Update};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Table;
use super::fault::StoreFault;
use super::items::{Place, exactly, item};
use super::schema::{PK, SK};
use super::sending::SendingFault;

/// The name of an attempt: 16 bytes of chance. It is the client request token of its transaction, which
/// DynamoDB remembers for ten minutes, and is kept in the event's item, outside of the record, for ever. (Request ids need
/// not be unique: whoever invokes a function chooses them.)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptToken([u8; 16]);

impl AttemptToken {
    /// The token of these random bytes.
    #[must_use]
    pub const fn new(random: [u8; 16]) -> Self {
        Self(random)
    }

    /// As a client request token: 32 hexadecimal digits.
    #[must_use]
    pub fn as_text(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.0)
    }
}

impl Serialize for AttemptToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for AttemptToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        exactly(deserializer).map(Self)
    }
}

/// The items of a write, by their places in it, whose condition fails when somebody else was first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Raced(&'static [usize]);

impl Raced {
    /// The user item, whose condition fails when another command was first; and the request item, whose condition fails when
    /// the same request was.
    pub(super) const ADDITION: Self = Self(&[0, 3]);
    /// The same, and the physical key. `BatchGetItem` reads each item at a moment of its own: a physical key that was there
    /// may have been removed before the user item was read. Only the deletion that follows finds out.
    pub(super) const REMOVAL: Self = Self(&[0, 1, 3]);
    /// The head, and the item that is mended: whoever writes meanwhile moves the one or the other.
    pub(super) const MENDING: Self = Self(&[0, 1]);
    /// The head of the history: an organisation's item, the log's.
    pub(super) const HEAD: Self = Self(&[0]);
    /// The same, and the API key, which may have been revoked before the organisation item was read.
    pub(super) const REVOCATION: Self = Self(&[0, 2]);

    pub(super) const fn items(self) -> &'static [usize] {
        self.0
    }
}

/// A write, ready to be sent as often as it takes, each time byte for byte the same.
#[derive(Debug)]
pub struct Write {
    items: Vec<TransactWriteItem>,
    token: AttemptToken,
    raced: Raced,
}

impl Write {
    pub(super) const fn new(items: Vec<TransactWriteItem>, token: AttemptToken, raced: Raced) -> Self {
        Self { items, token, raced }
    }
}

impl Table {
    /// Sends a write once. The SDK must not send it again by itself: after an answer to a second sending nobody could
    /// say what the first one, which had none, may still do.
    pub async fn send(&self, write: &Write, deadline: Instant) -> Result<(), SendingFault> {
        let once = Builder::new().retry_config(RetryConfig::disabled());
        let sending = self
            .client
            .transact_write_items()
            .client_request_token(write.token.as_text())
            .set_transact_items(Some(write.items.clone()))
            .customize()
            .config_override(once)
            .send();
        match tokio::time::timeout_at(deadline.into(), sending).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(SendingFault::of(&error, write.raced.items())),
            Err(_) => Err(SendingFault::Unanswered("no answer before the deadline".to_owned())),
        }
    }

    /// Moves the head of a history, on condition that these attributes are as they were read; that it is not there, if there
    /// are none.
    pub(super) fn move_head(
        &self,
        place: &Place,
        after: &impl Serialize,
        read: &[(&str, u64)],
    ) -> Result<TransactWriteItem, StoreFault> {
        let values = item(place, after)?;
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
        let mut conditions = Vec::new();
        for (name, value) in read {
            conditions.push(format!("#{name} = :read_{name}"));
            update = update.expression_attribute_values(format!(":read_{name}"), number(*value));
        }
        let update = if conditions.is_empty() {
            update.condition_expression("attribute_not_exists(#pk)").expression_attribute_names("#pk", PK)
        } else {
            update.condition_expression(conditions.join(" AND "))
        };
        Ok(TransactWriteItem::builder().update(update.build().map_err(unbuilt)?).build())
    }

    /// Puts an item where there must be none.
    pub(super) fn put_new(
        &self,
        place: &Place,
        shape: &impl Serialize,
    ) -> Result<TransactWriteItem, StoreFault> {
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(item(place, shape)?))
            .condition_expression("attribute_not_exists(#pk)")
            .expression_attribute_names("#pk", PK)
            .build()
            .map_err(unbuilt)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}

/// What the SDK says of a request that lacks something.
#[expect(clippy::needless_pass_by_value, reason = "It is what `map_err` hands over.")]
pub(super) fn unbuilt(error: BuildError) -> StoreFault {
    StoreFault::Unexpected(error.to_string())
}

pub(super) fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

//! What the export of the audit trail needs of the table: what it remembers as a whole, and the table's own name.
//! The histories are in `histories`, what is remembered of each in `progress`.

mod histories;
mod log;
mod progress;
mod sweep;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::{BoxError, SdkError};
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::primitives::{DateTime, DateTimeFormat};
use aws_sdk_dynamodb::types::AttributeValue;
use data_encoding::HEXLOWER;
use domain::checkpoint::AuditCheckpoint;
use domain::values::EpochMillis;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use self::histories::{HistoryKey, Standing};
pub use self::log::SigningKeyFault;
pub use self::progress::Behind;
pub use self::sweep::Sweep;
use super::Table;
use super::fault::{Kind, StoreFault};
use super::items::{LogShape, OfExport, Place, TableShape, item, shape};
use super::operator::operators_deadline;
use super::read::operators_waits;
use super::schema::PK;

/// Why a checkpoint did not move.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointFault {
    /// Another export has moved it meanwhile.
    #[error("another export was first")]
    Moved,
    /// The store could not be used.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

/// How far exports have come, and what time it was for the store that said it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointRead {
    /// How far; none before the first hour.
    pub checkpoint: Option<AuditCheckpoint>,
    /// The store's own time, to the second; none if it does not tell.
    pub answered_at: Option<EpochMillis>,
}

/// Which table it is. A table that was restored from another one has the same items and is not the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableIdentity {
    /// The name that no other table ever has.
    pub id: String,
    /// When it was created: before that there is nothing to export.
    pub created_at: EpochMillis,
}

/// Keeps the `Date` of an answer (RFC 9110, section 6.6.1).
#[derive(Debug, Default, Clone)]
struct AnswerDate(Arc<AtomicU64>);

impl Intercept for AnswerDate {
    fn name(&self) -> &'static str {
        "AnswerDate"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        let date = date.and_then(|date| DateTime::from_str(date, DateTimeFormat::HttpDate).ok());
        let millis = date.and_then(|date| u64::try_from(date.to_millis().ok()?).ok());
        self.0.store(millis.unwrap_or_default(), Ordering::Relaxed);
        Ok(())
    }
}

impl AnswerDate {
    fn get(&self) -> Option<EpochMillis> {
        let millis = self.0.load(Ordering::Relaxed);
        (millis > 0).then(|| EpochMillis::new(millis))
    }
}

impl Table {
    /// How far exports have come. Strongly consistent.
    pub async fn audit_checkpoint(&self) -> Result<CheckpointRead, StoreFault> {
        let date = AnswerDate::default();
        let place = Place::of_export(OfExport::Checkpoint);
        let reading = self.client.get_item().table_name(&self.name).set_key(Some(place.key()));
        let reading = reading.consistent_read(true).customize().interceptor(date.clone());
        let read = reading.send().await.map_err(|error| StoreFault::of(Kind::Read, &error))?;
        let checkpoint = read.item.map(shape).transpose()?;
        Ok(CheckpointRead { checkpoint, answered_at: date.get() })
    }

    /// Moves the checkpoint, on condition that it is still where it was read. Moving it again to the same place, after
    /// an answer that got lost say, finds it moved.
    pub async fn move_audit_checkpoint(
        &self,
        from: Option<&AuditCheckpoint>,
        to: &AuditCheckpoint,
    ) -> Result<(), CheckpointFault> {
        let put = self.put_of_export(OfExport::Checkpoint, to)?;
        let put = match from {
            None => {
                put.condition_expression("attribute_not_exists(#pk)").expression_attribute_names("#pk", PK)
            }
            Some(from) => put
                .condition_expression("#hour = :hour AND #root = :root AND (#replaced = :next OR attribute_not_exists(#replaced))")
                .expression_attribute_names("#hour", "hour")
                .expression_attribute_names("#root", "root")
                .expression_attribute_names("#replaced", "replacedBy")
                .expression_attribute_values(":hour", AttributeValue::N(from.hour.get().to_string()))
                .expression_attribute_values(":root", AttributeValue::S(from.root.to_string()))
                .expression_attribute_values(":next", AttributeValue::S(from.next_key().to_string())),
        };
        match put.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(service)) if service.err().is_conditional_check_failed_exception() => {
                Err(CheckpointFault::Moved)
            }
            Err(error) => Err(StoreFault::of(Kind::Write, &error).into()),
        }
    }

    /// The name of the log that the table's histories are exported to. It gets this one if it has none: whoever is first
    /// names it for all.
    pub async fn origin_or(&self, new: String) -> Result<String, StoreFault> {
        let LogShape { origin } = self.kept_or(OfExport::Log, LogShape { origin: new }).await?;
        Ok(origin)
    }

    /// Which table it is. One whose engine has no name for it is called by these random bytes from now on.
    pub async fn identity(&self, random: [u8; 16]) -> Result<TableIdentity, StoreFault> {
        let described = self.client.describe_table().table_name(&self.name).send().await;
        let described = described.map_err(|error| StoreFault::of(Kind::Read, &error))?;
        let table = described.table;
        let created = table.as_ref().and_then(|table| table.creation_date_time);
        let created = created.and_then(|moment| u64::try_from(moment.to_millis().ok()?).ok());
        let created = created.ok_or_else(|| StoreFault::Unexpected("a table without a date".to_owned()))?;
        let named = table.and_then(|table| table.table_id).filter(|id| !id.is_empty());
        let id = if let Some(id) = named {
            id
        } else {
            let new = TableShape { table_id: HEXLOWER.encode(&random) };
            self.kept_or(OfExport::Table, new).await?.table_id
        };
        Ok(TableIdentity { id, created_at: EpochMillis::new(created) })
    }

    /// What is kept, or this, which is kept from now on.
    async fn kept_or<T: Serialize + DeserializeOwned>(
        &self,
        which: OfExport,
        new: T,
    ) -> Result<T, StoreFault> {
        let place = Place::of_export(which);
        let until = operators_deadline();
        if let Some(kept) = self.get(&place, operators_waits(), until).await? {
            return shape(kept);
        }
        let put = self.put_of_export(which, &new)?;
        let put = put.condition_expression("attribute_not_exists(#pk)").expression_attribute_names("#pk", PK);
        match put.send().await {
            Ok(_) => Ok(new),
            // Somebody was first, or this very call was, and its answer got lost.
            Err(SdkError::ServiceError(service)) if service.err().is_conditional_check_failed_exception() => {
                let kept = self.get(&place, operators_waits(), until).await?;
                kept.map_or_else(
                    || Err(StoreFault::Unexpected("an item that is there and is not".to_owned())),
                    shape,
                )
            }
            Err(error) => Err(StoreFault::of(Kind::Write, &error)),
        }
    }

    pub(super) fn put_of_export(
        &self,
        which: OfExport,
        kept: &impl Serialize,
    ) -> Result<PutItemFluentBuilder, StoreFault> {
        let item = item(&Place::of_export(which), kept)?;
        Ok(self.client.put_item().table_name(&self.name).set_item(Some(item)))
    }
}

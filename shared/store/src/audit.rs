//! What audit exports need of the table: the events of an hour, and how far exports have come.

use std::time::Instant;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::checkpoint::AuditCheckpoint;
use domain::history::ChainedRecord;
use domain::values::{EpochMillis, Hour};

use super::Table;
use super::fault::{Kind, StoreFault};
use super::items::{EventShape, Place, audit_partition, item, shape};
use super::pages::Order;
use super::pages::{Stretch, stretch};
use super::schema::{AUDIT_INDEX, PK};

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

impl Table {
    /// A stretch of the events of an hour that are in one shard, after an event's place in
    /// [`ChainedRecord::audit_order`], at most so many. An index follows the table within about a second.
    pub async fn events_of_hour(
        &self,
        hour: Hour,
        shard: u16,
        after: Option<String>,
        at_most: i32,
        deadline: Instant,
    ) -> Result<Stretch<ChainedRecord>, StoreFault> {
        let query =
            self.query_of_index(AUDIT_INDEX, audit_partition(hour, shard), Order::Ascending, after, at_most);
        stretch(query, deadline, |shape: EventShape| Ok(shape.kept()?.chained)).await
    }

    /// How far exports have come; none before the first. Strongly consistent.
    pub async fn audit_checkpoint(&self) -> Result<Option<AuditCheckpoint>, StoreFault> {
        let read = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(Place::audit_checkpoint().key()))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| StoreFault::of(Kind::Read, &error))?;
        read.item.map(shape).transpose()
    }

    /// Moves the checkpoint, on condition that it is still where it was read. Moving it again to the same place, after
    /// an answer that got lost say, finds it moved.
    pub async fn move_audit_checkpoint(
        &self,
        from: Option<&AuditCheckpoint>,
        to: &AuditCheckpoint,
    ) -> Result<(), CheckpointFault> {
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item(&Place::audit_checkpoint(), to)?));
        let put = match from {
            None => {
                put.condition_expression("attribute_not_exists(#pk)").expression_attribute_names("#pk", PK)
            }
            Some(from) => put
                .condition_expression("#hour = :hour AND #manifest = :manifest")
                .expression_attribute_names("#hour", "hour")
                .expression_attribute_names("#manifest", "manifestSha256")
                .expression_attribute_values(":hour", AttributeValue::N(from.hour.get().to_string()))
                .expression_attribute_values(
                    ":manifest",
                    AttributeValue::S(from.manifest_sha256.to_string()),
                ),
        };
        match put.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(service)) if service.err().is_conditional_check_failed_exception() => {
                Err(CheckpointFault::Moved)
            }
            Err(error) => Err(StoreFault::of(Kind::Write, &error).into()),
        }
    }

    /// When the table was created: before that there is nothing to export.
    pub async fn created_at(&self) -> Result<EpochMillis, StoreFault> {
        let described = self.client.describe_table().table_name(&self.name).send().await;
        let described = described.map_err(|error| StoreFault::of(Kind::Read, &error))?;
        let created = described.table.and_then(|table| table.creation_date_time);
        let created = created.and_then(|moment| u64::try_from(moment.to_millis().ok()?).ok());
        created
            .map(EpochMillis::new)
            .ok_or_else(|| StoreFault::Unexpected("a table without a date".to_owned()))
    }
}

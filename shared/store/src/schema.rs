//! The table's shape: its keys, its indexes, and how it is created. The template declares the same.

use std::time::Duration;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, StreamSpecification, StreamViewType, TableStatus,
    TimeToLiveSpecification,
};

use super::Table;
use super::fault::{Kind, StoreFault};

/// Partition key of every item.
pub(super) const PK: &str = "pk";
/// Sort key of every item.
pub(super) const SK: &str = "sk";
/// When DynamoDB may delete an item, in seconds since the epoch.
pub(super) const EXPIRES_AT: &str = "expiresAt";

/// Heads of histories by the hour in which each was changed last: what an export looks through. Nothing but their places is
/// in it, so what does not change the hour costs nothing.
pub(super) const HEAD_INDEX: (&str, &str, &str) = ("HeadIndex", "changedIn", PK);
/// Physical keys that are out, by issuing organisation.
pub(super) const ISSUER_INDEX: (&str, &str, &str) = ("IssuerIndex", "issuerPartition", "issuerSort");

/// How often and at what distance a new table is asked whether it is ready: half a minute in all.
const READY_POLLS: u32 = 60;
const READY_POLL_DISTANCE: Duration = Duration::from_millis(500);

/// Whether what is written to a table can be read from its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// As the template says, for `publish-events`.
    NewImages,
    /// Nobody reads it: the embedded DynamoDB has no Lambda, and slows down as records pile up.
    Off,
}

impl Stream {
    fn specification(self) -> Result<Option<StreamSpecification>, StoreFault> {
        if self == Self::Off {
            return Ok(None);
        }
        let specification = StreamSpecification::builder().stream_enabled(true);
        let specification = specification.stream_view_type(StreamViewType::NewImage).build();
        specification.map(Some).map_err(|error| StoreFault::Unexpected(error.to_string()))
    }
}

fn key(name: &str, key_type: KeyType) -> Result<KeySchemaElement, StoreFault> {
    KeySchemaElement::builder()
        .attribute_name(name)
        .key_type(key_type)
        .build()
        .map_err(|error| StoreFault::Unexpected(error.to_string()))
}

fn text_attribute(name: &str) -> Result<AttributeDefinition, StoreFault> {
    AttributeDefinition::builder()
        .attribute_name(name)
        .attribute_type(ScalarAttributeType::S)
        .build()
        .map_err(|error| StoreFault::Unexpected(error.to_string()))
}

fn index(
    (name, partition, sort): (&str, &str, &str),
    projected: ProjectionType,
) -> Result<GlobalSecondaryIndex, StoreFault> {
    GlobalSecondaryIndex::builder()
        .index_name(name)
        .key_schema(key(partition, KeyType::Hash)?)
        .key_schema(key(sort, KeyType::Range)?)
        .projection(Projection::builder().projection_type(projected).build())
        .build()
        .map_err(|error| StoreFault::Unexpected(error.to_string()))
}

impl Table {
    /// The table's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Creates the table with its indexes and waits until it is ready. A table that is there is left as it is.
    /// Gives whether it was created.
    pub async fn create(&self, stream: Stream) -> Result<bool, StoreFault> {
        if self.status().await?.is_some() {
            return Ok(false);
        }
        let mut request =
            self.client.create_table().table_name(&self.name).billing_mode(BillingMode::PayPerRequest);
        // A head's place in its index ends with the partition that it stands in.
        for name in [PK, SK, HEAD_INDEX.1, ISSUER_INDEX.1, ISSUER_INDEX.2] {
            request = request.attribute_definitions(text_attribute(name)?);
        }
        let created = request
            .key_schema(key(PK, KeyType::Hash)?)
            .key_schema(key(SK, KeyType::Range)?)
            .global_secondary_indexes(index(HEAD_INDEX, ProjectionType::KeysOnly)?)
            .global_secondary_indexes(index(ISSUER_INDEX, ProjectionType::All)?)
            .set_stream_specification(stream.specification()?)
            .send()
            .await;
        match created {
            Ok(_) => {}
            Err(SdkError::ServiceError(service)) if service.err().is_resource_in_use_exception() => {
                return Ok(false);
            }
            Err(error) => return Err(StoreFault::of(Kind::Write, &error)),
        }
        self.wait_until_ready().await?;
        self.expire_items().await?;
        Ok(true)
    }

    /// The table's status, if it is there.
    async fn status(&self) -> Result<Option<TableStatus>, StoreFault> {
        match self.client.describe_table().table_name(&self.name).send().await {
            Ok(described) => Ok(described.table.and_then(|table| table.table_status)),
            Err(SdkError::ServiceError(service)) if service.err().is_resource_not_found_exception() => {
                Ok(None)
            }
            Err(error) => Err(StoreFault::of(Kind::Read, &error)),
        }
    }

    async fn wait_until_ready(&self) -> Result<(), StoreFault> {
        for _ in 0..READY_POLLS {
            if self.status().await? == Some(TableStatus::Active) {
                return Ok(());
            }
            tokio::time::sleep(READY_POLL_DISTANCE).await;
        }
        Err(StoreFault::Unexpected("the table was created and is not ready yet".to_owned()))
    }

    async fn expire_items(&self) -> Result<(), StoreFault> {
        let ttl = TimeToLiveSpecification::builder()
            .attribute_name(EXPIRES_AT)
            .enabled(true)
            .build()
            .map_err(|error| StoreFault::Unexpected(error.to_string()))?;
        let updated = self
            .client
            .update_time_to_live()
            .table_name(&self.name)
            .time_to_live_specification(ttl)
            .send()
            .await;
        updated.map(|_| ()).map_err(|error| StoreFault::of(Kind::Write, &error))
    }
}

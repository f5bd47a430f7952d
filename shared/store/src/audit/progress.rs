//! What the export remembers of each history: how far it was exported, and whether it was left behind.

use std::time::Instant;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use domain::history::Position;
use domain::values::Version;
use serde::Deserialize;

use super::super::Table;
use super::super::fault::{Kind, StoreFault};
use super::super::items::{BehindShape, CursorShape, Place, item};
use super::super::pages::{Stretch, stretch};
use super::super::schema::PK;
use super::super::write::number;
use super::HistoryKey;

/// A history that was left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind {
    /// Which one.
    pub key: HistoryKey,
    /// The version that it is to be exported up to, whatever hour that was recorded in.
    pub version: Version,
}

#[derive(Deserialize)]
struct Mark {
    sk: String,
    #[serde(flatten)]
    behind: BehindShape,
}

impl Table {
    /// Moves the cursor of a history. It only goes forward: where it is further already, it stays.
    pub async fn move_cursor(&self, key: &HistoryKey, to: Position) -> Result<(), StoreFault> {
        let item = item(&Place::cursor(key), &CursorShape::from(to))?;
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        raise(put, to.version).await
    }

    /// Leaves a history behind, up to a version. Where it was left behind up to a later one, that stays.
    pub async fn leave_behind(&self, behind: &Behind) -> Result<(), StoreFault> {
        let Behind { key, version } = behind;
        let item = item(&Place::behind(key), &BehindShape { version: *version })?;
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        raise(put, *version).await
    }

    /// Takes back that a history was left behind, if it was so up to a version that is exported by now.
    pub async fn catch_up(&self, key: &HistoryKey, exported: Version) -> Result<(), StoreFault> {
        let deletion = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(Place::behind(key).key()))
            .condition_expression("attribute_not_exists(#pk) OR #version <= :version")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":version", number(exported.get()));
        match deletion.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(service)) if service.err().is_conditional_check_failed_exception() => {
                Ok(())
            }
            Err(error) => Err(StoreFault::of(Kind::Write, &error)),
        }
    }

    /// A stretch of those who were left behind, of one shard, after one of them. Strongly consistent.
    pub async fn left_behind(
        &self,
        shard: u16,
        after: Option<&HistoryKey>,
        at_most: i32,
        deadline: Instant,
    ) -> Result<Stretch<Behind>, StoreFault> {
        let pk = Place::of_those_behind(shard);
        let after = after.map(|key| Place { pk: pk.clone(), sk: key.as_str().to_owned() });
        let query = self.query_of(&pk, "", after, at_most);
        stretch(query, deadline, |mark: Mark| {
            Ok(Behind { key: HistoryKey::of(&mark.sk), version: mark.behind.version })
        })
        .await
    }
}

/// Puts an item, unless there is one with this version or a later one.
async fn raise(put: PutItemFluentBuilder, version: Version) -> Result<(), StoreFault> {
    let put = put
        .condition_expression("attribute_not_exists(#pk) OR #version < :version")
        .expression_attribute_names("#pk", PK)
        .expression_attribute_names("#version", "version")
        .expression_attribute_values(":version", number(version.get()));
    match put.send().await {
        Ok(_) => Ok(()),
        // It is further already.
        Err(SdkError::ServiceError(service)) if service.err().is_conditional_check_failed_exception() => {
            Ok(())
        }
        Err(error) => Err(StoreFault::of(Kind::Write, &error)),
    }
}

//! Bringing the items of a history to what follows from its events. A restored table may have half of a transaction that was under
//! way: the event and not the head, or the head and not the physical key.

use aws_sdk_dynamodb::error::SdkError;

use super::super::Table;
use super::super::fault::{Kind, StoreFault};
use super::super::items::Place;
use super::super::schema::PK;
use super::{Difference, ItemAt};

impl Table {
    /// Makes an item what follows from the events. Whether it was there or not is a condition: somebody else who writes at the same
    /// time is not overwritten, and mending again finds what is left.
    pub async fn mend(&self, difference: &Difference) -> Result<(), StoreFault> {
        let written = match difference {
            Difference::Missing(at) => self.put_if(at, "attribute_not_exists(#pk)").await,
            Difference::Other(at) => self.put_if(at, "attribute_exists(#pk)").await,
            Difference::Stray(ItemAt { place, item: _ }) => self.delete(place).await,
        };
        written.map_err(|fault| match fault {
            StoreFault::OutcomeUnknown(cause) => StoreFault::Unreachable(cause),
            fault => fault,
        })
    }

    async fn put_if(&self, ItemAt { item, .. }: &ItemAt, condition: &str) -> Result<(), StoreFault> {
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item.clone()))
            .condition_expression(condition)
            .expression_attribute_names("#pk", PK);
        match put.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(service)) if service.err().is_conditional_check_failed_exception() => {
                Ok(())
            }
            Err(error) => Err(StoreFault::of(Kind::Write, &error)),
        }
    }

    async fn delete(&self, place: &Place) -> Result<(), StoreFault> {
        let deletion = self.client.delete_item().table_name(&self.name).set_key(Some(place.key()));
        deletion.send().await.map(|_| ()).map_err(|error| StoreFault::of(Kind::Write, &error))
    }
}

//! Bringing the items of a history to what follows from its events. A restored table may have half of a transaction that was under
//! way: the event and not the head, or the head and not the physical key.
//!
//! Nobody is to write to the table meanwhile. Whoever does so nevertheless moves the head, and that is a condition of every mending:
//! nothing is made to follow from events that are not the last ones any more.

use std::time::Instant;

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem};

use super::super::Table;
use super::super::fault::StoreFault;
use super::super::items::Place;
use super::super::read::operators_waits;
use super::super::schema::PK;
use super::super::sending::SendingFault;
use super::super::write::{AttemptToken, Raced, Write, unbuilt};
use super::{Difference, ItemAt, Partition};

/// Why an item was not mended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MendFault {
    /// Somebody else has written to the history.
    #[error("somebody writes to the table at the same time")]
    Raced,
    /// The store could not be used.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

/// The attribute of a head that every event moves.
const VERSION: &str = "version";
/// A condition, and the value of the version that it speaks of, if it does.
type Condition = (&'static str, Option<AttributeValue>);
const ABSENT: &str = "attribute_not_exists(#pk)";

impl Table {
    /// Makes an item what follows from the events, if the history's head is still the one that was read.
    pub async fn mend(
        &self,
        partition: &Partition,
        difference: &Difference,
        token: &AttemptToken,
        until: Instant,
    ) -> Result<(), MendFault> {
        let write = Write::new(self.mending(partition, difference)?, token.clone(), Raced::MENDING);
        let mut waits = operators_waits();
        loop {
            let fault = match self.send(&write, until).await {
                Ok(()) => return Ok(()),
                Err(SendingFault::Contention) => return Err(MendFault::Raced),
                Err(SendingFault::Unanswered(cause)) => StoreFault::OutcomeUnknown(cause),
                Err(SendingFault::NotCarriedOut(fault)) => fault,
            };
            let may_pass = matches!(
                fault,
                StoreFault::Throttled | StoreFault::Unreachable(_) | StoreFault::OutcomeUnknown(_)
            );
            if !may_pass || waits.wait(until).await.is_err() {
                return Err(fault.into());
            }
        }
    }

    fn mending(
        &self,
        partition: &Partition,
        difference: &Difference,
    ) -> Result<Vec<TransactWriteItem>, StoreFault> {
        let head = Place::head_in(partition.key.as_str());
        let head = head.ok_or_else(|| StoreFault::Corrupt("a partition of no history".to_owned()))?;
        let as_read = partition.state.get(&head).and_then(|item| item.get(VERSION)).cloned();
        let as_read: Condition = match as_read {
            None => (ABSENT, None),
            version => ("#version = :version", version),
        };
        let at = difference.at();
        if at.place == head {
            return Ok(vec![self.change(difference, as_read)?]);
        }
        let own: Condition = match difference {
            Difference::Missing(_) => (ABSENT, None),
            Difference::Other(_) | Difference::Stray(_) => ("attribute_exists(#pk)", None),
        };
        Ok(vec![self.check(&head, as_read)?, self.change(difference, own)?])
    }

    /// That an item is as a condition says.
    fn check(&self, place: &Place, condition: Condition) -> Result<TransactWriteItem, StoreFault> {
        let (expression, name, version) = said(condition);
        let check = ConditionCheck::builder()
            .table_name(&self.name)
            .set_key(Some(place.key()))
            .condition_expression(expression)
            .expression_attribute_names(name.0, name.1)
            .set_expression_attribute_values(version);
        Ok(TransactWriteItem::builder().condition_check(check.build().map_err(unbuilt)?).build())
    }

    /// Puts or deletes the item, on a condition.
    fn change(&self, difference: &Difference, condition: Condition) -> Result<TransactWriteItem, StoreFault> {
        let ItemAt { place, item } = difference.at();
        let (expression, name, version) = said(condition);
        let write = TransactWriteItem::builder();
        Ok(match difference {
            Difference::Missing(_) | Difference::Other(_) => {
                let put = Put::builder()
                    .table_name(&self.name)
                    .set_item(Some(item.clone()))
                    .condition_expression(expression)
                    .expression_attribute_names(name.0, name.1)
                    .set_expression_attribute_values(version);
                write.put(put.build().map_err(unbuilt)?).build()
            }
            Difference::Stray(_) => {
                let delete = Delete::builder()
                    .table_name(&self.name)
                    .set_key(Some(place.key()))
                    .condition_expression(expression)
                    .expression_attribute_names(name.0, name.1)
                    .set_expression_attribute_values(version);
                write.delete(delete.build().map_err(unbuilt)?).build()
            }
        })
    }
}

/// A condition's expression, the name in it and the value.
type Said = (&'static str, (&'static str, &'static str), Option<super::Item>);

fn said((expression, version): Condition) -> Said {
    let name = if version.is_some() { ("#version", VERSION) } else { ("#pk", PK) };
    let values = version.map(|version| super::Item::from([(":version".to_owned(), version)]));
    (expression, name, values)
}

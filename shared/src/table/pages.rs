//! Stretches of sorted lists: a user's physical keys, a user's events, what an organisation has issued.

use std::time::Instant;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Table;
use super::fault::{Kind, StoreFault};
use super::items::{EventShape, PhysicalKeyShape, Place, issuer_sort, shape};
use super::schema::{ISSUER_INDEX, PK, SK};
use crate::history::IssuedRecord;
use crate::user::PhysicalKey;
use crate::values::{KeyNumber, OrgId, UserId, Version};

/// Something in a sorted list.
pub trait Listed {
    /// Its place in the list.
    type Place: Clone + Serialize + DeserializeOwned;

    /// Where it stands.
    fn place(&self) -> Self::Place;
}

impl Listed for PhysicalKey {
    type Place = KeyNumber;

    fn place(&self) -> KeyNumber {
        self.number
    }
}

impl Listed for IssuedRecord {
    type Place = Version;

    fn place(&self) -> Version {
        self.record.record.version
    }
}

/// A physical key and who holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldKey {
    /// Who holds it.
    pub user_id: UserId,
    /// The physical key.
    pub key: PhysicalKey,
}

impl Listed for HeldKey {
    type Place = (UserId, KeyNumber);

    fn place(&self) -> Self::Place {
        (self.user_id.clone(), self.key.number)
    }
}

/// Neighbours in a sorted list: what one `Query` gave.
#[derive(Debug)]
pub struct Stretch<T> {
    /// In the order of their places.
    pub entries: Vec<T>,
    /// Whether the list ends here.
    pub is_last: bool,
}

impl Table {
    /// A stretch of a user's physical keys after a number, at most so many. Strongly consistent.
    pub async fn physical_keys_after(
        &self,
        user_id: &UserId,
        after: Option<KeyNumber>,
        at_most: i32,
        deadline: Instant,
    ) -> Result<Stretch<PhysicalKey>, StoreFault> {
        let first = after.map_or(KeyNumber::FIRST, KeyNumber::next);
        let query = self.query_of_user(&Place::physical_key(user_id, first), at_most);
        stretch(query, deadline, |shape: PhysicalKeyShape| shape.into()).await
    }

    /// A stretch of a user's events after a version, at most so many. Strongly consistent.
    pub async fn events_after(
        &self,
        user_id: &UserId,
        after: Option<Version>,
        at_most: i32,
        deadline: Instant,
    ) -> Result<Stretch<IssuedRecord>, StoreFault> {
        let first = after.unwrap_or(Version::NONE).next();
        let query = self.query_of_user(&Place::event(user_id, first), at_most);
        stretch(query, deadline, |shape: EventShape| shape.into()).await
    }

    /// A stretch of the physical keys of an organisation that are out, over all users, at most so many. An index
    /// follows the table within about a second.
    pub async fn issued_after(
        &self,
        org_id: &OrgId,
        after: Option<(UserId, KeyNumber)>,
        at_most: i32,
        deadline: Instant,
    ) -> Result<Stretch<HeldKey>, StoreFault> {
        let after = after.map(|(user_id, number)| issuer_sort(&user_id, number));
        let query = self.query_of_index(ISSUER_INDEX, org_id.to_string(), after, at_most);
        stretch(query, deadline, |shape: PhysicalKeyShape| shape.into()).await
    }

    /// Everything in a partition of an index after a place.
    pub(super) fn query_of_index(
        &self,
        (index, partition, sort): (&str, &str, &str),
        value: String,
        after: Option<String>,
        at_most: i32,
    ) -> QueryFluentBuilder {
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .index_name(index)
            .limit(at_most)
            .expression_attribute_names("#partition", partition)
            .expression_attribute_values(":partition", AttributeValue::S(value));
        match after {
            None => query.key_condition_expression("#partition = :partition"),
            Some(after) => query
                .key_condition_expression("#partition = :partition AND #sort > :after")
                .expression_attribute_names("#sort", sort)
                .expression_attribute_values(":after", AttributeValue::S(after)),
        }
    }

    /// Everything of one kind from a place on.
    fn query_of_user(&self, first: &Place, at_most: i32) -> QueryFluentBuilder {
        let last = first.last_of_its_kind();
        let text = |text: &str| AttributeValue::S(text.to_owned());
        self.client
            .query()
            .table_name(&self.name)
            .consistent_read(true)
            .limit(at_most)
            .key_condition_expression("#pk = :pk AND #sk BETWEEN :first AND :last")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#sk", SK)
            .expression_attribute_values(":pk", text(&first.pk))
            .expression_attribute_values(":first", text(&first.sk))
            .expression_attribute_values(":last", text(&last))
    }
}

pub(super) async fn stretch<S: DeserializeOwned, T>(
    query: QueryFluentBuilder,
    deadline: Instant,
    entry: fn(S) -> T,
) -> Result<Stretch<T>, StoreFault> {
    let reading = tokio::time::timeout_at(deadline.into(), query.send()).await;
    let reading = reading.map_err(|_| StoreFault::Unreachable("no answer before the deadline".to_owned()))?;
    let read = reading.map_err(|error| StoreFault::of(Kind::Read, &error))?;
    let is_last = read.last_evaluated_key.is_none();
    let entries = read.items.unwrap_or_default().into_iter().map(|item| shape(item).map(entry));
    Ok(Stretch { entries: entries.collect::<Result<_, _>>()?, is_last })
}

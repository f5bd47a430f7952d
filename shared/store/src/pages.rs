//! Stretches of sorted lists: a user's physical keys, a user's events, what an organisation has issued.

use std::time::Instant;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::history::{HistoryId, KeptRecord};
use domain::user::PhysicalKey;
use domain::values::{EpochMillis, KeyNumber, OrgId, OrgTag, UserId, Version};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::timeout_at;

use super::Table;
use super::fault::StoreFault;
use super::items::{EVENT, EventShape, KEY, MARK, MarkShape, PhysicalKeyShape, Place, issuer_sort, shape};
use super::read::in_time;
use super::schema::{ISSUER_INDEX, PK, SK};

/// Something in a sorted list.
pub trait Listed {
    /// Its place in the list.
    type Place: Clone + Serialize + DeserializeOwned;

    /// Where it stands.
    fn place(&self) -> Self::Place;
}

impl Listed for PhysicalKey {
    /// A user's physical keys stand by issuer and number.
    type Place = (OrgTag, KeyNumber);

    fn place(&self) -> Self::Place {
        (OrgTag::of(&self.org_id), self.number)
    }
}

impl Listed for KeptRecord {
    type Place = Version;

    fn place(&self) -> Version {
        self.chained.record().version
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
    /// What an organisation has out stands by when it was issued.
    type Place = (EpochMillis, UserId, KeyNumber);

    fn place(&self) -> Self::Place {
        (self.key.added_at, self.user_id.clone(), self.key.number)
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
    /// A stretch of a user's physical keys after a place, at most so many: of one issuer, or of all. Strongly consistent.
    pub async fn physical_keys_after(
        &self,
        user_id: &UserId,
        issuer: Option<OrgTag>,
        after: Option<(OrgTag, KeyNumber)>,
        at_most: i32,
        deadline: Instant,
    ) -> Result<Stretch<PhysicalKey>, StoreFault> {
        let kind = issuer.map_or_else(|| KEY.to_owned(), |issuer| format!("{KEY}{issuer}#"));
        let after = after.map(|(issuer, number)| Place::physical_key(user_id, issuer, number));
        let query = self.query_of_user(user_id, &kind, after, at_most);
        stretch(query, deadline, |shape: PhysicalKeyShape| Ok(shape.into())).await
    }

    /// A stretch of those who have ever issued anything to a user, after one of them. Strongly consistent.
    pub(super) async fn issuers_after(
        &self,
        user_id: &UserId,
        after: Option<OrgTag>,
        at_most: usize,
        deadline: Instant,
    ) -> Result<Stretch<OrgTag>, StoreFault> {
        let after = after.map(|issuer| Place::mark(user_id, issuer));
        let query = self.query_of_user(user_id, MARK, after, i32::try_from(at_most).unwrap_or(i32::MAX));
        stretch(query, deadline, |shape: MarkShape| Ok(OrgTag::of(&shape.org_id))).await
    }

    /// A stretch of a user's events after a version, at most so many. Strongly consistent.
    pub async fn events_after(
        &self,
        user_id: &UserId,
        after: Option<Version>,
        at_most: i32,
        deadline: Instant,
    ) -> Result<Stretch<KeptRecord>, StoreFault> {
        let history = HistoryId::User(user_id.clone());
        let after = after.map(|version| Place::event(&history, version));
        let query = self.query_of_user(user_id, EVENT, after, at_most);
        stretch(query, deadline, EventShape::kept).await
    }

    /// A stretch of the physical keys of an organisation that are out, over all users, newest first, at most so many. An
    /// index follows the table within about a second.
    pub async fn issued_before(
        &self,
        org_id: &OrgId,
        before: Option<(EpochMillis, UserId, KeyNumber)>,
        at_most: i32,
        deadline: Instant,
    ) -> Result<Stretch<HeldKey>, StoreFault> {
        let before = before.map(|(added_at, user_id, number)| issuer_sort(added_at, &user_id, number));
        let query = self.query_of_index(ISSUER_INDEX, org_id.to_string(), Order::Descending, before, at_most);
        stretch(query, deadline, |shape: PhysicalKeyShape| Ok(shape.into())).await
    }

    /// Everything in a partition of an index behind a place.
    pub(super) fn query_of_index(
        &self,
        (index, partition, sort): (&str, &str, &str),
        value: String,
        order: Order,
        behind: Option<String>,
        at_most: i32,
    ) -> QueryFluentBuilder {
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .index_name(index)
            .limit(at_most)
            .scan_index_forward(order == Order::Ascending)
            .expression_attribute_names("#partition", partition)
            .expression_attribute_values(":partition", AttributeValue::S(value));
        let Some(behind) = behind else {
            return query.key_condition_expression("#partition = :partition");
        };
        let comparison = match order {
            Order::Ascending => ">",
            Order::Descending => "<",
        };
        query
            .key_condition_expression(format!("#partition = :partition AND #sort {comparison} :behind"))
            .expression_attribute_names("#sort", sort)
            .expression_attribute_values(":behind", AttributeValue::S(behind))
    }

    /// Everything of a user whose sort key begins with `kind`, after a place.
    fn query_of_user(
        &self,
        user_id: &UserId,
        kind: &str,
        after: Option<Place>,
        at_most: i32,
    ) -> QueryFluentBuilder {
        self.query_of(&Place::user(user_id).pk, kind, after, at_most)
    }

    /// Everything in a partition whose sort key begins with `kind`, after a place; everything at all if that is empty. Strongly
    /// consistent.
    pub(super) fn query_of(
        &self,
        pk: &str,
        kind: &str,
        after: Option<Place>,
        at_most: i32,
    ) -> QueryFluentBuilder {
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .consistent_read(true)
            .limit(at_most)
            .expression_attribute_names("#pk", PK)
            .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()))
            // What stood there may be gone in the meantime.
            .set_exclusive_start_key(after.map(|place| place.key()));
        if kind.is_empty() {
            return query.key_condition_expression("#pk = :pk");
        }
        query
            .key_condition_expression("#pk = :pk AND begins_with(#sk, :kind)")
            .expression_attribute_names("#sk", SK)
            .expression_attribute_values(":kind", AttributeValue::S(kind.to_owned()))
    }
}

/// In which direction an index is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Ascending,
    Descending,
}

pub(super) async fn stretch<S: DeserializeOwned, T>(
    query: QueryFluentBuilder,
    deadline: Instant,
    entry: fn(S) -> Result<T, StoreFault>,
) -> Result<Stretch<T>, StoreFault> {
    let read = in_time(timeout_at(deadline.into(), query.send()).await)?;
    let is_last = read.last_evaluated_key.is_none();
    let entries = read.items.unwrap_or_default().into_iter().map(|item| shape(item).and_then(entry));
    Ok(Stretch { entries: entries.collect::<Result<_, _>>()?, is_last })
}

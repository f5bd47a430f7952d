//! Which histories a table has: by a strongly consistent scan, and never by the index that the export is made by.

use std::time::Instant;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::api_key::ApiKeyId;
use domain::values::OrgTag;
use serde::{Deserialize, Serialize};
use tokio::time::timeout_at;

use super::super::Table;
use super::super::audit::HistoryKey;
use super::super::fault::StoreFault;
use super::super::items::{Item, Place, shape};
use super::super::read::{BATCH, in_time, operators_waits};
use super::super::schema::{HEAD_INDEX, ISSUER_INDEX, PK, SK};
use super::Partition;

/// Where a scan goes on. It can be kept, and gone on with by another process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanPlace(Place);

/// What a stretch of a scan has found. A partition may be found by two stretches.
#[derive(Debug, Default)]
pub struct Scanned {
    /// The partitions of histories.
    pub histories: Vec<HistoryKey>,
    /// API keys.
    pub api_keys: Vec<ApiKeyId>,
    /// The histories that something was exported of.
    pub exported: Vec<HistoryKey>,
    /// Items that stand where this program puts none: the names of their places.
    pub strangers: Vec<String>,
    /// Where it goes on; none at the end.
    pub next: Option<ScanPlace>,
}

impl Table {
    /// A stretch of everything in the table, in no order.
    pub async fn scan_on(&self, after: Option<&ScanPlace>, deadline: Instant) -> Result<Scanned, StoreFault> {
        let scan = self
            .client
            .scan()
            .table_name(&self.name)
            .consistent_read(true)
            .projection_expression("#pk, #sk")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#sk", SK)
            .set_exclusive_start_key(after.map(|ScanPlace(place)| place.key()));
        let read = in_time(timeout_at(deadline.into(), scan.send()).await)?;
        let mut scanned = Scanned::default();
        for item in read.items.unwrap_or_default() {
            scanned.add(&shape(item)?);
        }
        scanned.next = read.last_evaluated_key.map(shape).transpose()?.map(ScanPlace);
        Ok(scanned)
    }

    /// Of these API keys, those that no organisation lists: nothing of this program wrote them.
    pub async fn unlisted(&self, ids: &[ApiKeyId], deadline: Instant) -> Result<Vec<ApiKeyId>, StoreFault> {
        let mut unlisted = Vec::new();
        for ids in ids.chunks(BATCH) {
            let place = |id: &ApiKeyId| {
                let tag: OrgTag = id.organisation_tag()?;
                Some(Place::api_key_of_organisation(tag, id))
            };
            let places = ids.iter().filter_map(place).map(|place| place.key()).collect();
            let listed: Vec<Item> = self.batch_get(places, operators_waits(), deadline).await?;
            let is_listed =
                |id: &ApiKeyId| place(id).is_some_and(|place| listed.iter().any(|item| place.is_of(item)));
            unlisted.extend(ids.iter().filter(|id| !is_listed(id)).cloned());
        }
        Ok(unlisted)
    }

    /// Of the items of a history that have a place in an index, those that the index does not have. It follows the table within
    /// about a second: whoever gets one named asks again before believing it.
    pub async fn not_in_index(
        &self,
        partition: &Partition,
        deadline: Instant,
    ) -> Result<Vec<String>, StoreFault> {
        let mut missing = Vec::new();
        for (place, item) in &partition.state {
            for (index, of, sort) in [HEAD_INDEX, ISSUER_INDEX] {
                let (Some(of_item), Some(sort_of_item)) = (item.get(of), item.get(sort)) else { continue };
                if !self.is_in_index(index, (of, of_item), (sort, sort_of_item), deadline).await? {
                    missing.push(format!("{index} lacks the item {:?} {:?}", place.pk, place.sk));
                }
            }
        }
        Ok(missing)
    }

    async fn is_in_index(
        &self,
        index: &str,
        partition: (&str, &AttributeValue),
        sort: (&str, &AttributeValue),
        deadline: Instant,
    ) -> Result<bool, StoreFault> {
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .index_name(index)
            .limit(1)
            .key_condition_expression("#partition = :partition AND #sort = :sort")
            .expression_attribute_names("#partition", partition.0)
            .expression_attribute_names("#sort", sort.0)
            .expression_attribute_values(":partition", partition.1.clone())
            .expression_attribute_values(":sort", sort.1.clone());
        let read = in_time(timeout_at(deadline.into(), query.send()).await)?;
        Ok(read.count > 0)
    }
}

impl Scanned {
    fn add(&mut self, place: &Place) {
        if Place::head_in(&place.pk).is_some() {
            let key = HistoryKey::of(&place.pk);
            // A partition's items come one after the other.
            if self.histories.last() != Some(&key) {
                self.histories.push(key);
            }
        } else if let Some(id) = place.api_key_id() {
            self.api_keys.push(id);
        } else if let Some(key) = place.exported() {
            self.exported.push(key);
        } else if !place.is_of_export() && !place.is_heartbeat() {
            self.strangers.push(format!("{:?} {:?}", place.pk, place.sk));
        }
    }
}

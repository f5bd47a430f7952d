//! Organisations and their API keys, as an operator keeps them.

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, TransactWriteItem};
use domain::api_key::{ApiKeyId, StoredApiKey};
use domain::organisation::Organisation;
use domain::values::{EpochMillis, OrgId, OrgName, OrgTag};
use process::retry::Backoff;

use super::Table;
use super::fault::{Kind, StoreFault};
use super::items::{
    API_KEY_OF_ORGANISATION, ApiKeyOfOrganisationShape, ApiKeyShape, OrganisationShape, Place, item, shape,
};
use super::read::BATCH;
use super::schema::{PK, SK};

/// When an organisation was closed.
const CLOSED_AT: &str = "closedAt";

/// How long an operator waits for one batch.
const OPERATORS_PATIENCE: Duration = Duration::from_mins(1);

/// Why something about an organisation was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrganisationFault {
    /// It has not been registered, or it was closed.
    #[error("the organisation is not registered, or was closed")]
    NotOpen,
    /// Another organisation has the same tag, which is to be expected after a million millions of them.
    #[error("an organisation with the same tag is registered; this one needs another id")]
    TagTaken,
    /// The store could not be used.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

/// What registering an organisation has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registered {
    /// It is new.
    New,
    /// It was registered before, and is open.
    Before,
    /// It was closed, and stays closed: its API keys and services would all be good again.
    Closed,
}

/// What closing an organisation has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// It is closed from the next request on.
    Now,
    /// It was closed before.
    Before,
}

/// Why an API key was not revoked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RevokeFault {
    /// There is no such API key.
    #[error("there is no API key with this id")]
    NotFound,
    /// The store could not be used.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

impl Table {
    /// Registers an organisation; one that is registered and open gets the name, if there is one.
    pub async fn register_organisation(
        &self,
        org_id: &OrgId,
        name: Option<&OrgName>,
        now: EpochMillis,
    ) -> Result<Registered, OrganisationFault> {
        let place = Place::organisation(OrgTag::of(org_id));
        let (org_id, name) = (org_id.clone(), name.cloned());
        let shape = OrganisationShape { org_id, name, created_at: now, closed_at: None };
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item(&place, &shape)?))
            .condition_expression("attribute_not_exists(#pk)")
            .expression_attribute_names("#pk", PK)
            .send()
            .await;
        match put {
            Ok(_) => return Ok(Registered::New),
            Err(SdkError::ServiceError(service)) if service.err().is_conditional_check_failed_exception() => {
            }
            Err(error) => return Err(StoreFault::of(Kind::Write, &error).into()),
        }
        let stored = self.organisation(&shape.org_id).await?.ok_or(OrganisationFault::TagTaken)?;
        if stored.closed_at.is_some() {
            return Ok(Registered::Closed);
        }
        self.rename_organisation(&place, shape.name.as_ref()).await?;
        Ok(Registered::Before)
    }

    /// An organisation, if it is registered.
    pub async fn organisation(&self, org_id: &OrgId) -> Result<Option<Organisation>, StoreFault> {
        let (place, until) = (Place::organisation(OrgTag::of(org_id)), Instant::now() + OPERATORS_PATIENCE);
        let stored = self.get(&place, operators_waits(), until).await?;
        let stored = stored.map(shape::<OrganisationShape>).transpose()?;
        Ok(stored.filter(|stored| stored.org_id == *org_id))
    }

    /// Closes an organisation: its API keys, services and key managers end with the next request. Closing it again changes
    /// nothing.
    pub async fn close_organisation(
        &self,
        org_id: &OrgId,
        now: EpochMillis,
    ) -> Result<Closed, OrganisationFault> {
        if self.organisation(org_id).await?.ok_or(OrganisationFault::NotOpen)?.closed_at.is_some() {
            return Ok(Closed::Before);
        }
        let update = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(Place::organisation(OrgTag::of(org_id)).key()))
            .update_expression("SET #closedAt = if_not_exists(#closedAt, :now)")
            .condition_expression("#orgId = :orgId")
            .expression_attribute_names("#closedAt", CLOSED_AT)
            .expression_attribute_names("#orgId", "orgId")
            .expression_attribute_values(":orgId", AttributeValue::S(org_id.to_string()))
            .expression_attribute_values(":now", AttributeValue::N(now.get().to_string()));
        update.send().await.map_err(|error| StoreFault::of(Kind::Write, &error))?;
        Ok(Closed::Now)
    }

    async fn rename_organisation(&self, place: &Place, name: Option<&OrgName>) -> Result<(), StoreFault> {
        let Some(name) = name else { return Ok(()) };
        let update = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(place.key()))
            .update_expression("SET #name = :name")
            .expression_attribute_names("#name", "name")
            .expression_attribute_values(":name", AttributeValue::S(name.to_string()));
        update.send().await.map(|_| ()).map_err(|error| StoreFault::of(Kind::Write, &error))
    }

    /// Stores a new API key of an organisation that is registered and open.
    pub async fn store_api_key(&self, api_key: &StoredApiKey) -> Result<(), OrganisationFault> {
        let unexpected =
            |error: aws_sdk_dynamodb::error::BuildError| StoreFault::Unexpected(error.to_string());
        let tag = OrgTag::of(&api_key.org_id);
        let is_open = ConditionCheck::builder()
            .table_name(&self.name)
            .set_key(Some(Place::organisation(tag).key()))
            .condition_expression("#orgId = :orgId AND attribute_not_exists(#closedAt)")
            .expression_attribute_names("#orgId", "orgId")
            .expression_attribute_names("#closedAt", CLOSED_AT)
            .expression_attribute_values(":orgId", AttributeValue::S(api_key.org_id.to_string()))
            .build()
            .map_err(unexpected)?;
        let listed = Place::api_key_of_organisation(tag, &api_key.api_key_id);
        let listing = ApiKeyOfOrganisationShape { api_key_id: api_key.api_key_id.clone() };
        let mut items = vec![TransactWriteItem::builder().condition_check(is_open).build()];
        for item in [item(&Place::api_key(&api_key.api_key_id), api_key)?, item(&listed, &listing)?] {
            let put = Put::builder()
                .table_name(&self.name)
                .set_item(Some(item))
                .condition_expression("attribute_not_exists(#pk)")
                .expression_attribute_names("#pk", PK)
                .build()
                .map_err(unexpected)?;
            items.push(TransactWriteItem::builder().put(put).build());
        }
        let written = self.client.transact_write_items().set_transact_items(Some(items)).send().await;
        match written {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(service)) if is_not_open(service.err()) => {
                Err(OrganisationFault::NotOpen)
            }
            Err(error) => Err(StoreFault::of(Kind::Write, &error).into()),
        }
    }

    /// The API keys of an organisation, in the order of their ids; revoked and expired ones too.
    pub async fn api_keys_of(&self, org_id: &OrgId) -> Result<Vec<StoredApiKey>, StoreFault> {
        let organisation = Place::organisation(OrgTag::of(org_id));
        let mut pages = self
            .client
            .query()
            .table_name(&self.name)
            .consistent_read(true)
            .key_condition_expression("#pk = :pk AND begins_with(#sk, :prefix)")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#sk", SK)
            .expression_attribute_values(":pk", AttributeValue::S(organisation.pk))
            .expression_attribute_values(":prefix", AttributeValue::S(API_KEY_OF_ORGANISATION.to_owned()))
            .into_paginator()
            .items()
            .send();
        let mut keys = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item.map_err(|error| StoreFault::of(Kind::Read, &error))?;
            let listing: ApiKeyOfOrganisationShape = shape(item)?;
            keys.push(Place::api_key(&listing.api_key_id).key());
        }
        let mut api_keys: Vec<StoredApiKey> = Vec::with_capacity(keys.len());
        for batch in keys.chunks(BATCH) {
            let until = Instant::now() + OPERATORS_PATIENCE;
            for item in self.batch_get(batch.to_vec(), operators_waits(), until).await? {
                api_keys.push(shape::<ApiKeyShape>(item)?);
            }
        }
        api_keys.sort_unstable_by(|a, b| a.api_key_id.as_str().cmp(b.api_key_id.as_str()));
        Ok(api_keys)
    }

    /// Revokes an API key, from the next request on. Revoking it again changes nothing.
    pub async fn revoke_api_key(&self, id: &ApiKeyId, now: EpochMillis) -> Result<(), RevokeFault> {
        let update = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(Place::api_key(id).key()))
            .update_expression("SET #revokedAt = if_not_exists(#revokedAt, :now)")
            .condition_expression("attribute_exists(#pk)")
            .expression_attribute_names("#revokedAt", "revokedAt")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_values(":now", AttributeValue::N(now.get().to_string()))
            .send()
            .await;
        match update {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(service)) if service.err().is_conditional_check_failed_exception() => {
                Err(RevokeFault::NotFound)
            }
            Err(error) => Err(StoreFault::of(Kind::Write, &error).into()),
        }
    }
}

/// There is one operator: nobody waits at the same time.
fn operators_waits() -> Backoff {
    Backoff::new(fastrand::Rng::with_seed(0))
}

/// Whether a transaction was cancelled because its first item, the organisation, is not there or closed.
fn is_not_open(error: &TransactWriteItemsError) -> bool {
    match error {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => {
            let first = cancelled.cancellation_reasons().first().and_then(|reason| reason.code());
            first == Some("ConditionalCheckFailed")
        }
        _ => false,
    }
}

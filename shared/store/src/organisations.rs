//! Organisations and their API keys, as an operator looks at them; what an operator does to them is in `commands`.

mod commands;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::api_key::{ApiKeyId, StoredApiKey};
use domain::history::Snapshot;
use domain::organisation::Organisation;
use domain::values::{OrgId, OrgTag};

pub use self::commands::OrganisationFault;
use super::Table;
use super::fault::{Kind, StoreFault};
use super::items::{
    API_KEY_OF_ORGANISATION, ApiKeyOfOrganisationShape, ApiKeyShape, OrganisationShape, Place, head, shape,
};
use super::operator::operators_deadline;
use super::read::{BATCH, operators_waits};
use super::schema::{PK, SK};

impl Table {
    /// An organisation, if it was ever registered.
    pub async fn organisation(&self, org_id: &OrgId) -> Result<Option<Organisation>, StoreFault> {
        let (place, until) = (Place::organisation(OrgTag::of(org_id)), operators_deadline());
        let stored = self.get(&place, operators_waits(), until).await?;
        let stored = stored.map(head::<OrganisationShape>).transpose()?;
        let stored = stored.map(|shape| Snapshot::from(shape).state);
        Ok(stored.filter(|stored| stored.org_id == *org_id))
    }

    /// The organisation that an API key was issued to.
    pub async fn owner_of(&self, id: &ApiKeyId) -> Result<Option<OrgId>, StoreFault> {
        let until = operators_deadline();
        let stored = self.get(&Place::api_key(id), operators_waits(), until).await?;
        Ok(stored.map(shape::<ApiKeyShape>).transpose()?.map(|api_key| api_key.org_id))
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
            let until = operators_deadline();
            for item in self.batch_get(batch.to_vec(), operators_waits(), until).await? {
                api_keys.push(shape::<ApiKeyShape>(item)?);
            }
        }
        api_keys.sort_unstable_by(|a, b| a.api_key_id.as_str().cmp(b.api_key_id.as_str()));
        Ok(api_keys)
    }
}

//! The items that follow from the events of a history.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::api_key::{ApiKeyId, StoredApiKey};
use domain::audit_log;
use domain::history::{Happening, Head, KeptRecord, Told};
use domain::organisation::{Event as OfOrganisation, RecordedEvent};
use domain::user::{Event as OfUser, PhysicalKey};
use domain::values::OrgTag;

use super::super::AuditShards;
use super::super::fault::StoreFault;
use super::super::items::{
    ApiKeyOfOrganisationShape, AuditLogShape, Item, MarkShape, OrganisationShape, PhysicalKeyShape, Place,
    UserShape, changed_in, item,
};
use super::super::schema::HEAD_INDEX;
use super::erased::strip;

/// What there should be besides events and kept answers.
#[derive(Debug, Default)]
pub(super) struct Expected {
    items: BTreeMap<Place, Item>,
    api_keys: BTreeMap<Place, StoredApiKey>,
}

/// The API key that an event issues.
pub(super) fn api_key_of(kept: &KeptRecord) -> Option<ApiKeyId> {
    match &kept.chained.record().happening {
        Happening::Organisation(RecordedEvent::ApiKeyIssued(issued)) => Some(issued.api_key_id.clone()),
        _ => None,
    }
}

impl Expected {
    /// Goes on with what happened.
    pub(super) fn tell(&mut self, told: &Told) -> Result<(), StoreFault> {
        match told {
            Told::User(event) => self.tell_of_user(event),
            Told::Organisation(event) => self.tell_of_organisation(event),
            // Everything of it is in the head.
            Told::AuditLog(audit_log::Event::SigningKeyChanged(_) | audit_log::Event::LogClaimed(_)) => {
                Ok(())
            }
        }
    }

    fn tell_of_user(&mut self, event: &OfUser) -> Result<(), StoreFault> {
        match event {
            OfUser::PhysicalKeyAdded(added) => {
                let tag = OrgTag::of(&added.org_id);
                let place = Place::physical_key(&added.user_id, tag, added.number);
                self.put(place, &PhysicalKeyShape::new(&added.user_id, PhysicalKey::from(added)))?;
                self.put(Place::mark(&added.user_id, tag), &MarkShape { org_id: added.org_id.clone() })
            }
            OfUser::PhysicalKeyRemoved(removed) => {
                // Whoever issued it: numbers are the user's.
                let number = removed.number;
                self.items.retain(|place, _| place.physical_key_number() != Some(number));
                Ok(())
            }
            OfUser::PhysicalKeyTextsErased(erased) => {
                let of_key = |place: &Place| place.physical_key_number() == Some(erased.number);
                self.items.iter_mut().filter(|(place, _)| of_key(place)).for_each(|(_, item)| strip(item));
                Ok(())
            }
        }
    }

    fn tell_of_organisation(&mut self, event: &OfOrganisation) -> Result<(), StoreFault> {
        match event {
            OfOrganisation::OrganisationRegistered(_)
            | OfOrganisation::OrganisationRenamed(_)
            | OfOrganisation::OrganisationClosed(_) => Ok(()),
            OfOrganisation::ApiKeyIssued(issued) => {
                let (id, tag) = (issued.api_key_id.clone(), OrgTag::of(&issued.org_id));
                self.api_keys.insert(Place::api_key(&id), issued.clone().into());
                let place = Place::api_key_of_organisation(tag, &id);
                self.put(place, &ApiKeyOfOrganisationShape { api_key_id: id })
            }
            OfOrganisation::ApiKeyRevoked(revoked) => {
                if let Some(api_key) = self.api_keys.get_mut(&Place::api_key(&revoked.api_key_id)) {
                    api_key.revoked_at = Some(revoked.revoked_at);
                }
                Ok(())
            }
        }
    }

    /// The head, at the place in its index that it has: an export reads all shards, whatever its writers were configured with.
    pub(super) fn head(
        &mut self,
        head: &Head,
        shard: Option<u16>,
        shards: AuditShards,
    ) -> Result<(), StoreFault> {
        let place = Place::head(&head.history());
        match head {
            Head::User(snapshot) => match UserShape::of(snapshot, shards) {
                Some(shape) => self.put(place.clone(), &shape)?,
                None => return Ok(()),
            },
            Head::Organisation(snapshot) => {
                self.put(place.clone(), &OrganisationShape::of(snapshot, shards))?;
            }
            Head::AuditLog(snapshot) => self.put(place.clone(), &AuditLogShape::of(snapshot, shards))?,
        }
        let shard = shard.filter(|shard| AuditShards::MOST.each().any(|one| one == *shard));
        if let (Some(item), Some(shard)) = (self.items.get_mut(&place), shard) {
            let at = changed_in(head.changed_in(), shard);
            item.insert(HEAD_INDEX.1.to_owned(), AttributeValue::S(at));
        }
        Ok(())
    }

    pub(super) fn into_items(mut self) -> Result<BTreeMap<Place, Item>, StoreFault> {
        for (place, api_key) in std::mem::take(&mut self.api_keys) {
            self.put(place, &api_key)?;
        }
        Ok(self.items)
    }

    fn put(&mut self, place: Place, shape: &impl serde::Serialize) -> Result<(), StoreFault> {
        let item = item(&place, shape)?;
        self.items.insert(place, item);
        Ok(())
    }
}

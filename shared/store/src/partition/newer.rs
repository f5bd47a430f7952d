//! What a newer release has put beside what this one knows of an item. Two versions work on one table while one is deployed and after
//! it was taken back: what this one does not know is no fault, and is not taken away.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::super::items::{
    API_KEY_OF_ORGANISATION, ApiKeyOfOrganisationShape, ApiKeyShape, AuditLogShape, Item, KEY, MARK,
    MarkShape, OrganisationShape, PhysicalKeyShape, Place, UserShape, item, shape,
};

/// The attributes of an item that this release does not know; none of an item that it cannot read.
pub(super) fn newer(place: &Place, found: &Item) -> Item {
    let Some(known) = known(place, found) else { return Item::new() };
    let mut newer = found.clone();
    // No release writes null: it stands for an attribute that is known, and should not be there.
    newer.retain(|name, value| !known.contains_key(name) && !matches!(value, AttributeValue::Null(_)));
    newer
}

/// The item as this release would write it.
fn known(place: &Place, found: &Item) -> Option<Item> {
    let head = Place::head_in(&place.pk);
    match place {
        place if place.api_key_id().is_some() => again::<ApiKeyShape>(place, found),
        Place { sk, .. } if sk.starts_with(KEY) => again::<PhysicalKeyShape>(place, found),
        Place { sk, .. } if sk.starts_with(MARK) => again::<MarkShape>(place, found),
        Place { sk, .. } if sk.starts_with(API_KEY_OF_ORGANISATION) => {
            again::<ApiKeyOfOrganisationShape>(place, found)
        }
        place if head.as_ref() == Some(place) => again::<UserShape>(place, found)
            .or_else(|| again::<OrganisationShape>(place, found))
            .or_else(|| again::<AuditLogShape>(place, found)),
        _ => None,
    }
}

fn again<T: Serialize + DeserializeOwned>(place: &Place, found: &Item) -> Option<Item> {
    item(place, &shape::<T>(found.clone()).ok()?).ok()
}

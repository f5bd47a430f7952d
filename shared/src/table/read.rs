//! The one read of a command: everything it needs, in one consistent `BatchGetItem`.

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::KeysAndAttributes;

use super::Table;
use super::fault::{Kind, StoreFault};
use super::items::{ApiKeyShape, Item, PhysicalKeyShape, Place, RequestShape, UserShape, shape};
use super::write::RequestRecord;
use crate::auth::api_key::{ApiKeyId, StoredApiKey};
use crate::history::Snapshot;
use crate::user::PhysicalKey;
use crate::values::{EpochMillis, KeyNumber, UserId};

/// Pause before keys that DynamoDB left unprocessed are asked for again.
const UNPROCESSED_PAUSE: Duration = Duration::from_millis(50);

/// What a command has to look up.
#[derive(Debug, Clone)]
pub struct Lookup<'a> {
    /// The user whose history is decided upon.
    pub user_id: &'a UserId,
    /// The API key that was presented.
    pub api_key: Option<&'a ApiKeyId>,
    /// The physical key that the command is about.
    pub number: Option<KeyNumber>,
    /// The request's hash, if it has an idempotency key.
    pub request_hash: Option<&'a str>,
}

/// What the table held at the time of the read.
#[derive(Debug, Clone)]
pub struct CommandState {
    /// Where the user's history stands.
    pub snapshot: Snapshot,
    /// What is stored of the API key.
    pub api_key: Option<StoredApiKey>,
    /// The physical key that was asked for, if the user holds it.
    pub physical_key: Option<PhysicalKey>,
    /// The same idempotency key's earlier request, unless it has expired.
    pub earlier: Option<RequestRecord>,
}

impl Table {
    /// Reads what a command needs. Keys that DynamoDB leaves unprocessed are asked for again until `deadline`.
    pub async fn read_for_command(
        &self,
        lookup: &Lookup<'_>,
        now: EpochMillis,
        deadline: Instant,
    ) -> Result<CommandState, StoreFault> {
        let user = Place::user(lookup.user_id);
        let api_key = lookup.api_key.map(Place::api_key);
        let physical_key = lookup.number.map(|number| Place::physical_key(lookup.user_id, number));
        let request = lookup.request_hash.map(|hash| Place::request(lookup.user_id, hash));
        let places = [Some(&user), api_key.as_ref(), physical_key.as_ref(), request.as_ref()];
        let keys = places.into_iter().flatten().map(Place::key).collect();

        let reading = tokio::time::timeout_at(deadline.into(), self.batch_get(keys));
        let mut items = reading
            .await
            .map_err(|_| StoreFault::Unreachable("no answer before the deadline".to_owned()))??;
        let mut take = |place: Option<&Place>| {
            let position = items.iter().position(|item| place.is_some_and(|place| place.is_of(item)))?;
            Some(items.swap_remove(position))
        };
        let snapshot = match take(Some(&user)) {
            Some(item) => shape::<UserShape>(item)?.into(),
            None => Snapshot::new(lookup.user_id.clone()),
        };
        let api_key = take(api_key.as_ref()).map(shape::<ApiKeyShape>).transpose()?;
        let physical_key = take(physical_key.as_ref()).map(shape::<PhysicalKeyShape>).transpose()?;
        let earlier = take(request.as_ref()).map(shape::<RequestShape>).transpose()?;
        Ok(CommandState {
            snapshot,
            api_key,
            physical_key: physical_key.map(PhysicalKey::from),
            earlier: earlier.map(RequestRecord::from).filter(|record| !record.has_expired(now)),
        })
    }

    /// Reads what is stored of an API key.
    pub async fn read_api_key(
        &self,
        id: &ApiKeyId,
        deadline: Instant,
    ) -> Result<Option<StoredApiKey>, StoreFault> {
        let reading = self.batch_get(vec![Place::api_key(id).key()]);
        let reading = tokio::time::timeout_at(deadline.into(), reading).await;
        let items =
            reading.map_err(|_| StoreFault::Unreachable("no answer before the deadline".to_owned()))??;
        items.into_iter().next().map(shape::<ApiKeyShape>).transpose()
    }

    /// Looks for an API key that cannot exist.
    pub(super) async fn look_for_nothing(&self) -> Result<(), StoreFault> {
        let nothing = Place { pk: "APIKEY#".to_owned(), sk: "APIKEY".to_owned() };
        self.batch_get(vec![nothing.key()]).await.map(|_| ())
    }

    /// Gets all the items of these keys, at most 100, strongly consistent.
    pub(super) async fn batch_get(&self, mut keys: Vec<Item>) -> Result<Vec<Item>, StoreFault> {
        let mut items = Vec::with_capacity(keys.len());
        loop {
            let wanted = KeysAndAttributes::builder()
                .set_keys(Some(keys))
                .consistent_read(true)
                .build()
                .map_err(|error| StoreFault::Unexpected(error.to_string()))?;
            let got = self.client.batch_get_item().request_items(&self.name, wanted).send().await;
            let got = got.map_err(|error| StoreFault::of(Kind::Read, &error))?;
            let mut responses = got.responses.unwrap_or_default();
            items.extend(responses.remove(&self.name).unwrap_or_default());
            let mut unprocessed = got.unprocessed_keys.unwrap_or_default();
            keys = unprocessed.remove(&self.name).map(|left| left.keys).unwrap_or_default();
            if keys.is_empty() {
                return Ok(items);
            }
            tokio::time::sleep(UNPROCESSED_PAUSE).await;
        }
    }
}

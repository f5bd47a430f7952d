//! The one read of a command: everything it needs, in one consistent `BatchGetItem`.

use std::time::Instant;

use aws_sdk_dynamodb::types::KeysAndAttributes;

use super::Table;
use super::fault::{Kind, StoreFault};
use super::items::{ApiKeyShape, Item, PhysicalKeyShape, Place, RequestShape, UserShape, WriterShape, shape};
use super::requests::RequestRecord;
use super::write::AttemptToken;
use crate::auth::api_key::{ApiKeyId, StoredApiKey};
use crate::history::Snapshot;
use crate::retry::Backoff;
use crate::user::PhysicalKey;
use crate::values::{EpochMillis, KeyNumber, UserId, Version};

/// How often what DynamoDB leaves unprocessed is asked for, the first time included. It leaves things unprocessed when
/// it throttles (API reference, `BatchGetItem`), so that is what it comes to in the end.
const MOST_ASKED: usize = 8;

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

/// Whose a version of a history is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Writer {
    /// There is no such event, at the moment of the read.
    Nobody,
    /// The attempt that wrote the event; none for events of before attempts had tokens.
    Attempt(Option<AttemptToken>),
}

impl Table {
    /// Reads what a command needs. It is no snapshot: each item is read at a moment of its own.
    pub async fn read_for_command(
        &self,
        lookup: &Lookup<'_>,
        now: EpochMillis,
        backoff: Backoff,
        deadline: Instant,
    ) -> Result<CommandState, StoreFault> {
        let user = Place::user(lookup.user_id);
        let api_key = lookup.api_key.map(Place::api_key);
        let physical_key = lookup.number.map(|number| Place::physical_key(lookup.user_id, number));
        let request = lookup.request_hash.map(|hash| Place::request(lookup.user_id, hash));
        let places = [Some(&user), api_key.as_ref(), physical_key.as_ref(), request.as_ref()];
        let keys = places.into_iter().flatten().map(Place::key).collect();

        let mut items = self.batch_get(keys, backoff, deadline).await?;
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
        backoff: Backoff,
        deadline: Instant,
    ) -> Result<Option<StoredApiKey>, StoreFault> {
        self.get(&Place::api_key(id), backoff, deadline).await?.map(shape::<ApiKeyShape>).transpose()
    }

    /// Reads whose a version of a history has become.
    pub async fn read_writer(
        &self,
        user_id: &UserId,
        version: Version,
        backoff: Backoff,
        deadline: Instant,
    ) -> Result<Writer, StoreFault> {
        Ok(match self.get(&Place::event(user_id, version), backoff, deadline).await? {
            None => Writer::Nobody,
            Some(item) => Writer::Attempt(shape::<WriterShape>(item)?.attempt),
        })
    }

    /// Looks for an API key that cannot exist.
    pub(super) async fn look_for_nothing(
        &self,
        backoff: Backoff,
        deadline: Instant,
    ) -> Result<(), StoreFault> {
        let nothing = Place { pk: "APIKEY#".to_owned(), sk: "APIKEY".to_owned() };
        self.get(&nothing, backoff, deadline).await.map(|_| ())
    }

    /// Gets one item, strongly consistent. By the call that commands have permission for.
    pub(super) async fn get(
        &self,
        place: &Place,
        backoff: Backoff,
        deadline: Instant,
    ) -> Result<Option<Item>, StoreFault> {
        Ok(self.batch_get(vec![place.key()], backoff, deadline).await?.pop())
    }

    /// Gets all the items of these keys, at most 100, strongly consistent. Keys that DynamoDB leaves unprocessed are asked
    /// for again, after waits that grow.
    pub(super) async fn batch_get(
        &self,
        mut keys: Vec<Item>,
        mut backoff: Backoff,
        deadline: Instant,
    ) -> Result<Vec<Item>, StoreFault> {
        let mut items = Vec::with_capacity(keys.len());
        for asked in 1.. {
            let wanted = KeysAndAttributes::builder()
                .set_keys(Some(keys))
                .consistent_read(true)
                .build()
                .map_err(|error| StoreFault::Unexpected(error.to_string()))?;
            let reading = self.client.batch_get_item().request_items(&self.name, wanted).send();
            let got = tokio::time::timeout_at(deadline.into(), reading).await;
            let got = got.map_err(|_| StoreFault::Unreachable("no answer before the deadline".to_owned()))?;
            let got = got.map_err(|error| StoreFault::of(Kind::Read, &error))?;
            let mut responses = got.responses.unwrap_or_default();
            items.extend(responses.remove(&self.name).unwrap_or_default());
            let mut unprocessed = got.unprocessed_keys.unwrap_or_default();
            keys = unprocessed.remove(&self.name).map(|left| left.keys).unwrap_or_default();
            if keys.is_empty() {
                break;
            }
            if asked == MOST_ASKED || backoff.wait(deadline).await.is_err() {
                return Err(StoreFault::Throttled);
            }
        }
        Ok(items)
    }
}

//! The one read of a request: everything it needs, in one consistent `BatchGetItem`.

use std::time::Instant;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::KeysAndAttributes;
use domain::api_key::{ApiKeyId, StoredApiKey};
use domain::history::{HistoryId, Snapshot};
use domain::organisation::Organisation;
use domain::user::{PhysicalKey, User};
use domain::values::{EpochMillis, KeyNumber, OrgId, OrgTag, UserId, Version};
use process::retry::Backoff;
use serde::de::DeserializeOwned;
use tokio::time::error::Elapsed;
use tokio::time::timeout_at;

use super::Table;
use super::fault::{Kind, StoreFault};
use super::items::{
    ApiKeyShape, Item, MarkShape, OrganisationShape, PhysicalKeyShape, Place, RequestShape, UserShape,
    WriterShape, head, shape,
};
use super::requests::RequestRecord;
use super::write::AttemptToken;

/// How often what DynamoDB leaves unprocessed is asked for, the first time included. It leaves things unprocessed when
/// it throttles (API reference, `BatchGetItem`), so that is what it comes to in the end.
const MOST_ASKED: usize = 8;

/// Keys that one `BatchGetItem` takes.
pub(super) const BATCH: usize = 100;

/// What a request about a user has to look up. Everything of it comes in one read.
#[derive(Debug, Clone)]
pub struct Lookup<'a> {
    /// The credentials.
    pub credentials: CredentialLookup<'a>,
    /// The user.
    pub user_id: &'a UserId,
    /// The physical key that it is about. It is looked for among those of the credentials' organisation.
    pub number: Option<KeyNumber>,
    /// Whether it matters if that organisation has ever issued anything to the user.
    pub mark: bool,
    /// The request's hash, if it has an idempotency key.
    pub request_hash: Option<&'a str>,
}

/// What there is to look up of credentials.
#[derive(Debug, Clone, Copy)]
pub struct CredentialLookup<'a> {
    /// The API key that was presented.
    pub api_key: Option<&'a ApiKeyId>,
    /// The organisation that the credentials lead to.
    pub organisation: Option<OrgTag>,
}

impl CredentialLookup<'_> {
    fn places(self) -> [Option<Place>; 2] {
        [self.api_key.map(Place::api_key), self.organisation.map(Place::organisation)]
    }
}

/// What is stored of the credentials that were presented.
#[derive(Debug, Clone, Default)]
pub struct StoredCredentials {
    /// What is stored of the API key.
    pub api_key: Option<StoredApiKey>,
    /// The organisation that stands at the place that the credentials led to.
    pub organisation: Option<Organisation>,
}

impl StoredCredentials {
    /// Whether an organisation is registered and open.
    #[must_use]
    pub fn has_open(&self, org_id: &OrgId) -> bool {
        self.organisation.as_ref().is_some_and(|stored| stored.org_id == *org_id && stored.is_open())
    }
}

/// What the table held at the time of the read.
#[derive(Debug, Clone)]
pub struct UserState {
    /// What is stored of the credentials.
    pub credentials: StoredCredentials,
    /// Where the user's history stands.
    pub snapshot: Snapshot<User>,
    /// The physical key that was asked for, if the user holds it and the credentials' organisation issued it.
    pub physical_key: Option<PhysicalKey>,
    /// Whether that organisation has ever issued anything to the user, if it was asked for.
    pub is_marked: bool,
    /// The same idempotency key's earlier request, unless it has expired.
    pub earlier: Option<RequestRecord>,
}

/// Whose a version of a history is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Writer {
    /// There is no such event, at the moment of the read.
    Nobody,
    /// The attempt that wrote the event.
    Attempt(AttemptToken),
}

/// Items that were read, each to be taken out by its place.
struct Read(Vec<Item>);

impl Read {
    fn take<T: DeserializeOwned>(&mut self, place: Option<&Place>) -> Result<Option<T>, StoreFault> {
        self.item(place).map(shape).transpose()
    }

    fn take_head<T: DeserializeOwned>(&mut self, place: Option<&Place>) -> Result<Option<T>, StoreFault> {
        self.item(place).map(head).transpose()
    }

    fn item(&mut self, place: Option<&Place>) -> Option<Item> {
        let position = self.0.iter().position(|item| place.is_some_and(|place| place.is_of(item)));
        position.map(|position| self.0.swap_remove(position))
    }

    fn credentials(
        &mut self,
        api_key: Option<&Place>,
        organisation: Option<&Place>,
    ) -> Result<StoredCredentials, StoreFault> {
        Ok(StoredCredentials {
            api_key: self.take::<ApiKeyShape>(api_key)?,
            organisation: self
                .take_head::<OrganisationShape>(organisation)?
                .map(|shape| Snapshot::from(shape).state),
        })
    }
}

impl Table {
    /// Reads what a request about a user needs. It is no snapshot: each item is read at a moment of its own.
    pub async fn look_up(
        &self,
        lookup: &Lookup<'_>,
        now: EpochMillis,
        backoff: Backoff,
        deadline: Instant,
    ) -> Result<UserState, StoreFault> {
        let (user_id, issuer) = (lookup.user_id, lookup.credentials.organisation);
        let user = Some(Place::user(user_id));
        let physical_key = lookup.number.zip(issuer);
        let physical_key = physical_key.map(|(number, issuer)| Place::physical_key(user_id, issuer, number));
        let mark = issuer.filter(|_| lookup.mark).map(|issuer| Place::mark(user_id, issuer));
        let request = lookup.request_hash.map(|hash| Place::request(user_id, hash));
        let [api_key, organisation] = lookup.credentials.places();
        let places = [&user, &api_key, &organisation, &physical_key, &mark, &request];

        let mut read = self.read_places(&places, backoff, deadline).await?;
        let snapshot = match read.take_head::<UserShape>(user.as_ref())? {
            Some(shape) => shape.into(),
            None => Snapshot::new(User::new(user_id.clone())),
        };
        let earlier = read.take::<RequestShape>(request.as_ref())?.map(RequestRecord::from);
        Ok(UserState {
            credentials: read.credentials(api_key.as_ref(), organisation.as_ref())?,
            snapshot,
            physical_key: read.take::<PhysicalKeyShape>(physical_key.as_ref())?.map(PhysicalKey::from),
            is_marked: read.take::<MarkShape>(mark.as_ref())?.is_some(),
            earlier: earlier.filter(|record| !record.has_expired(now)),
        })
    }

    /// Reads what is stored of credentials.
    pub async fn look_up_credentials(
        &self,
        lookup: CredentialLookup<'_>,
        backoff: Backoff,
        deadline: Instant,
    ) -> Result<StoredCredentials, StoreFault> {
        let [api_key, organisation] = lookup.places();
        let mut read = self.read_places(&[&api_key, &organisation], backoff, deadline).await?;
        read.credentials(api_key.as_ref(), organisation.as_ref())
    }

    /// Reads the physical key of a number, whoever issued it: among the issuers that have ever issued anything to the user,
    /// of whom there are few, rather than among all physical keys, of whom one issuer may have added many.
    pub async fn look_for_physical_key(
        &self,
        user_id: &UserId,
        number: KeyNumber,
        mut backoff: impl FnMut() -> Backoff,
        deadline: Instant,
    ) -> Result<Option<PhysicalKey>, StoreFault> {
        let mut after = None;
        loop {
            let issuers = self.issuers_after(user_id, after, BATCH, deadline).await?;
            let places =
                issuers.entries.iter().map(|issuer| Place::physical_key(user_id, *issuer, number).key());
            let found = self.batch_get(places.collect(), backoff(), deadline).await?.pop();
            if let Some(item) = found {
                return Ok(Some(shape::<PhysicalKeyShape>(item)?.into()));
            }
            if issuers.is_last {
                return Ok(None);
            }
            after = issuers.entries.last().copied();
        }
    }

    async fn read_places(
        &self,
        places: &[&Option<Place>],
        backoff: Backoff,
        deadline: Instant,
    ) -> Result<Read, StoreFault> {
        let keys = places.iter().filter_map(|place| place.as_ref().map(Place::key)).collect();
        Ok(Read(self.batch_get(keys, backoff, deadline).await?))
    }

    /// Reads whose a version of a history has become.
    pub async fn read_writer(
        &self,
        history: &HistoryId,
        version: Version,
        backoff: Backoff,
        deadline: Instant,
    ) -> Result<Writer, StoreFault> {
        Ok(match self.get(&Place::event(history, version), backoff, deadline).await? {
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
        if keys.is_empty() {
            return Ok(items);
        }
        for asked in 1.. {
            let wanted = KeysAndAttributes::builder()
                .set_keys(Some(keys))
                .consistent_read(true)
                .build()
                .map_err(|error| StoreFault::Unexpected(error.to_string()))?;
            let reading = self.client.batch_get_item().request_items(&self.name, wanted).send();
            let got = in_time(timeout_at(deadline.into(), reading).await)?;
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

/// What a read was answered, if it was before the deadline.
pub(super) fn in_time<T, E, R>(answered: Result<Result<T, SdkError<E, R>>, Elapsed>) -> Result<T, StoreFault>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    let answered =
        answered.map_err(|_| StoreFault::Unreachable("no answer before the deadline".to_owned()))?;
    answered.map_err(|error| StoreFault::of(Kind::Read, &error))
}

/// The waits of an operator's command and of the export: there is one of each, so nobody waits at the same time.
pub(super) fn operators_waits() -> Backoff {
    Backoff::new(fastrand::Rng::with_seed(0))
}

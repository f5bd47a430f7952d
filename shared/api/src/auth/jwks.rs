//! Where signing keys come from: given in the configuration, or fetched from the issuer and cached.
//!
//! The cache is refreshed when it is old and when a token names a key it does not hold, by one request at a time
//! and at most every ten seconds: a rotation is noticed at once, and tokens with invented key ids cannot be used to
//! flood the issuer. Keys that were fetched stay in use while the issuer cannot be reached, but not for ever: a key that was
//! withdrawn in the meantime must end some day.
//!
//! There are three answers about a key: this one; asked and none; could not or did not ask. Only the second says something
//! about a token. For the third, the token may be good, and a client must not throw it away.

use std::sync::{Arc, RwLock};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::byte_stream::ByteStream;
use domain::values::EpochMillis;
use process::aws::Https;
use tokio::sync::Mutex;

use super::signing_keys::{SigningKey, SigningKeys, SigningKeysFault, Wanted};

/// Longest wait for the issuer, from the connection to the last byte.
const FETCH_TIMEOUT: Duration = Duration::from_secs(2);
/// Shortest time between two requests to the issuer.
const FETCH_INTERVAL: Duration = Duration::from_secs(10);
/// Age at which keys are fetched again, so that one the issuer withdrew is forgotten.
const FRESH_FOR: Duration = Duration::from_mins(10);
/// Age at which keys are not used any more, although the issuer could not be asked for new ones.
const GOOD_FOR: Duration = Duration::from_hours(6);
/// Largest key set that is read, in bytes.
const LARGEST_KEY_SET: usize = 256 * 1_024;

/// A source of signing keys.
#[derive(Debug)]
pub enum SigningKeySource {
    /// Keys from the configuration; they never change.
    Fixed(SigningKeys),
    /// Keys from the issuer's JWKS URL.
    Fetched(Box<FetchedKeys>),
    /// Nobody is asked: no token can be accepted, and none refused for its signature.
    Unasked,
}

/// The issuer could not be asked, or not since the token was issued, so that the token can be neither accepted nor refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signing keys of the token issuer are not known at this moment")]
pub struct SigningKeysUnavailable;

impl SigningKeySource {
    /// The keys that a token may be signed with; none if the issuer has no such key. `issued_at` is the token's own word:
    /// a set that was fetched before that moment says nothing about it.
    pub async fn find(
        &self,
        wanted: Wanted<'_>,
        issued_at: Option<EpochMillis>,
        now: EpochMillis,
    ) -> Result<Vec<SigningKey>, SigningKeysUnavailable> {
        match self {
            Self::Fixed(keys) => Ok(keys.find(wanted)),
            Self::Fetched(keys) => keys.find(wanted, issued_at, now).await,
            Self::Unasked => Err(SigningKeysUnavailable),
        }
    }

    /// Fetches the keys ahead of the first token, if they are to be fetched. A failure is logged and tried again
    /// when a token needs them.
    pub async fn warm_up(&self, now: EpochMillis) {
        if let Self::Fetched(keys) = self {
            keys.refresh(&mut *keys.last_try.lock().await, now).await;
        }
    }
}

/// Keys fetched from a URL, and when.
#[derive(Debug)]
pub struct FetchedKeys {
    url: String,
    connector: SharedHttpConnector,
    /// Read by every request; written by the one that fetched.
    current: RwLock<Option<Fetched>>,
    /// Held while fetching, so that one request fetches at a time. Holds the time of the last try.
    last_try: Mutex<Option<EpochMillis>>,
}

#[derive(Debug, Clone)]
struct Fetched {
    keys: Arc<SigningKeys>,
    at: EpochMillis,
}

/// Why the issuer's keys could not be fetched. For the log only.
#[derive(Debug, thiserror::Error)]
enum FetchFault {
    #[error("no answer within {} s", FETCH_TIMEOUT.as_secs())]
    TimedOut,
    #[error("the request failed: {0}")]
    Request(String),
    #[error("the answer has status {0}")]
    Status(u16),
    #[error("the answer is larger than {LARGEST_KEY_SET} bytes")]
    TooLarge,
    #[error("the answer {0}")]
    KeySet(#[from] SigningKeysFault),
}

impl FetchedKeys {
    /// Keys to be fetched from `url` when they are first needed.
    #[must_use]
    pub fn new(url: String, https: &Https) -> Self {
        Self { url, connector: https.connector(), current: RwLock::new(None), last_try: Mutex::new(None) }
    }

    /// The keys as they are known, unless they are too old.
    fn current(&self, now: EpochMillis) -> Option<Fetched> {
        let current = self.current.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        current.filter(|fetched| now.since(fetched.at) < GOOD_FOR)
    }

    async fn find(
        &self,
        wanted: Wanted<'_>,
        issued_at: Option<EpochMillis>,
        now: EpochMillis,
    ) -> Result<Vec<SigningKey>, SigningKeysUnavailable> {
        if let Some(known) = self.current(now) {
            let found = known.keys.find(wanted);
            let is_fresh = now.since(known.at) < FRESH_FOR;
            if !found.is_empty() && is_fresh {
                return Ok(found);
            }
            if !found.is_empty() {
                // An old key still serves while another request is asking for the new ones.
                let Ok(mut last_try) = self.last_try.try_lock() else { return Ok(found) };
                self.refresh(&mut last_try, now).await;
                return self.known(wanted, issued_at, now);
            }
        }
        let mut last_try = self.last_try.lock().await;
        self.refresh(&mut last_try, now).await;
        self.known(wanted, issued_at, now)
    }

    /// What is known of a key by the set as it is.
    fn known(
        &self,
        wanted: Wanted<'_>,
        issued_at: Option<EpochMillis>,
        now: EpochMillis,
    ) -> Result<Vec<SigningKey>, SigningKeysUnavailable> {
        let known = self.current(now).ok_or(SigningKeysUnavailable)?;
        let found = known.keys.find(wanted);
        // A token that does not say when it was issued, or says that it will be, may have been issued just now.
        let issued_at = issued_at.map_or(now, |at| at.min(now));
        if found.is_empty() && known.at < issued_at { Err(SigningKeysUnavailable) } else { Ok(found) }
    }

    /// Fetches, unless somebody just tried.
    async fn refresh(&self, last_try: &mut Option<EpochMillis>, now: EpochMillis) {
        if last_try.is_some_and(|at| now.since(at) < FETCH_INTERVAL) {
            return;
        }
        *last_try = Some(now);
        match self.fetch().await {
            Ok(keys) => {
                let fetched = Fetched { keys: Arc::new(keys), at: now };
                *self.current.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(fetched);
            }
            Err(fault) => {
                tracing::warn!(url = %self.url, fault = %fault, "the signing keys could not be fetched");
            }
        }
    }

    async fn fetch(&self) -> Result<SigningKeys, FetchFault> {
        let body = tokio::time::timeout(FETCH_TIMEOUT, self.download()).await;
        Ok(SigningKeys::parse(&body.map_err(|_| FetchFault::TimedOut)??)?)
    }

    async fn download(&self) -> Result<Vec<u8>, FetchFault> {
        let request = |fault: &dyn std::error::Error| FetchFault::Request(fault.to_string());
        let get = HttpRequest::get(&self.url).map_err(|fault| request(&fault))?;
        let response = self.connector.call(get).await.map_err(|fault| request(&fault))?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(FetchFault::Status(status));
        }
        let mut stream = ByteStream::new(response.into_body());
        let mut body = Vec::new();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|fault| request(&fault))?;
            if body.len() + chunk.len() > LARGEST_KEY_SET {
                return Err(FetchFault::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

//! Where exports are kept: a folder (`file:///dir`) or an S3 bucket (`s3://bucket/prefix`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::loopback::is_loopback;
use domain::values::Hour;
use futures_util::TryStreamExt;
use object_store::aws::{AmazonS3Builder, Checksum};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, ObjectStoreExt, PutMode, RetryConfig};
use url::Url;

use crate::calendar;
use crate::manifest::{EVENTS, MANIFEST};

/// The bounds of one call to S3, retries included.
const RETRY_TIMEOUT: Duration = Duration::from_mins(1);
const MOST_RETRIES: usize = 5;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const REQUEST_TIMEOUT: Duration = Duration::from_mins(5);

/// An object store, from a root on.
#[derive(Debug, Clone)]
pub struct Archive {
    store: Arc<dyn ObjectStore>,
    root: Path,
}

/// Why an archive cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveFault {
    /// The URL names none.
    #[error("{0} is neither file:///dir nor s3://bucket/prefix")]
    Url(Url),
    /// S3 without credentials in the environment.
    #[error(
        "S3 wants credentials in the environment, as `aws configure export-credentials --format env` prints them"
    )]
    Credentials,
    /// The object store says so.
    #[error("the export's files cannot be used: {0}")]
    Store(#[from] object_store::Error),
    /// An object that is written once is there with other bytes.
    #[error("{0} is there already, and is not what this export would write")]
    Conflict(String),
}

/// What became of an object that is to be written once.
#[derive(Debug, PartialEq, Eq)]
pub enum Written {
    /// It is written.
    Now,
    /// It was there before, with these bytes.
    Before(Bytes),
}

/// Which files are there.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The hours with a manifest or with events, and which of the two.
    pub hours: BTreeMap<Hour, BTreeSet<&'static str>>,
    /// Everything else below the root, by path.
    pub strangers: BTreeSet<String>,
}

impl Archive {
    /// The archive at a URL. S3 is used by the SDKs' environment variables for region, credentials and endpoint.
    pub fn open(url: &Url) -> Result<Self, ArchiveFault> {
        Self::open_at(url, None)
    }

    /// The same, where the endpoint of a stand-in may take the place of S3.
    pub fn open_at(url: &Url, stand_in: Option<String>) -> Result<Self, ArchiveFault> {
        let unusable = || ArchiveFault::Url(url.clone());
        match url.scheme() {
            "file" => {
                let folder = url.to_file_path().map_err(|()| unusable())?;
                let root = Path::from_absolute_path(folder).map_err(object_store::Error::from)?;
                Ok(Self::new(Arc::new(LocalFileSystem::new()), root))
            }
            "s3" if !has_credentials() => Err(ArchiveFault::Credentials),
            "s3" => {
                let root = Path::from_url_path(url.path()).map_err(object_store::Error::from)?;
                Ok(Self::new(Arc::new(s3(url, stand_in)?), root))
            }
            _ => Err(unusable()),
        }
    }

    /// An archive in an object store, from a root on.
    #[must_use]
    pub const fn new(store: Arc<dyn ObjectStore>, root: Path) -> Self {
        Self { store, root }
    }

    fn path(&self, path: &str) -> Path {
        path.split('/').fold(self.root.clone(), Path::join)
    }

    /// Writes an object unless it is there. Of several that write it at once, one does.
    pub async fn create(&self, path: &str, bytes: Bytes) -> Result<Written, ArchiveFault> {
        let object = self.path(path);
        match self.store.put_opts(&object, bytes.into(), PutMode::Create.into()).await {
            Ok(_) => Ok(Written::Now),
            Err(object_store::Error::AlreadyExists { .. }) => {
                let there = self.store.get(&object).await?.bytes().await?;
                Ok(Written::Before(there))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The bytes of an object, if it is there.
    pub async fn read(&self, path: &str) -> Result<Option<Bytes>, ArchiveFault> {
        match self.store.get(&self.path(path)).await {
            Ok(found) => Ok(Some(found.bytes().await?)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Which files are there, by name alone.
    pub async fn list(&self) -> Result<Listing, ArchiveFault> {
        let mut objects = self.store.list(Some(&self.root));
        let mut listing = Listing::default();
        while let Some(object) = objects.try_next().await? {
            let below = object.location.prefix_match(&self.root).into_iter().flatten();
            let path = below.map(|part| part.as_ref().to_owned()).collect::<Vec<_>>().join("/");
            match file_of_hour(&path) {
                Some((hour, name)) => {
                    listing.hours.entry(hour).or_default().insert(name);
                }
                None => {
                    listing.strangers.insert(path);
                }
            }
        }
        Ok(listing)
    }
}

/// The hour and the name of a file that an export writes.
fn file_of_hour(path: &str) -> Option<(Hour, &'static str)> {
    let (folder, name) = path.rsplit_once('/')?;
    let name = [MANIFEST, EVENTS].into_iter().find(|known| *known == name)?;
    Some((calendar::of_folder(folder)?, name))
}

fn s3(url: &Url, stand_in: Option<String>) -> Result<impl ObjectStore, object_store::Error> {
    let retries = RetryConfig {
        backoff: BackoffConfig::default(),
        max_retries: MOST_RETRIES,
        retry_timeout: RETRY_TIMEOUT,
    };
    let client = ClientOptions::new().with_connect_timeout(CONNECT_TIMEOUT).with_timeout(REQUEST_TIMEOUT);
    let client = client.with_allow_http(stand_in.is_some() || endpoint_is_local());
    let builder = match stand_in {
        // The credentials in the environment may be real ones, and are not for a stand-in.
        Some(endpoint) => AmazonS3Builder::new()
            .with_endpoint(endpoint)
            .with_access_key_id("local")
            .with_secret_access_key("local"),
        None => AmazonS3Builder::from_env(),
    };
    builder
        .with_url(url.as_str())
        // S3 takes objects into a bucket with a default retention only with `Content-MD5` or an `x-amz-checksum-*`.
        .with_checksum_algorithm(Checksum::SHA256)
        .with_retry(retries)
        .with_client_options(client)
        .build()
}

/// A variable that the library reads as well.
fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "The library reads the environment itself, and so late.")]
    let value = std::env::var(name);
    value.ok()
}

/// Whether the environment has credentials, or says where a container's or a pod's are. Otherwise the library would go on
/// to ask for an instance's, which takes a minute where there are none.
fn has_credentials() -> bool {
    [
        "AWS_ACCESS_KEY_ID",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
    ]
    .into_iter()
    .any(|name| variable(name).is_some_and(|value| !value.is_empty()))
}

/// Whether S3 is a stand-in on this machine: nothing else is spoken to without TLS.
fn endpoint_is_local() -> bool {
    let endpoint = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"].into_iter().find_map(variable);
    let endpoint = endpoint.and_then(|endpoint| Url::parse(&endpoint).ok());
    endpoint.is_some_and(|url| url.host_str().is_some_and(is_loopback))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_and_buckets_are_archives() {
        for url in ["file:///tmp/audit", "file:///tmp/with%20space/"] {
            assert!(Archive::open(&Url::parse(url).unwrap()).is_ok(), "{url}");
        }
        for url in ["https://bucket.example/a", "memory:///", "gs://bucket/a", "file://host/dir"] {
            let fault = Archive::open(&Url::parse(url).unwrap()).unwrap_err();
            assert!(matches!(fault, ArchiveFault::Url(_)), "{url}: {fault}");
        }
    }

    #[test]
    fn files_are_known_by_their_whole_path() {
        let hour = calendar::parse("2026-11-23T12:00:00Z").unwrap();
        assert_eq!(file_of_hour("date=2026-11-23/hour=12/manifest.json"), Some((hour, MANIFEST)));
        assert_eq!(file_of_hour("date=2026-11-23/hour=12/events.ndjson.gz"), Some((hour, EVENTS)));
        for path in
            ["manifest.json", "date=2026-11-23/hour=12/other", "x/date=2026-11-23/hour=12/manifest.json"]
        {
            assert_eq!(file_of_hour(path), None, "{path}");
        }
    }
}

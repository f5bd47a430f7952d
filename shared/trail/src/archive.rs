//! Where exports are kept: a folder (`file:///dir`) or an S3 bucket (`s3://bucket/prefix`).

mod bucket;
mod folder;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::values::Hour;
use futures_util::TryStreamExt;
use object_store::aws::AwsCredentialProvider;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, UpdateVersion};
use url::Url;

use self::bucket::{Access, has_credentials, s3};
use self::folder::Folder;
use crate::calendar;
use crate::checkpoint::{CHECKPOINT, NEWEST};
use crate::log::{IDENTITY, table_number};
use crate::manifest::{EVENTS, MANIFEST};
use crate::part::PART;
use crate::tile::Tile;

/// How often a file that is said to be there, and is not, is written again; and the first of the waits between, which double.
const MOST_CONFLICTS: u32 = 6;
const CONFLICT_WAIT: Duration = Duration::from_millis(100);

/// Where files are written once and read.
#[derive(Debug, Clone)]
pub struct Archive(Kept);

#[derive(Debug, Clone)]
enum Kept {
    /// In a folder of this machine.
    Folder(Folder),
    /// In an object store, from a root on.
    Objects(Arc<dyn ObjectStore>, Path),
}

/// Why an archive cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveFault {
    /// The URL names none.
    #[error("{0} is neither file:///dir nor s3://bucket/prefix")]
    Url(Url),
    /// S3 without credentials in the environment.
    #[error("S3 wants credentials in the environment")]
    Credentials,
    /// The object store says so.
    #[error("the export's files cannot be used: {0}")]
    Store(object_store::Error),
    /// The object store cannot be reached: what the system says.
    #[error("S3 cannot be reached: {0}")]
    Unreachable(String),
    /// The file system says so, of a file.
    #[error("{0} cannot be used: {1}")]
    File(String, std::io::Error),
    /// Something else than a file stands where one should be.
    #[error("{0} is not a plain file")]
    NotAFile(String),
    /// It is larger than anything that an export writes there.
    #[error("{0} has more than {1} bytes, which no export writes there")]
    TooLarge(String, u64),
}

impl From<object_store::Error> for ArchiveFault {
    fn from(error: object_store::Error) -> Self {
        let all: Option<&(dyn Error + 'static)> = Some(&error);
        let of_system = std::iter::successors(all, |cause| (*cause).source())
            .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
            .last();
        match of_system {
            Some(why) => Self::Unreachable(why.to_string()),
            None => Self::Store(error),
        }
    }
}

/// What became of an object that is to be written once.
#[derive(Debug, PartialEq, Eq)]
pub enum Written {
    /// It is written.
    Now,
    /// It was there before, with these bytes.
    Before(Bytes),
}

/// An object as it was found, so that it can be replaced if it is still that.
#[derive(Debug, Clone)]
pub struct Found {
    /// Its bytes.
    pub bytes: Bytes,
    /// By which an object store knows this version of it.
    version: UpdateVersion,
}

/// Which files are there.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The hours with an events file, a manifest or a checkpoint, and which of the three.
    pub hours: BTreeMap<Hour, BTreeSet<&'static str>>,
    /// The tiles of the tree.
    pub tiles: BTreeSet<Tile>,
    /// Everything else below the root, by path; what is in a foreign folder is not looked at.
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
                Ok(Self(Kept::Folder(Folder::new(folder))))
            }
            "s3" if stand_in.is_none() && !has_credentials() => Err(ArchiveFault::Credentials),
            "s3" => Self::in_s3(url, stand_in.map_or(Access::Environment, Access::StandIn)),
            _ => Err(unusable()),
        }
    }

    /// The archive in the bucket of a URL, for whoever has found region and credentials by themselves.
    pub fn open_bucket(
        url: &Url,
        region: String,
        credentials: AwsCredentialProvider,
    ) -> Result<Self, ArchiveFault> {
        Self::in_s3(url, Access::Given(region, credentials))
    }

    fn in_s3(url: &Url, access: Access) -> Result<Self, ArchiveFault> {
        let root = Path::from_url_path(url.path()).map_err(object_store::Error::from)?;
        Ok(Self::new(Arc::new(s3(url, access)?), root))
    }

    /// An archive in an object store, from a root on.
    #[must_use]
    pub const fn new(store: Arc<dyn ObjectStore>, root: Path) -> Self {
        Self(Kept::Objects(store, root))
    }

    /// Writes an object unless it is there. Of several that write it at once, one does. What is there must not have more than
    /// so many bytes.
    pub async fn create(&self, path: &str, bytes: Bytes, most: u64) -> Result<Written, ArchiveFault> {
        let mut wait = CONFLICT_WAIT;
        for _ in 0..MOST_CONFLICTS {
            if self.create_once(path, bytes.clone()).await? {
                return Ok(Written::Now);
            }
            if let Some(there) = self.read(path, most).await? {
                return Ok(Written::Before(there));
            }
            // S3 answers 409 where two writes met, and neither may have been carried out.
            tokio::time::sleep(wait).await;
            wait *= 2;
        }
        Err(ArchiveFault::File(path.to_owned(), std::io::Error::other("it is there, and cannot be found")))
    }

    /// Gives whether it was written: not if it is there, and perhaps not if somebody else was at it.
    async fn create_once(&self, path: &str, bytes: Bytes) -> Result<bool, ArchiveFault> {
        let (store, root) = match &self.0 {
            Kept::Folder(folder) => return folder.create(path, bytes).await,
            Kept::Objects(store, root) => (store, root),
        };
        match store.put_opts(&below(root, path), bytes.into(), PutMode::Create.into()).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::AlreadyExists { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// The bytes of an object, at most so many, if it is there.
    pub async fn read(&self, path: &str, most: u64) -> Result<Option<Bytes>, ArchiveFault> {
        Ok(self.find(path, most).await?.map(|found| found.bytes))
    }

    /// An object that may be replaced, of at most so many bytes, if it is there.
    pub async fn find(&self, path: &str, most: u64) -> Result<Option<Found>, ArchiveFault> {
        let (store, root) = match &self.0 {
            Kept::Folder(folder) => {
                let bytes = folder.read(path, most).await?;
                let version = UpdateVersion { e_tag: None, version: None };
                return Ok(bytes.map(|bytes| Found { bytes, version }));
            }
            Kept::Objects(store, root) => (store, root),
        };
        match store.get(&below(root, path)).await {
            Ok(found) if found.meta.size > most => Err(ArchiveFault::TooLarge(path.to_owned(), most)),
            Ok(found) => {
                let version = UpdateVersion { e_tag: found.meta.e_tag.clone(), version: None };
                Ok(Some(Found { bytes: found.bytes().await?, version }))
            }
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Puts bytes in the place of an object that is still as it was found. Gives whether it was.
    pub async fn replace(&self, path: &str, found: &Found, bytes: Bytes) -> Result<bool, ArchiveFault> {
        let (store, root) = match &self.0 {
            Kept::Folder(folder) => return folder.replace(path, found.bytes.clone(), bytes).await,
            Kept::Objects(store, root) => (store, root),
        };
        let mode = PutMode::Update(found.version.clone());
        match store.put_opts(&below(root, path), bytes.into(), mode.into()).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::Precondition { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Which files are there, by name alone.
    pub async fn list(&self) -> Result<Listing, ArchiveFault> {
        let mut listing = Listing::default();
        let (store, root) = match &self.0 {
            Kept::Folder(folder) => {
                for path in folder.list().await? {
                    listing.add(path);
                }
                return Ok(listing);
            }
            Kept::Objects(store, root) => (store, root),
        };
        let mut objects = store.list(Some(root));
        while let Some(object) = objects.try_next().await? {
            let parts = object.location.prefix_match(root).into_iter().flatten();
            listing.add(parts.map(|part| part.as_ref().to_owned()).collect::<Vec<_>>().join("/"));
        }
        Ok(listing)
    }
}

impl Listing {
    fn add(&mut self, path: String) {
        if let Some((hour, name)) = file_of_hour(&path) {
            self.hours.entry(hour).or_default().insert(name);
        } else if let Some(tile) = Tile::of_path(&path) {
            self.tiles.insert(tile);
        } else if ![IDENTITY, NEWEST, PART].contains(&path.as_str()) && table_number(&path).is_none() {
            self.strangers.insert(path);
        }
    }

    /// What is there of some hours, and the checkpoint before them: where they begin in the tree.
    #[must_use]
    pub fn of_hours(&self, wanted: &Range<Hour>) -> Self {
        let mut hours = self.hours.clone();
        hours.retain(|hour, files| {
            if hour.next() == wanted.start {
                files.retain(|file| *file == CHECKPOINT);
            }
            wanted.contains(hour) || hour.next() == wanted.start
        });
        Self { hours, ..Self::default() }
    }

    /// The last hour, if its checkpoint is not there: an export is at it, or was ended there and goes on next time.
    #[must_use]
    pub fn unfinished(&self) -> Option<Hour> {
        let (hour, files) = self.hours.last_key_value()?;
        (!files.contains(CHECKPOINT)).then_some(*hour)
    }
}

fn below(root: &Path, path: &str) -> Path {
    path.split('/').fold(root.clone(), Path::join)
}

/// The hour and the name of a file that an export writes.
fn file_of_hour(path: &str) -> Option<(Hour, &'static str)> {
    let (folder, name) = path.rsplit_once('/')?;
    let (room, folder) = folder.split_once('/')?;
    let hour = calendar::of_folder(folder)?;
    match (room, name) {
        ("events", EVENTS) => Some((hour, EVENTS)),
        ("log", MANIFEST) => Some((hour, MANIFEST)),
        ("log", CHECKPOINT) => Some((hour, CHECKPOINT)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::checkpoint_path;
    use crate::manifest::{events_path, manifest_path};

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
    fn a_store_that_nobody_reaches_is_told_in_the_systems_words_alone() {
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        let beneath = object_store::Error::Generic { store: "HTTP", source: Box::new(refused) };
        let error = object_store::Error::Generic { store: "S3", source: Box::new(beneath) };
        assert_eq!(ArchiveFault::from(error).to_string(), "S3 cannot be reached: connection refused");
        let refused = object_store::Error::NotFound { path: "audit".to_owned(), source: "no bucket".into() };
        assert!(matches!(ArchiveFault::from(refused), ArchiveFault::Store(_)));
    }

    #[test]
    fn files_are_known_by_their_whole_path() {
        let hour = calendar::parse("2026-11-23T12:00:00Z").unwrap();
        assert_eq!(file_of_hour(&manifest_path(hour)), Some((hour, MANIFEST)));
        assert_eq!(file_of_hour(&events_path(hour)), Some((hour, EVENTS)));
        assert_eq!(file_of_hour(&checkpoint_path(hour)), Some((hour, CHECKPOINT)));
        for path in [
            "manifest.json",
            "log/date=2026-11-23/hour=12/events.ndjson.gz",
            "events/date=2026-11-23/hour=12/manifest.json",
            "date=2026-11-23/hour=12/manifest.json",
            "x/events/date=2026-11-23/hour=12/events.ndjson.gz",
        ] {
            assert_eq!(file_of_hour(path), None, "{path}");
        }
    }
}

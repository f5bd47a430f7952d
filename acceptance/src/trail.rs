//! The audit trail of a stage: events at chosen moments, an archive for one test, and the exporter between them.

mod many;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use api::auth::RequiredCredentials;
use bytes::Bytes;
use domain::values::{Hour, Sha256Hash};
use export_audit::RecordedInTable;
use export_audit::export::{Caps, ExportFault, Exporter, GRACE, Report, Settings};
use serde_json::{Value, json};
use store::Table;
use trail::archive::{Archive, Written};
use trail::calendar;
use trail::check::{CheckFault, check, check_against};
use trail::event_file::{Lines, MOST_BYTES};
use trail::log::{IDENTITY, table_path};
use trail::manifest::{events_path, manifest_path};
use trail::verify::Verified;
use url::Url;

pub use self::many::many_events;
use crate::{NOON, PATIENCE, RequestBuilder, Setting, Stage};

/// An archive that is gone with the test: a folder, or, where `ACCEPTANCE_ARCHIVE` names a bucket, a prefix in it.
#[derive(Debug)]
pub struct TestArchive {
    /// The archive.
    pub archive: Archive,
    /// Where it is.
    pub url: Url,
    folder: Option<tempfile::TempDir>,
}

impl Default for TestArchive {
    fn default() -> Self {
        Self::new()
    }
}

impl TestArchive {
    /// An empty archive.
    #[must_use]
    pub fn new() -> Self {
        match std::env::var("ACCEPTANCE_ARCHIVE") {
            Ok(bucket) => {
                let url = format!("{bucket}/{:016x}", fastrand::Rng::new().u64(..));
                Self::at(url.parse().expect("a URL"), None)
            }
            Err(_) => Self::in_folder(),
        }
    }

    /// An empty archive in a folder, whose files can be tampered with.
    #[must_use]
    pub fn in_folder() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = Url::from_directory_path(folder.path().join("audit trail")).expect("a URL");
        Self::at(url, Some(folder))
    }

    fn at(url: Url, folder: Option<tempfile::TempDir>) -> Self {
        Self { archive: Archive::open(&url).expect("an archive"), url, folder }
    }

    /// Puts an object where there is none.
    pub async fn put(&self, path: &str, bytes: Bytes) {
        let written = self.archive.create(path, bytes, MOST_BYTES).await.expect("an object");
        assert_eq!(written, Written::Now, "{path}");
    }

    /// The bytes of an object.
    pub async fn get(&self, path: &str) -> Bytes {
        self.archive.read(path, MOST_BYTES).await.expect("an object").unwrap_or_else(|| panic!("no {path}"))
    }

    /// A file of an archive that is in a folder.
    #[must_use]
    pub fn file(&self, path: &str) -> PathBuf {
        assert!(self.folder.is_some(), "the archive is in a folder");
        self.url.to_file_path().expect("a folder").join(path)
    }

    /// Every object, by its path.
    pub async fn objects(&self) -> BTreeMap<String, Bytes> {
        let listing = self.archive.list().await.expect("a listing");
        assert!(listing.strangers.is_empty(), "{:?}", listing.strangers);
        let mut objects = BTreeMap::new();
        let of_hours = listing.hours.keys().flat_map(|hour| [manifest_path(*hour), events_path(*hour)]);
        for path in of_hours.chain([IDENTITY.to_owned(), table_path(1)]) {
            if let Some(bytes) = self.archive.read(&path, MOST_BYTES).await.expect("an object") {
                objects.insert(path, bytes);
            }
        }
        objects
    }

    /// The lines of an hour's events.
    pub async fn lines(&self, hour: Hour) -> Vec<String> {
        let bytes = self.archive.read(&events_path(hour), MOST_BYTES).await.expect("an object");
        let bytes = bytes.expect("the hour has a file");
        Lines::of(&bytes).collect::<Result<_, _>>().expect("lines")
    }

    /// Checks the whole of it.
    pub async fn check(&self, anchor: Option<Sha256Hash>) -> Result<Verified, CheckFault> {
        let listing = self.archive.list().await.expect("a listing");
        check(&self.archive, &listing, anchor, |_| {}).await
    }

    /// Checks the whole of it against its table.
    pub async fn check_against(&self, table: &Table) -> Result<Verified, CheckFault> {
        let recorded = RecordedInTable { table, deadline: Instant::now() + PATIENCE };
        let listing = self.archive.list().await.expect("a listing");
        check_against(&recorded, &self.archive, &listing, None, |_| {}).await
    }
}

/// What a test's log is called.
#[must_use]
pub fn log_settings() -> Settings {
    Settings { origin: Some("keys.example.com/audit".parse().expect("an origin")), ..Settings::default() }
}

/// The same, from the hour on that every test begins in.
#[must_use]
pub fn from_first_hour() -> Settings {
    Settings { first_hour: Some(first_hour()), ..log_settings() }
}

/// The hour that every test begins in.
#[must_use]
pub const fn first_hour() -> Hour {
    Hour::of(NOON)
}

/// An hour by its beginning.
#[must_use]
pub fn hour(text: &str) -> Hour {
    calendar::parse(text).expect("the beginning of an hour")
}

impl Stage {
    /// A stage where a service's token is enough to write.
    pub async fn for_trail() -> Self {
        Self::set(Setting { required: RequiredCredentials::Either, ..Setting::default() }).await
    }

    /// Exports everything that is closed.
    pub async fn export(&self, archive: &Archive) -> Result<Report, ExportFault> {
        self.export_from(&self.backend.table, archive).await
    }

    /// Exports by another client.
    pub async fn export_from(&self, table: &Table, archive: &Archive) -> Result<Report, ExportFault> {
        self.export_with(table, archive, Caps::default()).await
    }

    /// Exports by another client, to files that have no room for more than this.
    pub async fn export_with(
        &self,
        table: &Table,
        archive: &Archive,
        caps: Caps,
    ) -> Result<Report, ExportFault> {
        let settings = Settings { caps, ..from_first_hour() };
        let exporter = Exporter { table, ..self.exporter(archive, &settings) };
        exporter.export(Instant::now() + PATIENCE, |_| {}).await
    }

    /// An exporter of the stage's table, by its clock.
    #[must_use]
    pub fn exporter<'a>(&'a self, archive: &'a Archive, settings: &'a Settings) -> Exporter<'a> {
        let (table, clock, chance) = (&self.backend.table, &self.backend.clock, &self.backend.chance);
        Exporter { table, archive, clock, chance, settings }
    }

    /// Lets time pass until the hour that it is now is closed.
    pub fn close_hour(&self) {
        let closes = Hour::of(self.now()).end().plus(GRACE);
        self.pass(closes.since(self.now()));
    }

    /// Adds a physical key of `acme` to a user's inventory, one second later than the last.
    pub async fn add(&self, user: &str, note: &str) -> u64 {
        self.pass(Duration::from_secs(1));
        let body = json!({"orgId": "acme", "note": note});
        let reply = self.as_acme(RequestBuilder::add(user, &body)).await;
        reply["number"].as_u64().expect("a number")
    }

    /// Removes a physical key, one second later than the last event.
    pub async fn remove(&self, user: &str, number: u64) {
        self.pass(Duration::from_secs(1));
        self.as_acme(RequestBuilder::remove(user, &json!({"number": number}))).await;
    }

    async fn as_acme(&self, request: RequestBuilder) -> Value {
        self.register("acme").await;
        let reply = request.bearer(&self.service_token("acme")).send(self).await;
        assert_eq!(reply.status(), 200, "{}", reply.json());
        reply.json()
    }
}

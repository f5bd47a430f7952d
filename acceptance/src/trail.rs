//! The audit trail of a stage: events at chosen moments, an archive for one test, and the exporter between them.

mod forger;
mod kms;
mod many;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use api::auth::RequiredCredentials;
use bytes::Bytes;
use domain::values::{Hour, Origin, VerifierKey};
use export_audit::export::{Caps, ExportFault, Exporter, GRACE, Report, Settings};
use export_audit::signing::{KeyFile, SigningKey, SigningKeys};
use recovery::against_table::RecordedInTable;
use serde_json::{Value, json};
use store::{Done, SigningKeyFault, Table};
use trail::archive::{Archive, Written};
use trail::calendar;
use trail::check::{CheckFault, Evidence, check, check_against};
use trail::checkpoint::{NEWEST, SignedCheckpoint, checkpoint_path};
use trail::event_file::{Lines, MOST_BYTES};
use trail::log::{IDENTITY, table_path};
use trail::manifest::{events_path, manifest_path};
use trail::verify::Verified;
use url::Url;

pub use self::kms::{KMS_KEY, Kms};
pub use self::many::many_events;
use crate::{NOON, PATIENCE, RequestBuilder, Setting, Stage};

/// An archive that is gone with the test: a folder. Where `ACCEPTANCE_ARCHIVE` names a bucket or a folder, it is a part of that, and
/// stays.
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
        let of_hour = |hour: &Hour| [events_path(*hour), manifest_path(*hour), checkpoint_path(*hour)];
        let tiles = listing.tiles.iter().map(|tile| tile.path());
        let of_log = [IDENTITY.to_owned(), table_path(1), table_path(2), table_path(3), NEWEST.to_owned()];
        for path in listing.hours.keys().flat_map(of_hour).chain(tiles).chain(of_log) {
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

    /// Checks the whole of it, with the stage's verifier key in hand.
    pub async fn check(&self) -> Result<Verified, NotWhole> {
        self.check_with(&evidence()).await
    }

    /// Checks the whole of it, with this in hand.
    pub async fn check_with(&self, evidence: &Evidence) -> Result<Verified, NotWhole> {
        let listing = self.archive.list().await.expect("a listing");
        whole(check(&self.archive, &listing, evidence, |_| {}).await)
    }

    /// The newest checkpoint, as an auditor carries it away.
    pub async fn newest(&self) -> SignedCheckpoint {
        SignedCheckpoint::parse(&self.get(NEWEST).await).expect("a checkpoint")
    }

    /// Checks the whole of it against its table.
    pub async fn check_against(&self, table: &Table) -> Result<Verified, NotWhole> {
        self.check_against_until(table, Instant::now() + PATIENCE).await
    }

    /// The same, of so many events that it takes long.
    pub async fn check_against_until(&self, table: &Table, deadline: Instant) -> Result<Verified, NotWhole> {
        let recorded = RecordedInTable::new(table, deadline);
        let listing = self.archive.list().await.expect("a listing");
        whole(check_against(&recorded, &self.archive, &listing, &evidence(), |_| {}).await)
    }
}

/// Everything that is wrong with an export, a line each.
#[derive(Debug, PartialEq, Eq)]
pub struct NotWhole(Vec<String>);

impl std::fmt::Display for NotWhole {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0.join("\n"))
    }
}

fn whole(checked: Result<Verified, CheckFault>) -> Result<Verified, NotWhole> {
    let verified = checked.map_err(|fault| NotWhole(vec![fault.to_string()]))?;
    if verified.faults.count() == 0 {
        return Ok(verified);
    }
    Err(NotWhole(verified.faults.first_ones().iter().map(ToString::to_string).collect()))
}

/// What a test's log is called.
pub const ORIGIN: &str = "keys.example.com/audit";
/// The seed of the key that signs a test's log.
pub const SEED: u8 = 7;

/// From the hour on that every test begins in.
#[must_use]
pub fn from_first_hour() -> Settings {
    Settings { first_hour: Some(first_hour()), ..Settings::default() }
}

/// A signing key, the same for the same seed.
#[must_use]
pub fn signing_key(origin: &str, seed: u8) -> SigningKey {
    key_file(origin, seed).into()
}

fn key_file(origin: &str, seed: u8) -> KeyFile {
    KeyFile::of_seed(origin.parse().expect("an origin"), &[seed; 32]).expect("a signing key")
}

/// The signing keys of a test's log: the one that signs first, and perhaps the one that follows.
#[must_use]
pub fn signing_keys(first: u8, next: Option<u8>) -> SigningKeys {
    let next = next.map(|seed| signing_key(ORIGIN, seed));
    SigningKeys::new(signing_key(ORIGIN, first), next).expect("keys of one log")
}

/// The name of a test's log.
#[must_use]
pub fn origin() -> Origin {
    ORIGIN.parse().expect("an origin")
}

/// The verifier key of a signing key of a test's log.
#[must_use]
pub fn verifier_key(seed: u8) -> VerifierKey {
    signing_key(ORIGIN, seed).verifier_key().clone()
}

/// What whoever checks a test's log has in hand: its verifier key.
#[must_use]
pub fn evidence() -> Evidence {
    Evidence { keys: vec![verifier_key(SEED)], ..Evidence::default() }
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

    /// Exports to two places: events, and what discloses their texts.
    pub async fn export_disclosing(
        &self,
        archive: &Archive,
        disclosures: &Archive,
    ) -> Result<Report, ExportFault> {
        let settings = from_first_hour();
        let exporter = Exporter { disclosures: Some(disclosures), ..self.exporter(archive, &settings) };
        exporter.export(Instant::now() + PATIENCE, |_| {}).await
    }

    /// Exports with other signing keys.
    pub async fn export_signed_by(
        &self,
        archive: &Archive,
        signing: &SigningKeys,
    ) -> Result<Report, ExportFault> {
        let settings = from_first_hour();
        let exporter = Exporter { signing, ..self.exporter(archive, &settings) };
        exporter.export(Instant::now() + PATIENCE, |_| {}).await
    }

    /// An exporter of the stage's table, by its clock.
    #[must_use]
    pub fn exporter<'a>(&'a self, archive: &'a Archive, settings: &'a Settings) -> Exporter<'a> {
        let (table, clock, chance) = (&self.backend.table, &self.backend.clock, &self.backend.chance);
        let (disclosures, signing) = (None, &self.signing);
        Exporter { table, archive, disclosures, signing, clock, chance, settings }
    }

    /// Has another key sign the log, as its history says from now on; one second later than the last event.
    pub async fn change_signing_key(&self, seed: u8) -> Result<Done, SigningKeyFault> {
        self.pass(Duration::from_secs(1));
        self.backend.table.change_signing_key(&origin(), &verifier_key(seed), &self.operator()).await
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

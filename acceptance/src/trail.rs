//! The audit trail of a stage: events at chosen moments, an archive for one test, and the exporter between them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use api::auth::RequiredCredentials;
use bytes::Bytes;
use domain::history::{Actor, ActorKind, ChainedRecord, Circumstances, RANDOM_BYTES, Salts, Snapshot};
use domain::user::{AddPhysicalKey, Command, User};
use domain::values::{Hour, Note, OrgId, Sha256Hash, UserId};
use export_audit::RecordedInTable;
use export_audit::export::{ExportFault, Exporter, GRACE, Report};
use serde_json::{Value, json};
use store::Table;
use trail::archive::Archive;
use trail::calendar;
use trail::check::{CheckFault, check, check_against};
use trail::event_file::Lines;
use trail::manifest::{events_path, manifest_path};
use trail::verify::Verified;
use url::Url;

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
        for path in listing.hours.keys().flat_map(|hour| [manifest_path(*hour), events_path(*hour)]) {
            if let Some(bytes) = self.archive.read(&path).await.expect("an object") {
                objects.insert(path, bytes);
            }
        }
        objects
    }

    /// The lines of an hour's events.
    pub async fn lines(&self, hour: Hour) -> Vec<String> {
        let bytes = self.archive.read(&events_path(hour)).await.expect("an object").unwrap_or_default();
        if bytes.is_empty() {
            return Vec::new();
        }
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

/// Events in the order of their recording, so far apart: each of the users adds so many physical keys, in turn.
pub fn many_events(users: usize, each: usize, apart: Duration) -> impl Iterator<Item = ChainedRecord> {
    let user = |user| UserId::parse(format!("user-{user}")).expect("a user id");
    let mut histories: Vec<_> = (0..users).map(|number| Snapshot::new(User::new(user(number)))).collect();
    let org_id = OrgId::parse("acme").expect("an organisation id");
    let mut at = first_hour().start();
    (0..users * each).map(move |place| {
        let history = &mut histories[place % users];
        let note = Note::parse(format!("Door {}, floor {}", place / users, place % 40)).expect("a note");
        let command = AddPhysicalKey { note: Some(note), ..AddPhysicalKey::of(org_id.clone()) };
        let actor = Actor {
            kind: ActorKind::Service,
            iss: None,
            id: None,
            org_id: Some(org_id.clone()),
            api_key_id: None,
        };
        let request_id = format!("request-{place}");
        let salts = Salts::new([7; RANDOM_BYTES]);
        let circumstances = Circumstances { actor, request_id, recorded_at: at, salts };
        let event = command.decide(&history.state, None, at).expect("a decision").happened.into();
        let (event, after) = history.append(&event, org_id.clone(), circumstances);
        *history = after;
        at = at.plus(apart);
        event.chained
    })
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
        let exporter =
            Exporter { table, archive, clock: &self.backend.clock, first_hour: Some(first_hour()) };
        exporter.export(Instant::now() + PATIENCE, |_| {}).await
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

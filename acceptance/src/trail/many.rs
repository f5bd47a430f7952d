//! Very many events, put into the table as commands would have: those would take minutes.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use domain::history::{Actor, ActorKind, ChainedRecord, Circumstances, RANDOM_BYTES, Salts, Snapshot};
use domain::user::{AddPhysicalKey, Command, User};
use domain::values::{Hour, Note, OrgId, UserId};
use futures_util::stream::{self, StreamExt};
use trail::event_file::EventFile;
use trail::log::{self, Identity};
use trail::manifest::{FORMAT, FileEntry, Manifest, events_path, manifest_path};

use super::{SEED, TestArchive, first_hour, origin};
use crate::Stage;

/// Items that one `BatchWriteItem` takes.
const BATCH: usize = 25;
/// Calls that are under way at once.
const AT_ONCE: usize = 4;
/// Shards that heads are spread over.
const SHARDS: usize = 32;

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
        let (event, after) = history.append(&event, Some(org_id.clone()), circumstances);
        *history = after;
        at = at.plus(apart);
        event.chained
    })
}

impl TestArchive {
    /// Writes an export as the function does, without a table: of events in the order of their recording, with some in every hour.
    pub async fn export_events(&self, events: impl Iterator<Item = ChainedRecord>) {
        let identity = Identity { first_hour: first_hour(), format: FORMAT, origin: origin() };
        log::begin(&self.archive, &identity, "table").await.expect("a log");
        let mut events = events.peekable();
        while let Some(first) = events.peek() {
            let hour = Hour::of(first.record().recorded_at);
            let mut file = EventFile::default();
            while let Some(event) = events.next_if(|event| Hour::of(event.record().recorded_at) == hour) {
                file.push(&event).expect("an event");
            }
            let (bytes, contents) = file.finish().expect("a file");
            let manifest = Manifest {
                format: FORMAT,
                hour,
                events: contents.events(),
                file: FileEntry::of(&bytes),
                set_aside: Vec::new(),
                table_id: "table".to_owned(),
            };
            self.put(&events_path(hour), bytes).await;
            self.put(&manifest_path(hour), manifest.bytes().into()).await;
        }
        self.forge_log(SEED).await;
    }
}

type Item = HashMap<String, AttributeValue>;

fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

fn bytes(bytes: &[u8]) -> AttributeValue {
    AttributeValue::B(bytes.to_vec().into())
}

fn event_item(event: &ChainedRecord) -> Item {
    let (history, version) = (event.record().happening.history(), event.record().version);
    let attributes = [
        ("pk", text(format!("USER#{}", history.aggregate_id()))),
        ("sk", text(format!("EVENT#{:020}", version.get()))),
        ("record", text(event.canonical())),
        ("previousHash", bytes(&event.previous_hash().bytes())),
        ("hash", bytes(&event.hash().bytes())),
        ("attempt", bytes(&[7; 16])),
    ];
    attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The head of a history that ends with this event.
fn head_item(last: &ChainedRecord, shard: usize) -> Item {
    let record = last.record();
    let (user, version) =
        (record.happening.history().aggregate_id().to_owned(), record.version.get().to_string());
    let attributes = [
        ("pk", text(format!("USER#{user}"))),
        ("sk", text("USER")),
        ("format", AttributeValue::N("2".to_owned())),
        ("userId", text(user)),
        ("version", AttributeValue::N(version.clone())),
        ("lastNumber", AttributeValue::N(version.clone())),
        ("activeKeys", AttributeValue::N(version)),
        ("headHash", bytes(&last.hash().bytes())),
        ("changedIn", text(format!("{:08}#{shard:03}", Hour::of(record.recorded_at).get()))),
    ];
    attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

impl Stage {
    /// Puts events and the heads of their histories into the table.
    pub async fn store(&self, events: impl Iterator<Item = ChainedRecord>) {
        let mut last = BTreeMap::new();
        let items = events.map(|event| {
            let item = event_item(&event);
            last.insert(event.record().happening.history(), event);
            item
        });
        self.put_all(items).await;
        let heads = last.into_values().enumerate().map(|(place, last)| head_item(&last, place % SHARDS));
        self.put_all(heads).await;
    }

    async fn put_all(&self, mut items: impl Iterator<Item = Item>) {
        let batches = std::iter::from_fn(move || {
            let batch: Vec<_> = items.by_ref().take(BATCH).collect();
            (!batch.is_empty()).then_some(batch)
        });
        let table = self.backend.table.name();
        let writing = stream::iter(batches).for_each_concurrent(AT_ONCE, |batch| async move {
            let requests = batch.into_iter().map(|item| {
                let put = PutRequest::builder().set_item(Some(item)).build().expect("a request");
                WriteRequest::builder().put_request(put).build()
            });
            let mut left = Some(HashMap::from([(table.to_owned(), requests.collect::<Vec<_>>())]));
            while let Some(items) = left.take().filter(|items| !items.is_empty()) {
                let written = self.client.batch_write_item().set_request_items(Some(items)).send().await;
                left = written.expect("a write").unprocessed_items;
            }
        });
        writing.await;
    }
}

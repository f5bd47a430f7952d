//! The exporter among writers, and an hour with very many events.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use acceptance::trail::{TestArchive, first_hour, many_events};
use acceptance::{RequestBuilder, Stage};
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use domain::history::ChainedRecord;
use domain::values::{EpochMillis, Hour};
use futures_util::stream::{self, StreamExt};
use serde_json::json;
use tokio::task::JoinSet;
use trail::event_file::parse_line;

const WRITERS: usize = 4;
const COMMANDS: usize = 270;
/// With each command. All writers together are then six hours at it, and no command takes as long as the grace, unless
/// 45 others overtake it.
const STEP: Duration = Duration::from_secs(20);

/// Adds and removes at random on a few users, while time passes.
async fn write(stage: Arc<Stage>, mut random: fastrand::Rng) -> usize {
    let mut committed = 0;
    for _ in 0..COMMANDS {
        let user = format!("user-{}", random.u8(..5));
        let request = if random.u8(..3) == 0 {
            RequestBuilder::remove(&user, &json!({"number": random.u64(1..=40)}))
        } else {
            RequestBuilder::add(&user, &json!({"orgId": "acme"}))
        };
        let reply = request.bearer(&stage.service_token("acme")).send(&stage).await;
        assert!(matches!(reply.status(), 200 | 404), "{}", reply.json());
        committed += usize::from(reply.status() == 200);
        stage.pass(STEP);
    }
    committed
}

#[tokio::test(flavor = "multi_thread")]
async fn table_and_export_agree_event_for_event_after_a_race_with_writers() {
    let seed = fastrand::Rng::new().u64(..);
    println!("the seed is {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let (stage, archive) = (Arc::new(Stage::for_trail().await), TestArchive::new());
    stage.register("acme").await;
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        writers.spawn(write(Arc::clone(&stage), random.fork()));
    }
    let mut committed = 0;
    let mut runs = 0;
    while committed == 0 || !writers.is_empty() {
        // Two exports at a time, while there are writers.
        let (one, other) = tokio::join!(stage.export(&archive.archive), stage.export(&archive.archive));
        one.and(other).expect("an export");
        runs += 1;
        while let Some(writer) = writers.try_join_next() {
            committed += writer.expect("a writer");
        }
    }
    stage.close_hour();
    stage.export(&archive.archive).await.expect("an export");
    assert!(runs > 1, "there were exports while there were writers");

    let verified = archive.check_against(&stage.backend.table).await.expect("a whole export");
    assert_eq!(verified.events, committed as u64);
    let stored = stage.stored().await;
    let is_users = |(pk, sk): &&(String, String)| pk.starts_with("USER#") && sk.starts_with("EVENT#");
    let events = stored.keys().filter(is_users).count();
    assert_eq!(events, committed, "the export was compared with the index, this is the table");
}

fn event_item(event: &ChainedRecord) -> HashMap<String, AttributeValue> {
    let (history, version) = (event.record().happening.history(), event.record().version);
    let partition = format!("{:08}#{:03}", Hour::of(event.record().recorded_at).get(), version.get() % 4);
    let texts = [
        ("pk", format!("USER#{}", history.aggregate_id())),
        ("sk", format!("EVENT#{:020}", version.get())),
        ("auditPartition", partition),
        ("auditSort", event.audit_order()),
        ("record", event.canonical().to_owned()),
        ("previousHash", event.previous_hash().to_string()),
        ("hash", event.hash().to_string()),
        ("attempt", "0f1e2d3c4b5a69788796a5b4c3d2e1f0".to_owned()),
    ];
    texts.into_iter().map(|(name, text)| (name.to_owned(), AttributeValue::S(text))).collect()
}

async fn store(stage: &Stage, events: &[ChainedRecord]) {
    let table = stage.backend.table.name();
    let batches = stream::iter(events.chunks(25)).for_each_concurrent(4, |batch| async move {
        let requests = batch.iter().map(|event| {
            let put = PutRequest::builder().set_item(Some(event_item(event))).build().expect("a request");
            WriteRequest::builder().put_request(put).build()
        });
        let mut left = Some(HashMap::from([(table.to_owned(), requests.collect::<Vec<_>>())]));
        while let Some(items) = left.take().filter(|items| !items.is_empty()) {
            let written = stage.client.batch_write_item().set_request_items(Some(items)).send().await;
            left = written.expect("a write").unprocessed_items;
        }
    });
    batches.await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_with_100_000_events_is_exported_and_verified() {
    let (stage, archive) = (Stage::for_trail().await, TestArchive::new());
    // The commands would take minutes to write so many.
    let events: Vec<_> = many_events(1_000, 100, Duration::from_millis(36)).collect();
    store(&stage, &events).await;
    stage.pass(first_hour().end().since(EpochMillis::new(stage.now().get())));
    stage.pass(export_audit::export::GRACE);
    let report = stage.export(&archive.archive).await.expect("an export");
    assert_eq!((report.hours, report.events), (1, 100_000));
    let verified = archive.check_against(&stage.backend.table).await.expect("a whole export");
    assert_eq!((verified.events, verified.users), (100_000, 1_000));
    let lines = archive.lines(first_hour()).await;
    let exported = lines.iter().map(|line| parse_line(line).expect("an event"));
    assert!(exported.eq(events), "in the order of their recording");
}

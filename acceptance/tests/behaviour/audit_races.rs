//! The exporter among writers, and an hour with very many events.

use std::sync::Arc;
use std::time::Duration;

use acceptance::trail::{TestArchive, first_hour, many_events};
use acceptance::{RequestBuilder, Stage};
use domain::values::EpochMillis;
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
    assert_eq!(verified.events, committed as u64 + 1, "and the organisation's");
}

/// How many users an hour with very many events has.
const USERS: usize = 1_000;

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_with_very_many_events_is_exported_and_verified() {
    // `.ci/long` asks for more.
    let each = std::env::var("ACCEPTANCE_EVENTS_EACH").map_or(20, |text| text.parse().expect("a number"));
    let (stage, archive) = (Stage::for_trail().await, TestArchive::new());
    // The commands would take minutes to write so many.
    let mut events: Vec<_> = many_events(USERS, each, Duration::from_millis(3_600 / each as u64)).collect();
    stage.store(events.iter().cloned()).await;
    stage.pass(first_hour().end().since(EpochMillis::new(stage.now().get())));
    stage.pass(export_audit::export::GRACE);
    let report = stage.export(&archive.archive).await.expect("an export");
    let expected = (USERS * each) as u64;
    assert_eq!((report.hours, report.events), (1, expected));
    let verified = archive.check_against(&stage.backend.table).await.expect("a whole export");
    assert_eq!((verified.events, verified.users), (expected, USERS));
    let lines = archive.lines(first_hour()).await;
    let exported = lines.iter().map(|line| parse_line(line).expect("an event"));
    events.sort_by_key(|event| (event.record().happening.history(), event.record().version));
    assert!(exported.eq(events), "by history and version");
}

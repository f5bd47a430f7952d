//! What goes on behind requests: publishing, the hourly export, the daily sweep.

use std::time::Instant;

use domain::values::Hour;
use export_audit::export::Exporter;
use export_audit::sweep::Sweeper;
use serde_json::Value;
use trail::disclosure_file::disclosures_path;
use trail::manifest::events_path;

use super::capacity::Capacity;
use super::counter::{Counter, user};
use super::lines;
use super::requests::add;
use crate::PATIENCE;
use crate::event_bus::EventBus;
use crate::s3::S3;
use crate::stream::{batch, insertion};
use crate::trail::from_first_hour;

/// The function that publishes events.
pub(super) const PUBLISHER: &str = "PublishEventsFunction";
/// The function that exports them.
pub(super) const EXPORTER: &str = "ExportAuditFunction";
/// In how many histories something happens in the hour that is exported.
const HISTORIES: u32 = 100;

/// What was counted of it.
#[derive(Debug)]
pub struct Background {
    /// The bytes of an event on the bus.
    pub entry: usize,
    /// What the line about publishing one event is billed as.
    pub published_log: usize,
    /// What exporting one event takes, where it is its history's only one of the hour.
    pub event: Exported,
    /// What an hour without events takes.
    pub hour: Exported,
    /// What the daily sweep takes for one history, in halves of read units.
    pub swept_half_reads: f64,
}

/// What an export takes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Exported {
    /// Write units.
    pub writes: f64,
    /// Halves of read units.
    pub half_reads: f64,
    /// Objects that are put.
    pub puts: f64,
    /// Objects that are asked for.
    pub gets: f64,
    /// Bytes that stay, compressed, in both buckets.
    pub bytes: f64,
}

impl Exported {
    fn of(capacity: Capacity, (puts, gets): (usize, usize), bytes: usize) -> Self {
        let writes = super::float(capacity.table_writes + capacity.index_writes);
        let half_reads = super::float(capacity.half_reads);
        let [puts, gets, bytes] = [puts, gets, bytes].map(super::float);
        Self { writes, half_reads, puts, gets, bytes }
    }

    /// What each of so many adds to an hour without any.
    fn beyond(self, idle: Self, many: u32) -> Self {
        let each = |with: f64, without: f64| (with - without) / f64::from(many);
        Self {
            writes: each(self.writes, idle.writes),
            half_reads: each(self.half_reads, idle.half_reads),
            puts: each(self.puts, idle.puts),
            gets: each(self.gets, idle.gets),
            bytes: each(self.bytes, idle.bytes),
        }
    }
}

/// Has events published and exported.
pub(super) async fn behind(scene: &Counter) -> Background {
    let (entry, published_log) = published(scene).await;
    let places = (S3::start().await, S3::start().await);
    // The first run has everything to export that there was before.
    exported(scene, &places).await;
    for number in 0..HISTORIES {
        let user = user(1000 + number);
        let reply = scene.send(&scene.signed(&user, add(&user))).await;
        assert_eq!(reply.status(), 200, "{}", reply.json());
    }
    let busy = exported(scene, &places).await;
    let hour = exported(scene, &places).await;
    let sweeper = Sweeper { table: &scene.stage.backend.table, clock: &scene.stage.backend.clock };
    let (swept, seen) = scene.during(EXPORTER, sweeper.sweep(Instant::now() + PATIENCE)).await;
    let looked_at = u32::try_from(swept.expect("a sweep").looked_at).expect("few histories");
    let swept_half_reads = super::float(seen.capacity.half_reads) / f64::from(looked_at);
    Background { entry, published_log, event: busy.beyond(hour, HISTORIES), hour, swept_half_reads }
}

/// Publishes one addition: the bytes of its entry, and of the line.
async fn published(scene: &Counter) -> (usize, usize) {
    let events = scene.stage.stored_of(&user(1), "EVENT#").await;
    let bus = EventBus::start().await;
    let batch = batch(0, &[insertion(&events[1])]);
    let (_, seen) = scene.during(PUBLISHER, bus.publish(batch, PATIENCE)).await;
    let entries = bus.accepted();
    let text = |name: &str| entries[0][name].as_str().expect("a text").len();
    // EventBridge User Guide, "Calculating PutEvents event entry size": a time is 14 bytes.
    let entry = 14 + text("Source") + text("DetailType") + entries[0]["Detail"].to_string().len();
    (entry, seen.lines.iter().map(|line: &Value| lines::bytes(line)).sum())
}

/// Exports the hour that it is, and what is before it.
async fn exported(scene: &Counter, (events, disclosures): &(S3, S3)) -> Exported {
    let stage = &scene.stage;
    let hour = Hour::of(stage.now());
    stage.close_hour();
    let requests = |method: &str| events.requests(method, "") + disclosures.requests(method, "");
    let (puts, gets) = (requests("PUT"), requests("GET") + requests("HEAD"));
    let (archive, texts) = (events.archive(), disclosures.archive());
    let settings = from_first_hour();
    let exporter = Exporter { disclosures: Some(&texts), ..stage.exporter(&archive, &settings) };
    let export = Box::pin(exporter.export(Instant::now() + PATIENCE, |_| {}));
    let (report, seen) = scene.during(EXPORTER, export).await;
    assert_eq!(report.expect("an export").behind_hours, 0, "it is through");
    let calls = (requests("PUT") - puts, requests("GET") + requests("HEAD") - gets);
    let bytes = |of: &S3, path: String| of.object(&path).map_or(0, |bytes| bytes.len());
    let bytes = bytes(events, events_path(hour)) + bytes(disclosures, disclosures_path(hour));
    Exported::of(seen.capacity, calls, bytes)
}

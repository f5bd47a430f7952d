//! From the table's stream to the EventBridge bus: every event, at least once, a user's in order.
//!
//! A user's next event goes out only when the one before it is on the bus, or can never be and is in the dead-letter
//! queue. What could not be done in time is reported, and Lambda brings it again with everything after it.

mod config;
mod envelope;
mod lanes;
mod letter;
mod publish;
mod publisher;
mod stream;

use std::time::{Duration, Instant};

use domain::history::KeptRecord;
use domain::values::EpochMillis;
use envelope::Envelope;
use lambda_runtime::LambdaEvent;
use lanes::Lanes;
use publish::Tally;
use serde::Serialize;

pub use self::config::PublisherConfig;
pub use self::envelope::SOURCE;
pub use self::publisher::Publisher;
pub use self::stream::StreamBatch;

/// What is left of an invocation's time for answering when everything else has to be over.
const MARGIN: Duration = Duration::from_millis(500);

/// What Lambda wants to know: where to go on (Lambda Developer Guide, "Configuring partial batch response with
/// DynamoDB and Lambda").
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchResponse {
    batch_item_failures: Vec<BatchItemFailure>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct BatchItemFailure {
    /// The sequence number. An empty one, of a record that has none, is the whole batch's.
    item_identifier: String,
}

/// The `detail` of an event as it is published; none of one that is no business of consumers.
#[must_use]
pub fn detail(kept: &KeptRecord) -> Option<String> {
    Envelope::of(kept).ok().flatten().map(|envelope| envelope.detail)
}

/// Publishes one batch of the stream.
pub async fn handle(publisher: &Publisher, invocation: LambdaEvent<StreamBatch>) -> BatchResponse {
    let began = Instant::now();
    let end = EpochMillis::new(invocation.context.deadline);
    let deadline = began + end.since(publisher.now()).saturating_sub(MARGIN);
    let (records, heartbeats) = (invocation.payload.records.len(), invocation.payload.heartbeats());

    let mut lanes = Lanes::of(stream::tasks(invocation.payload));
    let tally = publish_all(publisher, &mut lanes, deadline).await;
    let unpublished = lanes.len();
    let batch = Batch { request_id: &invocation.context.request_id, records, heartbeats };
    log(&batch, unpublished, &tally, began.elapsed());

    // Lambda brings everything from the lowest number on again, so it is all there is to say.
    let lowest = lanes.into_first().map(|task| BatchItemFailure { item_identifier: task.sequence_number });
    BatchResponse { batch_item_failures: lowest.into_iter().collect() }
}

/// Goes from call to call until everything is done or the time is up.
async fn publish_all(publisher: &Publisher, lanes: &mut Lanes, deadline: Instant) -> Tally {
    let mut tally = Tally::default();
    let mut backoff = publisher.waits();
    while !lanes.is_empty() && Instant::now() < deadline {
        let failure = publisher.advance(lanes, deadline, &mut tally).await;
        if failure.is_none() {
            backoff = publisher.waits();
        } else {
            tally.failure = failure;
            if backoff.wait(deadline).await.is_err() {
                break;
            }
        }
    }
    tally
}

/// What an invocation was given.
struct Batch<'a> {
    request_id: &'a str,
    records: usize,
    heartbeats: usize,
}

/// The one line of an invocation. Counts only: never what happened to whom.
fn log(batch: &Batch<'_>, unpublished: usize, tally: &Tally, duration: Duration) {
    let Batch { request_id, records, heartbeats } = *batch;
    let Tally { published, set_aside, calls, failure } = tally;
    let duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let cause = failure.as_deref();
    /// The same fields at either level, which has to be a constant.
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                request_id,
                records,
                heartbeats,
                published,
                set_aside,
                unpublished,
                calls,
                duration_ms,
                cause,
                "published"
            )
        };
    }
    if unpublished > 0 { line!(error) } else { line!(info) }
}

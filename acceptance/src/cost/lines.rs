//! What is written to logs, in bytes.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use lambda_http::Context;
use process::clock::Clock;
use process::telemetry::{self, Metrics};
use serde_json::{Value, json};
use tracing::Instrument;
use tracing::instrument::WithSubscriber;
use tracing::level_filters::LevelFilter;

use crate::deployment::{access_log, pieces};

/// What CloudWatch adds to each line (CloudWatch Logs API Reference, `PutLogEvents`).
pub(super) const OF_A_LINE: usize = 26;
/// What the names of functions end with: a part of the stack's own, by chance.
const SUFFIX: &str = "kP3vX9qLmT2a";
const TRACE: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0";
pub(super) const REQUEST_ID: &str = "JKJaXmPLvHcESHA=";

/// A log of its own.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What is logged while something is done in an invocation of a function, as in AWS.
pub(super) async fn during<T>(
    function: &str,
    clock: Clock,
    work: impl Future<Output = T>,
) -> (T, Vec<Value>) {
    let metrics = Metrics::read(|name| {
        Some(match name {
            "METRICS_NAMESPACE" => "PhysicalKeyInventory/physical-keys".to_owned(),
            "AWS_LAMBDA_FUNCTION_NAME" => format!("physical-keys-{function}-{SUFFIX}"),
            _ => "7".to_owned(),
        })
    });
    let log = Log::default();
    let writer = log.clone();
    let metrics = metrics.expect("whose metrics they are");
    let lines = telemetry::lines(LevelFilter::INFO, metrics, clock, move || writer.clone());
    let invoked = async {
        let mut context = Context::default();
        context.xray_trace_id = Some(TRACE.to_owned());
        work.instrument(process::lambda::invocation(&context)).await
    };
    let done = Box::pin(invoked.with_subscriber(lines)).await;
    let written = log.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let lines = written.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    (done, lines.map(|line| usual(serde_json::from_slice(line).expect("JSON"))).collect())
}

/// A line with what it would say in AWS where the machine of a test says something else: times, and where a request comes from.
fn usual(mut line: Value) -> Value {
    let in_aws = [
        ("store_ms", json!(12.25)),
        ("duration_ms", json!(13.75)),
        ("source_address", json!("203.0.113.117")),
    ];
    for (member, value) in in_aws {
        match &line[member] {
            Value::Number(number) if number.is_u64() => line[member] = json!(14),
            Value::Number(number) if number.as_f64() == Some(0.0) => {}
            Value::Null => {}
            _ => line[member] = value,
        }
    }
    if line["request_id"] == "" {
        line["request_id"] = json!("7b1f0c9e-2a4d-4e6f-8a9b-0c1d2e3f4a5b");
    }
    let said = line.as_object_mut().expect("an object");
    said.retain(|_, value| !value.is_null());
    line
}

/// What a line is billed as.
pub(super) fn bytes(line: &Value) -> usize {
    line.to_string().len() + OF_A_LINE
}

/// What the gateway's line about a request is billed as.
pub(super) fn of_gateway(route: &str, status: u16, answer: usize) -> usize {
    let value = |name: &str| match name {
        "requestId" => REQUEST_ID.to_owned(),
        "requestTime" => "23/Nov/2026:12:00:00 +0000".to_owned(),
        "identity.sourceIp" => "203.0.113.117".to_owned(),
        "routeKey" => route.to_owned(),
        "status" | "integrationStatus" => status.to_string(),
        "integrationLatency" => "16".to_owned(),
        "responseLength" => answer.to_string(),
        "error.responseType" => "-".to_owned(),
        other => panic!("nobody knows how long {other} is"),
    };
    let pieces = pieces(access_log()).into_iter();
    let line: String = pieces.map(|piece| piece.map_or_else(value, str::to_owned)).collect();
    line.len() + OF_A_LINE
}

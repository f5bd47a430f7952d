//! The table's stream, as Lambda would hand it over: neither engine calls functions.

use publish_events::StreamBatch;
use serde_json::{Value, json};

/// The record of an item that was put where there was none.
#[must_use]
pub fn insertion(item: &Value) -> Value {
    json!({
        "eventID": "c4ca4238a0b923820dcc509a6f75849b",
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-central-1",
        "eventSourceARN": "arn:aws:dynamodb:eu-central-1:123456789012:table/inventory/stream/2026-11-24T00:00:00.000",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_795_435_200,
            "Keys": {"pk": item["pk"], "sk": item["sk"]},
            "NewImage": item,
            "SizeBytes": item.to_string().len(),
            "StreamViewType": "NEW_IMAGE",
        },
    })
}

/// The sequence number of the record at a place of the stream: 21 digits, as most are.
#[must_use]
pub fn sequence_number(place: usize) -> String {
    format!("4{place:020}")
}

/// A stretch of the stream that begins at a place.
#[must_use]
pub fn batch(from: usize, records: &[Value]) -> StreamBatch {
    let numbered = |(place, record): (usize, &Value)| {
        let mut record = record.clone();
        record["dynamodb"]["SequenceNumber"] = json!(sequence_number(place));
        record
    };
    StreamBatch { records: records.iter().enumerate().skip(from).map(numbered).collect() }
}

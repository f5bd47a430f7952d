//! The table's stream, as Lambda would hand it over: neither engine calls functions.

use local_inventory::dynamodb::Access;
use publish_events::StreamBatch;
use serde_json::{Value, json};

use crate::message::{self, Message};

/// Most requests for the records of one shard.
const MOST_READS: usize = 16;

/// Everything that the engine's stream of a table shows. The records are those that Lambda hands over.
pub async fn shown(access: &Access, table: &str) -> Vec<Value> {
    let streams = ask(access, "ListStreams", json!({"TableName": table})).await;
    let stream = &streams["Streams"][0]["StreamArn"];
    let described = ask(access, "DescribeStream", json!({"StreamArn": stream})).await;
    let mut records = Vec::new();
    for shard in described["StreamDescription"]["Shards"].as_array().expect("shards") {
        let from =
            json!({"StreamArn": stream, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"});
        let mut iterator = ask(access, "GetShardIterator", from).await["ShardIterator"].take();
        for _ in 0..MOST_READS {
            let mut read = ask(access, "GetRecords", json!({"ShardIterator": iterator})).await;
            records.extend(read["Records"].as_array().expect("records").iter().cloned());
            iterator = read["NextShardIterator"].take();
            if iterator.is_null() {
                break;
            }
        }
    }
    records
}

/// One request to the engine's streams, under the credentials of the tests' client. Neither engine checks signatures.
async fn ask(access: &Access, operation: &str, body: Value) -> Value {
    let engine = message::authority(&access.endpoint);
    let head = [
        "POST / HTTP/1.1".to_owned(),
        format!("host: {engine}"),
        "content-type: application/x-amz-json-1.0".to_owned(),
        format!("x-amz-target: DynamoDBStreams_20120810.{operation}"),
        "x-amz-date: 20261124T000000Z".to_owned(),
        format!(
            "authorization: AWS4-HMAC-SHA256 Credential={}/20261124/us-east-1/dynamodb/aws4_request, \
             SignedHeaders=host, Signature=0",
            access.access_key_id.as_str()
        ),
    ];
    let request = Message { head: head.to_vec(), body: body.to_string().into_bytes() };
    request.forward(engine).await.json()
}

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

/// Whether Lambda's filter lets a record through (Lambda Developer Guide, "Filter rule syntax"): as far as a pattern
/// of names, texts and prefixes goes.
#[must_use]
pub fn passes(pattern: &Value, record: &Value) -> bool {
    match pattern {
        Value::Object(members) => members.iter().all(|(name, of_member)| passes(of_member, &record[name])),
        Value::Array(alternatives) => alternatives.iter().any(|alternative| match &alternative["prefix"] {
            Value::String(prefix) => record.as_str().is_some_and(|text| text.starts_with(prefix)),
            _ => alternative == record,
        }),
        other => panic!("{other} is no pattern"),
    }
}

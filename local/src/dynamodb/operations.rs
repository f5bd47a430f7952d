//! What the embedded DynamoDB can do: the operations of its API that the inventory and its tests use, by name.

use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// An answer in DynamoDB's JSON, with its status.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
}

/// Carries an operation out; `None` if there is none of this name.
pub(super) fn carry_out(database: &Database, operation: &str, body: &[u8]) -> Option<Answer> {
    match operation {
        "BatchGetItem" => call(body, |request| database.batch_get_item(request)),
        "BatchWriteItem" => call(body, |request| database.batch_write_item(request)),
        "CreateTable" => call(body, |request| database.create_table(request)),
        "DeleteItem" => call(body, |request| database.delete_item(request)),
        "DescribeStream" => call(body, |request| database.describe_stream(request)),
        "DescribeTable" => call(body, |request| database.describe_table(request)),
        "DescribeTimeToLive" => call(body, |request| database.describe_time_to_live(request)),
        "GetItem" => call(body, |request| database.get_item(request)),
        "GetRecords" => call(body, |request| database.get_records(request)),
        "GetShardIterator" => call(body, |request| database.get_shard_iterator(request)),
        "ListStreams" => call(body, |request| database.list_streams(request)),
        "PutItem" => call(body, |request| database.put_item(request)),
        "Query" => call(body, |request| database.query(request)),
        "Scan" => call(body, |request| database.scan(request)),
        "TransactWriteItems" => call(body, |request| database.transact_write_items(request)),
        "UpdateItem" => call(body, |request| database.update_item(request)),
        "UpdateTimeToLive" => call(body, |request| database.update_time_to_live(request)),
        _ => return None,
    }
    .into()
}

fn call<Q: DeserializeOwned, A: Serialize>(
    body: &[u8],
    operation: impl FnOnce(Q) -> dynoxide::Result<A>,
) -> Answer {
    let unreadable = |error: serde_json::Error| DynoxideError::SerializationException(error.to_string());
    let answer = serde_json::from_slice(body)
        .map_err(unreadable)
        .and_then(operation)
        .and_then(|answer| serde_json::to_string(&answer).map_err(unreadable));
    match answer {
        Ok(body) => Answer { status: 200, body },
        Err(fault) => Answer { status: fault.status_code(), body: fault.to_json() },
    }
}

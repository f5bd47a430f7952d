//! Answers that come from the proxy instead of the engine: DynamoDB's way to tell errors, and a load balancer's.

use fastrand::Rng;
use serde_json::{Value, json};

use crate::disturbance::SECRET_CAUSE;
use crate::message::Message;

/// An error by its code (DynamoDB Developer Guide, "Error handling").
pub(crate) fn error(status: u16, code: &str) -> Message {
    Message::json_answer(&format!("{status} Disturbed"), &body(code))
}

/// A transaction that is cancelled because one of its items, any of them, has this reason.
pub(crate) fn cancelled(transaction: &Message, code: &str, chance: &mut Rng) -> Message {
    let items = transaction.json()["TransactItems"].as_array().map_or(0, Vec::len);
    let guilty = chance.usize(0..items.max(1));
    let reason = |item| {
        if item == guilty { json!({"Code": code, "Message": SECRET_CAUSE}) } else { json!({"Code": "None"}) }
    };
    let mut body = body("TransactionCanceledException");
    body["CancellationReasons"] = (0..items).map(reason).collect();
    Message::json_answer("400 Disturbed", &body)
}

/// The answer of something that is not DynamoDB.
pub(crate) fn bad_gateway() -> Message {
    let head = vec!["HTTP/1.1 502 Bad Gateway".to_owned(), "content-type: text/html".to_owned()];
    Message { head, body: format!("<h1>{SECRET_CAUSE}</h1>").into_bytes() }
}

fn body(code: &str) -> Value {
    json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": SECRET_CAUSE})
}

//! Answers that come from a proxy instead of the engine: DynamoDB's way to tell errors, and a load balancer's.

use fastrand::Rng;
use serde_json::{Value, json};

use crate::disturbance::SECRET_CAUSE;
use crate::message::Message;

/// An error by its code (DynamoDB Developer Guide, "Error handling").
pub(crate) fn error(status: u16, code: &str) -> Message {
    Message::json_answer(&format!("{status} Disturbed"), &body(code))
}

/// A transaction that is cancelled for these reasons, one for each of its items.
pub(crate) fn cancelled(reasons: &[&str]) -> Message {
    let mut body = body("TransactionCanceledException");
    let reason = |code: &&str| json!({"Code": code, "Message": SECRET_CAUSE});
    body["CancellationReasons"] = reasons.iter().map(reason).collect();
    Message::json_answer("400 Disturbed", &body)
}

/// A transaction that is cancelled because one of its items, any of them, has this reason.
pub(crate) fn cancelled_for_one(transaction: &Message, code: &str, chance: &mut Rng) -> Message {
    let items = transaction.json()["TransactItems"].as_array().map_or(0, Vec::len);
    let mut reasons = vec!["None"; items];
    if items > 0 {
        reasons[chance.usize(0..items)] = code;
    }
    cancelled(&reasons)
}

/// The answer of something that is not DynamoDB.
pub(crate) fn bad_gateway() -> Message {
    let head = vec!["HTTP/1.1 502 Bad Gateway".to_owned(), "content-type: text/html".to_owned()];
    Message { head, body: format!("<h1>{SECRET_CAUSE}</h1>").into_bytes() }
}

fn body(code: &str) -> Value {
    json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": SECRET_CAUSE})
}

//! What each disturbance does to a request.

use std::sync::Mutex;

use serde_json::{Value, json};

use super::behind::Behind;
use super::{Disturbance, Plan, SECRET_CAUSE, deliver_late_ones, lock};
use crate::message::Message;

/// The answer to a request; none if the connection is to be cut.
pub(super) async fn answer(
    disturbance: Option<Disturbance>,
    request: Message,
    plan: &Mutex<Plan>,
    engine: &Behind,
) -> Option<Message> {
    match disturbance {
        None => Some(engine.forward(&request).await),
        Some(Disturbance::Failed(status, code)) => Some(error(status, code, &Value::Null)),
        Some(Disturbance::Cancelled(reasons)) => {
            let reasons = reasons.iter().map(|code| json!({"Code": code, "Message": SECRET_CAUSE})).collect();
            Some(error(400, "TransactionCanceledException", &reasons))
        }
        Some(Disturbance::BadGateway) => {
            let head = vec!["HTTP/1.1 502 Bad Gateway".to_owned(), "content-type: text/html".to_owned()];
            Some(Message { head, body: format!("<h1>{SECRET_CAUSE}</h1>").into_bytes() })
        }
        Some(Disturbance::CutBefore) => None,
        Some(Disturbance::CutAfter) => {
            engine.forward(&request).await;
            None
        }
        Some(Disturbance::Late) => {
            lock(plan).late.push(request);
            None
        }
        Some(Disturbance::BehindLateOnes) => {
            deliver_late_ones(plan, engine).await;
            Some(engine.forward(&request).await)
        }
        Some(Disturbance::Silence) => std::future::pending().await,
        Some(Disturbance::SilenceAfter) => {
            engine.forward(&request).await;
            std::future::pending().await
        }
        Some(Disturbance::OneKeyProcessed) => Some(read_one_key(&request, engine).await),
        Some(Disturbance::NoKeyProcessed) => {
            let body = json!({"Responses": {}, "UnprocessedKeys": request.json()["RequestItems"]});
            Some(Message::json_answer("200 OK", &body))
        }
        Some(Disturbance::FindsStale) => {
            let stale = lock(plan).stale.clone();
            Some(read_stale(&request, stale, engine).await)
        }
    }
}

/// Has everything read, and adds an item that was there a moment ago.
async fn read_stale(request: &Message, stale: Value, engine: &Behind) -> Message {
    let mut body = engine.forward(request).await.json();
    let tables = body["Responses"].as_object_mut().expect("tables");
    let items = tables.values_mut().next().and_then(Value::as_array_mut).expect("items");
    items.push(stale);
    Message::json_answer("200 OK", &body)
}

/// Has the first key read and says that the others were not.
async fn read_one_key(request: &Message, engine: &Behind) -> Message {
    let mut wanted = request.json();
    let mut unprocessed = wanted["RequestItems"].clone();
    let tables = unprocessed.as_object_mut().expect("tables");
    let table = tables.keys().next().expect("a table").clone();
    let others = tables[&table]["Keys"].as_array_mut().expect("keys");
    wanted["RequestItems"][&table]["Keys"] = json!([others.remove(0)]);
    let nobody_left_out = others.is_empty();
    let request = Message { head: request.head.clone(), body: wanted.to_string().into_bytes() };
    let answered = engine.forward(&request).await;
    let mut body = answered.json();
    body["UnprocessedKeys"] = if nobody_left_out { json!({}) } else { unprocessed };
    Message::json_answer("200 OK", &body)
}

/// DynamoDB's way to tell an error (DynamoDB Developer Guide, "Error handling").
fn error(status: u16, code: &str, reasons: &Value) -> Message {
    let mut body = json!({
        "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"),
        "message": SECRET_CAUSE,
    });
    if !reasons.is_null() {
        body["CancellationReasons"] = reasons.clone();
    }
    Message::json_answer(&format!("{status} Disturbed"), &body)
}

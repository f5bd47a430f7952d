//! What each disturbance does to a request.

use std::sync::Mutex;

use serde_json::{Value, json};

use super::behind::Behind;
use super::{Disturbance, Plan, deliver_late_ones, lock};
use crate::message::Message;
use crate::store_answers;

/// The answer to a request; none if the connection is to be cut.
pub(super) async fn answer(
    disturbance: Option<Disturbance>,
    request: Message,
    plan: &Mutex<Plan>,
    engine: &Behind,
) -> Option<Message> {
    match disturbance {
        None => Some(engine.forward(&request).await),
        Some(Disturbance::Failed(status, code)) => Some(store_answers::error(status, code)),
        Some(Disturbance::Cancelled(reasons)) => Some(store_answers::cancelled(reasons)),
        Some(Disturbance::BadGateway) => Some(store_answers::bad_gateway()),
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
        Some(Disturbance::IndexIsLate) => Some(late_index(&request, engine).await),
        Some(Disturbance::OneItemAPage) => {
            let mut asked = request.json();
            asked["Limit"] = json!(1);
            let operation = request.operation();
            Some(engine.forward(&request.as_another(&operation, &asked)).await)
        }
        Some(Disturbance::HidesFirstEvent) => Some(without_first_event(&request, engine).await),
        Some(Disturbance::ByClock(date)) => {
            let answered = engine.forward(&request).await;
            Some(Message::json_answer_at("200 OK", &answered.json(), date))
        }
        Some(Disturbance::FindsStale) => {
            let stale = lock(plan).stale.clone();
            Some(read_stale(&request, stale, engine).await)
        }
    }
}

/// Lets nothing be found in the index over heads.
async fn late_index(request: &Message, engine: &Behind) -> Message {
    if request.json()["IndexName"] != "HeadIndex" {
        return engine.forward(request).await;
    }
    Message::json_answer("200 OK", &json!({"Items": [], "Count": 0, "ScannedCount": 0}))
}

/// Lets a history be read, all but the first event.
async fn without_first_event(request: &Message, engine: &Behind) -> Message {
    let answered = engine.forward(request).await;
    let mut body = answered.json();
    let Some(items) = body["Items"].as_array_mut() else { return answered };
    let is_event = |item: &Value| item["sk"]["S"].as_str().is_some_and(|sk| sk.starts_with("EVENT#"));
    if !items.first().is_some_and(is_event) {
        return answered;
    }
    items.remove(0);
    Message::json_answer("200 OK", &body)
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

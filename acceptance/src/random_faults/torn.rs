//! `BatchGetItem` as its documentation describes it: each key is read at a moment of its own, and perhaps not at all.

use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};

use crate::message::Message;

/// Reads the keys one by one, in any order, with pauses in which other traffic comes between, and answers as one.
pub(crate) async fn read(request: &Message, engine: &str, chance: &mut Rng) -> Message {
    let Some((table, mut keys)) = table_and_keys(request) else { return request.forward(engine).await };
    chance.shuffle(&mut keys);
    let mut items = Vec::new();
    for (position, key) in keys.iter().enumerate() {
        if position > 0 {
            // Mostly as long as a read and a write of somebody else take, sometimes much longer.
            let longest = if chance.u8(0..4) == 0 { 60_000 } else { 8_000 };
            tokio::time::sleep(Duration::from_micros(chance.u64(0..longest))).await;
        }
        let answer = of_keys(request, &table, &json!([key])).forward(engine).await;
        let mut body = answer.json();
        match body["Responses"][&table].as_array_mut() {
            Some(found) => items.append(found),
            None => return answer,
        }
    }
    Message::json_answer("200 OK", &json!({"Responses": {table: items}, "UnprocessedKeys": {}}))
}

/// Reads some of the keys, one at least, and leaves the others unprocessed.
pub(crate) async fn read_some(request: &Message, engine: &str, chance: &mut Rng) -> Message {
    let Some((table, mut keys)) = table_and_keys(request) else { return request.forward(engine).await };
    chance.shuffle(&mut keys);
    let left = keys.split_off(chance.usize(1..=keys.len().max(1)).min(keys.len()));
    let mut body = of_keys(request, &table, &keys.into()).forward(engine).await.json();
    if !left.is_empty() {
        let mut unprocessed = request.json()["RequestItems"][&table].clone();
        unprocessed["Keys"] = left.into();
        body["UnprocessedKeys"] = json!({table: unprocessed});
    }
    Message::json_answer("200 OK", &body)
}

fn table_and_keys(request: &Message) -> Option<(String, Vec<Value>)> {
    let body = request.json();
    let (table, wanted) = body["RequestItems"].as_object()?.iter().next()?;
    let keys = wanted["Keys"].as_array()?.clone();
    (!keys.is_empty()).then(|| (table.clone(), keys))
}

/// The same request for these keys only.
fn of_keys(request: &Message, table: &str, keys: &Value) -> Message {
    let mut body = request.json();
    body["RequestItems"][table]["Keys"] = keys.clone();
    Message { head: request.head.clone(), body: body.to_string().into_bytes() }
}

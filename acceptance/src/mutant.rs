//! The tests' own test: seeded faults of the store and of execution, done to what goes over the wire, so that they need no
//! rebuild and survive any move of code. `ACCEPTANCE_MUTANT` names one; `.ci/mutants` runs the tests under each, and every
//! one has to be caught.

use crate::stored::bytes;
use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::message::Message;
use crate::store_answers;

/// A fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mutant {
    /// A write has no condition on the version and the counter, on the event, nor on a new physical key.
    GuardsDropped,
    /// A write has no condition on the request item.
    RequestConditionDropped,
    /// A removal has no condition on the physical key.
    RemovalConditionDropped,
    /// The request item is put after the transaction.
    RequestOutsideTheTransaction,
    /// An answer that was lost is taken for contention.
    LostAnswerTakenForContention,
    /// Every sending has a token of its own.
    NewTokenOnARetry,
    /// Whoever asks for an event after having sent one of its version is told that it is theirs.
    EventTokenNotLookedAt,
    /// The event is read before the batch that shows the version gone.
    EventReadWithTheBatch,
    /// The request item is read before the event is.
    RequestReadWithTheEvent,
    /// The request item is not read again before a refusal.
    NoSecondLook,
    /// A refusal under an idempotency key says that nothing was written.
    NothingWrittenUnderAnIdempotencyKey,
    /// Keys that are left unprocessed are not noticed.
    UnprocessedKeysIgnored,
}

impl Mutant {
    const ALL: [(&'static str, Self); 12] = [
        ("guards-dropped", Self::GuardsDropped),
        ("request-condition-dropped", Self::RequestConditionDropped),
        ("removal-condition-dropped", Self::RemovalConditionDropped),
        ("request-outside-the-transaction", Self::RequestOutsideTheTransaction),
        ("lost-answer-taken-for-contention", Self::LostAnswerTakenForContention),
        ("new-token-on-a-retry", Self::NewTokenOnARetry),
        ("event-token-not-looked-at", Self::EventTokenNotLookedAt),
        ("event-read-with-the-batch", Self::EventReadWithTheBatch),
        ("request-read-with-the-event", Self::RequestReadWithTheEvent),
        ("no-second-look", Self::NoSecondLook),
        ("nothing-written-under-an-idempotency-key", Self::NothingWrittenUnderAnIdempotencyKey),
        ("unprocessed-keys-ignored", Self::UnprocessedKeysIgnored),
    ];

    /// The one that this run is under, if it is under one.
    pub(crate) fn of_this_run() -> Option<Self> {
        static MUTANT: LazyLock<Option<Mutant>> = LazyLock::new(|| {
            let name = std::env::var("ACCEPTANCE_MUTANT").ok()?;
            let known = Mutant::ALL.iter().find(|(of, _)| *of == name);
            Some(known.unwrap_or_else(|| panic!("no mutant is called {name:?}")).1)
        });
        *MUTANT
    }
}

/// What a mutant remembers of what came by.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// The tokens under which an event was sent, by its place.
    tokens: HashMap<String, Vec<Value>>,
    /// Items as they were read too early, by their place.
    early: HashMap<String, Value>,
}

/// The place of an item in a key or an item.
fn place(item: &Value) -> String {
    format!(
        "{}|{}",
        item["pk"]["S"].as_str().unwrap_or_default(),
        item["sk"]["S"].as_str().unwrap_or_default()
    )
}

fn is_kind(item: &Value, kind: &str) -> bool {
    item["sk"]["S"].as_str().is_some_and(|sk| sk.starts_with(kind))
}

/// The keys that a `BatchGetItem` asks for.
fn keys(request: &Value) -> Vec<Value> {
    let tables = request["RequestItems"].as_object().and_then(|tables| tables.values().next());
    tables.and_then(|table| table["Keys"].as_array()).cloned().unwrap_or_default()
}

/// The key of a `BatchGetItem` that asks for one item of a kind.
fn only_key(request: &Message, kind: &str) -> Option<Value> {
    if request.operation() != "BatchGetItem" {
        return None;
    }
    match keys(&request.json()).as_slice() {
        [key] if is_kind(key, kind) => Some(key.clone()),
        _ => None,
    }
}

/// What is taken out of a request, or done to it, before anything else happens.
pub(crate) fn mutate_request(mutant: Mutant, request: Message, memory: &mut Memory) -> Message {
    if request.operation() != "TransactWriteItems" {
        return request;
    }
    let mut body = request.json();
    let token = json!(format!("{:032x}", fastrand::Rng::new().u128(..)));
    let Some(items) = body["TransactItems"].as_array_mut() else { return request };
    for action in
        items.iter_mut().filter_map(Value::as_object_mut).filter_map(|item| item.values_mut().next())
    {
        let key = if action["Item"].is_object() { action["Item"].clone() } else { action["Key"].clone() };
        if !key["pk"]["S"].as_str().is_some_and(|pk| pk.starts_with("USER#")) {
            return request;
        }
        let (is_event, is_key) = (is_kind(&key, "EVENT#"), is_kind(&key, "KEY#"));
        let adds = action["Item"].is_object();
        match mutant {
            Mutant::GuardsDropped if is_kind(&key, "USER") || is_event || is_key && adds => {
                drop_condition(action);
            }
            Mutant::RequestConditionDropped if is_kind(&key, "REQUEST#") => drop_condition(action),
            Mutant::RemovalConditionDropped if is_key && !adds => drop_condition(action),
            Mutant::NewTokenOnARetry if is_event => {
                action["Item"]["attempt"] = bytes(token.as_str().unwrap_or_default());
            }
            Mutant::EventTokenNotLookedAt if is_event => {
                memory.tokens.entry(place(&key)).or_default().push(key["attempt"].clone());
            }
            _ => {}
        }
    }
    if mutant == Mutant::NewTokenOnARetry {
        body["ClientRequestToken"] = token;
    }
    Message { head: request.head, body: body.to_string().into_bytes() }
}

/// Takes a condition out of an action, and the names and values that nothing else uses.
fn drop_condition(action: &mut Value) {
    let Some(action) = action.as_object_mut() else { return };
    action.remove("ConditionExpression");
    let used = action.get("UpdateExpression").and_then(Value::as_str).unwrap_or_default().to_owned();
    let words: Vec<_> = used.split([' ', ',', '=']).collect();
    for names in ["ExpressionAttributeNames", "ExpressionAttributeValues"] {
        let Some(members) = action.get_mut(names).and_then(Value::as_object_mut) else { continue };
        members.retain(|name, _| words.contains(&name.as_str()));
        if members.is_empty() {
            action.remove(names);
        }
    }
}

/// Carries a request out, as a mutant does.
pub(crate) async fn forward(mutant: Mutant, request: &Message, engine: &str, memory: &mut Memory) -> Message {
    match mutant {
        Mutant::RequestOutsideTheTransaction if request.operation() == "TransactWriteItems" => {
            let mut body = request.json();
            let items = body["TransactItems"].as_array_mut().expect("items");
            let is_request = |item: &Value| is_kind(&item["Put"]["Item"], "REQUEST#");
            let outside: Vec<_> = items.extract_if(.., |item| is_request(item)).collect();
            let within = Message { head: request.head.clone(), body: body.to_string().into_bytes() };
            let answer = within.forward(engine).await;
            if answer.is_ok() {
                for item in outside {
                    let put = json!({"TableName": item["Put"]["TableName"], "Item": item["Put"]["Item"]});
                    request.as_another("PutItem", &put).forward(engine).await;
                }
            }
            answer
        }
        Mutant::EventReadWithTheBatch | Mutant::RequestReadWithTheEvent => {
            let kind = if mutant == Mutant::EventReadWithTheBatch { "EVENT#" } else { "REQUEST#" };
            let early = only_key(request, kind).map(|key| answer_early(request, &key, memory));
            match early {
                Some(answer) => answer,
                None => request.forward(engine).await,
            }
        }
        _ => request.forward(engine).await,
    }
}

/// What is read too early because of a request, before anything else happens.
pub(crate) async fn meet(mutant: Mutant, request: &Message, engine: &str, memory: &mut Memory) {
    match mutant {
        Mutant::EventReadWithTheBatch if only_key(request, "EVENT#").is_none() => {
            read_early(request, "EVENT#", engine, memory).await;
        }
        Mutant::RequestReadWithTheEvent if only_key(request, "EVENT#").is_some() => {
            read_early(request, "REQUEST#", engine, memory).await;
        }
        _ => {}
    }
}

/// Reads all items of a kind of the user whom a read is about, and keeps them.
async fn read_early(request: &Message, kind: &str, engine: &str, memory: &mut Memory) {
    if request.operation() != "BatchGetItem" {
        return;
    }
    let body = request.json();
    let of_user = |key: &Value| key["pk"]["S"].as_str().is_some_and(|pk| pk.starts_with("USER#"));
    let Some(key) = keys(&body).into_iter().find(of_user) else { return };
    let table = body["RequestItems"].as_object().and_then(|tables| tables.keys().next()).cloned();
    let query = json!({
        "TableName": table, "ConsistentRead": true,
        "KeyConditionExpression": "pk = :pk AND begins_with(sk, :kind)",
        "ExpressionAttributeValues": {":pk": key["pk"], ":kind": {"S": kind}},
    });
    let found = request.as_another("Query", &query).forward(engine).await.json();
    let user = format!("{}|{kind}", key["pk"]["S"].as_str().unwrap_or_default());
    memory.early.retain(|place, _| !place.starts_with(&user));
    for item in found["Items"].as_array().into_iter().flatten() {
        memory.early.insert(place(item), item.clone());
    }
}

fn answer_early(request: &Message, key: &Value, memory: &Memory) -> Message {
    let body = request.json();
    let table = body["RequestItems"].as_object().and_then(|tables| tables.keys().next()).expect("a table");
    let items: Vec<_> = memory.early.get(&place(key)).into_iter().collect();
    Message::json_answer("200 OK", &json!({"Responses": {table: items}, "UnprocessedKeys": {}}))
}

/// What a mutant sees of an answer; none if the connection was cut.
pub(crate) fn mutate_answer(
    mutant: Mutant,
    operation: &str,
    asked: &Value,
    answer: Option<Message>,
    memory: &Memory,
) -> Option<Message> {
    let Some(answer) = answer else {
        let lost = mutant == Mutant::LostAnswerTakenForContention && operation == "TransactWriteItems";
        return lost.then(|| store_answers::cancelled(&["TransactionConflict", "None", "None"]));
    };
    if operation != "BatchGetItem" || !answer.is_ok() {
        return Some(answer);
    }
    let mut body = answer.json();
    match mutant {
        Mutant::UnprocessedKeysIgnored => body["UnprocessedKeys"] = json!({}),
        Mutant::NoSecondLook => match keys(asked).as_slice() {
            [key] if is_kind(key, "REQUEST#") => {
                items(&mut body).clear();
            }
            _ => {}
        },
        Mutant::EventTokenNotLookedAt => {
            for item in items(&mut body).iter_mut().filter(|item| is_kind(item, "EVENT#")) {
                let mut sent = memory.tokens.get(&place(item)).into_iter().flatten();
                if let Some(another) = sent.rfind(|token| **token != item["attempt"]) {
                    item["attempt"] = another.clone();
                }
            }
        }
        _ => return Some(answer),
    }
    Some(Message::json_answer("200 OK", &body))
}

fn items(body: &mut Value) -> &mut Vec<Value> {
    let tables = body["Responses"].as_object_mut().and_then(|tables| tables.values_mut().next());
    tables.and_then(Value::as_array_mut).expect("items")
}

/// The body of a reply, as a mutant words it.
pub(crate) fn mutate_reply(has_idempotency_key: bool, body: &str) -> Option<String> {
    let mutant = Mutant::of_this_run()?;
    let applies = mutant == Mutant::NothingWrittenUnderAnIdempotencyKey && has_idempotency_key;
    let from = "Send the request again";
    applies.then(|| body.replace(from, "Nothing was written; send the request again"))
}

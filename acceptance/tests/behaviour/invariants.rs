//! What must be true of a user's stored items at any time, whatever was asked, repeated, raced or cut off.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::history::{ChainedRecord, EventHash};
use domain::user::{Event, PhysicalKey, User};
use domain::values::{KeyNumber, OrgTag, UserId, Version};
use serde_json::{Value, json};
use store::items::Item;

/// Everything in the table, by its keys, as the stage shows it.
pub(crate) type Stored = BTreeMap<(String, String), Value>;

/// A user's events and what they add up to, folded from nothing.
#[derive(Debug)]
pub(crate) struct History {
    pub(crate) records: Vec<ChainedRecord>,
    pub(crate) user: User,
    pub(crate) held: BTreeMap<KeyNumber, PhysicalKey>,
}

/// Checks a user's stored items against the user's stored events, and gives the history.
///
/// Versions are dense, the chain holds, numbers are dense and never given twice, only held physical keys are removed,
/// and the user item and the items of physical keys are the fold of the events: these, no others, nothing else in
/// them.
pub(crate) fn check(stored: &Stored, user: &str) -> History {
    let history = fold(records(stored, user), user);
    let items = history.user_item().into_iter().chain(history.key_items()).chain(history.marks());
    let text = |item: &Value, name: &str| item[name]["S"].as_str().expect("a text").to_owned();
    let expected: Stored = items.map(|item| ((text(&item, "pk"), text(&item, "sk")), item)).collect();
    let state: Vec<&Value> = stored
        .range((partition(user), String::new())..)
        .take_while(|((pk, _), _)| *pk == partition(user))
        .filter(|((_, sk), _)| !sk.starts_with("EVENT#") && !sk.starts_with("REQUEST#"))
        .map(|(_, item)| item)
        .collect();
    assert_eq!(state, expected.values().collect::<Vec<_>>(), "the state is the fold of the events");
    history
}

/// Reads a user's events in the order of their sort keys and checks that these follow from the versions.
fn records(stored: &Stored, user: &str) -> Vec<ChainedRecord> {
    let events = stored.iter().filter(|((pk, sk), _)| *pk == partition(user) && sk.starts_with("EVENT#"));
    let mut records = Vec::new();
    let (mut head, mut issuers) = (EventHash::GENESIS, BTreeMap::new());
    for (version, ((_, sk), item)) in (1..).zip(events) {
        let record: ChainedRecord = serde_dynamo::from_item(attributes(item)).expect("an event");
        assert_eq!(*sk, format!("EVENT#{version:020}"), "versions are dense");
        assert_eq!(record.record.version, Version::new(version), "an event is where its version says");
        assert!(record.follows(head), "event {version} does not follow the one before");
        let (number, issuer) = match &record.record.event {
            Event::PhysicalKeyAdded(added) => {
                issuers.insert(added.number, added.org_id.clone());
                (added.number, &added.org_id)
            }
            Event::PhysicalKeyRemoved(removed) => (removed.number, &issuers[&removed.number]),
        };
        assert_eq!(item["issuer"], json!({"S": issuer}), "the issuer of physical key {number}");
        head = record.hash;
        records.push(record);
    }
    records
}

fn fold(records: Vec<ChainedRecord>, user: &str) -> History {
    let user = User::new(UserId::parse(user).expect("a user id"));
    let mut history = History { records: Vec::new(), user, held: BTreeMap::new() };
    for record in records {
        match &record.record.event {
            Event::PhysicalKeyAdded(added) => {
                let next = history.user.last_number.map_or(KeyNumber::FIRST, KeyNumber::next);
                assert_eq!(added.number, next, "numbers are given in commit order, none twice");
                history.held.insert(added.number, PhysicalKey::from(added));
            }
            Event::PhysicalKeyRemoved(removed) => {
                let held = history.held.remove(&removed.number);
                assert!(held.is_some(), "number {} is removed and was not held", removed.number);
            }
        }
        history.user = history.user.apply(&record.record.event);
        history.records.push(record);
    }
    assert_eq!(u64::try_from(history.held.len()).ok(), Some(history.user.active_keys));
    history
}

impl History {
    /// The user item that the events add up to; none before the first.
    fn user_item(&self) -> Option<Value> {
        let last = self.records.last()?;
        let number = |number: u64| json!({"N": number.to_string()});
        Some(json!({
            "pk": {"S": partition(self.user.id.as_str())},
            "sk": {"S": "USER"},
            "userId": {"S": self.user.id},
            "version": number(self.user.version.get()),
            "lastNumber": number(self.user.last_number.map_or(0, KeyNumber::get)),
            "activeKeys": number(self.user.active_keys),
            "headHash": {"S": last.hash.to_string()},
        }))
    }

    /// The items of the physical keys that the events leave, in order.
    fn key_items(&self) -> impl Iterator<Item = Value> {
        self.held.values().map(|key| {
            let sort = format!("{:020}", key.number.get());
            let mut item = json!({
                "pk": {"S": partition(self.user.id.as_str())},
                "sk": {"S": format!("KEY#{}#{sort}", OrgTag::of(&key.org_id))},
                "userId": {"S": self.user.id},
                "issuerPartition": {"S": key.org_id},
                "issuerSort": {"S": format!("{:020}#{}#{sort}", key.added_at.get(), self.user.id)},
            });
            // Beside its places, everything that is answered of a physical key, as it is answered.
            let answered = serde_json::to_value(key).expect("JSON");
            for (name, value) in answered.as_object().expect("an object") {
                item[name] = match value {
                    Value::Number(number) => json!({"N": number.to_string()}),
                    value => json!({"S": value}),
                };
            }
            item
        })
    }
}

impl History {
    /// The marks of everybody who has ever issued anything.
    fn marks(&self) -> impl Iterator<Item = Value> {
        let issuers = self.records.iter().filter_map(|record| match &record.record.event {
            Event::PhysicalKeyAdded(added) => Some(&added.org_id),
            Event::PhysicalKeyRemoved(_) => None,
        });
        issuers.map(|issuer| {
            json!({
                "pk": {"S": partition(self.user.id.as_str())},
                "sk": {"S": format!("SEEN#{}", OrgTag::of(issuer))},
                "orgId": {"S": issuer},
            })
        })
    }
}

fn partition(user: &str) -> String {
    format!("USER#{user}")
}

/// An item out of DynamoDB's own JSON.
pub(crate) fn attributes(item: &Value) -> Item {
    let item = item.as_object().expect("an item is an object");
    item.iter().map(|(name, value)| (name.clone(), attribute(value))).collect()
}

fn attribute(value: &Value) -> AttributeValue {
    let (kind, value) = value.as_object().and_then(|object| object.iter().next()).expect("one type");
    match (kind.as_str(), value) {
        ("S", Value::String(text)) => AttributeValue::S(text.clone()),
        ("N", Value::String(number)) => AttributeValue::N(number.clone()),
        ("BOOL", Value::Bool(bool)) => AttributeValue::Bool(*bool),
        ("NULL", Value::Bool(true)) => AttributeValue::Null(true),
        ("L", Value::Array(values)) => AttributeValue::L(values.iter().map(attribute).collect()),
        ("M", members @ Value::Object(_)) => AttributeValue::M(attributes(members)),
        _ => panic!("no item has an attribute like {kind} {value}"),
    }
}

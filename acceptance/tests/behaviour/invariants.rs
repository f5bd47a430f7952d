//! What must be true of a user's stored items at any time, whatever was asked, repeated, raced or cut off.

use std::collections::BTreeMap;

use acceptance::stored::bytes;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::api_key::StoredApiKey;
use domain::history::{ActorKind, Aggregate, ChainedRecord, EventHash, Happening, KeptRecord};
use domain::organisation::{self, Organisation};
use domain::user::{Event, PhysicalKey, User};
use domain::values::{KeyNumber, OrgTag, Sha256Hash, UserId, Version};
use serde_json::{Value, json};
use store::items::Item;

/// Everything in the table, by its keys, as the stage shows it.
pub(crate) type Stored = BTreeMap<(String, String), Value>;

/// A user's events and what they add up to, folded from nothing.
#[derive(Debug)]
pub(crate) struct History {
    pub(crate) records: Vec<ChainedRecord>,
    pub(crate) events: Vec<Event>,
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

/// Reads the events of a history in the order of their sort keys and checks that these follow from the versions.
pub(crate) fn kept(stored: &Stored, partition: &str) -> Vec<KeptRecord> {
    let events = stored.iter().filter(|((pk, sk), _)| *pk == partition && sk.starts_with("EVENT#"));
    let (mut records, mut head) = (Vec::new(), EventHash::GENESIS);
    for (version, ((_, sk), item)) in (1..).zip(events) {
        let item = serde_dynamo::Item::from(attributes(item));
        let kept = store::items::streamed_event(item).expect("an event");
        let chained = &kept.chained;
        assert_eq!(*sk, format!("EVENT#{version:020}"), "versions are dense");
        assert_eq!(chained.record().version, Version::new(version), "an event is where its version says");
        assert!(chained.follows(head), "event {version} does not follow the one before");
        assert_eq!(chained.record().canonical(), chained.canonical(), "what was hashed is canonical");
        head = chained.hash();
        records.push(kept);
    }
    records
}

/// Reads a user's events, with the texts that they disclose, and checks who issued the physical keys.
fn records(stored: &Stored, user: &str) -> Vec<(ChainedRecord, Event)> {
    let mut issuers = BTreeMap::new();
    let read = |kept: KeptRecord| {
        let event = kept.users_event().expect("texts of their digests");
        let chained = kept.chained;
        let issuer = match &event {
            Event::PhysicalKeyAdded(added) => {
                issuers.insert(added.number, added.org_id.clone());
                &added.org_id
            }
            Event::PhysicalKeyRemoved(removed) => &issuers[&removed.number],
            Event::PhysicalKeyTextsErased(erased) => &issuers[&erased.number],
        };
        assert_eq!(chained.record().issuer.as_ref(), Some(issuer));
        (chained, event)
    };
    kept(stored, &partition(user)).into_iter().map(read).collect()
}

fn fold(records: Vec<(ChainedRecord, Event)>, user: &str) -> History {
    let user = User::new(UserId::parse(user).expect("a user id"));
    let mut history = History { records: Vec::new(), events: Vec::new(), user, held: BTreeMap::new() };
    for (record, event) in records {
        match &event {
            Event::PhysicalKeyAdded(added) => {
                let next = history.user.last_number.map_or(KeyNumber::FIRST, KeyNumber::next);
                assert_eq!(added.number, next, "numbers are given in commit order, none twice");
                history.held.insert(added.number, PhysicalKey::from(added));
            }
            Event::PhysicalKeyRemoved(removed) => {
                let held = history.held.remove(&removed.number);
                assert!(held.is_some(), "number {} is removed and was not held", removed.number);
            }
            // Its texts are disclosed no more by then.
            Event::PhysicalKeyTextsErased(_) => {}
        }
        history.user = history.user.apply(&event);
        history.records.push(record);
        history.events.push(event);
    }
    assert_eq!(u64::try_from(history.held.len()).ok(), Some(history.user.active_keys));
    history
}

/// The place in the index of a head with this history: the latest hour that it was changed in, and one of four shards.
fn changed_in<'a>(pk: &str, records: impl Iterator<Item = &'a ChainedRecord>) -> Value {
    let hours = records.map(|chained| chained.record().recorded_at.get() / 3_600_000);
    let [first, second, ..] = Sha256Hash::of(pk).bytes();
    json!({"S": format!("{:08}#{:03}", hours.max().unwrap_or_default(), u16::from_be_bytes([first, second]) % 4)})
}

impl History {
    /// The user item that the events add up to; none before the first.
    fn user_item(&self) -> Option<Value> {
        let last = self.records.last()?;
        let number = |number: u64| json!({"N": number.to_string()});
        Some(json!({
            "pk": {"S": partition(self.user.id.as_str())},
            "sk": {"S": "USER"},
            "format": number(2),
            "userId": {"S": self.user.id},
            "version": number(self.user.version.get()),
            "lastNumber": number(self.user.last_number.map_or(0, KeyNumber::get)),
            "activeKeys": number(self.user.active_keys),
            "headHash": bytes(&last.hash().to_string()),
            "changedIn": changed_in(&partition(self.user.id.as_str()), self.records.iter()),
        }))
    }

    /// The items of the physical keys that the events leave, in order.
    fn key_items(&self) -> impl Iterator<Item = Value> {
        self.held.values().map(|key| {
            let sort = format!("{:020}", key.number.get());
            let item = json!({
                "pk": {"S": partition(self.user.id.as_str())},
                "sk": {"S": format!("KEY#{}#{sort}", OrgTag::of(&key.org_id))},
                "userId": {"S": self.user.id},
                "issuerPartition": {"S": key.org_id},
                "issuerSort": {"S": format!("{:020}#{}#{sort}", key.added_at.get(), self.user.id)},
            });
            // Beside its places, everything that is answered of a physical key, as it is answered.
            with_members(item, key)
        })
    }
}

impl History {
    /// The marks of everybody who has ever issued anything.
    fn marks(&self) -> impl Iterator<Item = Value> {
        let issuers = self.events.iter().filter_map(|event| match event {
            Event::PhysicalKeyAdded(added) => Some(&added.org_id),
            Event::PhysicalKeyRemoved(_) | Event::PhysicalKeyTextsErased(_) => None,
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

/// Checks an organisation's stored items against its stored events, and gives what these add up to: the organisation item, the
/// items of its API keys and their list are the fold of the events: these, no others, nothing else in them.
pub(crate) fn check_organisation(stored: &Stored, tag: &str) -> Organisation {
    let partition = format!("ORG#{tag}");
    let records = kept(stored, &partition);
    let first = records.first().expect("an event").chained.record();
    let org_id = first.issuer.clone().expect("an organisation");
    let (mut organisation, mut api_keys) = (Organisation::new(org_id), BTreeMap::new());
    assert_eq!(OrgTag::of(&organisation.org_id).to_string(), tag);
    for KeptRecord { chained, disclosures } in &records {
        let Happening::Organisation(recorded) = chained.record().happening.clone() else {
            panic!("{chained:?}")
        };
        assert_eq!(chained.record().actor.kind, ActorKind::Operator);
        let event = recorded.disclosed(disclosures).expect("texts of their digests");
        match event.clone() {
            organisation::Event::ApiKeyIssued(issued) => {
                let api_key = StoredApiKey::from(issued);
                assert!(api_keys.insert(api_key.api_key_id.as_str().to_owned(), api_key).is_none());
            }
            organisation::Event::ApiKeyRevoked(revoked) => {
                let api_key =
                    api_keys.get_mut(revoked.api_key_id.as_str()).expect("an API key that was issued");
                assert_eq!(api_key.revoked_at.replace(revoked.revoked_at), None, "it is revoked once");
            }
            _ => {}
        }
        organisation = organisation.apply(&event);
    }
    let of_organisation = |(pk, sk): &(String, String), item: &Value| {
        (*pk == partition || item["orgId"]["S"] == organisation.org_id.as_str() && pk.starts_with("APIKEY#"))
            && !sk.starts_with("EVENT#")
    };
    let state: Vec<&Value> =
        stored.iter().filter(|(place, item)| of_organisation(place, item)).map(|(_, item)| item).collect();
    let head = records.last().expect("an event").chained.hash().to_string();
    let changed_in = changed_in(&partition, records.iter().map(|kept| &kept.chained));
    let expected_head = json!({
        "pk": {"S": partition}, "sk": {"S": "ORG"}, "format": {"N": "2"}, "headHash": bytes(&head), "changedIn": changed_in,
    });
    let mut expected = vec![with_members(expected_head, &organisation)];
    for (id, api_key) in &api_keys {
        let listed =
            json!({"pk": {"S": partition}, "sk": {"S": format!("APIKEY#{id}")}, "apiKeyId": {"S": id}});
        let item = json!({"pk": {"S": format!("APIKEY#{id}")}, "sk": {"S": "APIKEY"}});
        expected.extend([listed, with_members(item, api_key)]);
    }
    let place = |item: &Value| (item["pk"].to_string(), item["sk"].to_string());
    expected.sort_by_key(place);
    assert_eq!(state, expected.iter().collect::<Vec<_>>(), "the state is the fold of the events");
    organisation
}

/// An item with the members of a value, as they are spelled in JSON.
fn with_members(mut item: Value, value: &impl serde::Serialize) -> Value {
    let members = serde_json::to_value(value).expect("JSON");
    for (name, value) in members.as_object().expect("an object") {
        item[name] = in_dynamodb(value);
    }
    item
}

fn in_dynamodb(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!({"N": number.to_string()}),
        Value::Array(values) => json!({"L": values.iter().map(in_dynamodb).collect::<Vec<_>>()}),
        value => json!({"S": value}),
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
        ("B", Value::String(bytes)) => {
            AttributeValue::B(data_encoding::BASE64.decode(bytes.as_bytes()).expect("base64").into())
        }
        ("BOOL", Value::Bool(bool)) => AttributeValue::Bool(*bool),
        ("NULL", Value::Bool(true)) => AttributeValue::Null(true),
        ("L", Value::Array(values)) => AttributeValue::L(values.iter().map(attribute).collect()),
        ("M", members @ Value::Object(_)) => AttributeValue::M(attributes(members)),
        _ => panic!("no item has an attribute like {kind} {value}"),
    }
}

//! Hand-made episodes: Alice's inventory, whole and answered as it should be, until a test spoils it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::super::history::{Answer, Asked, Command, History, Sending};
use super::super::super::scan::Item;
use super::super::canonical;
use super::super::inventory::tag;

/// An episode in the making.
#[derive(Debug, Clone, Default)]
pub(super) struct Story {
    pub(super) history: History,
    /// By sort key.
    pub(super) items: BTreeMap<String, Item>,
    tick: u64,
    requests: u64,
}

/// An object as an item.
pub(super) fn item(value: &Value) -> Item {
    value.as_object().expect("an object").clone()
}

pub(super) fn sort_key(kind: &str, number: u64) -> String {
    format!("{kind}#{number:020}")
}

pub(super) fn mark(issuer: &str) -> String {
    format!("SEEN#{}", tag(&json!(issuer)))
}

impl Story {
    /// The sort key of a physical key's item that is there.
    pub(super) fn key(&self, number: u64) -> String {
        let is_of = |sk: &&String| sk.starts_with("KEY#") && sk.ends_with(&format!("#{number:020}"));
        self.items.keys().find(is_of).cloned().unwrap_or_default()
    }
}

impl Story {
    /// Two physical keys of Acme's, one of Globex's; the second of Acme's is removed under an idempotency key, of which a
    /// repetition is answered; and what lists say after all that.
    pub(super) fn whole() -> Self {
        let mut story = Self::default();
        story.add("acme", None);
        story.add("acme", Some("first"));
        story.add("globex", None);
        story.remove(2, Some("second"));
        story.repeat(3);
        story.list(None, &[1, 3]);
        story.list(Some("globex"), &[3]);
        story
    }

    /// A moment later than all before.
    pub(super) fn tick(&mut self) -> u64 {
        self.tick += 1;
        self.tick
    }

    /// A request with an answer, which comes at once.
    pub(super) fn sending(&mut self, status: u16, body: String) -> Sending {
        self.requests += 1;
        let (began, at) = (self.tick(), self.tick());
        let answer = Some(Answer { at, status, body });
        Sending { request_id: format!("request-{}", self.requests), began, answer }
    }

    /// A refusal with this message.
    pub(super) fn refusal(&mut self, status: u16, message: &str) -> Sending {
        self.sending(status, json!({"error": "refused", "message": message}).to_string())
    }

    fn version(&self) -> u64 {
        self.items.keys().filter(|sk| sk.starts_with("EVENT#")).count() as u64
    }

    fn user_item(&self) -> Item {
        self.items.get("USER").cloned().unwrap_or_default()
    }

    /// Writes an event and the user item after it.
    pub(super) fn write(&mut self, kind: &str, data: &Value, request_id: &str) -> u64 {
        let (version, before) = (self.version() + 1, self.user_item());
        let previous = before.get("headHash").and_then(Value::as_str).map_or("0".repeat(64), str::to_owned);
        let (mut data, mut disclosures) = (data.clone(), json!({}));
        if let Some(note) = data.as_object_mut().and_then(|data| data.remove("note")) {
            data["texts"] = json!({"note": canonical::digest("", note.as_str().unwrap_or_default())});
            disclosures = json!({"note": {"salt": "", "text": note}});
        }
        let record = canonical::canonical(&json!({
            "format": 2, "aggregateType": "user", "aggregateId": "alice", "version": version, "type": kind, "data": data,
            "recordedAt": 1_795_435_200_000_u64, "actor": {"type": "user", "id": "alice"}, "requestId": request_id,
        }));
        let event = item(&json!({
            "pk": "USER#alice", "record": record, "previousHash": previous, "hash": canonical::hash(&previous, &record),
            "disclosures": disclosures, "attempt": 1,
        }));
        let is_addition = kind == "PhysicalKeyAdded";
        let count = |name: &str| before.get(name).and_then(Value::as_u64).unwrap_or_default();
        let keys = if is_addition { count("activeKeys") + 1 } else { count("activeKeys") - 1 };
        let last = if is_addition { data["number"].clone() } else { before["lastNumber"].clone() };
        let user = json!({
            "pk": "USER#alice", "userId": "alice", "version": version, "lastNumber": last, "activeKeys": keys,
            "headHash": event["hash"],
        });
        self.items.insert("USER".to_owned(), item(&user));
        self.items.insert(sort_key("EVENT", version), event);
        version
    }

    pub(super) fn add(&mut self, issuer: &str, idempotency_key: Option<&str>) {
        let number = self.user_item().get("lastNumber").and_then(Value::as_u64).unwrap_or_default() + 1;
        let note = format!("Tür {number}");
        let data = json!({"userId": "alice", "number": number, "orgId": issuer, "note": note, "addedAt": 12});
        let mut key = item(&data);
        key.insert("pk".to_owned(), "USER#alice".into());
        key.insert("issuerPartition".to_owned(), issuer.into());
        self.items.insert(format!("KEY#{}#{number:020}", tag(&json!(issuer))), key);
        self.items.insert(mark(issuer), item(&json!({"pk": "USER#alice", "orgId": issuer})));
        let asked = Asked::Add { issuer: issuer.to_owned(), note };
        self.carry_out("PhysicalKeyAdded", &data, asked, idempotency_key);
    }

    pub(super) fn remove(&mut self, number: u64, idempotency_key: Option<&str>) {
        let data = json!({"userId": "alice", "number": number, "removedAt": 34});
        self.items.remove(&self.key(number));
        self.carry_out("PhysicalKeyRemoved", &data, Asked::Remove { number }, idempotency_key);
    }

    fn carry_out(&mut self, kind: &str, data: &Value, asked: Asked, idempotency_key: Option<&str>) {
        let version = self.version() + 1;
        let event = json!({"type": kind, "data": data});
        let body = json!({"success": true, "version": version, "event": event, "number": data["number"]});
        let sending = self.sending(200, body.to_string());
        self.write(kind, data, &sending.request_id);
        if let Some(key) = idempotency_key {
            let request = json!({"pk": "USER#alice", "version": version, "body": body.to_string()});
            self.items.insert(format!("REQUEST#{key}"), item(&request));
        }
        self.command(asked, idempotency_key, sending);
    }

    /// A command with one sending.
    pub(super) fn command(&mut self, asked: Asked, idempotency_key: Option<&str>, sending: Sending) {
        self.history.commands.push(Command {
            user: "alice".to_owned(),
            confined_to: None,
            asked,
            idempotency_key: idempotency_key.map(str::to_owned),
            reuses_a_key: false,
            sendings: vec![sending],
        });
    }

    /// Sends a command again, which is answered as before.
    fn repeat(&mut self, command: usize) {
        let answer = self.answer(command).clone();
        let again = self.sending(answer.status, answer.body);
        self.history.commands[command].sendings.push(again);
    }

    pub(super) fn list(&mut self, confined_to: Option<&str>, numbers: &[u64]) {
        let names = ["number", "orgId", "note", "addedAt"];
        // Lists are in the order of sort keys.
        let mut places: Vec<_> = numbers.iter().map(|number| self.key(*number)).collect();
        places.sort_unstable();
        let keys = places.iter().map(|place| {
            let key = self.items.get(place).cloned().unwrap_or_default();
            let members = names.map(|name| (name.to_owned(), key.get(name).cloned().unwrap_or_default()));
            Value::from(Item::from_iter(members))
        });
        let body = json!({"total": numbers.len(), "keys": keys.collect::<Value>()});
        let sending = self.sending(200, body.to_string());
        self.command(Asked::List { limit: 100 }, None, sending);
        if let Some(list) = self.history.commands.last_mut() {
            list.confined_to = confined_to.map(str::to_owned);
        }
    }

    /// The first answer to a command.
    pub(super) fn answer(&mut self, command: usize) -> &mut Answer {
        self.history.commands[command].sendings[0].answer.as_mut().expect("an answer")
    }

    /// Changes the body of the first answer to a command.
    pub(super) fn spoil(&mut self, command: usize, change: impl FnOnce(&mut Value)) {
        let answer = self.answer(command);
        let mut body = serde_json::from_str(&answer.body).expect("JSON");
        change(&mut body);
        answer.body = body.to_string();
    }

    /// An item by its sort key.
    pub(super) fn stored(&mut self, sk: &str) -> &mut Item {
        self.items.get_mut(sk).expect("an item")
    }

    /// Changes what was hashed of an event.
    pub(super) fn spoil_record(&mut self, version: u64, from: &str, to: &str) {
        let record = &mut self.stored(&sort_key("EVENT", version))["record"];
        let text = record.as_str().expect("a text");
        assert!(text.contains(from), "{text}");
        *record = text.replace(from, to).into();
    }

    /// The rules that the judge finds broken.
    pub(super) fn broken(&self) -> Vec<&'static str> {
        let items: Vec<_> = self
            .items
            .iter()
            .map(|(sk, item)| {
                let mut item = item.clone();
                item.insert("sk".to_owned(), sk.clone().into());
                item
            })
            .collect();
        let mut rules: Vec<_> =
            super::super::judge(&self.history, &items).into_iter().map(|violation| violation.rule).collect();
        rules.sort_unstable();
        rules.dedup();
        rules
    }
}

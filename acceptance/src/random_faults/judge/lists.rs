//! Every list that was answered, held against what had been answered before it was asked for.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::history::{Answer, Asked, Command, Sending};
use super::Findings;
use super::inventory::{Inventory, tag};
use super::outcomes::added_at;

/// When what is known of a physical key became known.
struct Known {
    /// By number: when the answer to its addition had come.
    added: BTreeMap<u64, u64>,
    /// By number: when somebody first asked to remove it.
    removal_began: BTreeMap<u64, u64>,
    /// By number: when the answer to its removal had come.
    removed: BTreeMap<u64, u64>,
}

impl Known {
    fn of(commands: &[&Command]) -> Self {
        let (mut removal_began, mut removed) = (BTreeMap::new(), BTreeMap::new());
        for command in commands {
            let Asked::Remove { number } = command.asked else { continue };
            let began: &mut u64 = removal_began.entry(number).or_insert(u64::MAX);
            *began = command.began().min(*began);
            if let Some(at) = command.done_at() {
                let earliest: &mut u64 = removed.entry(number).or_insert(u64::MAX);
                *earliest = at.min(*earliest);
            }
        }
        Self { added: added_at(commands), removal_began, removed }
    }
}

/// Checks all lists of one inventory.
pub(crate) fn check(commands: &[&Command], inventory: &Inventory, findings: &mut Findings<'_>) {
    let known = Known::of(commands);
    for command in commands {
        let Asked::List { limit } = command.asked else { continue };
        for (sending, answer) in command.answers().filter(|(_, answer)| answer.status == 200) {
            let body = serde_json::from_str(&answer.body).unwrap_or_default();
            let list = List { command, sending, answer, body, inventory };
            list.check_form(limit, findings);
            list.check_content(&known, findings);
        }
    }
}

/// A list and the answer with it.
struct List<'a> {
    command: &'a Command,
    sending: &'a Sending,
    answer: &'a Answer,
    body: Value,
    inventory: &'a Inventory,
}

impl List<'_> {
    fn numbers(&self) -> Vec<u64> {
        let keys = self.body["keys"].as_array();
        keys.into_iter().flatten().map(|key| key["number"].as_u64().unwrap_or_default()).collect()
    }

    /// Lists are in the order of issuers' tags and numbers.
    fn places(&self) -> Vec<(String, u64)> {
        let place = |key: &Value| (tag(&key["orgId"]), key["number"].as_u64().unwrap_or_default());
        self.body["keys"].as_array().into_iter().flatten().map(place).collect()
    }

    fn is_whole(&self) -> bool {
        self.body["nextCursor"].is_null()
    }

    fn check_form(&self, limit: usize, findings: &mut Findings<'_>) {
        let (numbers, id) = (self.numbers(), &[self.sending.request_id.as_str()]);
        if !self.places().is_sorted_by(|one, next| one < next) {
            findings.add("lists-ascend", id, format!("{numbers:?}"));
        }
        if numbers.len() > limit {
            findings.add("lists-keep-the-limit", id, format!("{} of at most {limit}", numbers.len()));
        }
        let total = self.body["total"].as_u64();
        if self.is_whole() && total != Some(numbers.len() as u64) {
            let detail = format!("total {total:?}, and {} physical keys", numbers.len());
            findings.add("total-is-the-number-of-keys", id, detail);
        }
    }

    fn check_content(&self, known: &Known, findings: &mut Findings<'_>) {
        let (numbers, id) = (self.numbers(), &[self.sending.request_id.as_str()]);
        for key in self.body["keys"].as_array().into_iter().flatten() {
            let number = key["number"].as_u64().unwrap_or_default();
            let event = self.inventory.added(number);
            let is_as_added = event.is_some_and(|event| {
                ["orgId", "note", "addedAt"].into_iter().all(|name| key.get(name) == event["data"].get(name))
            });
            if !is_as_added || !self.is_seen(number) {
                let detail = format!("{number} was not added like this, or is another organisation's");
                findings.add("lists-show-what-was-added", id, detail);
            }
            if known.removed.get(&number).is_some_and(|at| *at < self.sending.began) {
                let detail = format!("{number} is listed, and its removal had been answered before");
                findings.add("lists-leave-out-what-was-removed", id, detail);
            }
        }
        // A page that others follow is complete up to its last place.
        let last = self.places().pop();
        let is_on_page = |number: u64| {
            let issuer = self.inventory.added(number).map(|event| tag(&event["data"]["orgId"]));
            self.is_whole() || last.as_ref() >= issuer.map(|issuer| (issuer, number)).as_ref()
        };
        for (number, _) in known.added.iter().filter(|(_, at)| **at < self.sending.began) {
            let begun = known.removal_began.get(number).is_some_and(|began| *began < self.answer.at);
            if !begun && !numbers.contains(number) && is_on_page(*number) && self.is_seen(*number) {
                let detail = format!("{number} is not listed, and its addition had been answered before");
                findings.add("lists-show-what-is-there", id, detail);
            }
        }
    }

    /// Whether the caller sees a physical key.
    fn is_seen(&self, number: u64) -> bool {
        let issuer = self.inventory.added(number).map(|event| &event["data"]["orgId"]);
        self.command.confined_to.as_ref().is_none_or(|to| issuer.is_some_and(|issuer| *issuer == **to))
    }
}

//! Every answer to a command, held against the events.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::history::{Answer, Asked, Command, Sending};
use super::super::scan::Item;
use super::Findings;
use super::inventory::{Inventory, request_id};
use crate::disturbance::SECRET_CAUSE;

/// Checks all commands on one inventory.
pub(crate) fn check(commands: &[&Command], inventory: &Inventory, findings: &mut Findings<'_>) {
    let mut events = BTreeMap::<&str, Vec<(u64, &Item)>>::new();
    for (version, event) in &inventory.events {
        events.entry(request_id(event)).or_default().push((*version, event));
    }
    let sent: BTreeSet<_> = commands
        .iter()
        .flat_map(|command| &command.sendings)
        .map(|sending| sending.request_id.as_str())
        .collect();
    for id in events.keys().filter(|id| !sent.contains(**id)) {
        findings.add("event-was-asked-for", &[id], "nobody sent the request of this event");
    }
    let added_at = added_at(commands);
    let mut answered = BTreeMap::<u64, &Command>::new();
    for command in commands {
        let written: Vec<_> = command
            .sendings
            .iter()
            .flat_map(|sending| events.get(sending.request_id.as_str()).into_iter().flatten())
            .copied()
            .collect();
        let mut case = Case { command, inventory, written, findings };
        case.check_answers();
        if matches!(command.asked, Asked::List { .. }) {
            continue;
        }
        case.check_events();
        case.check_successes();
        case.check_refusals(&added_at);
        if let Some(version) = case.answered_version()
            && let Some(other) = answered.insert(version, command)
        {
            let ids: Vec<_> = [other, *command].iter().filter_map(|one| first_id(one)).collect();
            findings.add("versions-are-not-shared", &ids, format!("both were answered version {version}"));
        }
    }
    check_requests(commands, inventory, &events, findings);
}

fn first_id(command: &Command) -> Option<&str> {
    command.sendings.first().map(|sending| sending.request_id.as_str())
}

/// When the addition of each number was answered, by number.
pub(crate) fn added_at(commands: &[&Command]) -> BTreeMap<u64, u64> {
    let mut moments = BTreeMap::new();
    for command in commands.iter().filter(|command| matches!(command.asked, Asked::Add { .. })) {
        let answers = command.answers().filter(|(_, answer)| answer.status == 200);
        for (number, at) in answers.filter_map(|(_, answer)| Some((number_of(answer)?, answer.at))) {
            let earliest = moments.entry(number).or_insert(at);
            *earliest = at.min(*earliest);
        }
    }
    moments
}

fn number_of(answer: &Answer) -> Option<u64> {
    json(answer)["number"].as_u64()
}

fn json(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_default()
}

/// Each answer that is kept is that of an event under an idempotency key, and there is one for each of those.
fn check_requests(
    commands: &[&Command],
    inventory: &Inventory,
    events: &BTreeMap<&str, Vec<(u64, &Item)>>,
    findings: &mut Findings<'_>,
) {
    let mut kept = BTreeMap::<u64, Vec<&Item>>::new();
    for request in &inventory.requests {
        kept.entry(request.get("version").and_then(Value::as_u64).unwrap_or_default())
            .or_default()
            .push(request);
    }
    for command in commands.iter().filter(|command| command.idempotency_key.is_some()) {
        for sending in &command.sendings {
            for (version, event) in events.get(sending.request_id.as_str()).into_iter().flatten() {
                let bodies = kept.remove(version).unwrap_or_default();
                let body: Value = match bodies.as_slice() {
                    [only] => only["body"].as_str().map(serde_json::from_str).and_then(Result::ok),
                    _ => None,
                }
                .unwrap_or_default();
                if body["event"]["type"] != event["type"] || body["event"]["data"] != event["data"] {
                    let detail = format!("version {version} has no answer kept that is of its event");
                    findings.add("kept-answer-is-the-events", &[&sending.request_id], detail);
                }
            }
        }
    }
    for version in kept.into_keys() {
        let detail =
            format!("an answer is kept for version {version}, which is not under an idempotency key");
        findings.add("kept-answer-is-the-events", &[], detail);
    }
}

/// A command, and the events that have one of its request ids.
struct Case<'a, 'f, 'v> {
    command: &'a Command,
    inventory: &'a Inventory,
    written: Vec<(u64, &'a Item)>,
    findings: &'f mut Findings<'v>,
}

impl Case<'_, '_, '_> {
    /// Every answer is one that there may be, and gives nothing away.
    fn check_answers(&mut self) {
        let command = self.command;
        for (sending, answer) in command.answers() {
            let is_expected = match answer.status {
                200 | 409 | 429 | 503 => true,
                404 => matches!(command.asked, Asked::Remove { .. }),
                422 => command.reuses_a_key,
                _ => false,
            };
            if !is_expected {
                let detail = format!("{} {}", answer.status, json(answer)["error"]);
                self.findings.add("status-is-expected", &[&sending.request_id], detail);
            }
            if answer.body.contains(SECRET_CAUSE) {
                self.findings.add("causes-are-for-the-log", &[&sending.request_id], "it tells the cause");
            }
        }
    }

    /// At most one event, exactly one after a 200, none where there is nothing to write; and it is what was asked for.
    fn check_events(&mut self) {
        let (command, count) = (self.command, self.written.len());
        let versions: Vec<_> = self.written.iter().map(|(version, _)| *version).collect();
        if count > 1 {
            let detail = format!("{count} events, versions {versions:?}{}", self.key());
            self.findings.add_of("one-event", command, detail);
        }
        if count == 0 && command.done_at().is_some() && !command.reuses_a_key {
            self.findings.add_of("done-is-written", command, format!("200, and no event{}", self.key()));
        }
        for (version, event) in self.written.clone() {
            if !self.is_what_was_asked_for(event) {
                let detail = format!("version {version} is not what was asked for");
                self.findings.add_of("event-is-the-command", command, detail);
            }
        }
    }

    fn key(&self) -> String {
        self.command
            .idempotency_key
            .as_ref()
            .map(|key| format!(", idempotency key {key}"))
            .unwrap_or_default()
    }

    fn is_what_was_asked_for(&self, event: &Item) -> bool {
        let data = &event["data"];
        match &self.command.asked {
            Asked::Add { issuer, note } => {
                event["type"] == "PhysicalKeyAdded" && data["orgId"] == **issuer && data["note"] == **note
            }
            Asked::Remove { number } => {
                let added = self.inventory.added(*number);
                let is_seen = |organisation: &String| {
                    added.is_some_and(|added| added["data"]["orgId"] == **organisation)
                };
                event["type"] == "PhysicalKeyRemoved"
                    && data["number"] == *number
                    && self.command.confined_to.as_ref().is_none_or(is_seen)
            }
            Asked::List { .. } => false,
        }
    }

    /// The version that was answered, by the first 200.
    fn answered_version(&self) -> Option<u64> {
        let mut done = self.command.answers().filter(|(_, answer)| answer.status == 200);
        done.find_map(|(_, answer)| json(answer)["version"].as_u64())
    }

    /// Every 200 tells the command's event, in the same bytes.
    fn check_successes(&mut self) {
        let command = self.command;
        let done = || command.answers().filter(|(_, answer)| answer.status == 200);
        let mut first: Option<(&Sending, &Answer)> = None;
        for (sending, answer) in done() {
            let body = json(answer);
            let version = body["version"].as_u64().unwrap_or_default();
            let told = self.inventory.events.get(&version);
            let is_told = told.is_some_and(|event| {
                body["event"]["type"] == event["type"]
                    && body["event"]["data"] == event["data"]
                    && body["number"] == event["data"]["number"]
                    && self.written.iter().any(|(written, _)| *written == version)
            });
            if !is_told {
                let detail = format!("200 with version {version}, which is not this command's event");
                self.findings.add("answer-is-the-event", &[&sending.request_id], detail);
            }
            let (of_first, before) = *first.get_or_insert((sending, answer));
            if before.body != answer.body {
                let ids = [of_first.request_id.as_str(), &sending.request_id];
                self.findings.add("repeated-in-the-same-bytes", &ids, self.key());
            }
            if command.reuses_a_key {
                self.findings.add("used-key-is-refused", &[&sending.request_id], self.key());
            }
        }
    }

    /// What says that nothing was done has done nothing.
    fn check_refusals(&mut self, added_at: &BTreeMap<u64, u64>) {
        let command = self.command;
        let is_keyed = command.idempotency_key.is_some();
        let was_there = match &command.asked {
            Asked::Remove { number } => added_at.get(number).is_some_and(|at| *at < command.began()),
            _ => false,
        };
        for (sending, answer) in command.answers() {
            let id = sending.request_id.as_str();
            let body = json(answer);
            let detail = format!("{} {}{}", answer.status, body["error"], self.key());
            let is_written = !self.written.is_empty();
            let says_nothing = body["message"].as_str().unwrap_or_default().contains("Nothing was written");
            let is_refusal = matches!(answer.status, 400 | 401 | 403 | 404 | 422);
            if is_refusal && !is_keyed && is_written {
                self.findings.add("a-refusal-writes-nothing", &[id], &detail);
            }
            if answer.status == 409 && !is_keyed && is_written {
                self.findings.add("a-conflict-writes-nothing", &[id], &detail);
            }
            if answer.status == 404 && is_keyed && is_written && was_there {
                self.findings.add("not-refused-after-it-was-done", &[id], &detail);
            }
            if command.reuses_a_key && is_written {
                self.findings.add("used-key-is-refused", &[id], &detail);
            }
            if says_nothing && is_written {
                self.findings.add("nothing-was-written-is-true", &[id], &detail);
            } else if says_nothing && is_keyed {
                self.findings.add("nothing-was-written-is-not-said-under-a-key", &[id], &detail);
            }
        }
    }
}

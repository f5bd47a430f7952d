//! What is stored of a user, held against itself: the chain of events, and the state that it folds to.

use std::collections::{BTreeMap, BTreeSet};

use domain::values::{OrgId, OrgTag};
use serde_json::Value;

use super::super::scan::Item;
use super::{Findings, canonical};

/// The items of a user.
#[derive(Debug, Default)]
pub(crate) struct Inventory {
    user: Option<Item>,
    /// By the number in their sort key.
    pub(crate) events: BTreeMap<u64, Item>,
    keys: BTreeMap<u64, Item>,
    /// The tags of those who have ever issued anything, by the marks.
    marks: BTreeSet<String>,
    /// What is kept of requests with an idempotency key.
    pub(crate) requests: Vec<Item>,
}

/// What a chain of events folds to.
#[derive(Debug, Default)]
struct Folded {
    last_number: u64,
    /// The events' data of the physical keys that are out.
    held: BTreeMap<u64, Value>,
    removed: BTreeSet<u64>,
}

/// The id that the sender gave to the request of an event; what follows it is of chance.
pub(crate) fn request_id(event: &Item) -> &str {
    let id = text(event, "requestId");
    id.split_once('.').map_or(id, |(of_gateway, _)| of_gateway)
}

fn text<'a>(item: &'a Item, name: &str) -> &'a str {
    item.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn number(item: &Item, name: &str) -> Option<u64> {
    item.get(name).and_then(Value::as_u64)
}

/// The item of an event with the members of its record beside it, and in its data the texts that it discloses. A record that is
/// not in its canonical spelling, or a text that has not its digest, leaves the item as it is: it is found to be no event.
fn opened(item: &Item) -> Item {
    let record: Value = serde_json::from_str(text(item, "record")).unwrap_or_default();
    let mut opened = item.clone();
    opened.extend(["type", "data"].map(|name| (name.to_owned(), Value::Null)));
    let Some(members) = record.as_object().filter(|_| canonical::canonical(&record) == text(item, "record"))
    else {
        return opened;
    };
    opened.extend(members.clone());
    let digests = opened["data"].as_object_mut().and_then(|data| data.remove("texts")).unwrap_or_default();
    for (name, digest) in digests.as_object().into_iter().flatten() {
        let disclosure = &item.get("disclosures").unwrap_or(&Value::Null)[name.as_str()];
        let (salt, disclosed) = (&disclosure["salt"], &disclosure["text"]);
        let of = canonical::digest(salt.as_str().unwrap_or_default(), disclosed.as_str().unwrap_or_default());
        opened["data"][name.as_str()] = if *digest == of { disclosed.clone() } else { Value::Null };
    }
    opened
}

impl Inventory {
    /// The inventories in a table.
    pub(crate) fn of_users(items: &[Item]) -> BTreeMap<String, Self> {
        let mut inventories = BTreeMap::<String, Self>::new();
        for item in items {
            let Some(user) = text(item, "pk").strip_prefix("USER#") else { continue };
            let inventory = inventories.entry(user.to_owned()).or_default();
            let (kind, rest) = text(item, "sk").split_once('#').unwrap_or((text(item, "sk"), ""));
            let numbered = rest.parse().unwrap_or_default();
            match kind {
                "USER" => inventory.user = Some(item.clone()),
                "EVENT" => {
                    inventory.events.insert(numbered, opened(item));
                }
                "KEY" => {
                    let numbered = rest.rsplit('#').next().and_then(|number| number.parse().ok());
                    inventory.keys.insert(numbered.unwrap_or_default(), item.clone());
                }
                "SEEN" => drop(inventory.marks.insert(rest.to_owned())),
                "REQUEST" => inventory.requests.push(item.clone()),
                _ => {}
            }
        }
        inventories
    }

    /// Who issued a physical key, by the event that added it.
    pub(crate) fn added(&self, wanted: u64) -> Option<&Item> {
        self.events.values().find(|event| {
            text(event, "type") == "PhysicalKeyAdded" && event["data"]["number"].as_u64() == Some(wanted)
        })
    }

    /// Holds the items against each other.
    pub(crate) fn check(&self, user: &str, findings: &mut Findings<'_>) {
        let head = self.check_chain(user, findings);
        let folded = self.fold(findings);
        self.check_user(user, &head, &folded, findings);
        self.check_keys(user, &folded, findings);
        self.check_marks(findings);
    }

    /// The chain: gives its last hash.
    fn check_chain(&self, user: &str, findings: &mut Findings<'_>) -> String {
        let mut head = "0".repeat(64);
        for (expected, (version, event)) in (1..).zip(&self.events) {
            let id = &[request_id(event)];
            if *version != expected || number(event, "version") != Some(expected) {
                let says = number(event, "version").unwrap_or_default();
                findings.add(
                    "versions-are-dense",
                    id,
                    format!("version {expected} is wanted where {version} stands, which says {says}"),
                );
            }
            if text(event, "aggregateId") != user {
                findings.add("event-is-the-users", id, format!("version {version} is of another user"));
            }
            if text(event, "previousHash") != head
                || text(event, "hash") != canonical::hash(&head, text(event, "record"))
            {
                findings.add("chain-holds", id, format!("version {version} does not follow the one before"));
            }
            text(event, "hash").clone_into(&mut head);
        }
        head
    }

    fn fold(&self, findings: &mut Findings<'_>) -> Folded {
        let mut folded = Folded::default();
        for (version, event) in &self.events {
            let (id, data) = (&[request_id(event)], &event["data"]);
            let of_event = data["number"].as_u64().unwrap_or_default();
            match text(event, "type") {
                "PhysicalKeyAdded" => {
                    if of_event != folded.last_number + 1 {
                        let detail =
                            format!("version {version} gives {of_event} after {}", folded.last_number);
                        findings.add("numbers-are-dense", id, detail);
                    }
                    folded.last_number = of_event;
                    folded.held.insert(of_event, data.clone());
                }
                "PhysicalKeyRemoved" => {
                    let held = folded.held.remove(&of_event);
                    if !folded.removed.insert(of_event) {
                        let detail = format!("version {version} removes {of_event} again");
                        findings.add("removed-once", id, detail);
                    } else if held.is_none() {
                        let detail = format!("version {version} removes {of_event}, which never was");
                        findings.add("removed-was-held", id, detail);
                    }
                }
                other => findings.add("known-events", id, format!("version {version} is {other}")),
            }
        }
        folded
    }

    fn check_user(&self, user: &str, head: &str, folded: &Folded, findings: &mut Findings<'_>) {
        let Some(item) = &self.user else {
            if !self.events.is_empty() {
                findings.add("user-is-the-fold", &[], "there are events and no user item");
            }
            return;
        };
        let stored = (number(item, "version"), number(item, "lastNumber"), number(item, "activeKeys"));
        let wanted =
            (Some(self.events.len() as u64), Some(folded.last_number), Some(folded.held.len() as u64));
        if stored != wanted || text(item, "headHash") != head || text(item, "userId") != user {
            let detail = format!("version, last number, keys are {stored:?}, the events give {wanted:?}");
            findings.add("user-is-the-fold", &[], detail);
        }
    }

    fn check_keys(&self, user: &str, folded: &Folded, findings: &mut Findings<'_>) {
        let numbers: BTreeSet<_> = self.keys.keys().chain(folded.held.keys()).collect();
        for wanted in numbers {
            let (stored, held) = (self.keys.get(wanted), folded.held.get(wanted));
            let (Some(stored), Some(held)) = (stored, held) else {
                let (is, says) = (stored.is_some(), held.is_some());
                let detail = format!("{wanted} is there: {is}; by the events: {says}");
                findings.add("keys-are-the-fold", &[], detail);
                continue;
            };
            let differs = ["number", "orgId", "orgName", "note", "addedAt"]
                .into_iter()
                .find(|name| stored.get(*name) != held.get(*name));
            let is_of_index = stored.get("issuerPartition") == held.get("orgId")
                && text(stored, "sk") == format!("KEY#{}#{wanted:020}", tag(&held["orgId"]));
            if let Some(name) = differs {
                findings.add("keys-are-the-fold", &[], format!("{wanted} has another {name}"));
            } else if text(stored, "userId") != user || !is_of_index {
                findings.add("keys-are-the-fold", &[], format!("{wanted} is listed for another"));
            }
        }
    }

    /// There is a mark of everybody who has ever issued anything, and of nobody else.
    fn check_marks(&self, findings: &mut Findings<'_>) {
        let additions = self.events.values().filter(|event| text(event, "type") == "PhysicalKeyAdded");
        let issuers: BTreeSet<_> = additions.map(|event| tag(&event["data"]["orgId"])).collect();
        if issuers != self.marks {
            let detail = format!("there are marks of {:?}, the events are of {issuers:?}", self.marks);
            findings.add("marks-are-the-issuers", &[], detail);
        }
    }
}

/// The tag of an organisation.
pub(crate) fn tag(org_id: &Value) -> String {
    let org_id = org_id.as_str().and_then(|org_id| OrgId::parse(org_id).ok());
    org_id.map(|org_id| OrgTag::of(&org_id).to_string()).unwrap_or_default()
}

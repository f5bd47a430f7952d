use domain::history::{Actor, ActorKind, Circumstances, RANDOM_BYTES, Salts, Snapshot};
use domain::user::{AddPhysicalKey, Command, PhysicalKey, RemovePhysicalKey, User};
use domain::values::{Note, OrgName, UserId};
use serde_json::{Value, json};

use super::*;
use crate::publish::MOST_ENTRIES;

/// What one call may have (EventBridge User Guide, "Calculating `PutEvents` event entry size").
const MOST_BYTES: usize = 262_144;

fn circumstances() -> Circumstances {
    Circumstances {
        actor: Actor { kind: ActorKind::Organisation, iss: None, id: None, org_id: None, api_key_id: None },
        request_id: "r1".to_owned(),
        recorded_at: EpochMillis::new(1_700_000_000_005),
        salts: Salts::new([7; RANDOM_BYTES]),
    }
}

/// An addition of this command and the removal of the same physical key.
fn two_records(user_id: &str, command: &AddPhysicalKey) -> (KeptRecord, KeptRecord) {
    let issuer = command.org_id.clone();
    let snapshot = Snapshot::new(User::new(UserId::parse(user_id).unwrap()));
    let added = command.decide(&snapshot.state, None, EpochMillis::new(1_700_000_000_000)).unwrap().happened;
    let held = PhysicalKey::from(&added);
    let (addition, snapshot) = snapshot.append(&added.into(), Some(issuer.clone()), circumstances());
    let command = RemovePhysicalKey { number: held.number };
    let removed =
        command.decide(&snapshot.state, Some(&held), EpochMillis::new(1_700_000_000_003)).unwrap().happened;
    let (removal, _) = snapshot.append(&removed.into(), Some(issuer), circumstances());
    (addition, removal)
}

fn usual_records() -> (KeptRecord, KeptRecord) {
    let note = Some(Note::parse("Öffnet \"Tor 3\"").unwrap());
    two_records("alice", &AddPhysicalKey { note, ..AddPhysicalKey::of(OrgId::parse("acme").unwrap()) })
}

fn detail(envelope: &Envelope) -> Value {
    serde_json::from_str(&envelope.detail).unwrap()
}

#[test]
fn an_addition_is_published_under_its_organisation() {
    let (addition, _) = usual_records();
    let envelope = Envelope::of(&addition).unwrap().unwrap();
    assert_eq!(envelope.detail_type, "PhysicalKeyAdded");
    assert_eq!(envelope.time, EpochMillis::new(1_700_000_000_005), "when it was recorded");
    let expected = json!({
        "partnerId": "acme",
        "aggregateType": "user",
        "aggregateId": "alice",
        "version": 1,
        "timestamp": 1_700_000_000_005_u64,
        "data": {
            "type": "PhysicalKeyAdded",
            "userId": "alice",
            "number": 1,
            "orgId": "acme",
            "note": "Öffnet \"Tor 3\"",
            "addedAt": 1_700_000_000_000_u64,
        },
        "hash": addition.chained.hash().to_string(),
    });
    assert_eq!(detail(&envelope), expected);
}

#[test]
fn a_text_that_was_erased_is_not_published_and_one_that_is_not_the_recorded_is_set_aside() {
    let (mut addition, _) = usual_records();
    let disclosures = std::mem::take(&mut addition.disclosures);
    assert_eq!(detail(&Envelope::of(&addition).unwrap().unwrap())["data"].get("note"), None);
    let (_, mut removal) = usual_records();
    removal.disclosures = disclosures;
    assert_eq!(Envelope::of(&removal).unwrap_err().code(), "unreadable_item");
}

#[test]
fn a_removal_is_published_under_the_issuer_of_its_physical_key() {
    let (_, removal) = usual_records();
    let envelope = Envelope::of(&removal).unwrap().unwrap();
    assert_eq!(envelope.detail_type, "PhysicalKeyRemoved");
    let expected = json!({
        "partnerId": "acme",
        "aggregateType": "user",
        "aggregateId": "alice",
        "version": 2,
        "timestamp": 1_700_000_000_005_u64,
        "data": {
            "type": "PhysicalKeyRemoved",
            "userId": "alice",
            "number": 1,
            "removedAt": 1_700_000_000_003_u64,
        },
        "hash": removal.chained.hash().to_string(),
    });
    assert_eq!(detail(&envelope), expected);
}

#[test]
fn a_call_full_of_the_largest_events_is_within_the_limit() {
    // In JSON, the longest characters of an id have 4 bytes, those of free text 6: `\u0001`.
    let command = AddPhysicalKey {
        org_id: OrgId::parse("🗝".repeat(128)).unwrap(),
        org_name: Some(OrgName::parse("\u{1}".repeat(200)).unwrap()),
        note: Some(Note::parse("\u{1}".repeat(500)).unwrap()),
    };
    let (addition, _) = two_records(&"🗝".repeat(128), &command);
    let Envelope { detail_type, detail, time: _ } = Envelope::of(&addition).unwrap().unwrap();
    let size = SOURCE.len() + detail_type.len() + detail.len();
    assert!(size > 6_000, "these are large: {size}");
    assert!(size * MOST_ENTRIES < MOST_BYTES, "{size}");
}

use domain::history::{Actor, ActorKind, Circumstances, Snapshot};
use domain::user::{AddPhysicalKey, Command, PhysicalKey, RemovePhysicalKey};
use domain::values::{Note, OrgName};
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
    }
}

/// An addition of this command and the removal of the same physical key.
fn two_records(user_id: &str, command: &AddPhysicalKey) -> (IssuedRecord, IssuedRecord) {
    let issuer = command.org_id.clone();
    let snapshot = Snapshot::new(UserId::parse(user_id).unwrap());
    let added = command.decide(&snapshot.user, None, EpochMillis::new(1_700_000_000_000)).unwrap().happened;
    let held = PhysicalKey::from(&added);
    let (addition, snapshot) = snapshot.append(added.into(), circumstances());
    let command = RemovePhysicalKey { number: held.number };
    let removed =
        command.decide(&snapshot.user, Some(&held), EpochMillis::new(1_700_000_000_003)).unwrap().happened;
    let (removal, _) = snapshot.append(removed.into(), circumstances());
    (IssuedRecord { record: addition, issuer: issuer.clone() }, IssuedRecord { record: removal, issuer })
}

fn usual_records() -> (IssuedRecord, IssuedRecord) {
    let note = Some(Note::parse("Öffnet \"Tor 3\"").unwrap());
    two_records("alice", &AddPhysicalKey { note, ..AddPhysicalKey::of(OrgId::parse("acme").unwrap()) })
}

fn detail(envelope: &Envelope) -> Value {
    serde_json::from_str(&envelope.detail).unwrap()
}

#[test]
fn an_addition_is_published_under_its_organisation() {
    let (addition, _) = usual_records();
    let envelope = Envelope::of(&addition).unwrap();
    assert_eq!(envelope.detail_type, "PhysicalKeyAdded");
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
        "hash": addition.record.hash.to_string(),
    });
    assert_eq!(detail(&envelope), expected);
}

#[test]
fn a_removal_is_published_under_the_issuer_of_its_physical_key() {
    let (_, removal) = usual_records();
    let envelope = Envelope::of(&removal).unwrap();
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
        "hash": removal.record.hash.to_string(),
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
    let Envelope { detail_type, detail } = Envelope::of(&addition).unwrap();
    let size = SOURCE.len() + detail_type.len() + detail.len();
    assert!(size > 6_000, "these are large: {size}");
    assert!(size * MOST_ENTRIES < MOST_BYTES, "{size}");
}

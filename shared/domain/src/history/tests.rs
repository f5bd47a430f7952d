//! The chain, and what a record is.

use super::*;
use crate::user::{AddPhysicalKey, Command};
use crate::values::Note;

fn circumstances(request_id: &str) -> Circumstances {
    Circumstances {
        actor: Actor {
            kind: ActorKind::User,
            iss: Some("https://issuer.example".to_owned()),
            id: Some(Subject::parse("alice").unwrap()),
            org_id: Some(OrgId::parse("acme").unwrap()),
            api_key_id: None,
        },
        request_id: request_id.to_owned(),
        recorded_at: EpochMillis::new(1_700_000_000_000),
    }
}

#[test]
fn a_record_of_an_unknown_format_is_not_read() {
    let mut record = serde_json::to_value(two_records().0).unwrap();
    assert!(serde_json::from_value::<ChainedRecord>(record.clone()).is_ok());
    record["format"] = 2.into();
    let fault = serde_json::from_value::<ChainedRecord>(record).unwrap_err();
    assert_eq!(fault.to_string(), "records of format 2 are not known here");
}

fn two_records() -> (ChainedRecord, ChainedRecord) {
    let snapshot = Snapshot::new(UserId::parse("alice").unwrap());
    let note = Note::parse("Öffnet \"Tor 3\"\u{1}").ok();
    let command = AddPhysicalKey { note, ..AddPhysicalKey::of(OrgId::parse("acme").unwrap()) };
    let event =
        command.decide(&snapshot.user, None, EpochMillis::new(1_700_000_000_000)).unwrap().happened.into();
    let (first, snapshot) = snapshot.append(event, circumstances("r1"));
    let event =
        command.decide(&snapshot.user, None, EpochMillis::new(1_700_000_000_001)).unwrap().happened.into();
    let (second, _) = snapshot.append(event, circumstances("r2"));
    (first, second)
}

/// Computed once with Python's `hashlib` and `json.dumps(sort_keys=True, separators=(",", ":"),
/// ensure_ascii=False)`, which agree with RFC 8785 for these values: an independent implementation.
#[test]
fn the_hash_is_the_one_that_others_compute() {
    let (first, second) = two_records();
    assert_eq!(first.hash.to_string(), "1b385a330ca2400d5294b63931936da3cdebb38a17b6368e20f7eb25fe6e0c53");
    assert_eq!(second.hash.to_string(), "d4ea5c764bea61b85934236ecd0b70d7f4826fef39c3e85af3012c22aea5f8f9");
}

#[test]
fn records_follow_each_other_and_nothing_else() {
    let (first, second) = two_records();
    assert!(first.follows(EventHash::GENESIS));
    assert!(second.follows(first.hash));
    assert!(!second.follows(EventHash::GENESIS));
}

#[test]
fn a_changed_record_breaks_the_chain() {
    let (first, _) = two_records();
    for change in [
        |record: &mut EventRecord| record.version = Version::new(2),
        |record: &mut EventRecord| record.request_id.push('x'),
        |record: &mut EventRecord| record.actor.id = None,
        |record: &mut EventRecord| record.recorded_at = EpochMillis::new(0),
        |record: &mut EventRecord| record.user_id = UserId::parse("bob").unwrap(),
    ] {
        let mut changed = first.clone();
        change(&mut changed.record);
        assert!(!changed.follows(EventHash::GENESIS), "{changed:?}");
    }
}

#[test]
fn a_record_survives_json() {
    let (_, second) = two_records();
    let json = serde_json::to_string(&second).unwrap();
    assert_eq!(serde_json::from_str::<ChainedRecord>(&json).unwrap(), second);
}

#[test]
fn a_log_line_has_the_word_of_the_record_for_a_kind_of_actor() {
    for kind in [ActorKind::User, ActorKind::Service, ActorKind::Organisation] {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
    }
}

#[test]
fn records_are_sorted_by_time_then_user_then_version() {
    let record = |recorded_at: u64, user_id: &str, version: u64| {
        let mut chained = two_records().0;
        chained.record.recorded_at = EpochMillis::new(recorded_at);
        chained.record.user_id = UserId::parse(user_id).unwrap();
        chained.record.version = Version::new(version);
        chained
    };
    let ordered = [record(9, "z", 1), record(10, "a", 9), record(10, "a", 10), record(10, "b", 1)];
    assert!(ordered.is_sorted_by_key(ChainedRecord::audit_order));
    assert_eq!(ordered[0].audit_order(), "00000000000000000009#z#00000000000000000001");
}

//! The chain, and what a record is.

use super::*;
use crate::audit_log::AuditLog;
use crate::user::{AddPhysicalKey, Command, Event, PhysicalKeyTextsErased, User};
use crate::values::{ErasureReason, KeyNumber, Note, Origin, Subject, UserId, VerifierKey};

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
        salts: Salts::new([7; RANDOM_BYTES]),
    }
}

fn two_records() -> (ChainedRecord, ChainedRecord) {
    let snapshot = Snapshot::new(User::new(UserId::parse("alice").unwrap()));
    let note = Note::parse("Öffnet \"Tor 3\"\u{1}").ok();
    let issuer = OrgId::parse("acme").unwrap();
    let command = AddPhysicalKey { note, ..AddPhysicalKey::of(issuer.clone()) };
    let decide = |snapshot: &Snapshot<User>, now| {
        command.decide(&snapshot.state, None, EpochMillis::new(now)).unwrap().happened.into()
    };
    let event = decide(&snapshot, 1_700_000_000_000);
    let (first, snapshot) = snapshot.append(&event, Some(issuer.clone()), circumstances("r1"));
    let event = decide(&snapshot, 1_700_000_000_001);
    let (second, _) = snapshot.append(&event, Some(issuer), circumstances("r2"));
    (first.chained, second.chained)
}

/// Computed once with Python's `hashlib` and `json.dumps(sort_keys=True, separators=(",", ":"), ensure_ascii=False)`, which
/// agree with RFC 8785 for these values: an independent implementation, of the digest of the note as well.
#[test]
fn the_record_is_these_bytes_and_the_hash_is_the_one_that_others_compute() {
    let (first, second) = two_records();
    let expected = concat!(
        r#"{"actor":{"id":"alice","iss":"https://issuer.example","orgId":"acme","type":"user"},"aggregateId":"alice","#,
        r#""aggregateType":"user","data":{"addedAt":1700000000000,"number":1,"orgId":"acme","#,
        r#""texts":{"note":"Y5f8220pfuVv7pjrA9orEEYo5jmyTBD4e4zfUqJy4i0"},"userId":"alice"},"format":2,"issuer":"acme","#,
        r#""recordedAt":1700000000000,"requestId":"r1","type":"PhysicalKeyAdded","version":1}"#,
    );
    assert_eq!(first.canonical(), expected);
    assert_eq!(first.hash().to_string(), "68689d4c4cb7f4e48d69bf7839ed442cd441bc290aa7dba403a899054504662c");
    assert_eq!(second.hash().to_string(), "e7e9d1d4a8cde9b67a41dda495bfd94d4a80adea9614e547d1ef6cad3e4321c3");
}

/// Computed in the same way.
#[test]
fn the_record_of_an_erasure_has_its_reason_by_digest() {
    let (user_id, number) = (UserId::parse("alice").unwrap(), KeyNumber::FIRST);
    let (reason, erased_at) = (ErasureReason::parse("Ticket 17").ok(), EpochMillis::new(1_700_000_000_000));
    let erased = Event::PhysicalKeyTextsErased(PhysicalKeyTextsErased { user_id, number, reason, erased_at });
    let snapshot = Snapshot::new(User::new(UserId::parse("alice").unwrap()));
    let actor = Actor::operator(Subject::parse("operator").unwrap());
    let circumstances = Circumstances { actor, ..circumstances("r3") };
    let (kept, _) = snapshot.append(&erased, OrgId::parse("acme").ok(), circumstances);
    let expected = concat!(
        r#"{"actor":{"id":"operator","type":"operator"},"aggregateId":"alice","aggregateType":"user","data":{"erasedAt":"#,
        r#"1700000000000,"number":1,"texts":{"reason":"UiGavLnPcN_IpHw_cgaVrn7RtbFjtf47V_ACzUFkhHI"},"userId":"alice"},"format":2,"#,
        r#""issuer":"acme","recordedAt":1700000000000,"requestId":"r3","type":"PhysicalKeyTextsErased","version":1}"#,
    );
    assert_eq!(kept.chained.canonical(), expected);
    assert_eq!(
        kept.chained.hash().to_string(),
        "7c58e8791f58ad3614066be681020b2fbd5adca1effe1b93320e3230e108618b"
    );
    assert_eq!(EventRecord::parse(expected).as_ref(), Ok(kept.chained.record()));
    assert_eq!(kept.users_event(), Ok(erased));
}

#[test]
fn records_follow_each_other_and_nothing_else() {
    let (first, second) = two_records();
    assert!(first.follows(EventHash::GENESIS));
    assert!(second.follows(first.hash()));
    assert!(!second.follows(EventHash::GENESIS));
}

fn reread(canonical: String) -> Result<ChainedRecord, NotARecord> {
    let (first, _) = two_records();
    ChainedRecord::read(canonical, first.previous_hash(), first.hash())
}

#[test]
fn a_changed_record_breaks_the_chain() {
    let canonical = two_records().0.canonical().to_owned();
    assert_eq!(reread(canonical.clone()), Ok(two_records().0));
    for (from, to) in [
        ("\"version\":1", "\"version\":2"),
        ("\"r1\"", "\"r1x\""),
        ("\"id\":\"alice\",", ""),
        ("\"recordedAt\":1", "\"recordedAt\":2"),
        ("{\"actor\"", "{ \"actor\""),
        ("\"format\":2", "\"format\":2,\"more\":1"),
    ] {
        let changed = reread(canonical.replace(from, to)).unwrap();
        assert!(!changed.is_hashed() && !changed.follows(EventHash::GENESIS), "{changed:?}");
    }
}

#[test]
fn what_is_no_record_says_why() {
    let canonical = two_records().0.canonical().to_owned();
    for (from, to, expected) in [
        ("\"format\":2", "\"format\":1", NotARecord::OfFormat(1)),
        ("\"format\":2", "\"format\":3", NotARecord::OfFormat(3)),
        ("\"format\":2,", "", NotARecord::Malformed),
        ("PhysicalKeyAdded", "PhysicalKeyLent", NotARecord::Malformed),
        ("\"note\"", "\"name\"", NotARecord::Malformed),
        ("\"number\":1", "\"number\":0", NotARecord::Malformed),
        ("\"aggregateId\":\"alice\"", "\"aggregateId\":\"bob\"", NotARecord::OfAnotherHistory),
        ("\"aggregateType\":\"user\"", "\"aggregateType\":\"organisation\"", NotARecord::OfAnotherHistory),
        ("\"issuer\":\"acme\"", "\"issuer\":\"umbrella\"", NotARecord::OfAnotherIssuer),
        ("\"issuer\":\"acme\",", "", NotARecord::Malformed),
    ] {
        assert_eq!(reread(canonical.replace(from, to)), Err(expected), "{from} → {to}");
    }
}

/// Computed once with Python's `hashlib` and `json.dumps`, as above.
#[test]
fn the_record_of_a_log_concerns_no_organisation() {
    let origin: Origin = "keys.example.com/audit".parse().unwrap();
    let key = VerifierKey::new(origin.clone(), [7; 32]);
    let snapshot = Snapshot::new(AuditLog::new(origin));
    let now = EpochMillis::new(1_700_000_000_000);
    let event = snapshot.state.change_signing_key(&key, now).unwrap().expect("a change");
    let (kept, after) = snapshot.append(&event, None, circumstances("r1"));
    let expected = concat!(
        r#"{"actor":{"id":"alice","iss":"https://issuer.example","orgId":"acme","type":"user"},"aggregateId":"keys.example.com/audit","#,
        r#""aggregateType":"log","data":{"changedAt":1700000000000,"origin":"keys.example.com/audit","#,
        r#""verifierKey":"keys.example.com/audit+747ec7d0+AQcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH"},"format":2,"#,
        r#""recordedAt":1700000000000,"requestId":"r1","type":"SigningKeyChanged","version":1}"#,
    );
    assert_eq!(kept.chained.canonical(), expected);
    assert_eq!(kept.chained.record().happening, Happening::AuditLog(event));
    assert_eq!((after.state.verifier_key, after.state.version.get()), (Some(key), 1));
    assert_eq!(
        reread(expected.to_owned()).map(|read| read.record().clone()),
        Ok(kept.chained.record().clone())
    );
    let with_issuer = expected.replace("\"recordedAt\"", "\"issuer\":\"acme\",\"recordedAt\"");
    assert_eq!(reread(with_issuer), Err(NotARecord::Malformed));
}

#[test]
fn a_log_line_has_the_word_of_the_record_for_a_kind_of_actor() {
    for kind in [ActorKind::User, ActorKind::Service, ActorKind::Organisation, ActorKind::Operator] {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
    }
}

#[test]
fn a_history_is_never_looked_for_in_an_earlier_hour_than_before() {
    let snapshot = Snapshot::new(User::new(UserId::parse("alice").unwrap()));
    let issuer = OrgId::parse("acme").unwrap();
    let at = |hour: u64| Circumstances { recorded_at: Hour::new(hour).start(), ..circumstances("r") };
    let event = AddPhysicalKey::of(issuer.clone());
    let event = event.decide(&snapshot.state, None, EpochMillis::default()).unwrap().happened.into();
    let (_, ahead) = snapshot.append(&event, Some(issuer.clone()), at(9));
    let (_, behind) = ahead.append(&event, Some(issuer), at(8));
    assert_eq!(
        (snapshot.changed_in, ahead.changed_in, behind.changed_in),
        (Hour::new(0), Hour::new(9), Hour::new(9))
    );
}

#[test]
fn a_history_that_is_told_again_stands_where_it_stood() {
    let (first, second) = two_records();
    let history = first.record().happening.history();
    let kept =
        |chained: &ChainedRecord| KeptRecord { chained: chained.clone(), disclosures: Texts::default() };
    let (_, head) = Head::new(&history).follow(&kept(&first)).unwrap();
    assert_eq!((head.history(), head.position()), (history.clone(), first.position()));
    let (told, head) = head.follow(&kept(&second)).unwrap();
    assert!(
        matches!(told, Told::User(user::Event::PhysicalKeyAdded(added)) if added.note.is_none()),
        "withheld"
    );
    let Head::User(snapshot) = &head else { panic!("{head:?}") };
    assert_eq!((snapshot.state.version.get(), snapshot.state.active_keys), (2, 2));
    assert_eq!(snapshot.changed_in, Hour::of(second.record().recorded_at));
}

#[test]
fn a_history_is_told_again_by_its_next_record_and_by_no_other() {
    let (first, second) = two_records();
    let new = || Head::new(&first.record().happening.history());
    let follow = |head: &Head, chained: ChainedRecord| {
        head.follow(&KeptRecord { chained, disclosures: Texts::default() }).map(|(_, head)| head)
    };
    let head = follow(&new(), first.clone()).unwrap();
    let version = |found, expected| {
        Err(NotNext::OtherVersion { found: Version::new(found), expected: Version::new(expected) })
    };
    assert_eq!(follow(&new(), second.clone()), version(2, 1));
    assert_eq!(follow(&head, first.clone()), version(1, 2));
    let of_bob = Head::new(&HistoryId::User(UserId::parse("bob").unwrap()));
    let belongs = NotNext::OfAnotherHistory(first.record().happening.history());
    assert_eq!(follow(&of_bob, first.clone()), Err(belongs));
    let forked = ChainedRecord::after(EventHash::from_bytes([7; 32]), second.record().clone());
    assert_eq!(follow(&head, forked), Err(NotNext::Forked));
    let changed = second.canonical().replace("\"r2\"", "\"r3\"");
    let changed = ChainedRecord::read(changed, second.previous_hash(), second.hash()).unwrap();
    assert_eq!(follow(&head, changed), Err(NotNext::NotHashed));
    let salted = Texts::of([(TextName::Note, Some("another"))]).salted(&Salts::new([1; RANDOM_BYTES]));
    let disclosed = KeptRecord { chained: second, disclosures: salted };
    assert_eq!(head.follow(&disclosed), Err(NotNext::Disclosure(DisclosureFault::NotTheDigest)));
}

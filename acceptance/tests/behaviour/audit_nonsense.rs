//! A log that nobody changed can still tell what could not have happened, if whoever wrote the table did: each kind of nonsense is
//! told, at its line, though every hash, manifest, tile and signature fits.

use acceptance::Stage;
use acceptance::trail::{SEED, TestArchive, first_hour};
use domain::audit_log;
use domain::history::{ActorKind, ChainedRecord, EventHash, EventRecord, Happening};
use domain::organisation::RecordedEvent as OfOrganisation;
use domain::user::RecordedEvent as OfUser;
use domain::values::{EpochMillis, ErasureReason, KeyNumber, OrgId, UserId, Version};
use flate2::Compression;
use trail::event_file::{line, parse_line};
use trail::manifest::events_path;

use crate::audit_tampering::gzip;

const EVENTS: &str = "events/date=2026-11-23/hour=12/events.ndjson.gz";

/// An hour's events, history by history: five of Alice's (1, 2 added; 1 removed; 3 added; 2 removed), then Acme's (registered, an API
/// key issued, revoked), then the log's (two changes of the signing key).
async fn export() -> TestArchive {
    let (stage, archive) = (Stage::for_trail().await, TestArchive::in_folder());
    stage.add("alice", "a").await;
    stage.add("alice", "b").await;
    stage.remove("alice", 1).await;
    stage.add("alice", "c").await;
    stage.remove("alice", 2).await;
    let (_, api_key) = stage.api_key("acme").await;
    stage.revoke("acme", &api_key).await;
    for seed in [8, 9] {
        stage.change_signing_key(seed).await.expect("another key");
    }
    stage.close_hour();
    stage.export(&archive.archive).await.expect("an export");
    archive
}

/// The places of the histories' events among the lines.
const ALICE: usize = 0;
const ACME: usize = 5;
const LOG: usize = 8;

/// What is done to one event of an hour.
type Change = fn(&mut EventRecord);

/// Changes events, hashes all anew and has everything fit. Lines are what is left, in this order.
async fn tell(archive: &TestArchive, changes: &[(usize, Change)], order: &[usize]) {
    let lines = archive.lines(first_hour()).await;
    let mut records: Vec<_> =
        lines.iter().map(|line| parse_line(line).expect("an event").record().clone()).collect();
    for (place, change) in changes {
        change(&mut records[*place]);
    }
    let mut heads = std::collections::HashMap::new();
    let mut told = Vec::new();
    for record in order.iter().map(|place| records[*place].clone()) {
        let (head, version) = heads.entry(record.happening.history()).or_insert((EventHash::GENESIS, 0));
        *version += 1;
        let record = EventRecord { version: Version::new(*version), ..record };
        let chained = ChainedRecord::after(*head, record);
        *head = chained.hash();
        told.push(line(&chained));
    }
    archive.write(&events_path(first_hour()), &gzip(&told, Compression::default()));
    archive.forge_log(SEED).await;
}

/// The order of nothing left out and nothing put in.
const WHOLE: [usize; 10] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

async fn faults(archive: &TestArchive) -> String {
    // The keys that the log names are not given, which is another fault.
    let keys = [SEED, 8, 9].map(acceptance::trail::verifier_key).to_vec();
    let evidence = trail::check::Evidence { keys, ..Default::default() };
    archive.check_with(&evidence).await.map_err(|fault| fault.to_string()).expect_err("a fault")
}

#[track_caller]
fn user(record: &mut EventRecord) -> &mut OfUser {
    let Happening::User(event) = &mut record.happening else { panic!("not of a user") };
    event
}

fn number(record: &mut EventRecord, number: u64) {
    let number = KeyNumber::new(number).expect("a number");
    match user(record) {
        OfUser::PhysicalKeyAdded(added) => added.number = number,
        OfUser::PhysicalKeyRemoved(removed) => removed.number = number,
        OfUser::PhysicalKeyTextsErased(erased) => erased.number = number,
    }
}

fn other() -> OrgId {
    OrgId::parse("other").expect("an id")
}

fn at(event: &mut OfUser, moment: u64) {
    match event {
        OfUser::PhysicalKeyAdded(added) => added.added_at = EpochMillis::new(moment),
        OfUser::PhysicalKeyRemoved(removed) => removed.removed_at = EpochMillis::new(moment),
        OfUser::PhysicalKeyTextsErased(erased) => erased.erased_at = EpochMillis::new(moment),
    }
}

fn organisation(record: &mut EventRecord) -> &mut OfOrganisation {
    let Happening::Organisation(event) = &mut record.happening else { panic!("not of an organisation") };
    event
}

fn signing_key(record: &mut EventRecord) -> &mut audit_log::SigningKeyChanged {
    let Happening::AuditLog(audit_log::Event::SigningKeyChanged(event)) = &mut record.happening else {
        panic!("not of the log")
    };
    event
}

/// Changes of single events, and what is told of them.
const CHANGED: [(&str, usize, Change, &str); 19] = [
    (
        "a number twice",
        1,
        |event| number(event, 1),
        "line 2: impossible: version 2 of user \"alice\": number 1 is given, and the next one is 2",
    ),
    (
        "a number is left out",
        3,
        |event| number(event, 4),
        "line 4: impossible: version 4 of user \"alice\": number 4 is given, and the next one is 3",
    ),
    (
        "the first number is another",
        0,
        |event| number(event, 7),
        "line 1: impossible: version 1 of user \"alice\": number 7 is given, and the next one is 1",
    ),
    (
        "what was never there is taken back",
        2,
        |event| number(event, 9),
        "line 3: impossible: version 3 of user \"alice\": number 9 is taken back, and the user does not have it",
    ),
    (
        "what was taken back is taken back",
        4,
        |event| number(event, 1),
        "line 5: impossible: version 5 of user \"alice\": number 1 is taken back, and the user does not have it",
    ),
    (
        "taken back for another organisation",
        2,
        |event| {
            event.issuer = Some(other());
            event.actor.org_id = Some(other());
        },
        "line 3: impossible: version 3 of user \"alice\": number 1 is taken back for \"other\", and \"acme\" issued it",
    ),
    (
        "acts for another organisation",
        0,
        |event| event.actor.org_id = Some(other()),
        "line 1: impossible: version 1 of user \"alice\": whoever acts for \"other\" did it for \"acme\"",
    ),
    (
        "a service of nobody's",
        0,
        |event| event.actor.org_id = None,
        "line 1: impossible: version 1 of user \"alice\": service acts for no organisation",
    ),
    (
        "an operator adds a physical key",
        0,
        |event| event.actor.kind = ActorKind::Operator,
        "line 1: impossible: version 1 of user \"alice\": operator is nobody who does that",
    ),
    (
        "another organisation's API key",
        0,
        |event| event.actor.api_key_id = Some("0123456789abcdef0123456789abcdef".to_owned()),
        "line 1: impossible: version 1 of user \"alice\": the API key is not one of the organisation that it acts for",
    ),
    (
        "decided at another time",
        0,
        |event| at(user(event), 0),
        "line 1: impossible: version 1 of user \"alice\": it says that it happened at 1970-01-01T00:00:00.000Z, and that it was recorded at 2026-11-23T12:00:01.000Z",
    ),
    (
        "removed at another time",
        2,
        |event| at(user(event), 0),
        "line 3: impossible: version 3 of user \"alice\": it says that it happened at 1970-01-01T00:00:00.000Z, and that it was recorded at 2026-11-23T12:00:03.000Z",
    ),
    (
        "an organisation by a service",
        5,
        |event| {
            event.actor.kind = ActorKind::Service;
            event.actor.org_id = event.issuer.clone();
        },
        "line 6: impossible: version 1 of organisation \"acme\": service is nobody who does that",
    ),
    (
        "an API key that was never issued",
        7,
        |event| {
            if let OfOrganisation::ApiKeyRevoked(revoked) = organisation(event) {
                revoked.api_key_id =
                    domain::api_key::ApiKeyId::parse("0123456789abcdef0123456789abcdef").expect("an id");
            }
        },
        "line 8: impossible: version 3 of organisation \"acme\": the API key 0123456789abcdef0123456789abcdef is revoked, and was never issued",
    ),
    (
        "registered at another time",
        5,
        |event| {
            if let OfOrganisation::OrganisationRegistered(registered) = organisation(event) {
                registered.registered_at = EpochMillis::new(0);
            }
        },
        "line 6: impossible: version 1 of organisation \"acme\": it says that it happened at 1970-01-01T00:00:00.000Z, and that it was recorded at 2026-11-23T12:00:01.000Z",
    ),
    (
        "the log by somebody",
        8,
        |event| event.actor.kind = ActorKind::User,
        "line 9: impossible: version 1 of log \"keys.example.com/audit\": user is nobody who does that",
    ),
    (
        "the same key named again",
        9,
        |event| {
            signing_key(event).verifier_key = acceptance::trail::verifier_key(8);
        },
        "line 10: impossible: version 2 of log \"keys.example.com/audit\": it names the signing key that was named already",
    ),
    (
        "the log at another time",
        8,
        |event| {
            signing_key(event).changed_at = EpochMillis::new(0);
        },
        "line 9: impossible: version 1 of log \"keys.example.com/audit\": it says that it happened at 1970-01-01T00:00:00.000Z, and that it was recorded at 2026-11-23T12:00:06.000Z",
    ),
    (
        "another log's event",
        8,
        |event| {
            signing_key(event).origin = "keys.example.com/other".parse().expect("a name");
        },
        "line 9: forked: it is an event of the log keys.example.com/other",
    ),
];

#[tokio::test]
async fn an_event_that_could_not_have_happened_is_told() {
    let archive = export().await;
    let original = archive.lines(first_hour()).await;
    for (what, place, change, told) in CHANGED {
        archive.write(&events_path(first_hour()), &gzip(&original, Compression::default()));
        tell(&archive, &[(place, change)], &WHOLE).await;
        let found = faults(&archive).await;
        assert!(found.lines().any(|line| line == format!("{EVENTS}, {told}")), "{what}:\n{found}");
    }
}

/// Events that are left out, put in twice or turned round, with versions that fit.
#[tokio::test]
async fn an_order_of_events_that_could_not_have_been_is_told() {
    let archive = export().await;
    let original = archive.lines(first_hour()).await;
    let of = |who: &str, told: &str| format!("impossible: {who}: {told}");
    let acme = |version: u64| format!("version {version} of organisation \"acme\"");
    let issued = parse_line(&original[ACME + 1]).expect("an event");
    let Happening::Organisation(OfOrganisation::ApiKeyIssued(issued)) = &issued.record().happening else {
        panic!("{issued:?}")
    };
    let api_key = issued.api_key_id.as_str();
    let cases: [(&str, &[usize], String); 8] = [
        (
            "an addition left out",
            &[0, 2, 3, 4, 5, 6, 7, 8, 9],
            of("version 3 of user \"alice\"", "number 3 is given, and the next one is 2"),
        ),
        (
            "the first addition left out",
            &[1, 3, 4],
            of("version 1 of user \"alice\"", "number 2 is given, and the next one is 1"),
        ),
        (
            "an addition told twice",
            &[0, 0, 1],
            of("version 2 of user \"alice\"", "number 1 is given, and the next one is 2"),
        ),
        (
            "a removal told twice",
            &[0, 2, 2],
            of("version 3 of user \"alice\"", "number 1 is taken back, and the user does not have it"),
        ),
        (
            "taken back before it was there",
            &[2, 0, 1],
            of("version 1 of user \"alice\"", "number 1 is taken back, and the user does not have it"),
        ),
        ("an API key of nobody's", &[ACME + 1], of(&acme(1), "the organisation is not registered yet")),
        ("registered twice", &[ACME, ACME], of(&acme(2), "the organisation is registered already")),
        (
            "revoked twice",
            &[ACME, ACME + 1, ACME + 2, ACME + 2],
            of(&acme(4), &format!("the API key {api_key} is revoked a second time")),
        ),
    ];
    for (what, order, told) in cases {
        archive.write(&events_path(first_hour()), &gzip(&original, Compression::default()));
        tell(&archive, &[], order).await;
        let found = faults(&archive).await;
        assert!(found.lines().any(|line| line.ends_with(&told)), "{what}:\n{found}");
    }
    let twice = [ACME, ACME + 1, ACME + 1];
    archive.write(&events_path(first_hour()), &gzip(&original, Compression::default()));
    tell(&archive, &[], &twice).await;
    let expected = format!(
        "{EVENTS}, line 3: {}",
        of(&acme(3), &format!("the API key {api_key} is issued a second time"))
    );
    assert_eq!(faults(&archive).await, expected);
    assert_eq!((ALICE, LOG, original.len()), (0, 8, 10), "the events are where they are said to be");
}

/// Erasures that nobody could have recorded: of what was never given, for another organisation, by somebody else, at another time.
#[tokio::test]
async fn an_erasure_that_could_not_have_happened_is_told() {
    let (stage, archive) = (Stage::for_trail().await, TestArchive::in_folder());
    stage.add("alice", "a").await;
    let (alice, reason) = (UserId::parse("alice"), ErasureReason::parse("asked for"));
    let (alice, reason) = (alice.expect("an id"), reason.expect("a reason"));
    let erased = stage.backend.table.record_erasures(&alice, None, &reason, &stage.operator()).await;
    assert_eq!(erased.expect("an erasure").now.len(), 1);
    stage.close_hour();
    stage.export(&archive.archive).await.expect("an export");
    let original = archive.lines(first_hour()).await;
    let changes: [(Change, &str); 4] = [
        (|event| number(event, 2), "the texts of number 2 are erased, and it was never given"),
        (
            |event| event.issuer = Some(other()),
            "the texts of number 1 are erased for \"other\", and \"acme\" issued it",
        ),
        (|event| event.actor.kind = ActorKind::User, "user is nobody who does that"),
        (
            |event| at(user(event), 0),
            "it says that it happened at 1970-01-01T00:00:00.000Z, and that it was recorded at \
             2026-11-23T12:00:01.000Z",
        ),
    ];
    for (change, told) in changes {
        archive.write(&events_path(first_hour()), &gzip(&original, Compression::default()));
        tell(&archive, &[(1, change)], &[0, 1, 2]).await;
        let expected = format!("{EVENTS}, line 2: impossible: version 2 of user \"alice\": {told}");
        let found = faults(&archive).await;
        assert!(found.lines().any(|line| line == expected), "{found}");
    }
}

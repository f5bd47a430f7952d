//! The exported format: what was exported once is read for ever, and today's export still looks the same.
//!
//! `tests/exported/format-2` is an export of 2026-11-29, signed by the keys whose seeds are sevens and eights, and `format-2-proofs` has
//! proofs of two of its events. From the first deployment on both are never edited; another format gets a folder of its own.

use std::path::{Path, PathBuf};
use std::time::Duration;

use acceptance::trail::{SEED, TestArchive, first_hour, hour, signing_keys, verifier_key};
use acceptance::{RequestBuilder, Stage};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::history::{EventHash, HistoryId};
use domain::values::{Hour, Sha256Hash, UserId, Version};
use serde_json::json;
use store::Done;
use trail::archive::{Archive, Listing};
use trail::check::{Evidence, check};
use trail::checkpoint::{Checkpoint, SignedCheckpoint, checkpoint_path};
use trail::event_file::Lines;
use trail::log::{self, IDENTITY, Identity};
use trail::manifest::{FORMAT, Manifest, events_path, manifest_path};
use trail::proof::Proof;
use trail::seek::Wanted;
use url::Url;

use crate::audit_proof::prove;

/// The seed of the key that signs its last hour.
const NEXT: u8 = 8;
/// The root of the tree over everything in it.
const ROOT: &str = "e3784f6e2d783b30ffb5b2259fd3946da6b1fcda66fbd81d05fd4f6968a2d8ac";

fn golden() -> PathBuf {
    exported("format-2")
}

fn exported(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exported").join(folder)
}

/// What was exported: additions by persons and by a service, texts that spreadsheets and terminals could stumble over,
/// a removal, an hour without events, an event of another organisation, another key that signs the last hour. The texts are beside it.
async fn export() -> (TestArchive, TestArchive) {
    let (mut stage, archive) = (Stage::for_kept_formats().await, TestArchive::new());
    let texts = TestArchive::in_folder();
    for org_id in ["acme", "other"] {
        stage.register(org_id).await;
    }
    let by_person = |user: &str, org: &str, note: &str| {
        let body = json!({"orgId": org, "orgName": "Büro & Söhne", "note": note});
        let in_path = user.replace('ü', "%C3%BC").replace('/', "%2F");
        RequestBuilder::add(&in_path, &body).bearer(&stage.manager_token(user, org))
    };
    for request in [
        by_person("alice", "acme", "=1+1, \"front\" door"),
        by_person("alice", "acme", "red\u{1b}[31m\nline"),
        by_person("münchen/1", "other", "鍵"),
    ] {
        stage.pass(Duration::from_millis(1_500));
        assert_eq!(request.send(&stage).await.status(), 200);
    }
    stage.add("bob", "by a service").await;
    stage.remove("alice", 1).await;
    stage.pass(Duration::from_hours(2));
    stage.remove("bob", 1).await;
    assert_eq!(stage.change_signing_key(NEXT).await, Ok(Done::Now));
    stage.pass(Duration::from_hours(1));
    stage.close_hour();
    stage.signing = signing_keys(SEED, Some(NEXT));
    let report = stage.export_disclosing(&archive.archive, &texts.archive).await.expect("an export");
    assert_eq!(report.hours, 4);
    (archive, texts)
}

#[tokio::test]
async fn an_export_looks_as_it_always_did() {
    let (exported, _) = export().await;
    for (hour, seed) in hours() {
        let manifest = |bytes: &[u8]| {
            // Another release of the compression library may give other bytes.
            let mut manifest = Manifest::parse(bytes).expect("a manifest");
            (manifest.file.bytes, manifest.file.sha256) = (0, Sha256Hash::ZERO);
            // An engine draws it.
            manifest.table_id = String::new();
            manifest
        };
        let path = manifest_path(hour);
        let now = exported.get(&path).await;
        let then = std::fs::read(golden().join(path)).expect("a manifest");
        assert_eq!(manifest(&now), manifest(&then));

        let then = std::fs::read(golden().join(events_path(hour))).expect("a file");
        assert_eq!(exported.lines(hour).await, lines(&then));

        // The root follows from the manifests.
        let checkpoint = |bytes: &[u8]| SignedCheckpoint::parse(bytes).expect("a checkpoint");
        let then = checkpoint(&std::fs::read(golden().join(checkpoint_path(hour))).expect("a file"));
        let now = checkpoint(&exported.get(&checkpoint_path(hour)).await);
        let of = |signed: &SignedCheckpoint| {
            let Checkpoint { origin, size, .. } = signed.checkpoint().clone();
            (origin, size, signed.is_signed_only_by(&verifier_key(seed)))
        };
        assert_eq!(of(&now), of(&then));
    }
    let tiles = |listing: Listing| listing.tiles;
    let then = Archive::open(&Url::from_directory_path(golden()).expect("a URL")).expect("an archive");
    let then = then.list().await.expect("a listing");
    assert_eq!(tiles(exported.archive.list().await.expect("a listing")), tiles(then));
    let then = std::fs::read(golden().join(IDENTITY)).expect("a file");
    assert_eq!(exported.get(IDENTITY).await, then);
}

/// Its hours, and the seed of the key that signed each.
fn hours() -> [(Hour, u8); 4] {
    let of = |text, seed| (hour(text), seed);
    [
        of("2026-11-23T12:00:00Z", SEED),
        of("2026-11-23T13:00:00Z", SEED),
        of("2026-11-23T14:00:00Z", SEED),
        of("2026-11-23T15:00:00Z", NEXT),
    ]
}

fn lines(bytes: &[u8]) -> Vec<String> {
    Lines::of(bytes).collect::<Result<_, _>>().expect("lines")
}

#[tokio::test]
async fn what_was_exported_once_is_verified_for_ever() {
    let archive = Archive::open(&Url::from_directory_path(golden()).expect("a URL")).expect("an archive");
    let listing = archive.list().await.expect("a listing");
    let keys = vec![verifier_key(SEED), verifier_key(NEXT)];
    let verified = check(&archive, &listing, &Evidence { keys, ..Evidence::default() }, |_| {}).await;
    let verified = verified.expect("a whole export");
    let (last, checkpoint) = verified.last.expect("an hour");
    assert_eq!((last, checkpoint.root.to_string().as_str()), (hour("2026-11-23T15:00:00Z"), ROOT));
    assert_eq!((verified.hours, verified.events, verified.users), (4, 9, 3));
    assert_eq!((verified.signed_by, verified.replaced), (Some(verifier_key(NEXT)), Vec::new()));
}

/// A proof whose texts are disclosed, and one of an event without any, as they were made of the export that is kept.
#[tokio::test]
async fn what_was_proven_once_is_proven_in_the_same_bytes_and_checked_for_ever() {
    let (_, texts) = export().await;
    let archive = Archive::open(&Url::from_directory_path(golden()).expect("a URL")).expect("an archive");
    for (name, version, discloses) in [("proof", 1, 2), ("removed", 3, 0)] {
        let alice = HistoryId::User(UserId::parse("alice").expect("a user id"));
        let wanted = Wanted::Version(alice, Version::new(version));
        let proof = prove(&archive, Some(&texts.archive), &wanted).await;
        let then = std::fs::read(exported("format-2-proofs").join(format!("{name}.tlog-proof")));
        let then = then.expect("a file");
        assert_eq!(String::from_utf8_lossy(&proof.bytes()), String::from_utf8_lossy(&then), "{name}");
        let kept = Proof::parse(&then).expect("a proof");
        assert_eq!(kept.check(&[verifier_key(NEXT)]), Ok(&verifier_key(NEXT)));
        assert!(kept.check(&[verifier_key(SEED)]).is_err(), "the newest hour is signed by the other key");
        assert_eq!(kept.disclosures().names().count(), discloses);
    }
}

/// The recipe in docs/audit-trail.md, with nothing of ours but the files: an event's record stands in its line from the 167th
/// byte on to before the last.
#[tokio::test]
async fn an_event_is_checked_with_a_text_editor_and_sha256() {
    let bytes = std::fs::read(golden().join(events_path(first_hour()))).expect("a file");
    for line in lines(&bytes) {
        let (hash, previous, record) = (&line[9..73], &line[91..155], &line[166..line.len() - 1]);
        let mut hashed = data_encoding::HEXLOWER.decode(previous.as_bytes()).expect("hexadecimal digits");
        hashed.extend_from_slice(record.as_bytes());
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &hashed);
        assert_eq!(data_encoding::HEXLOWER.encode(digest.as_ref()), hash);
        let record: serde_json::Value = serde_json::from_str(record).expect("JSON");
        assert_eq!(previous == EventHash::GENESIS.to_string(), record["version"] == 1);
    }
}

/// An export that was written during development, and one that a later release writes.
#[tokio::test]
async fn an_export_of_another_format_is_refused_in_a_sentence() {
    for format in [1, 3] {
        let archive = TestArchive::in_folder();
        let manifest = json!({
            "events": 0, "format": format, "hour": "2026-11-23T12:00:00Z",
        });
        let path = manifest_path(first_hour());
        let origin = "keys.example.com/audit".parse().expect("a name");
        let identity = Identity { first_hour: first_hour(), format: FORMAT, origin };
        log::begin(&archive.archive, &identity, "a table").await.expect("a log");
        archive.put(&path, format!("{manifest}\n").into()).await;
        archive.put(&checkpoint_path(first_hour()), b"signed".as_slice().into()).await;
        let fault = archive.check().await.expect_err("a fault").to_string();
        let expected = format!(
            "{path}: changed: it is of format {format}, and this release reads format 2: an export of format 1 was written \
             during development, and begins anew\n{}: changed: it is no checkpoint of a log",
            checkpoint_path(first_hour())
        );
        assert_eq!(fault, expected);
    }
}

/// What a newer release adds to a record is exported as it was hashed, though it is not known here.
#[tokio::test]
async fn a_member_that_is_not_known_is_exported_as_it_was_hashed() {
    let (stage, archive) = (Stage::for_trail().await, TestArchive::new());
    stage.add("alice", "front door").await;
    let item = stage.stored_of("alice", "EVENT#").await.remove(0);
    let record =
        item["record"]["S"].as_str().expect("a record").replace("\"format\":2", "\"format\":2,\"fresh\":1");
    let hash = EventHash::GENESIS.chain(&record);
    change(&stage, "EVENT#00000000000000000001", "record", AttributeValue::S(record.clone())).await;
    for (sk, name) in [("EVENT#00000000000000000001", "hash"), ("USER", "headHash")] {
        change(&stage, sk, name, AttributeValue::B(hash.bytes().to_vec().into())).await;
    }
    stage.close_hour();
    assert_eq!(stage.export(&archive.archive).await.expect("an export").events, 2);
    let lines = archive.lines(first_hour()).await;
    assert!(lines[0].contains(&record), "{lines:?}");
    // Whoever checks is told that this release does not know it: it cannot say what it means.
    let expected = format!(
        "{}, line 1: changed: it has members, or a spelling, that this release does not write",
        events_path(first_hour())
    );
    let found = archive.check_against(&stage.backend.table).await;
    assert_eq!(found.expect_err("a fault").to_string(), expected);
}

/// Changes an item of Alice's.
pub(crate) async fn change(stage: &Stage, sk: &str, name: &str, value: AttributeValue) {
    let update = stage.client.update_item().table_name(stage.backend.table.name());
    let update = update
        .key("pk", AttributeValue::S("USER#alice".to_owned()))
        .key("sk", AttributeValue::S(sk.to_owned()))
        .update_expression("SET #name = :value")
        .expression_attribute_names("#name", name)
        .expression_attribute_values(":value", value);
    update.send().await.expect("an update");
}

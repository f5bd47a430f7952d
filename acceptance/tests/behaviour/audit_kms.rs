//! Signing keys in KMS: what is asked of it, and what becomes of an hour when it does not sign. A stand-in speaks for it over HTTP.

use acceptance::Stage;
use acceptance::disturbance::Disturbance;
use acceptance::trail::{KMS_KEY, Kms, ORIGIN, SEED, TestArchive, first_hour, verifier_key};
use data_encoding::BASE64;
use export_audit::signing::PublicKeyFault;
use serde_json::json;
use trail::checkpoint::{SignedCheckpoint, checkpoint_path};

async fn one_hour() -> (Stage, TestArchive) {
    let (stage, archive) = (Stage::for_trail().await, TestArchive::new());
    stage.add("alice", "front door").await;
    stage.close_hour();
    (stage, archive)
}

#[tokio::test]
async fn kms_signs_the_text_itself_once_an_hour() {
    let (stage, archive) = one_hour().await;
    let kms = Kms::with_key(SEED).await;
    let signing = kms.signing_keys(SEED);
    assert_eq!(stage.export_signed_by(&archive.archive, &signing).await.expect("an export").hours, 1);
    let signed =
        SignedCheckpoint::parse(&archive.get(&checkpoint_path(first_hour())).await).expect("a checkpoint");
    let expected = json!({
        "KeyId": KMS_KEY,
        "Message": BASE64.encode(signed.note().text().as_bytes()),
        "MessageType": "RAW",
        "SigningAlgorithm": "ED25519_SHA_512",
    });
    assert_eq!(kms.disturber.seen("Sign"), [expected]);
    archive.check_against(&stage.backend.table).await.expect("signed by the key of the same seed");

    // What is signed is not signed again, and the newest checkpoint is a copy.
    stage.export_signed_by(&archive.archive, &signing).await.expect("an export");
    assert_eq!(kms.disturber.seen("Sign").len(), 1);
    assert!(kms.disturber.seen("GetPublicKey").is_empty(), "who exports may sign and nothing else");
}

#[tokio::test]
async fn an_hour_that_kms_does_not_sign_is_signed_by_the_next_run() {
    for disturbance in [
        Disturbance::Failed(400, "AccessDeniedException"),
        Disturbance::Failed(400, "KMSInvalidStateException"),
        Disturbance::Failed(400, "NotFoundException"),
    ] {
        let (stage, archive) = one_hour().await;
        let kms = Kms::with_key(SEED).await;
        let signing = kms.signing_keys(SEED);
        kms.disturber.disturb("Sign", disturbance, usize::MAX);
        let Disturbance::Failed(_, code) = disturbance else { panic!("{disturbance:?}") };
        let fault = stage.export_signed_by(&archive.archive, &signing).await.expect_err("a fault");
        assert_eq!(
            fault.to_string(),
            format!("KMS did not sign: {code}"),
            "the code, and nothing of its message"
        );
        assert_eq!(stage.backend.table.audit_checkpoint().await.expect("a read").checkpoint, None);
        let listing = archive.archive.list().await.expect("a listing");
        assert_eq!(listing.unfinished(), Some(first_hour()));
        kms.disturber.calm();
        assert_eq!(stage.export_signed_by(&archive.archive, &signing).await.expect("an export").hours, 1);
        archive.check_against(&stage.backend.table).await.expect("a whole export");
    }
}

#[tokio::test]
async fn a_moment_without_kms_is_waited_for() {
    let (stage, archive) = one_hour().await;
    let kms = Kms::with_key(SEED).await;
    kms.disturber.disturb_in_order([
        ("Sign", Disturbance::Failed(500, "KMSInternalException")),
        ("Sign", Disturbance::CutAfter),
        ("Sign", Disturbance::Failed(400, "ThrottlingException")),
    ]);
    let signing = kms.signing_keys(SEED);
    assert_eq!(stage.export_signed_by(&archive.archive, &signing).await.expect("an export").hours, 1);
    assert_eq!(kms.disturber.seen("Sign").len(), 4);
    archive.check_against(&stage.backend.table).await.expect("a whole export");
}

/// A parameter that was mistyped must not have a log signed that nobody can verify.
#[tokio::test]
async fn a_signature_that_the_verifier_key_does_not_verify_is_not_written() {
    let (stage, archive) = one_hour().await;
    let kms = Kms::with_key(9).await;
    let fault = stage.export_signed_by(&archive.archive, &kms.signing_keys(SEED)).await.expect_err("a fault");
    let expected = format!(
        "what was signed cannot be verified with {}: signing key and verifier key do not belong together",
        verifier_key(SEED).short()
    );
    assert_eq!(fault.to_string(), expected);
    assert_eq!(archive.archive.list().await.expect("a listing").unfinished(), Some(first_hour()));
}

#[tokio::test]
async fn the_verifier_key_of_a_key_in_kms_is_told_to_who_may_ask() {
    let kms = Kms::with_key(SEED).await;
    let origin = ORIGIN.parse().expect("a name");
    assert_eq!(kms.key().verifier_key(&origin).await.expect("a key"), verifier_key(SEED));
    kms.disturber.disturb("GetPublicKey", Disturbance::Failed(400, "AccessDeniedException"), 1);
    let fault = kms.key().verifier_key(&origin).await.expect_err("a fault");
    assert_eq!(fault.to_string(), "KMS does not tell the public key: AccessDeniedException");
    assert!(matches!(fault, PublicKeyFault::Kms(_)));
}

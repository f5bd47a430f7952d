//! Which key signs the log from when on: changes that the log's own history names, losses that nothing names, and races of both with
//! exports.

use acceptance::Stage;
use acceptance::trail::{ORIGIN, SEED, first_hour, origin, signing_key, signing_keys, verifier_key};
use domain::values::{Hour, VerifierKey};
use export_audit::signing::SigningKeys;
use store::{CheckpointFault, Done};
use trail::checkpoint::{SignedCheckpoint, checkpoint_path};

use crate::audit_signatures::{OTHER, check_by, is_fault, one_more, short, two_hours};

/// The seed of the key that is to follow.
const NEXT: u8 = 8;

#[tokio::test]
async fn another_key_signs_the_hours_after_the_one_that_names_it() {
    let (stage, archive) = two_hours().await;
    assert_eq!(stage.change_signing_key(NEXT).await, Ok(Done::Now));
    assert_eq!(stage.change_signing_key(NEXT).await, Ok(Done::Before), "once is enough");
    let both = signing_keys(SEED, Some(NEXT));
    one_more(&stage, &archive, &both).await.expect("an export");
    let signed = |hour: Hour, seed: u8| {
        let archive = &archive;
        async move {
            let signed =
                SignedCheckpoint::parse(&archive.get(&checkpoint_path(hour)).await).expect("a checkpoint");
            signed.is_signed_only_by(&verifier_key(seed))
        }
    };
    let naming = first_hour().next().next();
    assert!(signed(naming, SEED).await, "the hour that names the next key is signed by the one before");

    // The old one alone is not enough any more, and nothing is written.
    let before = (archive.objects().await, stage.stored().await);
    let expected = format!(
        "the hour is to be signed by {}, and the export is configured with {}",
        short(NEXT),
        short(SEED)
    );
    is_fault(one_more(&stage, &archive, &stage.signing).await, &expected);
    assert_eq!((archive.objects().await, stage.stored().await), before, "nothing is written");
    stage.export_signed_by(&archive.archive, &both).await.expect("an export");
    assert!(signed(naming.next(), NEXT).await);
    one_more(&stage, &archive, &signing_keys(NEXT, None)).await.expect("the new one alone is enough");
    let other = signing_keys(SEED, Some(OTHER));
    let configured = format!("{} and {}", short(SEED), short(OTHER));
    let expected = format!(
        "the hour is to be signed by {}, and the export is configured with {configured}",
        short(NEXT)
    );
    is_fault(one_more(&stage, &archive, &other).await, &expected);

    let verified = check_by(&archive, &[NEXT, SEED]).await.expect("a whole export");
    assert_eq!(
        (verified.signed_by, verified.replaced.len(), verified.unused.len()),
        (Some(verifier_key(NEXT)), 0, 0)
    );
    let expected = format!(
        "{}: forked: the hours after this one are to be signed by {}, which was not given: who wrote them is not known",
        checkpoint_path(naming),
        verifier_key(NEXT)
    );
    is_fault(check_by(&archive, &[SEED]).await, &expected);
    // Whoever has the old key still signs nothing with it.
    archive.forge_log(SEED).await;
    let expected = format!(
        "{}: forked: it bears the name of {}, and should be signed by {}",
        checkpoint_path(naming.next()),
        short(SEED),
        short(NEXT)
    );
    is_fault(check_by(&archive, &[NEXT, SEED]).await, &expected);
}

#[tokio::test]
async fn a_signing_key_of_another_name_is_refused_and_of_two_operators_one_changes_it() {
    let stage = Stage::for_trail().await;
    let (table, origin) = (&stage.backend.table, origin());
    let other: VerifierKey = signing_key("keys.example.com/other", NEXT).verifier_key().clone();
    let refused = table.change_signing_key(&origin, &other, &stage.operator()).await;
    let expected = "the verifier key is of keys.example.com/other, and this log is keys.example.com/audit: a signing key signs one \
                    log and nothing else";
    is_fault(refused, expected);
    assert!(!stage.stored().await.keys().any(|(pk, _)| pk.starts_with("LOG#")), "nothing is written");

    let change = || stage.change_signing_key(NEXT);
    let (one, other) = tokio::join!(change(), change());
    let mut done = [one.expect("done"), other.expect("done")];
    done.sort_by_key(|done| *done == Done::Before);
    assert_eq!(done, [Done::Now, Done::Before]);
    let events = stage
        .stored()
        .await
        .keys()
        .filter(|(pk, sk)| pk.starts_with("LOG#") && sk.starts_with("EVENT#"))
        .count();
    assert_eq!(events, 1);
    let keys = SigningKeys::new(signing_key(ORIGIN, SEED), Some(signing_key("keys.example.com/other", NEXT)));
    is_fault(
        keys,
        "the signing keys are of keys.example.com/audit and of keys.example.com/other: a log has one name",
    );
}

#[tokio::test]
async fn a_lost_key_is_replaced_and_every_check_says_so() {
    let stage = Stage::for_trail().await;
    let replace = |seed: u8| {
        let table = &stage.backend.table;
        async move { table.replace_signing_key(&origin(), &verifier_key(seed)).await.expect("an answer") }
    };
    assert_eq!(replace(NEXT).await, None, "before the first hour there is nothing to replace");
    let (stage, archive) = two_hours().await;
    let replace = |seed: u8| {
        let table = &stage.backend.table;
        async move { table.replace_signing_key(&origin(), &verifier_key(seed)).await.expect("an answer") }
    };
    let table = &stage.backend.table;
    let before = stage.stored().await;
    let other = signing_key("keys.example.com/other", NEXT);
    let expected = "the verifier key is of keys.example.com/other, and this log is keys.example.com/audit: a signing key signs one \
                    log and nothing else";
    is_fault(table.replace_signing_key(&origin(), other.verifier_key()).await, expected);
    assert_eq!(stage.stored().await, before, "nothing is written");
    assert_eq!(replace(SEED).await, Some(Done::Before));
    assert_eq!(replace(NEXT).await, Some(Done::Now));
    assert_eq!(replace(NEXT).await, Some(Done::Before));
    let new = signing_keys(NEXT, None);
    let expected = format!(
        "the hour is to be signed by {}, and the export is configured with {}",
        short(NEXT),
        short(SEED)
    );
    is_fault(one_more(&stage, &archive, &stage.signing).await, &expected);
    stage.export_signed_by(&archive.archive, &new).await.expect("an export");
    one_more(&stage, &archive, &new).await.expect("an export");

    let since = first_hour().next().next();
    let verified = check_by(&archive, &[SEED, NEXT]).await.expect("a whole export");
    assert_eq!(verified.signed_by, Some(verifier_key(NEXT)));
    assert_eq!(verified.replaced, [(since, verifier_key(NEXT))]);
    let expected = format!(
        "{}: forked: it bears the name of {}, and should be signed by {}",
        checkpoint_path(since),
        short(NEXT),
        short(SEED)
    );
    is_fault(check_by(&archive, &[SEED]).await, &expected);
}

/// A run that read the table before the operator noted another key must not write over it.
#[tokio::test]
async fn a_key_that_was_put_in_the_place_of_a_lost_one_is_not_overwritten_by_a_run_that_did_not_see_it() {
    let (stage, _archive) = two_hours().await;
    let table = &stage.backend.table;
    let read = table.audit_checkpoint().await.expect("a read").checkpoint.expect("a checkpoint");
    assert_eq!(table.replace_signing_key(&origin(), &verifier_key(NEXT)).await, Ok(Some(Done::Now)));
    let mut next = read.clone();
    next.hour = read.hour.next();
    assert_eq!(table.move_audit_checkpoint(Some(&read), &next).await, Err(CheckpointFault::Moved));
    let noted = table.audit_checkpoint().await.expect("a read").checkpoint.expect("a checkpoint");
    assert_eq!((noted.hour, noted.replaced_by), (read.hour, Some(verifier_key(NEXT))));
    assert_eq!(noted.signed_by, verifier_key(SEED));
}

/// The operator notes a new key while a run that has the old one is at an hour.
#[tokio::test]
async fn an_hour_that_the_lost_key_had_signed_stays_as_it_is() {
    let (stage, archive) = two_hours().await;
    let table = &stage.backend.table;
    let at = table.audit_checkpoint().await.expect("a read").checkpoint;
    one_more(&stage, &archive, &stage.signing).await.expect("an export");
    // Its checkpoint item never moved: somebody noted another key meanwhile.
    let mut noted = at.clone().expect("a checkpoint");
    let now = table.audit_checkpoint().await.expect("a read").checkpoint;
    noted.replaced_by = Some(verifier_key(NEXT));
    table.move_audit_checkpoint(now.as_ref(), &noted).await.expect("a write");

    let new = signing_keys(NEXT, None);
    let report = stage.export_signed_by(&archive.archive, &new).await.expect("an export");
    assert_eq!(report.hours, 1);
    one_more(&stage, &archive, &new).await.expect("an export");
    let verified = check_by(&archive, &[SEED, NEXT]).await.expect("a whole export");
    let since = first_hour().next().next().next();
    assert_eq!(verified.replaced, [(since, verifier_key(NEXT))]);
}

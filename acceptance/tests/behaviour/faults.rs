//! Bad days of DynamoDB and of the network: what callers are told, when they are told to wait, and that the same
//! request sent again never commits twice. Answers are compared as a whole, so a cause cannot leak into one.

use std::time::Duration;

use acceptance::disturbance::Disturbance::{self, *};
use acceptance::disturbance::{Disturber, SECRET_CAUSE};
use acceptance::refused::Refused;
use acceptance::{Reply, Stage};
use api::http::routes::Route;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;

use crate::invariants;
use crate::scene::{Scene, key_of_acme, nothing_to_remove};

const READ: &str = "BatchGetItem";
const WRITE: &str = "TransactWriteItems";
/// How often a call is made that fails: by the SDK if it is a read, by the command if it is a write.
const ALL_ATTEMPTS: usize = 3;
const ALWAYS: usize = usize::MAX;

pub(crate) fn throttled() -> Refused {
    let message =
        "The store is throttling. It is safe to send the request again with the same Idempotency-Key.";
    Refused::new(429, "throttled", message).with_header("retry-after", "1")
}

fn store_unavailable() -> Refused {
    let message = "The store cannot be reached. Nothing was written; send the request again.";
    Refused::new(503, "store_unavailable", message).with_header("retry-after", "1")
}

pub(crate) fn outcome_unknown() -> Refused {
    let message = "The store did not answer in time, so the request may or may not have been carried out. It is safe \
                   to send it again with the same Idempotency-Key.";
    Refused::new(503, "outcome_unknown", message).with_header("retry-after", "1")
}

fn internal_error() -> Refused {
    Refused::new(500, "internal_error", "Something is wrong on our side. Tell us the `requestId`.")
}

fn contention() -> Refused {
    let message =
        "Too many writers are at this inventory at once. Nothing was written; send the request again.";
    Refused::new(409, "contention", message).with_header("retry-after", "1")
}

fn contention_under_an_idempotency_key() -> Refused {
    let message = "Too many writers are at this inventory at once. Send the request again with the same Idempotency-Key.";
    Refused::new(409, "contention", message).with_header("retry-after", "1")
}

pub(crate) fn store_unavailable_under_an_idempotency_key() -> Refused {
    let message =
        "The store cannot be reached. Send the request again, a command with the same Idempotency-Key.";
    Refused::new(503, "store_unavailable", message).with_header("retry-after", "1")
}

async fn events(stage: &Stage) -> usize {
    invariants::check(&stage.stored().await, "alice").records.len()
}

/// One bad day: adds a physical key under a disturbance, checks the answer and the number of commits, and then, the
/// disturbance over, sends the same request again: in the end it has been carried out once.
async fn check(
    operation: &'static str,
    disturbance: Disturbance,
    times: usize,
    refused: Option<&Refused>,
    commits: usize,
) {
    let (scene, disturber) = Scene::disturbed().await;
    scene.carry_out(scene.add()).await;
    let before = scene.stage.stored().await;
    let request = scene.add().idempotency_key("a");

    disturber.disturb(operation, disturbance, times);
    let reply = request.send(&scene.stage).await;
    disturber.calm();
    let case = format!("{operation}: {disturbance:?}, {times} times: {}", reply.json());
    match refused {
        None => assert_eq!(reply.status(), 200, "{case}"),
        Some(refused) => refused.check(&reply),
    }
    assert_eq!(events(&scene.stage).await, 1 + commits, "{case}");
    if commits == 0 {
        assert_eq!(scene.stage.stored().await, before, "nothing at all is written: {case}");
    }

    let again = scene.carry_out(request).await;
    assert_eq!(again.json()["number"], 2, "{case}");
    assert_eq!(again.header("idempotent-replayed").is_some(), commits == 1, "{case}");
    assert_eq!(events(&scene.stage).await, 2, "{case}");
}

async fn check_carried_out(operation: &'static str, disturbance: Disturbance, times: usize) {
    check(operation, disturbance, times, None, 1).await;
}

async fn check_nothing_written(
    operation: &'static str,
    disturbance: Disturbance,
    times: usize,
    refused: &Refused,
) {
    check(operation, disturbance, times, Some(refused), 0).await;
}

#[tokio::test]
async fn a_lost_race_is_run_again_whatever_item_it_was_lost_on() {
    for reasons in [
        &["TransactionConflict", "None", "None", "None"],
        &["None", "TransactionConflict", "None", "None"],
        &["None", "None", "None", "TransactionConflict"],
        &["ConditionalCheckFailed", "None", "TransactionConflict", "None"],
        &["ConditionalCheckFailed", "None", "None", "None"],
        &["None", "None", "None", "ConditionalCheckFailed"],
    ] {
        check_carried_out(WRITE, Cancelled(reasons), 2).await;
    }
}

#[tokio::test]
async fn a_throttled_transaction_is_not_taken_for_a_race() {
    for reasons in [
        &["ThrottlingError", "None", "None", "None"],
        &["None", "None", "ProvisionedThroughputExceeded", "None"],
    ] {
        check_carried_out(WRITE, Cancelled(reasons), ALL_ATTEMPTS - 1).await;
        check_nothing_written(WRITE, Cancelled(reasons), ALL_ATTEMPTS, &throttled()).await;
    }
}

#[tokio::test]
async fn a_transaction_cancelled_for_a_reason_that_nobody_knows_is_a_fault_of_ours() {
    // The last two: the version was the one that was read, and yet the key or the event was there already.
    for reasons in [
        &["ValidationError", "None", "None", "None"][..],
        &["None", "Whatever", "None", "None"],
        &[],
        &["None", "ConditionalCheckFailed", "None", "None"],
        &["None", "None", "ConditionalCheckFailed", "None"],
    ] {
        check_nothing_written(WRITE, Cancelled(reasons), 1, &internal_error()).await;
    }
}

#[tokio::test]
async fn throttling_that_passes_is_not_noticed_and_throttling_that_stays_is_told() {
    for code in ["ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"] {
        for operation in [READ, WRITE] {
            check_carried_out(operation, Failed(400, code), ALL_ATTEMPTS - 1).await;
            check_nothing_written(operation, Failed(400, code), ALL_ATTEMPTS, &throttled()).await;
        }
    }
}

#[tokio::test]
async fn a_store_that_fails_or_is_cut_off_for_a_moment_is_not_noticed() {
    for disturbance in [Failed(500, "InternalServerError"), BadGateway, CutBefore, CutAfter] {
        for operation in [READ, WRITE] {
            check_carried_out(operation, disturbance, 1).await;
            check_carried_out(operation, disturbance, ALL_ATTEMPTS - 1).await;
        }
    }
}

#[tokio::test]
async fn a_store_that_cannot_be_read_is_unavailable() {
    for disturbance in [Failed(500, "InternalServerError"), BadGateway, CutBefore, CutAfter] {
        let refused = store_unavailable_under_an_idempotency_key();
        check_nothing_written(READ, disturbance, ALL_ATTEMPTS, &refused).await;
    }
}

#[tokio::test]
async fn a_write_without_an_answer_is_never_said_to_have_failed() {
    for disturbance in [Failed(500, "InternalServerError"), BadGateway, CutBefore] {
        check_nothing_written(WRITE, disturbance, ALL_ATTEMPTS, &outcome_unknown()).await;
    }
    // The SDK's own retry can meet its first attempt, still under way.
    let in_progress = Failed(400, "TransactionInProgressException");
    check_carried_out(WRITE, in_progress, ALL_ATTEMPTS - 1).await;
    check_nothing_written(WRITE, in_progress, ALL_ATTEMPTS, &outcome_unknown()).await;
    check_carried_out(WRITE, CutAfter, ALL_ATTEMPTS).await;
}

#[tokio::test]
async fn all_attempts_of_one_write_are_the_same_request() {
    let (scene, disturber) = Scene::disturbed().await;
    disturber.disturb(WRITE, CutBefore, ALL_ATTEMPTS - 1);
    scene.carry_out(scene.add()).await;
    let bytes = disturber.seen_bytes(WRITE);
    assert_eq!(bytes.len(), ALL_ATTEMPTS);
    assert!(bytes.iter().all(|request| *request == bytes[0]), "byte for byte: {:#?}", disturber.seen(WRITE));
    let token = &disturber.seen(WRITE)[0]["ClientRequestToken"];
    assert_eq!(token.as_str().map(str::len), Some(32), "{token}");
    assert_eq!(events(&scene.stage).await, 1, "without an idempotency key as well");
}

#[tokio::test]
async fn a_missing_table_and_missing_permissions_are_faults_of_ours() {
    for code in ["ResourceNotFoundException", "AccessDeniedException", "ValidationException"] {
        for operation in [READ, WRITE] {
            check_nothing_written(operation, Failed(400, code), 1, &internal_error()).await;
        }
    }
}

#[tokio::test]
async fn keys_that_are_left_unprocessed_are_read_as_well() {
    let (scene, disturber) = Scene::disturbed().await;
    scene.carry_out(scene.add()).await;
    let request = scene.remove(1).idempotency_key("a");
    disturber.disturb(READ, OneKeyProcessed, ALWAYS);
    let first = scene.carry_out(request.clone()).await;
    // The user, the API key, its organisation, the physical key and the earlier request.
    assert_eq!(disturber.seen(READ).len(), 5);
    let replay = scene.carry_out(request).await;
    assert_eq!(replay.header("idempotent-replayed"), Some("true"), "the earlier request was read");
    assert_eq!(replay.bytes(), first.bytes());
    assert_eq!(events(&scene.stage).await, 2);
}

/// `BatchGetItem` is no snapshot: the physical key may be read, removed by another, and the user item read after that.
#[tokio::test]
async fn a_physical_key_that_is_removed_while_it_is_looked_up_is_not_found() {
    let (scene, disturber) = Scene::disturbed().await;
    scene.carry_out(scene.add()).await;
    scene.carry_out(scene.add()).await;
    disturber.show_stale(scene.stage.stored_of("alice", "KEY#").await.remove(0));
    scene.carry_out(scene.remove(1)).await;

    let before = scene.stage.stored().await;
    disturber.disturb(READ, FindsStale, 1);
    let reply = scene.remove(1).send(&scene.stage).await;
    nothing_to_remove().check(&reply);
    assert_eq!((disturber.seen(READ).len(), disturber.seen(WRITE).len()), (2, 1), "it is read again");
    assert_eq!(scene.stage.stored().await, before);
}

/// Adds a physical key by a function that has this much time.
async fn add_within(scene: &Scene, time: Duration) -> Reply {
    let event = scene.event("AddPhysicalKey", &json!({"orgId": "acme"}));
    scene.stage.invoke(Some(Route::AddPhysicalKey), &event, time).await
}

async fn disturbed_forever(operation: &'static str, disturbance: Disturbance) -> (Scene, Disturber) {
    let (scene, disturber) = Scene::disturbed().await;
    scene.carry_out(scene.add()).await;
    disturber.disturb(operation, disturbance, ALWAYS);
    (scene, disturber)
}

#[tokio::test]
async fn a_race_that_cannot_be_won_is_given_up_before_the_deadline() {
    let conflict = Cancelled(&["TransactionConflict", "None", "None"]);
    let (scene, disturber) = disturbed_forever(WRITE, conflict).await;
    let before = scene.stage.stored().await;
    let reply = add_within(&scene, Duration::from_secs(2)).await;
    contention().check(&reply);
    assert!(disturber.seen(WRITE).len() > 1, "it was tried more than once");
    let reply = scene.add().idempotency_key("a").send_within(&scene.stage, Duration::from_secs(2)).await;
    contention_under_an_idempotency_key().check(&reply);
    assert_eq!(scene.stage.stored().await, before);
}

#[tokio::test]
async fn a_silent_store_does_not_take_the_function_beyond_its_deadline() {
    let (scene, _disturber) = disturbed_forever(READ, Silence).await;
    let reply = add_within(&scene, Duration::from_millis(600)).await;
    store_unavailable().check(&reply);

    let (scene, _disturber) = disturbed_forever(WRITE, Silence).await;
    let reply = add_within(&scene, Duration::from_millis(1_500)).await;
    outcome_unknown().check(&reply);
    assert_eq!(events(&scene.stage).await, 1);
}

/// Puts an attribute of an item of Alice's to something that this code never wrote.
async fn spoil(stage: &Stage, sk: &str, name: &str, value: AttributeValue) {
    let update = stage
        .client
        .update_item()
        .table_name(stage.backend.table.name())
        .key("pk", AttributeValue::S("USER#alice".to_owned()))
        .key("sk", AttributeValue::S(sk.to_owned()))
        .update_expression("SET #name = :value")
        .expression_attribute_names("#name", name)
        .expression_attribute_values(":value", value);
    update.send().await.expect("an update");
}

#[tokio::test]
async fn a_user_item_that_cannot_be_read_is_a_fault_of_ours() {
    for (name, value) in [
        ("version", AttributeValue::S(SECRET_CAUSE.to_owned())),
        ("lastNumber", AttributeValue::N("0".to_owned())),
        ("headHash", AttributeValue::S(SECRET_CAUSE.to_owned())),
        ("userId", AttributeValue::Null(true)),
    ] {
        let scene = Scene::new().await;
        scene.carry_out(scene.add()).await;
        spoil(&scene.stage, "USER", name, value).await;
        for request in [scene.add(), scene.remove(1)] {
            scene.stage.refuses(request, internal_error()).await;
        }
    }
}

#[tokio::test]
async fn a_state_that_does_not_fit_its_history_is_not_written_over() {
    let scene = Scene::new().await;
    scene.carry_out(scene.add()).await;
    // The item of number 2, which has not been given yet.
    let number = AttributeValue::N("2".to_owned());
    spoil(&scene.stage, &key_of_acme(2), "number", number).await;
    scene.stage.refuses(scene.add(), internal_error()).await;
}

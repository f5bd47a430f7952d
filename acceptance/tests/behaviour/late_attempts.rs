//! A write that was given up may arrive after all. Whatever comes in between, a command is at most one event, and what
//! is answered is true for ever.

use std::time::Duration;

use acceptance::disturbance::Disturbance::{self, *};
use acceptance::disturbance::Disturber;
use acceptance::{Reply, RequestBuilder};

use crate::faults::outcome_unknown;
use crate::invariants::{self, History};
use crate::scene::{Scene, nothing_to_remove};
use crate::torn_reads::orders;

const READ: &str = "BatchGetItem";
const WRITE: &str = "TransactWriteItems";
const CONFLICT: Disturbance = Cancelled(&["TransactionConflict", "None", "None"]);
const OUTRUN: Disturbance = Cancelled(&["ConditionalCheckFailed", "None", "None"]);
const THROTTLED: Disturbance = Failed(400, "ThrottlingException");

/// Alice with two physical keys.
async fn scene() -> (Scene, Disturber) {
    let (scene, disturber) = Scene::disturbed().await;
    for _ in 0..2 {
        scene.carry_out(scene.add()).await;
    }
    (scene, disturber)
}

fn commands(scene: &Scene) -> [RequestBuilder; 4] {
    let (add, remove) = (scene.add(), scene.remove(2));
    [add.clone(), remove.clone(), add.idempotency_key("a"), remove.idempotency_key("a")]
}

async fn history(scene: &Scene) -> History {
    invariants::check(&scene.stage.stored().await, "alice")
}

/// Checks that a reply is a 200 of exactly one event, the third.
async fn is_the_third_event(scene: &Scene, reply: &Reply, case: &str) {
    assert_eq!(reply.status(), 200, "{case}: {}", reply.json());
    assert_eq!(reply.json()["version"], 3, "{case}");
    let history = history(scene).await;
    assert_eq!(history.records.len(), 3, "{case}: one command, one event");
}

/// Sends every command under this disturbance, in which the first write arrives late, and checks that it is one event
/// and was answered with it.
async fn is_found<const STEPS: usize>(steps: [(&'static str, Disturbance); STEPS]) {
    for command in 0..4 {
        let (scene, disturber) = scene().await;
        let request = &commands(&scene)[command];
        disturber.disturb_in_order(steps);
        let reply = request.send(&scene.stage).await;
        let case = format!("{steps:?}: {request:?}");
        is_the_third_event(&scene, &reply, &case).await;
        assert_eq!(reply.header("idempotent-replayed"), None, "{case}: it is the first answer");
        assert_eq!(disturber.deliver_late_ones().await.len(), 0, "{case}: it has arrived");
    }
}

#[tokio::test]
async fn one_that_arrives_before_the_next_read_is_found_there() {
    is_found([(WRITE, Late), (READ, BehindLateOnes)]).await;
    is_found([(WRITE, CutAfter)]).await;
}

#[tokio::test]
async fn one_that_arrives_before_the_next_write_is_the_same_write() {
    is_found([(WRITE, Late), (WRITE, BehindLateOnes)]).await;
}

#[tokio::test]
async fn one_that_arrives_after_a_cancellation_is_found_by_the_next_read() {
    for answered in [CONFLICT, OUTRUN, THROTTLED, Failed(400, "TransactionInProgressException")] {
        is_found([(WRITE, Late), (WRITE, answered), (READ, BehindLateOnes)]).await;
    }
}

/// One that is outrun by another command is dead, and the command is decided upon anew.
#[tokio::test]
async fn one_that_is_outrun_is_decided_upon_anew() {
    for command in 0..4 {
        let (scene, disturber) = scene().await;
        let request = &commands(&scene)[command];
        disturber.disturb_in_order([(WRITE, Late)]);
        let held = disturber.tear_later(1, &[], 0);
        let read = async {
            held.meanwhile(scene.carry_out(scene.remove(1))).await;
        };
        let (reply, ()) = tokio::join!(request.send(&scene.stage), read);
        assert_eq!(reply.status(), 200, "{request:?}: {}", reply.json());
        assert_eq!(reply.json()["version"], 4, "{request:?}");
        let late = disturber.deliver_late_ones().await;
        assert_eq!(late[0]["CancellationReasons"][0]["Code"], "ConditionalCheckFailed", "{late:?}");
        assert_eq!(history(&scene).await.records.len(), 4, "{request:?}");
    }
}

/// Cut off for as long as it is tried, whatever is answered in between: nobody knows, until it arrives.
#[tokio::test]
async fn one_that_arrives_after_the_answer_was_not_denied() {
    for answered in
        [CONFLICT, THROTTLED, Failed(400, "ValidationException"), Failed(500, "InternalServerError"), Late]
    {
        for command in 0..4 {
            let (scene, disturber) = scene().await;
            let request = &commands(&scene)[command];
            let before = scene.stage.stored().await;
            disturber.disturb_in_order([(WRITE, Late)]);
            disturber.then_always(WRITE, answered);
            let reply = request.send_within(&scene.stage, Duration::from_secs(2)).await;
            outcome_unknown().check(&reply);
            assert_eq!(scene.stage.stored().await, before);
            disturber.calm();

            disturber.deliver_late_ones().await;
            let history = history(&scene).await;
            assert_eq!(history.records.len(), 3, "one event, however often it was sent");
            if command >= 2 {
                let again = request.send(&scene.stage).await;
                is_the_third_event(&scene, &again, "sent again").await;
                assert_eq!(again.header("idempotent-replayed"), Some("true"));
            }
        }
    }
}

/// The API key is revoked while a write is under way: the answer does not deny what may still arrive.
#[tokio::test]
async fn one_that_is_under_way_when_the_api_key_is_revoked_is_not_denied() {
    let (scene, disturber) = scene().await;
    disturber.disturb_in_order([(WRITE, Late)]);
    let held = disturber.tear_later(1, &[], 0);
    let revoked = async {
        held.meanwhile(scene.revoke_api_key()).await;
    };
    let (reply, ()) = tokio::join!(async { scene.add().send(&scene.stage).await }, revoked);
    outcome_unknown().check(&reply);
    assert_eq!(history(&scene).await.records.len(), 2, "nothing is written yet");
    disturber.deliver_late_ones().await;
    assert_eq!(history(&scene).await.records.len(), 3);
}

/// A removal whose physical key was read before another removed it, and the user item after that: the version stands, the
/// physical key is gone for ever, and so the attempt is dead.
#[tokio::test]
async fn one_whose_physical_key_is_gone_is_dead_although_the_version_stands() {
    let (scene, disturber) = scene().await;
    disturber.show_stale(scene.stage.stored_of("alice", "KEY#").await.remove(1));
    scene.carry_out(scene.remove(2)).await;
    disturber.disturb_in_order([(READ, FindsStale), (WRITE, Late)]);
    let reply = scene.remove(2).send(&scene.stage).await;
    nothing_to_remove().check(&reply);
    let late = disturber.deliver_late_ones().await;
    assert_eq!(late[0]["CancellationReasons"][1]["Code"], "ConditionalCheckFailed", "{late:?}");
    assert_eq!(history(&scene).await.records.len(), 3);
}

/// The read after it is torn, and it arrives in the gap: whether the read shows it or half of it, it is found.
#[tokio::test]
async fn one_that_arrives_in_the_middle_of_the_next_read_is_found() {
    let mut gaps = 0;
    for (command, items) in [
        (0, &["USER", "APIKEY", "SEEN#"][..]),
        (1, &["USER", "KEY#", "APIKEY"]),
        (2, &["USER", "REQUEST#", "APIKEY", "SEEN#"]),
        (3, &["USER", "KEY#", "REQUEST#", "APIKEY"]),
    ] {
        for order in orders(items) {
            for after in 1..items.len() {
                gaps += 1;
                let (scene, disturber) = scene().await;
                let request = &commands(&scene)[command];
                disturber.disturb_in_order([(WRITE, Late)]);
                let read = disturber.tear_later(1, &order, after);
                let arrives = read.meanwhile(disturber.deliver_late_ones());
                let (reply, late) = tokio::join!(request.send(&scene.stage), arrives);
                let case = format!("{request:?}: {order:?}, after {after}: {late:?}");
                is_the_third_event(&scene, &reply, &case).await;
            }
        }
    }
    assert_eq!(gaps, 168);
}

/// A copy of the request is carried out between the two reads of the last look: the event is the copy's, and what was
/// answered to it is read after that.
#[tokio::test]
async fn one_that_a_copy_outruns_during_the_last_look_is_answered_like_the_copy() {
    for request in [2, 3] {
        for after in [0, 1] {
            let (scene, disturber) = scene().await;
            let request = &commands(&scene)[request];
            disturber.disturb_in_order([(WRITE, Late), (WRITE, Late), (WRITE, Late)]);
            // The three rounds read, and then the event is looked for.
            let look = disturber.tear_later(3, &[], after);
            let copy = look.meanwhile(async {
                scene.stage.pass(Duration::from_millis(1));
                scene.carry_out(request.clone()).await
            });
            let (reply, copy) = tokio::join!(request.send(&scene.stage), copy);
            assert_eq!(reply.status(), 200, "{request:?}: {}", reply.json());
            assert_eq!(reply.bytes(), copy.bytes());
            assert_eq!(reply.header("idempotent-replayed"), Some("true"));
            disturber.deliver_late_ones().await;
            assert_eq!(history(&scene).await.records.len(), 3);
        }
    }
}

/// The time is over while the write has no answer: there is time for one look.
#[tokio::test]
async fn one_that_is_carried_out_in_silence_is_found_at_the_deadline() {
    for command in 0..4 {
        let (scene, disturber) = scene().await;
        let request = &commands(&scene)[command];
        disturber.disturb_in_order([(WRITE, SilenceAfter)]);
        let reply = request.send_within(&scene.stage, Duration::from_millis(1_800)).await;
        is_the_third_event(&scene, &reply, &format!("{request:?}")).await;
        assert_eq!(disturber.seen(WRITE).len(), 1);
    }
}

/// The last look itself fails: what is open stays open.
#[tokio::test]
async fn one_that_cannot_be_asked_for_is_not_denied() {
    for command in 0..4 {
        let (scene, disturber) = scene().await;
        let request = &commands(&scene)[command];
        disturber.disturb_in_order([(WRITE, CutAfter)]);
        disturber.then_always(READ, BadGateway);
        let reply = request.send(&scene.stage).await;
        outcome_unknown().check(&reply);
        disturber.calm();
        assert_eq!(history(&scene).await.records.len(), 3, "it was carried out");
    }
}

//! Bad days of the bus and the dead-letter queue: what is tried again, what is set aside, and what Lambda is told.

use std::time::Duration;

use acceptance::event_bus::{EventBus, Mishap, PUT_EVENTS, SEND_MESSAGE};
use acceptance::stream::{batch, sequence_number};
use acceptance::{PATIENCE, Stage};
use serde_json::{Value, json};

use crate::publishing::{history, left_from, nothing_left, told};

/// The time of an invocation that is to run out: long for what succeeds, on any machine, and short to wait for.
const A_WHILE: Duration = Duration::from_secs(4);
/// What one call may take where the invocation has the time for it.
const A_CALL: Duration = Duration::from_secs(3);
const ALWAYS: usize = usize::MAX;

/// Two events of Alice's and two of Bob's, in turns.
async fn two_users() -> Vec<Value> {
    let stage = Stage::new().await;
    let (alice, bob) = (history(&stage, "alice", 1).await, history(&stage, "bob", 1).await);
    vec![alice[0].clone(), bob[0].clone(), alice[1].clone(), bob[1].clone()]
}

fn accepted(bus: &EventBus) -> Vec<(String, u64)> {
    bus.accepted().iter().map(told).collect()
}

fn events(of: &[(&str, u64)]) -> Vec<(String, u64)> {
    of.iter().map(|(user, version)| ((*user).to_owned(), *version)).collect()
}

/// Refuses all of Alice's entries.
fn alice_fails(code: &'static str) -> impl FnMut(&Value) -> Option<&'static str> {
    move |entry| (told(entry).0 == "alice").then_some(code)
}

#[tokio::test]
async fn a_call_that_fails_as_a_whole_is_made_again() {
    let records = two_users().await;
    for mishap in [
        Mishap::Failed(500, "InternalException"),
        Mishap::Failed(400, "ThrottlingException"),
        Mishap::Failed(400, "AccessDeniedException"),
        Mishap::Failed(503, "ServiceUnavailable"),
        Mishap::CutBefore,
    ] {
        let bus = EventBus::start().await;
        bus.disturb(PUT_EVENTS, mishap, 3);
        assert_eq!(bus.publish(batch(0, &records), PATIENCE).await, nothing_left(), "{mishap:?}");
        assert_eq!(
            accepted(&bus),
            events(&[("alice", 1), ("bob", 1), ("alice", 2), ("bob", 2)]),
            "{mishap:?}"
        );
    }
}

/// One entry keeps nobody else's from the bus, and neither is it tried for ever.
#[tokio::test]
async fn a_call_that_one_entry_spoils_is_taken_apart() {
    let records = two_users().await;
    let bus = EventBus::start().await;
    bus.spoil(|entry| told(entry).0 == "alice");
    assert_eq!(bus.publish(batch(0, &records), PATIENCE).await, nothing_left());
    assert_eq!(accepted(&bus), events(&[("bob", 1), ("bob", 2)]));
    let letters: Vec<_> = bus.letters().iter().map(|letter| letter["code"].clone()).collect();
    assert_eq!(letters, ["refused", "refused"], "{:?}", bus.letters());
    let calls: Vec<_> = bus.calls().iter().map(|call| call.iter().map(told).collect::<Vec<_>>()).collect();
    assert_eq!(
        calls[..3],
        [events(&[("alice", 1), ("bob", 1)]), events(&[("alice", 1)]), events(&[("bob", 1)])]
    );
}

/// Where nothing is accepted it may be the bus, or what this function is configured with: nothing is given up for that.
#[tokio::test]
async fn calls_that_are_all_refused_for_what_is_in_them_wait() {
    let records = two_users().await;
    let bus = EventBus::start().await;
    bus.spoil(|_| true);
    assert_eq!(bus.publish(batch(0, &records), A_WHILE).await, left_from(0));
    assert!(bus.letters().is_empty() && bus.accepted().is_empty());
}

#[tokio::test]
async fn a_call_whose_answer_is_lost_is_made_again_and_the_hash_tells_the_repeat() {
    let records = two_users().await;
    let bus = EventBus::start().await;
    bus.disturb(PUT_EVENTS, Mishap::CutAfter, 1);
    assert_eq!(bus.publish(batch(0, &records), PATIENCE).await, nothing_left());

    let twice = [("alice", 1), ("bob", 1), ("alice", 1), ("bob", 1), ("alice", 2), ("bob", 2)];
    assert_eq!(accepted(&bus), events(&twice));
    let hash = |place: usize| bus.accepted()[place]["Detail"]["hash"].clone();
    assert_eq!((hash(0), hash(1)), (hash(2), hash(3)));
    assert_ne!(hash(0), hash(4));
}

#[tokio::test]
async fn an_entry_that_fails_is_tried_again_before_the_users_next_event() {
    let records = two_users().await;
    for code in ["ThrottlingException", "InternalFailure", "NotAuthorizedForSourceException"] {
        let bus = EventBus::start().await;
        let mut failures = 2;
        bus.admit(move |entry| {
            let fails = told(entry) == ("alice".to_owned(), 1) && failures > 0;
            failures -= u32::from(fails);
            fails.then_some(code)
        });
        assert_eq!(bus.publish(batch(0, &records), PATIENCE).await, nothing_left());
        assert_eq!(accepted(&bus), events(&[("bob", 1), ("bob", 2), ("alice", 1), ("alice", 2)]));
    }
}

#[tokio::test]
async fn what_is_not_published_in_time_is_reported_from_the_lowest_on() {
    let records = two_users().await;
    let bus = EventBus::start().await;
    bus.admit(alice_fails("InternalFailure"));
    let began = std::time::Instant::now();
    assert_eq!(bus.publish(batch(0, &records), A_WHILE).await, left_from(0));
    assert!(began.elapsed() < PATIENCE, "the deadline ended it");
    assert_eq!(accepted(&bus), events(&[("bob", 1), ("bob", 2)]));
    assert!(bus.calls().len() > 2, "two were enough for Bob's; Alice's was tried again");
}

#[tokio::test]
async fn a_service_that_is_silent_does_not_outlast_the_invocation() {
    let records = two_users().await;
    let bus = EventBus::start().await;
    bus.disturb(PUT_EVENTS, Mishap::Silence, ALWAYS);
    let began = std::time::Instant::now();
    assert_eq!(bus.publish(batch(0, &records), Duration::from_secs(1)).await, left_from(0));
    assert!(began.elapsed() < A_CALL, "not even the call's own time was waited for");
}

#[tokio::test]
async fn an_invocation_without_time_reports_everything() {
    let records = two_users().await;
    let bus = EventBus::start().await;
    assert_eq!(bus.publish(batch(2, &records), Duration::ZERO).await, left_from(2));
    assert_eq!(bus.calls().len(), 0);
}

#[tokio::test]
async fn the_next_invocation_publishes_the_rest() {
    let records = two_users().await;
    let bus = EventBus::start().await;
    bus.admit(|entry| (told(entry) == ("bob".to_owned(), 1)).then_some("ThrottlingException"));
    assert_eq!(bus.publish(batch(0, &records), A_WHILE).await, left_from(1));
    bus.admit(|_| None);
    assert_eq!(bus.publish(batch(1, &records), PATIENCE).await, nothing_left());
    let bob: Vec<_> = accepted(&bus).into_iter().filter(|(user, _)| user == "bob").collect();
    assert_eq!(bob, events(&[("bob", 1), ("bob", 2)]));
    assert_eq!(accepted(&bus)[0], ("alice".to_owned(), 1));
}

/// What is told about a record that can never be published.
fn check_letter(letter: &Value, code: &str, record: &Value, place: usize) {
    let mut record = record.clone();
    record["dynamodb"]["SequenceNumber"] = json!(sequence_number(place));
    assert_eq!(letter["code"], code);
    assert_eq!(letter["record"], record);
    assert!(letter["reason"].as_str().is_some_and(|reason| reason.len() > 20), "{letter}");
}

/// Changes what the stream shows of an event's record.
pub(crate) fn spoil(record: &mut Value, from: &str, to: &str) {
    let text = &mut record["dynamodb"]["NewImage"]["record"]["S"];
    let whole = text.as_str().expect("a record");
    assert!(whole.contains(from), "{whole}");
    *text = json!(whole.replace(from, to));
}

#[tokio::test]
async fn a_record_that_cannot_be_read_goes_to_the_dead_letter_queue_and_stops_nobody() {
    let mut records = two_users().await;
    spoil(&mut records[0], "\"version\":1", "\"version\":\"one\"");
    let bus = EventBus::start().await;
    assert_eq!(bus.publish(batch(0, &records), PATIENCE).await, nothing_left());
    assert_eq!(accepted(&bus), events(&[("bob", 1), ("bob", 2), ("alice", 2)]));
    let [letter] = &bus.letters()[..] else { panic!("{:?}", bus.letters()) };
    check_letter(letter, "unreadable_item", &records[0], 0);
}

#[tokio::test]
async fn a_removal_without_an_issuer_goes_to_the_dead_letter_queue() {
    let mut records = two_users().await;
    spoil(&mut records[2], "\"issuer\":\"acme\",", "");
    let bus = EventBus::start().await;
    assert_eq!(bus.publish(batch(0, &records), PATIENCE).await, nothing_left());
    assert_eq!(accepted(&bus), events(&[("alice", 1), ("bob", 1), ("bob", 2)]));
    check_letter(&bus.letters()[0], "unreadable_item", &records[2], 2);
}

#[tokio::test]
async fn an_entry_that_is_refused_for_good_goes_to_the_dead_letter_queue_and_stops_nobody() {
    let records = two_users().await;
    let bus = EventBus::start().await;
    bus.admit(|entry| (told(entry) == ("alice".to_owned(), 1)).then_some("MalformedDetail"));
    assert_eq!(bus.publish(batch(0, &records), PATIENCE).await, nothing_left());
    assert_eq!(accepted(&bus), events(&[("bob", 1), ("bob", 2), ("alice", 2)]));
    check_letter(&bus.letters()[0], "refused", &records[0], 0);
}

#[tokio::test]
async fn a_dead_letter_that_cannot_be_sent_keeps_its_user_waiting_and_is_reported() {
    let mut records = two_users().await;
    records[0]["dynamodb"]["NewImage"]["hash"] = json!({"S": "?"});
    let bus = EventBus::start().await;
    bus.disturb(SEND_MESSAGE, Mishap::Failed(500, "InternalFailure"), ALWAYS);
    assert_eq!(bus.publish(batch(0, &records), A_WHILE).await, left_from(0));
    assert_eq!(accepted(&bus), events(&[("bob", 1), ("bob", 2)]));

    bus.disturb(SEND_MESSAGE, Mishap::CutBefore, 2);
    assert_eq!(bus.publish(batch(0, &records), PATIENCE).await, nothing_left());
    assert_eq!(accepted(&bus).last(), Some(&("alice".to_owned(), 2)));
    assert_eq!(bus.letters().len(), 1);
}

#[tokio::test]
async fn a_user_whose_events_fail_again_and_again_keeps_nobody_waiting() {
    let stage = Stage::new().await;
    let mut records = Vec::new();
    for user in 0..12 {
        records.extend(history(&stage, &format!("failing-{user:02}"), 1).await);
    }
    records.extend(history(&stage, "zoe", 1).await);
    let bus = EventBus::start().await;
    bus.admit(|entry| told(entry).0.starts_with("failing").then_some("InternalFailure"));
    assert_eq!(bus.publish(batch(0, &records), A_WHILE).await, left_from(0));
    assert_eq!(accepted(&bus), events(&[("zoe", 1), ("zoe", 2)]));
}

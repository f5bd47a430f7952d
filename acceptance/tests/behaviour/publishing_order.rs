//! Random batches on random bad days: whatever fails and however often Lambda comes again, a user's events are on the
//! bus in order, none is missing, and repeats are told by their hash.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use acceptance::event_bus::{EventBus, Mishap, PUT_EVENTS, SEND_MESSAGE};
use acceptance::stored::hexadecimal;
use acceptance::stream::{batch, sequence_number};
use acceptance::{PATIENCE, Stage};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::Value;

use crate::publishing::{history, told};
use crate::publishing_faults::spoil;

const USERS: usize = 13;
const EVENTS: usize = 4;
/// An invocation that ends with its first failure, and how many of them there are before one with time enough.
const SHORT: Duration = Duration::from_millis(750);
const SHORT_ONES: usize = 6;

/// A batch, and what happens to it.
#[derive(Debug, Clone)]
struct BadDay {
    /// Whose event comes next, and whether it can be read.
    records: Vec<(usize, bool)>,
    /// How many of a hundred entries fail.
    failing: u64,
    /// What happens to some calls before that.
    mishap: Mishap,
    mishaps: usize,
    seed: u64,
}

fn bad_day() -> impl Strategy<Value = BadDay> {
    let record = (0..USERS, proptest::bool::weighted(0.9));
    let mishap =
        prop_oneof![Just(Mishap::Failed(500, "Whatever")), Just(Mishap::CutBefore), Just(Mishap::CutAfter)];
    let parts = (
        proptest::collection::vec(record, 1..=40),
        prop_oneof![Just(0_u64), Just(10), Just(40)],
        (mishap, 0..4_usize),
        any::<u64>(),
    );
    parts.prop_map(|(records, failing, (mishap, mishaps), seed)| BadDay {
        records,
        failing,
        mishap,
        mishaps,
        seed,
    })
}

/// The stream of a day: the users' events in the order that it says, those that there are.
fn stream_of(day: &BadDay, histories: &[Vec<Value>]) -> Vec<Value> {
    let mut next = [0; USERS];
    let mut stream = Vec::new();
    for (user, readable) in &day.records {
        let Some(record) = histories[*user].get(next[*user]) else { continue };
        next[*user] += 1;
        let mut record = record.clone();
        if !readable {
            spoil(&mut record, "\"type\":\"PhysicalKey", "\"type\":\"Whatever");
        }
        stream.push(record);
    }
    stream
}

/// Where Lambda is to go on; none if it is done.
fn reported(answer: &Value, records: usize) -> Option<usize> {
    let failures = answer["batchItemFailures"].as_array().expect("failures");
    assert!(failures.len() <= 1, "{answer}");
    let number = failures.first()?["itemIdentifier"].as_str().expect("a sequence number");
    Some((0..records).find(|place| sequence_number(*place) == number).expect("a record of the batch"))
}

/// What is told of a record: by the hash of its event on the bus, or in the dead-letter queue.
fn is_done(bus: &EventBus, record: &Value) -> bool {
    let image = &record["dynamodb"]["NewImage"];
    let on_the_bus = |entry: &Value| entry["Detail"]["hash"] == hexadecimal(&image["hash"]);
    let set_aside = |letter: &Value| letter["record"]["dynamodb"]["NewImage"]["hash"] == image["hash"];
    bus.accepted().iter().any(on_the_bus) || bus.letters().iter().any(set_aside)
}

/// Plays Lambda until nothing is reported.
async fn publish_all(bus: &EventBus, stream: &[Value]) {
    let mut from = 0;
    for invocation in 0.. {
        let time = if invocation < SHORT_ONES { SHORT } else { PATIENCE };
        let answer = bus.publish(batch(from, stream), time).await;
        let left = reported(&answer, stream.len());
        let done = left.unwrap_or(stream.len());
        assert!(stream[..done].iter().all(|record| is_done(bus, record)), "nothing is left behind");
        match left {
            Some(left) => from = left,
            None => return,
        }
    }
}

/// Holds the bus and the dead-letter queue against the stream.
fn check(bus: &EventBus, stream: &[Value]) {
    for call in bus.calls() {
        let users: BTreeSet<_> = call.iter().map(|entry| told(entry).0).collect();
        assert!(call.len() <= 10 && users.len() == call.len(), "{call:?}");
    }
    // What a consumer keeps that passes over the hashes it has seen.
    let mut seen = BTreeSet::new();
    let mut kept: HashMap<String, Vec<String>> = HashMap::new();
    for entry in bus.accepted() {
        let hash = entry["Detail"]["hash"].as_str().expect("a hash").to_owned();
        if seen.insert(hash.clone()) {
            kept.entry(told(&entry).0).or_default().push(hash);
        }
    }
    let mut expected: HashMap<String, Vec<String>> = HashMap::new();
    for record in stream {
        let image = &record["dynamodb"]["NewImage"];
        let text = |name: &str| image[name]["S"].as_str().expect("a text").to_owned();
        if !text("record").contains("\"type\":\"Whatever") {
            let user = text("pk").replacen("USER#", "", 1);
            expected.entry(user).or_default().push(hexadecimal(&image["hash"]));
        }
    }
    assert_eq!(kept, expected);
}

async fn live_through(day: &BadDay, histories: &[Vec<Value>]) {
    let bus = EventBus::start().await;
    let (mut random, failing) = (fastrand::Rng::with_seed(day.seed), day.failing);
    bus.admit(move |_| (random.u64(..100) < failing).then_some("ThrottlingException"));
    for operation in [PUT_EVENTS, SEND_MESSAGE] {
        bus.disturb(operation, day.mishap, day.mishaps);
    }
    let stream = stream_of(day, histories);
    publish_all(&bus, &stream).await;
    check(&bus, &stream);
}

/// Every failure is found again with `PROPTEST_RNG_SEED` set to the seed that is printed.
#[test]
fn whatever_fails_a_consumer_that_knows_hashes_keeps_each_users_events_in_order() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let histories = runtime.block_on(async {
        let stage = Stage::new().await;
        let mut histories = Vec::new();
        for user in 0..USERS {
            histories.push(history(&stage, &format!("user-{user}"), EVENTS - 1).await);
        }
        histories
    });
    let mut config = Config { cases: 24, failure_persistence: None, ..Config::default() };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(fastrand::Rng::new().u64(..));
    }
    println!("PROPTEST_RNG_SEED is {:?}", config.rng_seed);
    let outcome = TestRunner::new(config).run(&bad_day(), |day| {
        runtime.block_on(live_through(&day, &histories));
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

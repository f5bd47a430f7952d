//! Many writers at one inventory. (A race that cannot be won in time is in `faults.rs`.)

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use acceptance::{Reply, RequestBuilder};
use domain::user::Event;
use serde_json::json;
use tokio::task::JoinSet;

use crate::invariants;
use crate::scene::{Scene, nothing_to_remove};

/// Of the long race.
const WRITERS: u64 = 64;
const ADDS_PER_WRITER: u64 = 100;

async fn add(scene: &Scene) -> Reply {
    scene.add().send(&scene.stage).await
}

async fn remove(scene: &Scene, number: u64) -> Reply {
    scene.remove(number).send(&scene.stage).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_one_of_6400_raced_adds_gets_a_number_of_its_own() {
    let scene = Arc::new(Scene::new().await);
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        let scene = Arc::clone(&scene);
        writers.spawn(async move {
            let mut numbers = Vec::new();
            for _ in 0..ADDS_PER_WRITER {
                let reply = add(&scene).await;
                assert_eq!(reply.status(), 200, "{}", reply.json());
                numbers.push(reply.json()["number"].as_u64().expect("a number"));
            }
            numbers
        });
    }
    let answered: Vec<u64> = writers.join_all().await.into_iter().flatten().collect();

    assert_eq!(answered.len(), 6_400);
    assert_eq!(BTreeSet::from_iter(answered), (1..=6_400).collect());
    let history = invariants::check(&scene.stage.stored().await, "alice");
    assert_eq!(history.user.version.get(), 6_400);
    assert_eq!(history.user.active_keys, 6_400);
    assert!(history.events.iter().all(|event| matches!(event, Event::PhysicalKeyAdded(_))));
}

/// Sends 40 random commands, removals of numbers near the last ones among them. Gives the commands that were carried
/// out: their versions, and the numbers that were removed.
async fn add_and_remove(scene: &Scene, mut random: fastrand::Rng) -> Vec<(u64, Option<u64>)> {
    let mut committed = Vec::new();
    for step in 1..=40 {
        let number = random.bool().then(|| random.u64(1..=4 * step));
        let reply = match number {
            Some(number) => remove(scene, number).await,
            None => add(scene).await,
        };
        match number {
            Some(_) if reply.status() == 404 => nothing_to_remove().check(&reply),
            _ => {
                assert_eq!(reply.status(), 200, "{}", reply.json());
                committed.push((reply.json()["version"].as_u64().expect("a version"), number));
            }
        }
    }
    committed
}

#[tokio::test(flavor = "multi_thread")]
async fn raced_adds_and_removals_keep_every_invariant() {
    let seed = fastrand::Rng::new().u64(..);
    println!("the seed is {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let scene = Arc::new(Scene::new().await);
    let mut writers = JoinSet::new();
    for _ in 0..8 {
        let (scene, random) = (Arc::clone(&scene), random.fork());
        writers.spawn(async move { add_and_remove(&scene, random).await });
    }
    let committed: Vec<_> = writers.join_all().await.into_iter().flatten().collect();

    let history = invariants::check(&scene.stage.stored().await, "alice");
    assert_eq!(history.records.len(), committed.len(), "every answer is an event, every event an answer");
    let by_version: BTreeMap<u64, Option<u64>> = committed.into_iter().collect();
    let removed = history.events.iter().map(|event| match event {
        Event::PhysicalKeyAdded(_) | Event::PhysicalKeyTextsErased(_) => None,
        Event::PhysicalKeyRemoved(removed) => Some(removed.number.get()),
    });
    assert_eq!(by_version, (1..).zip(removed).collect());
}

#[tokio::test]
async fn of_two_raced_removals_of_a_number_one_finds_it_gone() {
    let scene = Scene::new().await;
    assert_eq!(add(&scene).await.status(), 200);
    let (one, other) = tokio::join!(remove(&scene, 1), remove(&scene, 1));
    let (removed, refused) = if one.status() == 200 { (one, other) } else { (other, one) };
    assert_eq!((removed.status(), &removed.json()["version"]), (200, &json!(2)));
    nothing_to_remove().check(&refused);
    let history = invariants::check(&scene.stage.stored().await, "alice");
    assert_eq!(history.user.version.get(), 2);
}

/// On DynamoDB Local, whose reads tear, one of three was a 404 in 6 of 40 rounds once.
#[tokio::test(flavor = "multi_thread")]
async fn identical_removals_under_one_idempotency_key_are_answered_alike() {
    let scene = Arc::new(Scene::new().await);
    for number in 1..=20 {
        assert_eq!(add(&scene).await.status(), 200);
        let mut removals = JoinSet::new();
        for _ in 0..3 {
            let scene = Arc::clone(&scene);
            removals.spawn(async move {
                scene.carry_out(scene.remove(number).idempotency_key(&number.to_string())).await
            });
        }
        let replies = removals.join_all().await;
        assert!(replies.iter().all(|reply| reply.bytes() == replies[0].bytes()), "round {number}");
    }
    let history = invariants::check(&scene.stage.stored().await, "alice");
    assert_eq!(history.user.version.get(), 40);
}

/// On DynamoDB Local, 10 of 600 were a 500 once: the physical key was read after the addition, the user before.
#[tokio::test(flavor = "multi_thread")]
async fn a_removal_that_races_the_first_addition_finds_it_or_does_not() {
    let scene = Scene::new().await;
    let service = scene.stage.service_token("acme");
    for round in 0..40 {
        let user = format!("user-{round}");
        let signed = |request: RequestBuilder| request.bearer(&service).api_key(&scene.api_key);
        let addition = signed(RequestBuilder::add(&user, &json!({"orgId": "acme"})));
        let removal = signed(RequestBuilder::remove(&user, &json!({"number": 1})));
        let (added, removed, another) =
            tokio::join!(addition.send(&scene.stage), removal.send(&scene.stage), removal.send(&scene.stage));
        assert_eq!(added.status(), 200, "{}", added.json());
        for reply in [&removed, &another] {
            assert!(matches!(reply.status(), 200 | 404), "{}", reply.json());
        }
        let carried_out = [&removed, &another].iter().filter(|reply| reply.status() == 200).count();
        assert!(carried_out <= 1, "it is removed once");
    }
}

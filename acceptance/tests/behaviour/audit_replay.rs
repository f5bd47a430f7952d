//! The way back: a table restored to a moment, or an empty one, filled from the log. The runbook of docs/restore.md, on a real engine.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use acceptance::restore::Moment;
use acceptance::trail::{TestArchive, evidence, hour};
use acceptance::{PATIENCE, RequestBuilder, Stage};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::api_key::ApiKeyId;
use recovery::against_table::{Comparison, RecordedInTable};
use recovery::replay::Replayed;
use serde_json::{Value, json};
use trail::check::check_against;

/// An inventory with two exported hours, and what its table had at some moments.
pub(crate) struct Scene {
    pub(crate) stage: Stage,
    pub(crate) archive: TestArchive,
    /// The secret of an API key that was revoked in the second hour.
    revoked: String,
    revoked_id: ApiKeyId,
    /// In the second hour, which was not over.
    pub(crate) before_last_hour: Moment,
    /// After the last exported hour, with an event in the next one.
    pub(crate) after_last_hour: Moment,
}

/// Two hours that are exported, and one event after them. What comes after the last moment is lost.
async fn scene() -> Scene {
    scene_on(Stage::for_trail().await, TestArchive::new()).await
}

/// The same on a stage, with an archive.
pub(crate) async fn scene_on(stage: Stage, archive: TestArchive) -> Scene {
    let (revoked, revoked_id) = stage.api_key("acme").await;
    stage.add("alice", "front door").await;
    stage.close_hour();
    stage.export(&archive.archive).await.expect("an export");
    stage.add("alice", "cellar").await;
    let before_last_hour = stage.moment().await;
    stage.add("bob", "gate").await;
    stage.remove("alice", 1).await;
    stage.revoke("acme", &revoked_id).await;
    stage.register("umbrella").await;
    stage.close_hour();
    stage.export(&archive.archive).await.expect("an export");
    stage.add("alice", "attic").await;
    let after_last_hour = stage.moment().await;
    Scene { stage, archive, revoked, revoked_id, before_last_hour, after_last_hour }
}

/// That the table is what its histories say, has everything that the log has, and that the export goes on with it.
pub(crate) async fn is_whole(stage: &Stage, archive: &TestArchive) {
    assert_eq!(stage.check_table().await, Vec::<String>::new());
    stage.close_hour();
    let report = stage.export(&archive.archive).await.expect("an export of the restored table");
    assert_eq!((report.behind_hours, report.set_aside), (0, 0), "{report:?}");
    archive.check_against(&stage.backend.table).await.expect("a whole log");
    assert_eq!(stage.check_table().await, Vec::<String>::new());
}

/// That an API key opens nothing.
async fn is_dead(stage: &Stage, api_key: &str) {
    let before = stage.stored().await;
    let request = RequestBuilder::add("carol", &json!({"orgId": "acme"})).api_key(api_key);
    let reply = request.send(stage).await;
    assert_eq!(reply.status(), 401, "{}", reply.json());
    assert_eq!(stage.stored().await, before);
}

/// What is kept besides kept answers and what the export remembers, which follows from events and nothing else.
async fn state(stage: &Stage) -> BTreeMap<(String, String), Value> {
    let mut stored = stage.stored().await;
    stored.retain(|(pk, sk), _| {
        !sk.starts_with("REQUEST#")
            && !["AUDIT", "BEHIND#", "EXPORTED#", "LOG#"].iter().any(|of| pk.starts_with(of))
    });
    for ((_, sk), item) in &mut stored {
        let item = item.as_object_mut().expect("an item");
        if sk.starts_with("EVENT#") {
            item.remove("attempt");
        }
        // The files do not have the texts.
        for text in ["disclosures", "note", "orgName", "name"] {
            item.remove(text);
        }
    }
    stored
}

#[tokio::test]
async fn a_table_restored_to_before_the_last_hour_is_filled_from_the_log() {
    let Scene { mut stage, archive, revoked, before_last_hour, .. } = scene().await;
    let objects = archive.objects().await;
    stage.restore(&before_last_hour).await;
    let refused = stage.export(&archive.archive).await.expect_err("a refusal");
    assert!(refused.to_string().contains("`physical-keys audit replay`"), "{refused}");
    assert_eq!(archive.objects().await, objects, "nothing is exported before the replay");

    let replayed = stage.replay(&archive.archive).await.expect("a replay");
    let from_hour = Some(hour("2026-11-23T14:00:00Z"));
    let expected = Replayed { histories: 2, appended: 4, withheld: 1, from_hour, ..Replayed::default() };
    assert_eq!(replayed, expected);
    is_dead(&stage, &revoked).await;
    assert_eq!(stage.add("alice", "new").await, 3, "numbers go on where the log ends");
    is_whole(&stage, &archive).await;
    assert_eq!(archive.objects().await.keys().filter(|path| path.starts_with("log/table/")).count(), 2);
}

#[tokio::test]
async fn a_table_restored_to_after_the_last_hour_goes_on_where_the_files_end() {
    let Scene { mut stage, archive, after_last_hour, .. } = scene().await;
    stage.restore(&after_last_hour).await;
    let replayed = stage.replay(&archive.archive).await.expect("a replay");
    let from_hour = Some(hour("2026-11-23T14:00:00Z"));
    assert_eq!(replayed, Replayed { histories: 4, longer: 1, from_hour, ..Replayed::default() });
    assert_eq!(stage.add("alice", "new").await, 4, "numbers go on where the table ends");
    is_whole(&stage, &archive).await;
}

#[tokio::test]
async fn an_empty_table_is_filled_from_the_log() {
    let Scene { mut stage, archive, revoked, after_last_hour, .. } = scene().await;
    let expected = {
        stage.restore(&after_last_hour).await;
        // The event after the last hour is nowhere any more.
        let mut state = state(&stage).await;
        state.retain(|(pk, _), _| pk != "USER#alice");
        state
    };
    stage.restore(&Moment(Vec::new())).await;
    let replayed = stage.replay(&archive.archive).await.expect("a replay");
    let from_hour = Some(hour("2026-11-23T14:00:00Z"));
    assert_eq!(replayed, Replayed { appended: 8, withheld: 3, from_hour, ..Replayed::default() });
    let mut filled = state(&stage).await;
    filled.retain(|(pk, _), _| pk != "USER#alice");
    assert_eq!(filled, expected, "everything that follows from the events is there again");
    is_dead(&stage, &revoked).await;
    assert_eq!(stage.add("alice", "new").await, 3);
    is_whole(&stage, &archive).await;
}

#[tokio::test]
async fn a_replay_that_is_done_twice_is_done_once() {
    let Scene { mut stage, archive, before_last_hour, .. } = scene().await;
    stage.restore(&before_last_hour).await;
    let first = stage.replay(&archive.archive).await.expect("a replay");
    let (stored, objects) = (stage.stored().await, archive.objects().await);
    let second = stage.replay(&archive.archive).await.expect("a replay");
    assert_eq!(
        second,
        Replayed { histories: 5, longer: 1, from_hour: first.from_hour, ..Replayed::default() }
    );
    assert_eq!((stage.stored().await, archive.objects().await), (stored, objects));
    is_whole(&stage, &archive).await;
}

#[tokio::test]
async fn a_history_that_was_written_to_in_between_is_named_and_left_alone() {
    let Scene { mut stage, archive, before_last_hour, revoked_id, .. } = scene().await;
    stage.restore(&before_last_hour).await;
    // Whoever let clients in too early: Alice's third version is another one here than in the log.
    stage.add("alice", "too early").await;
    let of_alice = |state: BTreeMap<(String, String), Value>| -> Vec<_> {
        state.into_iter().filter(|((pk, _), _)| pk == "USER#alice").collect()
    };
    let before = of_alice(state(&stage).await);
    let replayed = stage.replay(&archive.archive).await.expect("a replay");
    assert_eq!(replayed.forks.len(), 1, "{replayed:?}");
    let fork = &replayed.forks[0];
    assert_eq!(fork.history, "user \"alice\"");
    assert!(fork.shows.starts_with("version 3 is "), "{}", fork.shows);
    assert!(fork.shows.contains(" in the table, and "), "{}", fork.shows);
    assert_eq!(of_alice(state(&stage).await), before, "nothing is written for her");
    assert_eq!(stage.stored_of("bob", "EVENT#").await.len(), 1, "everybody else is there again");
    let acme = domain::values::OrgId::parse("acme").expect("an organisation");
    let api_keys = stage.backend.table.api_keys_of(&acme).await.expect("API keys");
    assert!(api_keys.iter().all(|key| key.api_key_id != revoked_id || key.revoked_at.is_some()));
    // The export goes on, and every hour says whom it set aside.
    stage.close_hour();
    let report = stage.export(&archive.archive).await.expect("an export");
    assert_eq!(report.set_aside, 1);
}

/// Each half of a transaction that a restore may have torn, and what the log mends it with.
#[tokio::test]
async fn half_of_a_transaction_is_made_whole() {
    let torn: [&[(&str, &str)]; 6] = [
        &[("USER#alice", "USER")],
        &[("USER#alice", "EVENT#00000000000000000002")],
        &[("USER#alice", "KEY#")],
        &[("ORG#", "ORG")],
        &[("ORG#", "APIKEY#")],
        &[("APIKEY#", "APIKEY")],
    ];
    for missing in torn {
        let Scene { mut stage, archive, before_last_hour, .. } = scene().await;
        let mut moment = before_last_hour.clone();
        moment.0.retain(|item| {
            let at = |name| acceptance::restore::text(item, name);
            !missing.iter().any(|(pk, sk)| at("pk").starts_with(pk) && at("sk").starts_with(sk))
        });
        assert!(moment.0.len() < before_last_hour.0.len(), "{missing:?}");
        stage.restore(&moment).await;
        assert_ne!(stage.check_table().await, Vec::<String>::new(), "{missing:?} shows");
        let replayed = stage.replay(&archive.archive).await.expect("a replay");
        assert!(replayed.mended > 0 && replayed.forks.is_empty(), "{missing:?}: {replayed:?}");
        is_whole(&stage, &archive).await;
    }
}

#[tokio::test]
async fn a_pass_of_an_hour_that_nobody_wrote_in_changes_nothing() {
    let Scene { mut stage, archive, before_last_hour, .. } = scene().await;
    stage.pass(Duration::from_hours(30));
    stage.restore(&before_last_hour).await;
    stage.replay(&archive.archive).await.expect("a replay");
    is_whole(&stage, &archive).await;
}

/// Wherever a comparison with the table was ended, another one goes on from what it kept, and finds what a whole one finds.
#[tokio::test]
async fn a_comparison_goes_on_from_wherever_one_was_ended() {
    let Scene { stage, archive, .. } = scene().await;
    let table = &stage.backend.table;
    let forgotten = ["USER#alice", "USER#bob"].map(|pk| (pk, "EVENT#00000000000000000001"));
    for (pk, sk) in forgotten {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let deletion =
            stage.client.delete_item().table_name(table.name()).key("pk", text(pk)).key("sk", text(sk));
        deletion.send().await.expect("a deletion");
    }
    let compare = async |from: Comparison| {
        let kept = Mutex::new(vec![from.clone()]);
        let keep = |at: &Comparison| kept.lock().expect("a list").push(at.clone());
        let recorded = RecordedInTable::from(table, Instant::now() + PATIENCE, from, &keep);
        let listing = archive.archive.list().await.expect("a listing");
        let checked = check_against(&recorded, &archive.archive, &listing, &evidence(), |_| {}).await;
        let faults: Vec<_> =
            checked.expect("a check").faults.first_ones().iter().map(ToString::to_string).collect();
        (faults, kept.into_inner().expect("a list"))
    };
    let (whole, kept) = compare(Comparison::default()).await;
    assert_eq!(whole.len(), 2, "{whole:#?}");
    assert!(kept.len() > 1, "{kept:?}");
    for kept in kept {
        let kept: Comparison =
            serde_json::from_value(serde_json::to_value(&kept).expect("JSON")).expect("JSON");
        assert_eq!(compare(kept.clone()).await.0, whole, "{kept:?}");
    }
}

//! A replay that is ended anywhere, that meets another table's export, or that should not be begun.

use std::sync::Arc;
use std::time::{Duration, Instant};

use acceptance::disturbance::{Disturbance, disturbed_engine};
use acceptance::restore::{Moment, text};
use acceptance::stopping::{Stop, StoppingStore};
use acceptance::stored::RawItem;
use acceptance::trail::{TestArchive, evidence, signing_key, verifier_key};
use acceptance::{PATIENCE, Setting, Stage};
use api::auth::RequiredCredentials;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::history::HistoryId;
use domain::values::UserId;
use export_audit::signing::SigningKeys;
use futures_util::stream::{self, StreamExt};
use object_store::path::Path;
use recovery::replay::ReplayFault;
use store::{AttemptToken, HistoryKey, MendFault};
use trail::archive::Archive;
use trail::check::Evidence;
use trail::log::table_path;
use trail::manifest::events_path;

use crate::audit_replay::{Scene, is_whole, scene_on};
use crate::audit_tampering::gzip;

/// How long a replay that is cut off goes on trying.
const SHORT: Duration = Duration::from_millis(1_500);

/// A scene whose table can be disturbed, restored to before the last hour.
async fn scene_to_disturb() -> (Scene, acceptance::disturbance::Disturber) {
    let (engine, disturber) = disturbed_engine().await;
    let setting = Setting { required: RequiredCredentials::Either, ..Setting::default() };
    let stage = Stage::on(engine, disturber.client(), setting).await;
    let mut scene = scene_on(stage, TestArchive::new()).await;
    let moment = Moment(torn(&scene.before_last_hour));
    scene.stage.restore(&moment).await;
    (scene, disturber)
}

/// A moment in which something has to be mended.
fn torn(moment: &Moment) -> Vec<RawItem> {
    let is_head = |item: &RawItem| text(item, "sk") == "USER";
    moment.0.iter().filter(|item| !is_head(item)).cloned().collect()
}

#[tokio::test]
async fn a_replay_that_is_cut_off_at_any_call_goes_on_where_it_ended() {
    use Disturbance::{CutAfter, CutBefore};
    let writes = [0, 1, 3, 5]
        .into_iter()
        .flat_map(|call| [CutBefore, CutAfter].map(|cut| ("TransactWriteItems", call, cut)));
    let others = [("PutItem", 6), ("BatchGetItem", 4), ("Query", 2), ("Scan", 1)];
    let others = others.into_iter().flat_map(|(operation, calls)| {
        let cut = |call| if call % 2 == 0 { CutBefore } else { CutAfter };
        (0..calls).map(move |call| (operation, call, cut(call)))
    });
    let cases = writes.chain(others).map(|(operation, call, cut)| Box::pin(cut_off(operation, call, cut)));
    // Each of them waits most of the time.
    Box::pin(stream::iter(cases).buffer_unordered(8).collect::<()>()).await;
}

/// Cuts off a replay at this call and all that follow, and has another one go on.
async fn cut_off(operation: &'static str, call: usize, cut: Disturbance) {
    let (scene, disturber) = scene_to_disturb().await;
    let Scene { stage, archive, .. } = &scene;
    disturber.watch();
    // Nothing is late: so many calls are carried out as usual.
    if call > 0 {
        disturber.disturb(operation, Disturbance::BehindLateOnes, call);
    }
    disturber.then_always(operation, cut);
    let met = stage.replay_between(&archive.archive, &evidence(), SHORT, async || {}).await;
    disturber.calm();
    let case = format!("{operation} {call}, {cut:?}: {met:?}");
    // A write whose answer gets lost is found where it was to be.
    assert!(met.is_err() || cut == Disturbance::CutAfter, "{case}");
    if met.is_err() {
        let refused = stage.export(&archive.archive).await;
        assert!(refused.is_err(), "nothing is exported before the log is claimed: {case}");
    }
    stage.replay(&archive.archive).await.unwrap_or_else(|fault| panic!("{case}: {fault}"));
    is_whole(stage, archive).await;
}

#[tokio::test]
async fn a_replay_that_is_ended_at_its_claim_goes_on_where_it_ended() {
    for stop in [Stop::Before, Stop::After] {
        let Scene { mut stage, archive, before_last_hour, .. } =
            scene_on(Stage::for_trail().await, TestArchive::in_folder()).await;
        stage.restore(&before_last_hour).await;
        let stopping = stopping(&archive, stop, 0);
        tokio::select! {
            ended = stage.replay(&stopping.0) => panic!("it went on: {ended:?}"),
            () = stopping.1.notified() => {}
        }
        stage.replay(&archive.archive).await.expect("a replay");
        is_whole(&stage, &archive).await;
    }
}

/// The archive, by a client that stops at a write.
fn stopping(archive: &TestArchive, stop: Stop, write: usize) -> (Archive, Arc<tokio::sync::Notify>) {
    let (store, stopped) = StoppingStore::new(stop, write);
    let folder = archive.url.to_file_path().expect("a folder");
    (Archive::new(Arc::new(store), Path::from_absolute_path(folder).expect("a path")), stopped)
}

#[tokio::test]
async fn the_table_before_exports_no_more_once_the_log_is_claimed() {
    let Scene { mut stage, archive, after_last_hour, .. } =
        scene_on(Stage::for_trail().await, TestArchive::new()).await;
    let before = stage.restore(&after_last_hour).await;
    stage.replay(&archive.archive).await.expect("a replay");
    stage.close_hour();
    let objects = archive.objects().await;
    let refused = stage.export_from(&before, &archive.archive).await.expect_err("a refusal");
    assert!(refused.to_string().contains("the log there comes from table"), "{refused}");
    assert_eq!(archive.objects().await, objects);
    is_whole(&stage, &archive).await;
}

/// The table before was ended in the middle of an hour, and what it wrote of it is there: the restored table, which has the same events,
/// goes on from there.
#[tokio::test]
async fn an_hour_that_the_table_before_had_begun_is_finished() {
    for write in 0..5 {
        let Scene { mut stage, archive, after_last_hour, .. } =
            scene_on(Stage::for_trail().await, TestArchive::in_folder()).await;
        stage.close_hour();
        let stopping = stopping(&archive, Stop::After, write);
        tokio::select! {
            ended = stage.export(&stopping.0) => panic!("it went on: {ended:?}"),
            () = stopping.1.notified() => {}
        }
        stage.restore(&after_last_hour).await;
        stage.replay(&archive.archive).await.expect("a replay");
        stage.export(&archive.archive).await.unwrap_or_else(|fault| panic!("ended at {write}: {fault}"));
        is_whole(&stage, &archive).await;
    }
}

/// Whoever forgot to stop the export of the table before: it finishes an hour after the log was checked.
#[tokio::test]
async fn an_hour_that_the_table_before_finished_meanwhile_is_filled_in_by_another_replay() {
    let Scene { mut stage, archive, before_last_hour, .. } =
        scene_on(Stage::for_trail().await, TestArchive::new()).await;
    stage.close_hour();
    let before = stage.restore(&before_last_hour).await;
    let meanwhile = async || {
        stage.export_from(&before, &archive.archive).await.expect("an export of the table before");
    };
    stage.replay_between(&archive.archive, &evidence(), PATIENCE, meanwhile).await.expect("a replay");
    let refused = stage.export(&archive.archive).await.expect_err("the table lacks the hour's event");
    assert!(refused.to_string().contains("the table does not have these events"), "{refused}");
    let replayed = stage.replay(&archive.archive).await.expect("a replay");
    assert_eq!(replayed.appended, 1, "{replayed:?}");
    is_whole(&stage, &archive).await;
}

#[tokio::test]
async fn a_table_is_filled_from_no_log_that_somebody_else_could_have_written() {
    let Scene { mut stage, archive, before_last_hour, .. } =
        scene_on(Stage::for_trail().await, TestArchive::new()).await;
    stage.restore(&before_last_hour).await;
    let before = (stage.stored().await, archive.objects().await);
    for keys in [vec![], vec![verifier_key(9)]] {
        let evidence = Evidence { keys, ..Evidence::default() };
        let refused = stage.replay_with(&archive.archive, &evidence).await.expect_err("a refusal");
        assert!(matches!(refused, ReplayFault::NotWhole), "{refused}");
    }
    assert_eq!((stage.stored().await, archive.objects().await), before, "nothing is written");
}

#[tokio::test]
async fn a_file_that_was_changed_after_it_was_checked_is_not_taken() {
    let Scene { mut stage, archive, .. } = scene_on(Stage::for_trail().await, TestArchive::in_folder()).await;
    stage.restore(&Moment(Vec::new())).await;
    let path = events_path(acceptance::trail::first_hour());
    let meanwhile = async || archive.write(&path, &gzip(&[], flate2::Compression::default()));
    let refused = stage.replay_between(&archive.archive, &evidence(), PATIENCE, meanwhile).await;
    let refused = refused.expect_err("a refusal");
    let expected = "the file of the hour 2026-11-23T12:00:00Z is not the one that was checked any more";
    assert_eq!(refused.to_string(), expected);
    assert!(stage.stored().await.keys().all(|(pk, _)| pk == "AUDIT"), "nothing of it is written");
}

#[tokio::test]
async fn a_table_of_another_log_or_one_that_remembers_more_is_not_filled() {
    let Scene { mut stage, archive, before_last_hour, .. } =
        scene_on(Stage::for_trail().await, TestArchive::new()).await;
    let other = TestArchive::new();
    stage.restore(&before_last_hour).await;
    let name = "keys.example.com/other";
    let theirs = Stage::for_trail().await;
    theirs.add("alice", "front door").await;
    theirs.close_hour();
    let signing = SigningKeys::new(signing_key(name, 7), None).expect("a key");
    theirs.export_signed_by(&other.archive, &signing).await.expect("an export");
    let before = stage.stored().await;
    let keys = vec![signing_key(name, 7).verifier_key().clone()];
    let refused = stage.replay_with(&other.archive, &Evidence { keys, ..Evidence::default() }).await;
    let refused = refused.expect_err("a refusal").to_string();
    assert_eq!(
        refused,
        "this table's log is keys.example.com/audit, and the one there is keys.example.com/other"
    );

    assert_eq!(stage.stored().await, before, "nothing is written");

    // The log there ends before what the table remembers.
    let short = TestArchive::new();
    let theirs = Stage::for_trail().await;
    theirs.add("alice", "front door").await;
    theirs.close_hour();
    theirs.export(&short.archive).await.expect("an export");
    stage.replay(&archive.archive).await.expect("a replay");
    let before = (stage.stored().await, short.objects().await);
    let refused = stage.replay(&short.archive).await.expect_err("a refusal").to_string();
    let expected = "the table says that hours were exported through 2026-11-23T14:00:00Z, and the log there ends before or goes on \
                    otherwise";
    assert_eq!(refused, expected);
    assert_eq!((stage.stored().await, short.objects().await), before, "nothing is written");
    is_whole(&stage, &archive).await;
}

/// A physical key that is missing, and a head that is behind: neither is mended any more once somebody has written to the history.
#[tokio::test]
async fn nothing_is_mended_while_somebody_writes_to_the_history() {
    for (sk, is_changed) in [("KEY#", false), ("USER", true)] {
        let Scene { mut stage, before_last_hour, .. } =
            scene_on(Stage::for_trail().await, TestArchive::new()).await;
        let mut moment = before_last_hour.clone();
        let is_torn = |item: &RawItem| text(item, "pk") == "USER#alice" && text(item, "sk").starts_with(sk);
        if is_changed {
            let head = moment.0.iter_mut().find(|item| is_torn(item)).expect("a head");
            head.insert("activeKeys".to_owned(), AttributeValue::N("9".to_owned()));
        } else {
            moment.0.retain(|item| !is_torn(item));
        }
        stage.restore(&moment).await;
        let table = &stage.backend.table;
        let alice = HistoryKey::from(&HistoryId::User(UserId::parse("alice").expect("a user")));
        let partition = table.partition(&alice, Instant::now() + PATIENCE).await.expect("a partition");
        let folded = partition.fold(table).expect("a fold");
        assert!(!folded.differences.is_empty(), "{sk}");
        stage.add("alice", "too early").await;
        let before = stage.stored().await;
        for difference in &folded.differences {
            let token = AttemptToken::new(stage.operator().chance.bytes());
            let mended = table.mend(&partition, difference, &token, Instant::now() + PATIENCE).await;
            assert_eq!(mended, Err(MendFault::Raced), "{difference}");
        }
        assert_eq!(stage.stored().await, before, "nothing is written");
    }
}

/// Of two restored tables, one claims the log.
#[tokio::test]
async fn a_log_that_another_table_claims_meanwhile_is_not_claimed() {
    let Scene { mut stage, archive, before_last_hour, .. } =
        scene_on(Stage::for_trail().await, TestArchive::in_folder()).await;
    stage.restore(&before_last_hour).await;
    let owner = "{\"format\":2,\"fromHour\":\"2026-11-23T14:00:00Z\",\"tableId\":\"another\"}\n";
    let meanwhile = async || archive.write(&table_path(2), owner.as_bytes());
    let refused = stage.replay_between(&archive.archive, &evidence(), PATIENCE, meanwhile).await;
    assert_eq!(refused.expect_err("a refusal").to_string(), "another table has claimed the log meanwhile");
    assert_eq!(archive.get(&table_path(2)).await, owner);
    assert!(archive.archive.read(&table_path(3), 9).await.expect("a read").is_none());
    stage.close_hour();
    assert!(stage.export(&archive.archive).await.is_err(), "nothing is exported from it");
}

/// The log's own history went on otherwise in the table: nobody could tell which of the two claims the log.
#[tokio::test]
async fn a_log_whose_own_history_forked_is_not_claimed() {
    let Scene { mut stage, archive, .. } = scene_on(Stage::for_trail().await, TestArchive::new()).await;
    let moment = stage.moment().await;
    stage.change_signing_key(8).await.expect("another key");
    stage.close_hour();
    stage.export(&archive.archive).await.expect("an export");
    stage.restore(&moment).await;
    stage.change_signing_key(9).await.expect("a third key");
    let (of_log, objects) = (of_log(&stage).await, archive.objects().await);
    let keys = vec![verifier_key(7), verifier_key(8)];
    let refused = stage.replay_with(&archive.archive, &Evidence { keys, ..Evidence::default() }).await;
    let expected =
        "the log's own history is another one in the table, so that nobody can claim the log for it";
    assert_eq!(refused.expect_err("a refusal").to_string(), expected);
    assert_eq!(
        (self::of_log(&stage).await, archive.objects().await),
        (of_log, objects),
        "nothing is written for it"
    );
}

/// The items of the log's own history, and what the export remembers as a whole.
async fn of_log(stage: &Stage) -> Vec<serde_json::Value> {
    let stored = stage.stored().await.into_iter();
    stored
        .filter(|((pk, sk), _)| pk.starts_with("LOG#") || sk == "CHECKPOINT")
        .map(|(_, item)| item)
        .collect()
}

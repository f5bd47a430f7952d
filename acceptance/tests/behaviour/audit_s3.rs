//! Bad days of S3: what the export and the check wait for, ask again, and take for what it is.

use acceptance::Stage;
use acceptance::s3::{Mishap, S3};
use acceptance::trail::{evidence, first_hour};
use trail::check::check;
use trail::checkpoint::{NEWEST, checkpoint_path};
use trail::manifest::{events_path, manifest_path};

const EVENTS: &str = "events.ndjson.gz";

async fn one_hour() -> (Stage, S3) {
    let stage = Stage::for_trail().await;
    stage.add("alice", "front door").await;
    stage.close_hour();
    (stage, S3::start().await)
}

/// That the hour is there as the table has it, whatever the day was like. (The stand-in cannot list.)
async fn is_whole(stage: &Stage, s3: &S3) {
    let folder = acceptance::trail::TestArchive::in_folder();
    let hour = first_hour();
    let tile = "log/tile/0/000.p/3".to_owned();
    let of_log = ["log/identity.json".to_owned(), "log/table/1.json".to_owned(), NEWEST.to_owned()];
    for path in
        [events_path(hour), manifest_path(hour), checkpoint_path(hour), tile].into_iter().chain(of_log)
    {
        folder.write(&path, &s3.object(&path).unwrap_or_else(|| panic!("no {path}")));
    }
    assert_eq!(folder.check_against(&stage.backend.table).await.expect("a whole export").events, 2);
}

#[tokio::test]
async fn s3_that_is_unavailable_for_a_while_is_waited_for() {
    let (stage, s3) = one_hour().await;
    for status in [503, 500, 429] {
        s3.disturb("PUT", EVENTS, Mishap::Status(status), 1);
    }
    s3.disturb("GET", "checkpoint", Mishap::Status(503), 2);
    assert_eq!(stage.export(&s3.archive()).await.expect("an export").hours, 1);
    is_whole(&stage, &s3).await;
}

/// S3 answers 409 where two conditional writes meet, and either may be the one that is carried out, or neither.
#[tokio::test]
async fn a_conflict_is_no_answer_to_whether_the_file_is_there() {
    let (stage, s3) = one_hour().await;
    s3.disturb("PUT", EVENTS, Mishap::Status(409), 2);
    s3.disturb("PUT", "manifest.json", Mishap::DoneAndStatus(409), 1);
    assert_eq!(stage.export(&s3.archive()).await.expect("an export").hours, 1);
    assert_eq!(s3.requests("PUT", EVENTS), 3, "it is written when nothing was there after a conflict");
    assert_eq!(s3.requests("PUT", "manifest.json"), 1, "what is there is taken");
    is_whole(&stage, &s3).await;

    let (stage, s3) = one_hour().await;
    s3.disturb("PUT", EVENTS, Mishap::Status(409), usize::from(u8::MAX));
    let fault = stage.export(&s3.archive()).await.expect_err("a fault").to_string();
    assert!(fault.ends_with("it is there, and cannot be found"), "{fault}");
}

#[tokio::test]
async fn an_answer_that_is_cut_off_is_fetched_again() {
    let (stage, s3) = one_hour().await;
    stage.export(&s3.archive()).await.expect("an export");
    stage.close_hour();
    s3.disturb("GET", "checkpoint", Mishap::CutBody, 1);
    s3.disturb("GET", "000.p/3", Mishap::CutBody, 1);
    assert_eq!(stage.export(&s3.archive()).await.expect("an export").hours, 1);
    assert_eq!(s3.requests("GET", "000.p/3"), 2);
    let archive = s3.archive();
    s3.disturb("GET", EVENTS, Mishap::CutBody, 1);
    let mut listing = trail::archive::Listing::default();
    for hour in [first_hour(), first_hour().next()] {
        listing.hours.insert(hour, ["manifest.json", EVENTS, "checkpoint"].into());
    }
    let verified = check(&archive, &listing, &evidence(), |_| {}).await.expect("a check");
    assert_eq!((verified.faults.first_ones(), verified.events), (&[][..], 2));
}

#[tokio::test]
async fn the_newest_checkpoint_is_replaced_by_whoever_read_it() {
    let (stage, s3) = one_hour().await;
    stage.export(&s3.archive()).await.expect("an export");
    let first = s3.object(NEWEST);
    stage.close_hour();
    // It changes between its reading and its writing: the hour is exported all the same, and the next run puts it right.
    s3.disturb("PUT", NEWEST, Mishap::Status(412), 1);
    assert_eq!(stage.export(&s3.archive()).await.expect("an export").hours, 1);
    assert_eq!(s3.object(NEWEST), first);
    assert_eq!(stage.export(&s3.archive()).await.expect("an export").hours, 0);
    assert_eq!(s3.object(NEWEST), s3.object(&checkpoint_path(first_hour().next())));
    // Two that meet are asked to come again.
    stage.close_hour();
    s3.disturb("PUT", NEWEST, Mishap::Status(409), 2);
    assert_eq!(stage.export(&s3.archive()).await.expect("an export").hours, 1);
    assert_eq!(s3.object(NEWEST), s3.object(&checkpoint_path(first_hour().next().next())));
}

//! Signed hours: a forger without the key is found at the first hour that is another, whatever else fits; and an hour goes on from what
//! was signed and from nothing else. Which key signs from when on is in `audit_signing_keys`.

use std::time::Instant;

use acceptance::Stage;
use acceptance::trail::{
    NotWhole, ORIGIN, SEED, TestArchive, evidence, first_hour, from_first_hour, verifier_key,
};
use domain::values::Hour;
use export_audit::export::{ExportFault, Report};
use export_audit::signing::SigningKeys;
use trail::check::Evidence;
use trail::checkpoint::{NEWEST, checkpoint_path};
use trail::manifest::events_path;
use trail::verify::Verified;

/// The seeds of another key, and of a forger's.
pub(crate) const OTHER: u8 = 9;
const FORGERS: u8 = 66;

/// A stage and its export of two hours: an event of Alice's in each, and the organisation's in the first.
pub(crate) async fn two_hours() -> (Stage, TestArchive) {
    let (stage, archive) = (Stage::for_trail().await, TestArchive::in_folder());
    stage.add("alice", "front door").await;
    stage.close_hour();
    stage.add("alice", "cellar").await;
    stage.close_hour();
    assert_eq!(stage.export(&archive.archive).await.expect("an export").hours, 2);
    (stage, archive)
}

/// Exports an hour more.
pub(crate) async fn one_more(
    stage: &Stage,
    archive: &TestArchive,
    signing: &SigningKeys,
) -> Result<Report, ExportFault> {
    stage.close_hour();
    stage.export_signed_by(&archive.archive, signing).await
}

pub(crate) async fn check_by(archive: &TestArchive, seeds: &[u8]) -> Result<Verified, NotWhole> {
    let keys = seeds.iter().map(|seed| verifier_key(*seed)).collect();
    archive.check_with(&Evidence { keys, ..Evidence::default() }).await
}

#[track_caller]
pub(crate) fn is_fault<T: std::fmt::Debug, E: std::fmt::Display>(found: Result<T, E>, expected: &str) {
    assert_eq!(found.map_err(|fault| fault.to_string()).expect_err("a fault"), expected);
}

pub(crate) fn short(seed: u8) -> String {
    verifier_key(seed).short()
}

#[tokio::test]
async fn whoever_writes_the_log_anew_without_the_key_is_found_by_the_key_alone() {
    let (_stage, archive) = two_hours().await;
    // Alice is gone with all her events, as if she had never been.
    for hour in [first_hour(), first_hour().next()] {
        let lines = archive.lines(hour).await;
        let others: Vec<_> = lines.into_iter().filter(|line| !line.contains("alice")).collect();
        let forged = crate::audit_tampering::gzip(&others, flate2::Compression::default());
        archive.write(&events_path(hour), &forged);
    }
    archive.forge_log(FORGERS).await;
    let verified = check_by(&archive, &[]).await.expect("nothing in the files shows it");
    assert_eq!((verified.events, verified.signed_by), (1, None), "and nothing is said of who wrote it");
    let place = checkpoint_path(first_hour());
    let expected = format!(
        "{place}: forked: it bears the name of {}, and none of the given keys signed it",
        short(FORGERS)
    );
    is_fault(archive.check().await, &expected);
    // Whoever wants the log to be the forger's is told that it is.
    let verified = check_by(&archive, &[FORGERS, SEED]).await.expect("signed by the forger");
    assert_eq!(verified.unused, [verifier_key(SEED)], "and by nobody else");
}

/// An old log is signed as well. What shows that it is old, is what is newer elsewhere.
#[tokio::test]
async fn empty_hours_after_an_old_checkpoint_are_not_signed() {
    let (stage, archive) = two_hours().await;
    let kept = archive.newest().await;
    one_more(&stage, &archive, &stage.signing).await.expect("an export");
    // The newest hour once more, as the next one: its checkpoint is of another size.
    let (last, next) = (first_hour().next().next(), first_hour().next().next().next());
    for path in [events_path, trail::manifest::manifest_path, checkpoint_path] {
        archive.write(&path(next), &archive.get(&path(last)).await);
    }
    let manifest = trail::manifest::manifest_path(next);
    is_fault(archive.check().await, &format!("{manifest}: reordered: it is the manifest of another hour"));
    let said = String::from_utf8(archive.get(&manifest).await.to_vec()).expect("text");
    archive.write(&manifest, said.replace("T14:", "T15:").as_bytes());
    let place = checkpoint_path(next);
    let expected = format!("{place}: forked: it is of other events or manifests than those that are there");
    is_fault(archive.check().await, &expected);

    // Two logs that are both signed: whoever keeps a checkpoint of one is not shown the other.
    let (_other_stage, other) = two_hours().await;
    let entries = kept.checkpoint().size;
    let expected =
        format!("the checkpoint that was kept: forked: its {entries} entries are not the first ones here");
    let kept = Evidence { since: Some(kept), ..evidence() };
    is_fault(other.check_with(&kept).await, &expected);
}

#[tokio::test]
async fn every_change_of_a_checkpoint_is_found() {
    let (_stage, archive) = two_hours().await;
    let path = checkpoint_path(first_hour());
    let bytes = archive.get(&path).await;
    let said = String::from_utf8(bytes.to_vec()).expect("text");
    let (text, line) = said.split_once("\n\n").expect("a signature");
    let signed = |seed: u8, text: &str| {
        let text = format!("{text}\n");
        let key = verifier_key(seed);
        let file = export_audit::signing::KeyFile::of_seed(ORIGIN.parse().expect("a name"), &[seed; 32]);
        let signature = file.expect("a key").sign(&text);
        trail::note::SignedNote::new(text, &key, &signature).bytes()
    };
    let by_other =
        format!("forked: it bears the name of {}, and none of the given keys signed it", short(OTHER));
    let by_own =
        format!("forked: it bears the name of {}, and none of the given keys signed it", short(SEED));
    let other_entries = "forked: it is of other events or manifests than those that are there";
    let unsigned_too = format!("{other_entries}\n{path}: {by_own}");
    let none = "changed: it is no checkpoint of a log";
    let cases: [(Vec<u8>, &str); 10] = [
        (signed(OTHER, text), &by_other),
        (said.replace(&line[line.len() - 20..line.len() - 16], "AAAA").into(), &by_own),
        (signed(SEED, &text.replace("\n3\n", "\n4\n")), other_entries),
        (signed(SEED, &text.replace("audit\n", "audits\n")), other_entries),
        (said.replace("\n3\n", "\n4\n").into(), &unsigned_too),
        (signed(SEED, &format!("{text}\nextension")), none),
        (signed(SEED, &text.replace("\n3\n", "\n03\n")), none),
        (format!("{said}{line}").into(), "forked: it has more signatures than an export writes"),
        (text.as_bytes().to_vec(), none),
        (Vec::new(), none),
    ];
    for (forged, shows) in cases {
        archive.write(&path, &forged);
        is_fault(archive.check().await, &format!("{path}: {shows}"));
    }
    std::fs::remove_file(archive.file(&path)).expect("a file");
    is_fault(archive.check().await, &format!("{path}: removed: the hour has no checkpoint"));
    archive.write(&path, &bytes);
    archive.check().await.expect("a whole export");
}

#[tokio::test]
async fn every_change_of_a_tile_and_of_the_newest_checkpoint_is_found() {
    let (_stage, archive) = two_hours().await;
    let tile = "log/tile/0/000.p/5";
    let bytes = archive.get(tile).await;
    for forged in
        [&bytes[..bytes.len() - 1], &[&bytes[..32], &bytes[32..64], &bytes[32..]].concat(), &[0; 160]]
    {
        archive.write(tile, forged);
        is_fault(archive.check().await, &format!("{tile}: changed: its hashes are not those of the entries"));
    }
    std::fs::remove_file(archive.file(tile)).expect("a file");
    is_fault(archive.check().await, &format!("{tile}: removed: the tile is missing"));
    archive.write(tile, &bytes);

    let newest = archive.get(NEWEST).await;
    let before = archive.get(&checkpoint_path(first_hour())).await;
    let witnessed = [&newest[..], "\u{2014} witness.example/w1 AAAAAAECAwQ=\n".as_bytes()].concat();
    for (forged, shows) in [
        (b"{}".as_slice(), "changed: it is no checkpoint of a log"),
        (
            &newest.as_ref().iter().map(|byte| if *byte == b'5' { b'4' } else { *byte }).collect::<Vec<_>>(),
            "",
        ),
        (&witnessed, "forked: it is not the checkpoint of any hour"),
    ] {
        archive.write(NEWEST, forged);
        let found = archive.check().await.map_err(|fault| fault.to_string()).expect_err("a fault");
        assert!(found.starts_with(&format!("{NEWEST}: {shows}")), "{found}");
    }
    archive.write(NEWEST, &before);
    archive.check().await.expect("a run ended before it was written");
    std::fs::remove_file(archive.file(NEWEST)).expect("a file");
    archive.check().await.expect("a run ended before it was written");
}

#[tokio::test]
async fn an_hour_goes_on_from_what_the_table_remembers_and_from_nothing_else() {
    let last = first_hour().next();
    let forged = |path: String, bytes: Option<Vec<u8>>| async move {
        let (stage, archive) = two_hours().await;
        let before = archive.get(&path).await;
        match bytes {
            Some(bytes) => archive.write(&path, &bytes),
            None => std::fs::remove_file(archive.file(&path)).expect("a file"),
        }
        let objects = archive.objects().await;
        let expected = format!("{path} is not the one that the table remembers");
        is_fault(one_more(&stage, &archive, &stage.signing).await, &expected);
        assert_eq!(archive.objects().await, objects, "nothing is signed");
        archive.write(&path, &before);
        stage.export_signed_by(&archive.archive, &stage.signing).await.expect("an export");
        archive.check_against(&stage.backend.table).await.expect("a whole export");
    };
    forged(checkpoint_path(last), None).await;
    forged(checkpoint_path(last), Some(b"{}".to_vec())).await;
    forged("log/tile/0/000.p/5".to_owned(), None).await;
    forged("log/tile/0/000.p/5".to_owned(), Some(vec![0; 160])).await;
    forged("log/tile/0/000.p/5".to_owned(), Some(vec![0; 5])).await;
    let (_stage, archive) = two_hours().await;
    archive.forge_log(FORGERS).await;
    forged(checkpoint_path(last), Some(archive.get(&checkpoint_path(last)).await.to_vec())).await;
}

/// Whoever can put a file first decides neither what is signed nor who signs.
#[tokio::test]
async fn a_file_that_is_there_and_does_not_follow_from_the_events_is_left_and_named() {
    let next = first_hour().next().next();
    let (_stage, other) = two_hours().await;
    let cases = [
        (checkpoint_path(next), other.get(NEWEST).await.to_vec(), "it is of other entries"),
        (checkpoint_path(next), b"{}".to_vec(), "it is no checkpoint of a log"),
        ("log/tile/0/000.p/6".to_owned(), vec![0; 192], "its hashes are not those of the entries"),
    ];
    for (path, bytes, shows) in cases {
        let (stage, archive) = two_hours().await;
        archive.write(&path, &bytes);
        let expected = format!("{path} is there already, and is not what the table says: {shows}");
        is_fault(one_more(&stage, &archive, &stage.signing).await, &expected);
        assert_eq!(archive.get(NEWEST).await, archive.get(&checkpoint_path(first_hour().next())).await);
        std::fs::remove_file(archive.file(&path)).expect("a file");
        stage.export_signed_by(&archive.archive, &stage.signing).await.expect("an export");
        archive.check_against(&stage.backend.table).await.expect("a whole export");
    }

    // A run had everything but the table's checkpoint, and another key has signed since.
    let (stage, archive) = two_hours().await;
    let table = &stage.backend.table;
    let at = table.audit_checkpoint().await.expect("a read").checkpoint;
    one_more(&stage, &archive, &stage.signing).await.expect("an export");
    let now = table.audit_checkpoint().await.expect("a read").checkpoint;
    table.move_audit_checkpoint(now.as_ref(), &at.expect("a checkpoint")).await.expect("a write");
    let path = checkpoint_path(next);
    let signed = archive.get(&path).await;
    archive.forge_log(FORGERS).await;
    let forged = archive.get(&path).await;
    archive.forge_log(SEED).await;
    archive.write(&path, &forged);
    let expected = format!("{path} is there already, and is not what the table says: another key signed it");
    is_fault(stage.export(&archive.archive).await, &expected);
    archive.write(&path, &signed);
    assert_eq!(stage.export(&archive.archive).await.expect("an export").hours, 1);
    archive.check_against(&stage.backend.table).await.expect("a whole export");
}

#[tokio::test]
async fn the_newest_checkpoint_goes_forward_only_and_is_put_right() {
    let (stage, archive) = two_hours().await;
    let of = |hour: Hour| {
        let archive = &archive;
        async move { archive.get(&checkpoint_path(hour)).await }
    };
    let (first, last) = (of(first_hour()).await, of(first_hour().next()).await);
    assert_eq!(archive.get(NEWEST).await, last);
    // Behind, nothing at all, something else, a forger's: the next run finds it, though it exports nothing.
    for there in [Some(first.to_vec()), None, Some(b"{}".to_vec())] {
        match there {
            Some(bytes) => archive.write(NEWEST, &bytes),
            None => std::fs::remove_file(archive.file(NEWEST)).expect("a file"),
        }
        assert_eq!(stage.export(&archive.archive).await.expect("an export").hours, 0);
        assert_eq!(archive.get(NEWEST).await, last);
    }
    // A run that is behind another one leaves what that has written.
    let table = &stage.backend.table;
    let at = table.audit_checkpoint().await.expect("a read").checkpoint;
    one_more(&stage, &archive, &stage.signing).await.expect("an export");
    let newer = archive.get(NEWEST).await;
    let now = table.audit_checkpoint().await.expect("a read").checkpoint;
    table.move_audit_checkpoint(now.as_ref(), &at.expect("a checkpoint")).await.expect("a write");
    let settings = from_first_hour();
    stage
        .exporter(&archive.archive, &settings)
        .export(Instant::now(), |_| {})
        .await
        .expect("no time for more");
    assert_eq!(archive.get(NEWEST).await, newer);
}

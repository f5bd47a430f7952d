//! The texts beside an export, after some were erased: what `audit verify` says of them, what an export and a replay that come later do.

use std::sync::Arc;

use acceptance::Stage;
use acceptance::restore::Moment;
use acceptance::stopping::{Stop, StoppingStore};
use acceptance::stored::RawItem;
use acceptance::trail::{TestArchive, evidence, first_hour};
use bytes::Bytes;
use domain::values::Version;
use object_store::path::Path;
use trail::archive::Archive;
use trail::disclosure_file::disclosures_path;
use trail::event_file::Lines;
use trail::texts::{CheckedTexts, check_texts};

use crate::audit_replay::is_whole;
use crate::audit_tampering::gzip;
use crate::erasure::{NOTE, REASON, addition, clear, erase, having, record, scene, take_out};

async fn texts(archive: &TestArchive, disclosures: &TestArchive) -> CheckedTexts {
    let listing = archive.archive.list().await.expect("a listing");
    let verified = archive.check_with(&evidence()).await.expect("a whole log");
    let checked = check_texts(&archive.archive, &listing, &verified, &disclosures.archive, |_| {}).await;
    checked.expect("texts")
}

/// Disclosed, erased, withheld, at fault.
pub(crate) async fn counted(
    archive: &TestArchive,
    disclosures: &TestArchive,
) -> (u64, u64, u64, Vec<String>) {
    let CheckedTexts { disclosed, erased, withheld, faults, .. } = texts(archive, disclosures).await;
    (disclosed, erased, withheld, faults.first_ones().iter().map(ToString::to_string).collect())
}

/// An export is ended after it wrote the texts of its hour, and they are erased then: whoever finds the other's traces cleans up.
#[tokio::test]
async fn an_export_that_goes_on_does_not_leave_texts_that_were_erased_meanwhile() {
    let stage = Stage::for_trail().await;
    stage.register("acme").await;
    assert_eq!(addition(&stage).send(&stage).await.status(), 200);
    stage.close_hour();
    let (archive, disclosures) = (TestArchive::in_folder(), TestArchive::in_folder());
    let (store, stopped) = StoppingStore::new(Stop::After, 0);
    let folder = disclosures.url.to_file_path().expect("a folder");
    let stopping = Archive::new(Arc::new(store), Path::from_absolute_path(&folder).expect("a path"));
    tokio::select! {
        ended = stage.export_disclosing(&archive.archive, &stopping) => panic!("it went on: {ended:?}"),
        () = stopped.notified() => {}
    }
    assert_eq!(having(&folder, NOTE).len(), 1, "it wrote them");
    record(&stage, None, REASON).await.expect("an erasure");
    clear(&stage).await;
    stage.export_disclosing(&archive.archive, &disclosures.archive).await.expect("an export");
    assert_eq!(having(&folder, NOTE), Vec::<String>::new());
}

#[tokio::test]
async fn a_text_that_is_only_missing_is_withheld_and_one_that_was_not_recorded_is_a_fault() {
    let (stage, archive, disclosures) = scene().await;
    assert_eq!(counted(&archive, &disclosures).await, (4, 0, 0, vec![]));
    let path = disclosures_path(first_hour());
    let whole = disclosures.get(&path).await;
    let lines: Vec<String> = Lines::of(&whole).collect::<Result<_, _>>().expect("lines");
    let file = |lines: &[String]| gzip(lines, flate2::Compression::default());
    disclosures.write(&path, &file(&lines[1..]));
    let checked = texts(&archive, &disclosures).await;
    assert_eq!((checked.disclosed, checked.erased, checked.withheld), (2, 0, 2));
    let named = checked.named.iter().map(|withheld| (withheld.version, withheld.name.as_str()));
    assert_eq!(named.collect::<Vec<_>>(), [(Version::new(1), "note"), (Version::new(1), "orgName")]);

    for (spoilt, fault) in [
        (
            lines[0].replace("4711", "4712"),
            "line 1: changed: a text was disclosed of which the record does not have the digest",
        ),
        (
            lines[0].replace(r#""version":1"#, r#""version":3"#),
            "line 1: added: it discloses texts of no event that comes here",
        ),
        (
            lines[0].replace(r#""note""#, r#""name""#),
            "line 1: changed: a text was disclosed of which the record does not have the digest",
        ),
    ] {
        assert_ne!(spoilt, lines[0]);
        disclosures.write(&path, &file(&[&[spoilt], &lines[1..]].concat()));
        let (_, _, _, faults) = counted(&archive, &disclosures).await;
        assert_eq!(faults, [format!("{path}, {fault}")]);
    }

    // Erased on the record, and put back by somebody.
    erase(&stage, &disclosures).await;
    stage.close_hour();
    stage.export_disclosing(&archive.archive, &disclosures.archive).await.expect("an export");
    disclosures.write(&path, &whole);
    let (disclosed, erased, withheld, faults) = counted(&archive, &disclosures).await;
    assert_eq!((disclosed, erased, withheld, faults.len()), (3, 0, 0, 3), "{faults:#?}");
    let shows = "added: it discloses a text of which an event says that it was erased";
    assert!(faults.iter().all(|fault| fault.ends_with(shows)), "{faults:#?}");
}

/// A file that cannot be read may have what is to be erased.
#[tokio::test]
async fn a_file_of_texts_that_cannot_be_read_is_named() {
    let (stage, _, disclosures) = scene().await;
    let path = disclosures_path(first_hour());
    record(&stage, None, REASON).await.expect("an erasure");
    let cleared = clear(&stage).await;
    let gzipped = gzip(&["{}".to_owned()], flate2::Compression::default());
    for bytes in [Bytes::from_static(b"no gzip"), gzipped.into()] {
        disclosures.write(&path, &bytes);
        let refused = take_out(&stage, &disclosures, &cleared).await.expect_err("a fault").to_string();
        assert_eq!(refused, format!("{path} is no file of texts, and may have those that are to be erased"));
        assert_eq!(disclosures.get(&path).await, bytes, "it is left as it is");
    }
}

/// A backup from before the erasure has the texts; the log says that they were erased.
#[tokio::test]
async fn a_replay_carries_erasures_out_again() {
    let (mut stage, archive, disclosures) = scene().await;
    let before = stage.moment().await;
    let path = disclosures_path(first_hour());
    let texts_before = disclosures.get(&path).await;
    erase(&stage, &disclosures).await;
    let after = stage.moment().await;
    stage.close_hour();
    stage.export_disclosing(&archive.archive, &disclosures.archive).await.expect("an export");
    // Even if whoever restored the table restored the texts as well.
    disclosures.write(&path, &texts_before);
    // The erasures are on the record, and the items are as they were.
    let half = after.0.iter().map(|item| as_it_was(&before, item).unwrap_or(item).clone());
    let half = Moment(half.collect());
    for (moment, erased) in [(&before, 4), (&half, 4), (&Moment(Vec::new()), 3)] {
        stage.restore(moment).await;
        let replayed =
            stage.replay_disclosed(&archive.archive, &disclosures.archive).await.expect("a replay");
        assert_eq!(replayed.erased, erased, "{replayed:?}");
        let stored = serde_json::to_string(&stage.stored().await.into_values().collect::<Vec<_>>());
        assert!(!stored.expect("JSON").contains(NOTE));
        is_whole(&stage, &archive).await;
        assert_eq!(stage.check_table().await, Vec::<String>::new());
    }
}

/// A backup of a moment in which an erasure was recorded, not carried out, and not exported.
#[tokio::test]
async fn a_replay_carries_out_erasures_that_the_log_does_not_have_yet() {
    let (mut stage, archive, _) = scene().await;
    record(&stage, None, REASON).await.expect("an erasure");
    let moment = stage.moment().await;
    stage.restore(&moment).await;
    let replayed = stage.replay(&archive.archive).await.expect("a replay");
    assert_eq!((replayed.erased, replayed.longer, replayed.appended), (4, 1, 0), "{replayed:?}");
    assert_eq!(stage.check_table().await, Vec::<String>::new());
}

/// An item that may have texts, as it was in another moment.
fn as_it_was<'a>(moment: &'a Moment, item: &RawItem) -> Option<&'a RawItem> {
    let key = |item: &RawItem| (item.get("pk").cloned(), item.get("sk").cloned());
    let sk = item.get("sk").and_then(|sk| sk.as_s().ok())?;
    let may_have_texts = ["EVENT#", "KEY#", "REQUEST#"].iter().any(|kind| sk.starts_with(kind));
    moment.0.iter().find(|other| may_have_texts && key(other) == key(item))
}

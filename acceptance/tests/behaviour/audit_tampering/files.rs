//! Whole files that are missing, that are there too many, or that are other ones.

use acceptance::trail::{first_hour, hour};
use domain::values::Hour;
use flate2::Compression;
use trail::checkpoint::checkpoint_path;
use trail::manifest::{FileEntry, events_path, manifest_path};

use super::{NOON_EVENTS, TWO_EVENTS, check, export, gzip, manifest, two};

#[tokio::test]
async fn missing_and_superfluous_files_are_found() {
    let empty = hour("2026-11-23T13:00:00Z");
    let (_stage, archive) = export().await;
    std::fs::remove_file(archive.file(NOON_EVENTS)).expect("a file");
    let later = |line: u64, user: &str| {
        format!(
            "{TWO_EVENTS}, line {line}: removed: this is version 3 of user {user:?}, and the versions 1 and 2 are missing"
        )
    };
    let expected =
        "log/date=2026-11-23/hour=12/manifest.json: removed: the events.ndjson.gz that it names is missing";
    check(&archive, &[expected, &later(1, "alice"), &later(2, "bob")].join("\n")).await;

    for hour in [empty, two()] {
        let (_stage, archive) = export().await;
        std::fs::remove_file(archive.file(&manifest_path(hour))).expect("a file");
        check(&archive, &format!("{}: removed: the hour has no manifest", manifest_path(hour))).await;
    }

    let (_stage, archive) = export().await;
    for path in [manifest_path(empty), events_path(empty), checkpoint_path(empty)] {
        std::fs::remove_file(archive.file(&path)).expect("a file");
    }
    let expected =
        "log/date=2026-11-23/hour=13/manifest.json: removed: the hour 2026-11-23T13:00:00Z is missing";
    check(&archive, expected).await;

    let (_stage, archive) = export().await;
    std::fs::copy(archive.file(NOON_EVENTS), archive.file(&events_path(empty))).expect("a file");
    let expected = "events/date=2026-11-23/hour=13/events.ndjson.gz, line 1: added: the manifest counts 0 events, and there are more";
    check(&archive, expected).await;

    let (_stage, archive) = export().await;
    for path in [manifest_path, events_path, checkpoint_path].map(|path| path(first_hour())) {
        std::fs::remove_file(archive.file(&path)).expect("a file");
    }
    let expected =
        "log/date=2026-11-23/hour=12/manifest.json: removed: the hour 2026-11-23T12:00:00Z is missing";
    check(&archive, &[expected, &later(1, "alice"), &later(2, "bob")].join("\n")).await;

    let (_stage, archive) = export().await;
    let before = Hour::new(first_hour().get() - 1);
    for path in [manifest_path, events_path] {
        let to = archive.file(&path(before));
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        std::fs::copy(archive.file(&path(first_hour())), to).expect("a file");
    }
    let expected =
        "log/date=2026-11-23/hour=11/manifest.json: added: the log begins with the hour 2026-11-23T12:00:00Z";
    check(&archive, expected).await;
}

#[tokio::test]
async fn a_changed_manifest_is_found() {
    // One that does not fit its file.
    let (_stage, archive) = export().await;
    let mut changed = manifest(&archive, first_hour());
    changed.file.bytes += 1;
    archive.write(&manifest_path(first_hour()), &changed.bytes());
    let expected = "line 5: changed: the file is not the one that the manifest names";
    check(&archive, &format!("{NOON_EVENTS}, {expected}")).await;

    // One that fits its file, which is the same in another compression, and not the checkpoint.
    let (_stage, archive) = export().await;
    let lines = archive.lines(first_hour()).await;
    archive.write(NOON_EVENTS, &gzip(&lines, Compression::none()));
    check(&archive, &format!("{NOON_EVENTS}, {expected}")).await;
    let mut changed = manifest(&archive, first_hour());
    changed.file = FileEntry::of(&archive.get(NOON_EVENTS).await);
    archive.write(&manifest_path(first_hour()), &changed.bytes());
    let expected = "log/date=2026-11-23/hour=12/checkpoint: forked: it is of other events or manifests than those that are there";
    check(&archive, expected).await;

    // One of another hour, one that is none.
    let (_stage, archive) = export().await;
    std::fs::copy(archive.file(&manifest_path(first_hour())), archive.file(&manifest_path(two())))
        .expect("a file");
    let two_manifest = "log/date=2026-11-23/hour=14/manifest.json";
    check(&archive, &format!("{two_manifest}: reordered: it is the manifest of another hour")).await;
    std::fs::write(archive.file(&manifest_path(two())), "{}").expect("a file");
    check(&archive, &format!("{two_manifest}: changed: it is not what an export writes")).await;
}

/// Which log it is and which table it comes from is part of it.
#[tokio::test]
async fn a_log_that_is_not_what_it_says_is_found() {
    let (stage, archive) = export().await;
    let (identity, table) = (archive.file("log/identity.json"), archive.file("log/table/1.json"));
    let said = std::fs::read_to_string(&table).expect("a file");
    let id = stage.backend.table.identity([7; 16]).await.expect("a table").id;
    std::fs::write(&table, said.replace(&id, "another")).expect("a file");
    let of_hour = |hour: u8| {
        format!(
            "log/date=2026-11-23/hour={hour}/manifest.json: forked: it is of another table than the one that the log says"
        )
    };
    let expected = [12, 13, 14, 15].map(of_hour).join("\n");
    check(&archive, &expected).await;
    std::fs::write(&table, said.replace("T12", "T13")).expect("a file");
    check(&archive, "the files in log/table/ are not one after the other").await;
    std::fs::write(&table, said.replace(',', ", ")).expect("a file");
    check(&archive, "log/table/1.json is not what an export writes").await;
    std::fs::remove_file(&table).expect("a file");
    check(&archive, &expected).await;
    std::fs::remove_file(&identity).expect("a file");
    check(&archive, "log/identity.json is missing").await;
}

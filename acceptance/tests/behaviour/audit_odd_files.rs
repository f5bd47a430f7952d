//! Files that are none of an export are told, and read no further: nothing is followed, waited for or read without bounds.

use std::os::unix::fs::symlink;

use acceptance::Stage;
use acceptance::trail::{SEED, TestArchive, first_hour};
use flate2::Compression;
use trail::manifest::manifest_path;

const EVENTS: &str = "events/date=2026-11-23/hour=12/events.ndjson.gz";

async fn export() -> TestArchive {
    let (stage, archive) = (Stage::for_trail().await, TestArchive::in_folder());
    stage.add("alice", "a").await;
    stage.close_hour();
    stage.export(&archive.archive).await.expect("an export");
    archive
}

async fn faults(archive: &TestArchive) -> String {
    archive.check().await.map_err(|fault| fault.to_string()).expect_err("a fault")
}

#[tokio::test]
async fn odd_files_are_faults_and_not_the_end() {
    let whole = |archive: &TestArchive| archive.file(EVENTS);
    let manifest = manifest_path(first_hour());
    let plain = "changed: it is not a plain file";

    let archive = export().await;
    let file = whole(&archive);
    std::fs::rename(&file, archive.file("elsewhere")).expect("a file");
    symlink(archive.file("elsewhere"), &file).expect("a link");
    assert_eq!(faults(&archive).await, format!("{EVENTS}: {plain}"));

    std::fs::remove_file(&file).expect("a link");
    rustix::fs::mkfifoat(rustix::fs::CWD, &file, rustix::fs::Mode::RUSR).expect("a pipe");
    assert_eq!(faults(&archive).await, format!("{EVENTS}: {plain}"));

    // 20 GB that take no room.
    std::fs::remove_file(&file).expect("a pipe");
    std::fs::File::create(&file).expect("a file").set_len(20 << 30).expect("a sparse file");
    let found = faults(&archive).await;
    assert!(found.starts_with(&format!("{EVENTS}: changed: it has more than ")), "{found}");

    // A gigabyte of one line in a megabyte of gzip.
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..1_024 {
        std::io::Write::write_all(&mut gzip, &vec![b'x'; 1 << 20]).expect("memory");
    }
    std::fs::write(&file, gzip.finish().expect("memory")).expect("a file");
    archive.forge_log(SEED).await;
    assert_eq!(faults(&archive).await, format!("{EVENTS}, line 1: changed: it is not compressed text"));

    let archive = export().await;
    std::fs::remove_file(archive.file(&manifest)).expect("a file");
    std::fs::create_dir(archive.file(&manifest)).expect("a folder");
    let found = faults(&archive).await;
    assert!(
        found
            .lines()
            .next()
            .is_some_and(|line| line.ends_with("manifest.json: removed: the hour has no manifest")),
        "{found}"
    );
}

//! The texts that people typed, exported to a place of their own, from which they can be taken out; and brought back from there.

use std::sync::Arc;

use acceptance::Stage;
use acceptance::restore::{Moment, text};
use acceptance::stopping::{Stop, StoppingStore};
use acceptance::trail::{TestArchive, first_hour};
use aws_sdk_dynamodb::types::AttributeValue;
use bytes::Bytes;
use domain::organisation::OrganisationCommand;
use domain::values::OrgName;
use object_store::path::Path;
use recovery::replay::Replayed;
use trail::archive::Archive;
use trail::disclosure_file::disclosures_path;
use trail::event_file::{Lines, MOST_BYTES};

use crate::audit_replay::is_whole;

/// An organisation with a name, three additions with notes and one without, a removal; two places.
async fn scene() -> (Stage, TestArchive, TestArchive) {
    let stage = Stage::for_trail().await;
    let name = OrgName::parse("Acme Ltd").ok();
    stage
        .command_organisation("acme", &OrganisationCommand::Register { name })
        .await
        .expect("an organisation");
    for (user, note) in [("alice", "front door"), ("alice", "cellar"), ("bob", "gate")] {
        stage.add(user, note).await;
    }
    stage.remove("alice", 1).await;
    stage.close_hour();
    (stage, TestArchive::in_folder(), TestArchive::in_folder())
}

async fn lines(disclosures: &TestArchive) -> Vec<String> {
    let bytes: Bytes = disclosures.get(&disclosures_path(first_hour())).await;
    Lines::of(&bytes).collect::<Result<_, _>>().expect("lines")
}

/// The texts in the table, of events and of what follows from them.
async fn texts(stage: &Stage) -> Vec<String> {
    let stored = stage.stored().await;
    let is_text = |item: &serde_json::Value| {
        ["note", "name", "disclosures"].iter().any(|text| item.get(text).is_some())
    };
    let mut items: Vec<_> = stored.into_values().filter(is_text).collect();
    for item in &mut items {
        item.as_object_mut().expect("an item").remove("attempt");
    }
    items.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn texts_are_exported_to_a_place_of_their_own_and_to_no_other() {
    let (stage, archive, disclosures) = scene().await;
    stage.export_disclosing(&archive.archive, &disclosures.archive).await.expect("an export");
    let said = lines(&disclosures).await;
    let beginnings = [
        r#"{"aggregateId":"alice","aggregateType":"user","texts":{"note":{"salt":""#,
        r#"{"aggregateId":"alice","aggregateType":"user","texts":{"note":{"salt":""#,
        r#"{"aggregateId":"bob","aggregateType":"user","texts":{"note":{"salt":""#,
        r#"{"aggregateId":"acme","aggregateType":"organisation","texts":{"name":{"salt":""#,
    ];
    let ends = [
        r#"","text":"front door"}},"version":1}"#,
        r#"","text":"cellar"}},"version":2}"#,
        r#"","text":"gate"}},"version":1}"#,
        r#"","text":"Acme Ltd"}},"version":1}"#,
    ];
    assert_eq!(said.len(), 4, "{said:#?}");
    for ((line, begins), ends) in said.iter().zip(beginnings).zip(ends) {
        assert!(line.starts_with(begins) && line.ends_with(ends), "{line}");
    }
    let events = archive.lines(first_hour()).await.join("\n");
    for text in ["front door", "cellar", "\"gate\"", "Acme Ltd"] {
        assert!(!events.contains(text), "{text}");
    }
    archive.check_against(&stage.backend.table).await.expect("a whole log");
}

#[tokio::test]
async fn a_replay_brings_back_the_texts_that_are_still_disclosed() {
    let (mut stage, archive, disclosures) = scene().await;
    stage.export_disclosing(&archive.archive, &disclosures.archive).await.expect("an export");
    let before = texts(&stage).await;
    assert_eq!(before.len(), 7, "four events, two physical keys, an organisation");
    stage.restore(&Moment(Vec::new())).await;
    let replayed = stage.replay_disclosed(&archive.archive, &disclosures.archive).await.expect("a replay");
    assert_eq!((replayed.appended, replayed.withheld), (5, 0), "{replayed:?}");
    assert_eq!(texts(&stage).await, before);
    let note = stage.stored_of("bob", "KEY#").await;
    assert_eq!(note[0]["note"]["S"], "gate");
    is_whole(&stage, &archive).await;

    stage.restore(&Moment(Vec::new())).await;
    let replayed: Replayed = stage.replay(&archive.archive).await.expect("a replay");
    assert_eq!((replayed.appended, replayed.withheld), (6, 4), "{replayed:?}");
    assert_eq!(texts(&stage).await, Vec::<String>::new());
}

/// A text that was taken out of the table is not exported, though its digest is; nor one that stands beside another event's digest.
#[tokio::test]
async fn a_text_that_is_not_in_the_table_any_more_is_not_exported() {
    let (stage, archive, disclosures) = scene().await;
    for mut item in stage.moment().await.0 {
        if text(&item, "sk").starts_with("EVENT#")
            && item.remove("disclosures").is_some()
            && text(&item, "pk") != "USER#bob"
        {
            let put = stage.client.put_item().table_name(stage.backend.table.name()).set_item(Some(item));
            put.send().await.expect("an item");
        }
    }
    stage.export_disclosing(&archive.archive, &disclosures.archive).await.expect("an export");
    let said = lines(&disclosures).await;
    assert_eq!(said.len(), 1, "{said:#?}");
    assert!(said[0].contains("gate"), "{said:#?}");
}

#[tokio::test]
async fn a_text_that_does_not_fit_its_digest_is_not_brought_back() {
    let (mut stage, archive, disclosures) = scene().await;
    for mut item in stage.moment().await.0 {
        if let Some(AttributeValue::M(texts)) = item.get_mut("disclosures")
            && let Some(AttributeValue::M(note)) = texts.get_mut("note")
        {
            note.insert("text".to_owned(), AttributeValue::S("forged".to_owned()));
            let put = stage.client.put_item().table_name(stage.backend.table.name()).set_item(Some(item));
            put.send().await.expect("an item");
        }
    }
    stage.export_disclosing(&archive.archive, &disclosures.archive).await.expect("an export");
    stage.restore(&Moment(Vec::new())).await;
    let replayed = stage.replay_disclosed(&archive.archive, &disclosures.archive).await.expect("a replay");
    assert_eq!((replayed.appended, replayed.withheld), (5, 3), "{replayed:?}");
    assert!(texts(&stage).await.iter().all(|text| !text.contains("forged")));
}

/// Ended at any write to either place, the next run has both whole.
#[tokio::test]
async fn an_export_that_is_ended_between_events_and_texts_writes_both() {
    for (stop, write) in [(Stop::Before, 0), (Stop::After, 0)] {
        let (stage, archive, disclosures) = scene().await;
        let (store, stopped) = StoppingStore::new(stop, write);
        let folder = disclosures.url.to_file_path().expect("a folder");
        let root = Path::from_absolute_path(folder).expect("a path");
        let stopping = Archive::new(Arc::new(store), root);
        tokio::select! {
            ended = stage.export_disclosing(&archive.archive, &stopping) => panic!("it went on: {ended:?}"),
            () = stopped.notified() => {}
        }
        stage.export_disclosing(&archive.archive, &disclosures.archive).await.expect("an export");
        assert_eq!(lines(&disclosures).await.len(), 4);
        archive.check_against(&stage.backend.table).await.expect("a whole log");
        let written = disclosures.archive.read(&disclosures_path(first_hour()), MOST_BYTES).await;
        assert!(written.expect("a read").is_some());
    }
}

//! What fits in itself, and not the table.

use trail::event_file::parse_line;

use super::{LAST_MANIFEST, NOON_EVENTS, export, forge, is_fault, is_first_fault, two};

#[tokio::test]
async fn an_event_that_the_table_lost_and_one_that_the_export_lacks_are_found() {
    let (stage, archive) = export().await;
    let event = stage.stored_of("bob", "EVENT#").await.remove(1);
    let text = |name: &str| {
        aws_sdk_dynamodb::types::AttributeValue::S(event[name]["S"].as_str().expect("a text").into())
    };
    let table = stage.backend.table.name();
    let delete = stage.client.delete_item().table_name(table);
    delete.key("pk", text("pk")).key("sk", text("sk")).send().await.expect("a deletion");
    let expected = format!("{NOON_EVENTS}, line 4: added: the table does not have version 2 of user \"bob\"");
    is_fault(archive.check_against(&stage.backend.table).await, &expected);

    // A writer whose clock is behind by more than the grace.
    let (stage, archive) = export().await;
    stage.turn_back(stage.now().since(two().start()));
    stage.add("carol", "too late for the export").await;
    let expected = format!(
        "{LAST_MANIFEST}: removed: the table has version 1 of user \"carol\", recorded at 2026-11-23T14:00:01Z, and the export \
         does not"
    );
    is_fault(archive.check_against(&stage.backend.table).await, &expected);
}

#[tokio::test]
async fn the_last_event_of_an_hour_and_of_its_user_is_missed_by_the_table() {
    let (stage, archive) = export().await;
    let mut lines = archive.lines(two()).await;
    let last = parse_line(&lines.pop().expect("a line")).expect("an event");
    let history = last.record().happening.history();
    assert_eq!(
        (history.aggregate_id(), last.record().version.get()),
        ("bob", 3),
        "nothing of his comes after it"
    );
    forge(&archive, two(), &lines).await;
    archive.check().await.expect("nothing in the forged export shows it");
    let at = last.record().recorded_at.to_rfc3339_seconds();
    let expected = format!(
        "{LAST_MANIFEST}: removed: the table has version 3 of user \"bob\", recorded at {at}, and the export does not"
    );
    is_first_fault(archive.check_against(&stage.backend.table).await, 2, &expected);

    // The last event of all is what the next hour would have, had the table not noted that it was exported.
    let (stage, archive) = export().await;
    forge(&archive, two().next(), &[]).await;
    archive.check().await.expect("nothing in the forged export shows it");
    let found = archive.check_against(&stage.backend.table).await.map_err(|fault| fault.to_string());
    assert!(found.expect_err("a fault").contains("removed: the table has version 4 of user \"alice\""));
}

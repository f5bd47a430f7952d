//! Each fault does what it says: to the client, and to the table.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, Put, TransactWriteItem};
use futures_util::future::join_all;
use local_inventory::dynamodb::{self, Access, EmbeddedDynamoDb};
use store::{AuditShards, Stream, Table};

use super::super::scan;
use super::super::weather::{Fault, Odds, Weather};
use super::Proxy;
use crate::message;

const TABLE: &str = "inventory";

/// An engine with a table, and a client to whom the same happens with every call.
async fn scene(odds: Odds) -> (EmbeddedDynamoDb, Proxy, Client) {
    let engine = EmbeddedDynamoDb::in_memory().await.unwrap();
    let table = Table::new(dynamodb::client(&engine.access()), TABLE.to_owned(), AuditShards::DEFAULT);
    table.create(Stream::Off).await.unwrap();
    let Access { endpoint, access_key_id } = engine.access();
    let proxy = Proxy::start(message::authority(&endpoint).to_owned(), Weather::always(odds), 1).await;
    let through = Access { endpoint: format!("http://{}", proxy.address), access_key_id };
    (engine, proxy, dynamodb::client(&through))
}

fn item(sk: &str) -> [(String, AttributeValue); 2] {
    [("pk", "ORG#acme"), ("sk", sk)]
        .map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned())))
}

/// Puts an item where there must be none. Gives whether the client was told that it was done.
async fn put(client: &Client, sk: &str) -> bool {
    let put = Put::builder()
        .table_name(TABLE)
        .set_item(Some(item(sk).into()))
        .condition_expression("attribute_not_exists(pk)")
        .build()
        .unwrap();
    let put = TransactWriteItem::builder().put(put).build();
    client.transact_write_items().transact_items(put).send().await.is_ok()
}

#[track_caller]
fn check(fault: Fault, found: (bool, bool), expected: (bool, bool)) {
    assert_eq!(found, expected, "{fault:?}: whether the client was told, and whether it was done");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_meets_what_its_fault_says() {
    let cases: [(Odds, bool, bool); 13] = [
        (&[(Fault::ResetBefore, 10_000)], false, false),
        (&[(Fault::ResetAfter, 10_000)], false, true),
        (&[(Fault::HalfAnswer, 10_000)], false, true),
        (&[(Fault::ErrorBefore, 10_000)], false, false),
        (&[(Fault::ErrorAfter, 10_000)], false, true),
        (&[(Fault::BadGateway, 10_000)], false, false),
        (&[(Fault::Throttled, 10_000)], false, false),
        (&[(Fault::Conflict, 10_000)], false, false),
        (&[(Fault::CancelledThrottled, 10_000)], false, false),
        (&[(Fault::Late, 10_000)], false, true),
        (&[(Fault::LateThenConflict, 10_000)], false, true),
        (&[(Fault::Slow, 10_000)], true, true),
        (&[(Fault::Duplicate, 10_000)], true, true),
    ];
    let all = cases.map(async |(odds, is_told, is_done)| {
        let (engine, proxy, client) = scene(odds).await;
        let told = put(&client, "ORG").await;
        let faults = proxy.end().await;
        let done = !scan::items(&engine.access()).await.is_empty();
        check(odds[0].0, (told, done), (is_told, is_done));
        assert!(faults[&format!("{:?}", odds[0].0)] > 0);
    });
    join_all(all).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_write_is_done_once_whatever_its_next_attempt_is_told() {
    let all: [Odds; 2] = [&[(Fault::LateThenConflict, 10_000)], &[(Fault::LateThenInProgress, 10_000)]];
    let each = all.map(async |odds| {
        let (engine, proxy, client) = scene(odds).await;
        let told = join_all(["a", "b", "c", "d", "e"].map(|sk| put(&client, sk))).await;
        proxy.end().await;
        assert_eq!(told, [false; 5]);
        assert_eq!(scan::items(&engine.access()).await.len(), 5);
    });
    join_all(each).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_is_torn_or_left_in_part_finds_everything_in_the_end() {
    let all: [Odds; 2] = [&[(Fault::Torn, 10_000)], &[(Fault::Unprocessed, 10_000)]];
    for odds in all {
        let (_engine, _proxy, client) = scene(odds).await;
        for sk in ["a", "b", "c"] {
            assert!(put(&client, sk).await);
        }
        let (mut keys, mut found) = (["a", "b", "c", "d"].map(|sk| item(sk).into()).to_vec(), 0);
        while !keys.is_empty() {
            let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).build().unwrap();
            let read = client.batch_get_item().request_items(TABLE, wanted).send().await.unwrap();
            found += read.responses.unwrap()[TABLE].len();
            keys = read.unprocessed_keys.unwrap().remove(TABLE).map(|left| left.keys).unwrap_or_default();
        }
        assert_eq!(found, 3, "{odds:?}");
    }
}

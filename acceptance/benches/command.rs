//! What one command costs through its function's `handle`, beside the bare SDK calls that it cannot do without, in
//! the same run on the same engine; and what the pure part costs alone.

#![expect(clippy::expect_used, reason = "A bench that cannot be set up ends here.")]

use std::collections::HashMap;
use std::hint::black_box;

use acceptance::{RequestBuilder, Stage};
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, Put, TransactWriteItem, Update};
use criterion::{Criterion, criterion_group, criterion_main};
use key_inventory::history::{Actor, ActorKind, Circumstances, Snapshot};
use key_inventory::http::answer::Answer;
use key_inventory::user::AddPhysicalKey;
use key_inventory::values::{EpochMillis, Note, OrgId, OrgName, UserId};
use serde_json::json;

/// A request that is accepted each time it is sent.
async fn add_request(stage: &Stage, user: &str) -> RequestBuilder {
    let body = json!({"orgId": "acme", "orgName": "Acme Ltd", "note": "Front door"});
    let (api_key, _) = stage.api_key("acme").await;
    RequestBuilder::add(user, &body).bearer(&stage.user_token(user)).api_key(&api_key)
}

fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

fn key(pk: &str, sk: &str) -> HashMap<String, AttributeValue> {
    HashMap::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
}

/// One `BatchGetItem` of two items and one `TransactWriteItems` of three, by hand: items of the size that
/// `AddPhysicalKey` writes, and the same conditions.
async fn bare_calls(stage: &Stage, number: u64) {
    let table = stage.backend.table.name();
    let keys = KeysAndAttributes::builder()
        .keys(key("USER#floor", "USER"))
        .keys(key("APIKEY#floor", "APIKEY"))
        .consistent_read(true)
        .build()
        .expect("keys");
    let got = stage.client.batch_get_item().request_items(table, keys).send().await.expect("a read");
    black_box(got);

    let version = AttributeValue::N(number.to_string());
    let update = Update::builder()
        .table_name(table)
        .set_key(Some(key("USER#floor", "USER")))
        .update_expression("SET #v = :next, #f = :filler")
        .condition_expression("attribute_not_exists(#v) OR #v = :read")
        .expression_attribute_names("#v", "version")
        .expression_attribute_names("#f", "filler")
        .expression_attribute_values(":read", version)
        .expression_attribute_values(":next", AttributeValue::N((number + 1).to_string()))
        .expression_attribute_values(":filler", text("f".repeat(100)))
        .build()
        .expect("an update");
    let put = |sk: String, filler: usize| {
        let mut item = key("USER#floor", &sk);
        item.insert("filler".to_owned(), text("f".repeat(filler)));
        for (index, hash) in [("auditPartition", "auditSort"), ("issuerPartition", "issuerSort")] {
            if sk.starts_with(if index.starts_with("audit") { "EVENT" } else { "KEY" }) {
                item.insert(index.to_owned(), text("p"));
                item.insert(hash.to_owned(), text(sk.clone()));
            }
        }
        let put = Put::builder()
            .table_name(table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .expect("a put");
        TransactWriteItem::builder().put(put).build()
    };
    stage
        .client
        .transact_write_items()
        .transact_items(TransactWriteItem::builder().update(update).build())
        .transact_items(put(format!("KEY#{number:020}"), 150))
        .transact_items(put(format!("EVENT#{number:020}"), 500))
        .send()
        .await
        .expect("a write");
}

/// One command against its floor, and against itself with a long history.
fn one_command(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let stage = runtime.block_on(Stage::new());
    let young = runtime.block_on(add_request(&stage, "young"));
    let old = runtime.block_on(add_request(&stage, "old"));
    runtime.block_on(async {
        for _ in 0..1_000 {
            assert_eq!(old.send(&stage).await.status(), 200);
        }
    });
    let mut group = criterion.benchmark_group("one command");
    let number = std::cell::Cell::new(0);
    group.bench_function("bare SDK calls", |bencher| {
        bencher.to_async(&runtime).iter(|| {
            number.set(number.get() + 1);
            bare_calls(&stage, number.get() - 1)
        });
    });
    group.bench_function("AddPhysicalKey through handle", |bencher| {
        bencher.to_async(&runtime).iter(|| young.send(&stage));
    });
    group.bench_function("AddPhysicalKey after 1,000 events", |bencher| {
        bencher.to_async(&runtime).iter(|| old.send(&stage));
    });
    group.finish();
}

/// Deciding, recording and answering, without any I/O.
fn pure_part(criterion: &mut Criterion) {
    let snapshot = Snapshot::new(UserId::parse("alice").expect("a user id"));
    let command = AddPhysicalKey {
        org_id: OrgId::parse("acme").expect("an organisation id"),
        org_name: OrgName::parse("Acme Ltd").ok(),
        note: Note::parse("Front door").ok(),
    };
    let now = EpochMillis::new(1_795_435_200_000);
    let circumstances = Circumstances {
        actor: Actor { kind: ActorKind::User, id: Some("alice".to_owned()), org_id: None, api_key_id: None },
        request_id: "test-request".to_owned(),
        recorded_at: now,
    };
    criterion.bench_function("decide, record and answer", |bencher| {
        bencher.iter(|| {
            let event = snapshot.user.add(black_box(command.clone()), now);
            let (record, after) = snapshot.append(event, circumstances.clone());
            Answer::new(&record.record.event, after.user.version)
        });
    });
}

criterion_group!(benches, one_command, pure_part);
criterion_main!(benches);

//! What one command costs through its function's `handle`, beside the bare SDK calls that it cannot do without, in
//! the same run on the same engine; and what the pure part costs alone.

#![expect(clippy::expect_used, reason = "A bench that cannot be set up ends here.")]

use std::cell::Cell;
use std::collections::HashMap;
use std::hint::black_box;

use acceptance::{RequestBuilder, Stage};
use add_physical_key::AddPhysicalKeyRecipe;
use api::execute::CommandRecipe;
use api::http::answer::Answer;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, Put, TransactWriteItem, Update};
use criterion::{Criterion, criterion_group, criterion_main};
use domain::history::{Actor, ActorKind, Circumstances, RANDOM_BYTES, Salts, Snapshot};
use domain::user::{AddPhysicalKey, Command, User};
use domain::values::{EpochMillis, Note, OrgId, OrgName, Subject, UserId};
use serde_json::json;

/// A request that is accepted each time it is sent.
async fn add_request(stage: &Stage, user: &str) -> RequestBuilder {
    let body = json!({"orgId": "acme", "orgName": "Acme Ltd", "note": "Front door"});
    let (api_key, _) = stage.api_key("acme").await;
    RequestBuilder::add(user, &body).bearer(&stage.user_token(user)).api_key(&api_key)
}

type Item = HashMap<String, AttributeValue>;

/// The two calls that `AddPhysicalKey` cannot do without, made by hand with the items of one that it has made.
struct Floor {
    api_key: Item,
    organisation: Item,
    mark: Item,
    user: Item,
    physical_key: Item,
    event: Item,
}

impl Floor {
    async fn new(stage: &Stage) -> Self {
        assert_eq!(add_request(stage, "floor").await.send(stage).await.status(), 200);
        let scan = stage.client.scan().table_name(stage.backend.table.name()).send().await.expect("a scan");
        let items = scan.items.expect("items");
        let of = |pk: &str, sk: &str| {
            let begins = |item: &Item, name: &str, prefix: &str| {
                item[name].as_s().expect("a text").starts_with(prefix)
            };
            items
                .iter()
                .find(|item| begins(item, "pk", pk) && begins(item, "sk", sk))
                .expect("an item")
                .clone()
        };
        Self {
            api_key: of("APIKEY#", "APIKEY"),
            organisation: of("ORG#", "ORG"),
            mark: of("USER#floor", "SEEN#"),
            user: of("USER#floor", "USER"),
            physical_key: of("USER#floor", "KEY#"),
            event: of("USER#floor", "EVENT#"),
        }
    }

    /// Reads the API key, its organisation, the user and the mark, and writes the user, a physical key and an event.
    async fn calls(&self, stage: &Stage, read: u64) {
        let table = stage.backend.table.name();
        let keys = KeysAndAttributes::builder()
            .keys(key(&self.user))
            .keys(key(&self.api_key))
            .keys(key(&self.organisation))
            .keys(key(&self.mark))
            .consistent_read(true)
            .build()
            .expect("keys");
        let got = stage.client.batch_get_item().request_items(table, keys).send().await.expect("a read");
        black_box(got);

        let put = |item: &Item, prefix: &str| {
            let mut item = item.clone();
            item.insert("sk".to_owned(), AttributeValue::S(format!("{prefix}{:020}", read + 1)));
            let put = Put::builder()
                .table_name(table)
                .set_item(Some(item))
                .condition_expression("attribute_not_exists(#pk)")
                .expression_attribute_names("#pk", "pk");
            TransactWriteItem::builder().put(put.build().expect("a put")).build()
        };
        stage
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().update(self.update(table, read)).build())
            .transact_items(put(&self.physical_key, "KEY#"))
            .transact_items(put(&self.event, "EVENT#"))
            .send()
            .await
            .expect("a write");
    }

    /// Moves version and counter of the user from the values that were read to the next ones.
    fn update(&self, table: &str, read: u64) -> Update {
        let number = |value: u64| AttributeValue::N(value.to_string());
        let mut update = Update::builder()
            .table_name(table)
            .set_key(Some(key(&self.user)))
            .condition_expression("#version = :readVersion AND #lastNumber = :readLastNumber")
            .expression_attribute_values(":readVersion", number(read))
            .expression_attribute_values(":readLastNumber", number(read));
        let mut sets = Vec::new();
        for (name, value) in self.user.iter().filter(|(name, _)| *name != "pk" && *name != "sk") {
            let value = match value {
                AttributeValue::N(_) => number(read + 1),
                other => other.clone(),
            };
            sets.push(format!("#{name} = :{name}"));
            update = update
                .expression_attribute_names(format!("#{name}"), name)
                .expression_attribute_values(format!(":{name}"), value);
        }
        update.update_expression(format!("SET {}", sets.join(", "))).build().expect("an update")
    }
}

/// The key attributes of an item.
fn key(item: &Item) -> Item {
    ["pk", "sk"].map(|name| (name.to_owned(), item[name].clone())).into()
}

/// One command against its floor, and against itself with a long history. Each has an engine of its own, because
/// the embedded one looks through its recent transactions at every write.
fn one_command(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut group = criterion.benchmark_group("one command");
    group.bench_function("bare SDK calls", |bencher| {
        let stage = runtime.block_on(Stage::new());
        let floor = runtime.block_on(Floor::new(&stage));
        let read = Cell::new(1);
        bencher.to_async(&runtime).iter(|| floor.calls(&stage, read.replace(read.get() + 1)));
    });
    for (name, events) in [("AddPhysicalKey through handle", 0), ("AddPhysicalKey after 1,000 events", 1_000)]
    {
        group.bench_function(name, |bencher| {
            let stage = runtime.block_on(Stage::new());
            let request = runtime.block_on(add_request(&stage, "alice"));
            for _ in 0..events {
                assert_eq!(runtime.block_on(request.send(&stage)).status(), 200);
            }
            bencher.to_async(&runtime).iter(|| request.send(&stage));
        });
    }
    group.finish();
}

/// Deciding, recording and answering, without any I/O.
fn pure_part(criterion: &mut Criterion) {
    let snapshot = Snapshot::new(User::new(UserId::parse("alice").expect("a user id")));
    let (org_name, note) = (OrgName::parse("Acme Ltd").ok(), Note::parse("Front door").ok());
    let org_id = OrgId::parse("acme").expect("an organisation id");
    let command = AddPhysicalKey { org_name, note, ..AddPhysicalKey::of(org_id.clone()) };
    let now = EpochMillis::new(1_795_435_200_000);
    let circumstances = Circumstances {
        actor: Actor {
            kind: ActorKind::User,
            iss: None,
            id: Subject::parse("alice").ok(),
            org_id: None,
            api_key_id: None,
        },
        request_id: "test-request".to_owned(),
        recorded_at: now,
        salts: Salts::new([7; RANDOM_BYTES]),
    };
    criterion.bench_function("decide, record and answer", |bencher| {
        bencher.iter(|| {
            let happened =
                black_box(&command).decide(&snapshot.state, None, now).expect("a decision").happened;
            let event = happened.clone().into();
            let (recorded, after) = snapshot.append(&event, Some(org_id.clone()), circumstances.clone());
            let answer = AddPhysicalKeyRecipe::answer(&happened, &event, after.state.version);
            Answer::to_command(&answer, recorded.chained.hash())
        });
    });
}

criterion_group!(benches, one_command, pure_part);
criterion_main!(benches);

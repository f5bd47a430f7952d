//! What DynamoDB counts of calls (DynamoDB Developer Guide, "DynamoDB on-demand capacity mode", "Using global secondary indexes").

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::ProjectionType;
use serde_json::Value;

use crate::Stage;
use crate::disturbance::Exchanged;
use crate::stored::size;

/// Everything that is stored, by its keys.
pub(super) type Snapshot = BTreeMap<(String, String), Value>;

const WRITE_UNIT: usize = 1024;
const READ_UNIT: usize = 4096;
/// What a write within a transaction counts: it is prepared, and committed.
const TRANSACTIONAL: usize = 2;

/// The units that calls took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Capacity {
    /// Write units of the table.
    pub table_writes: usize,
    /// Write units of its indexes, which follow the table outside of the transaction.
    pub index_writes: usize,
    /// Halves of read units: a read that may be stale takes one.
    pub half_reads: usize,
}

/// A secondary index, as the engine says that it is.
#[derive(Debug)]
pub(super) struct Index {
    /// The names of its keys.
    keys: Vec<String>,
    /// Whether it has the whole item, and not only keys.
    has_all: bool,
}

impl Index {
    /// The indexes of the stage's table.
    pub(super) async fn all(stage: &Stage) -> Vec<Self> {
        let described = stage.client.describe_table().table_name(stage.backend.table.name()).send().await;
        let table = described.expect("a description").table.expect("a table");
        let indexes = table.global_secondary_indexes.expect("indexes");
        let index = |index: aws_sdk_dynamodb::types::GlobalSecondaryIndexDescription| {
            let projection = index.projection.and_then(|projection| projection.projection_type);
            let keys = index.key_schema.expect("keys").into_iter().map(|key| key.attribute_name);
            Self { keys: keys.collect(), has_all: projection == Some(ProjectionType::All) }
        };
        indexes.into_iter().map(index).collect()
    }

    /// The entry of an item; none if it has not all of the keys.
    pub(super) fn entry(&self, item: &Value) -> Option<Value> {
        let item = item.as_object().expect("an item");
        if !self.keys.iter().all(|key| item.contains_key(key)) {
            return None;
        }
        let is_key = |name: &String| self.keys.contains(name) || name == "pk" || name == "sk";
        let kept = item.iter().filter(|(name, _)| self.has_all || is_key(name));
        Some(Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect()))
    }

    /// Units of the change of one item: an entry that moves is taken away and put, one that stays as it is costs nothing.
    fn writes(&self, before: Option<&Value>, after: Option<&Value>) -> usize {
        let entry = |item: Option<&Value>| item.and_then(|item| self.entry(item));
        match (entry(before), entry(after)) {
            (None, None) => 0,
            (Some(one), None) | (None, Some(one)) => write_units(size(&one)),
            (Some(before), Some(after)) if before == after => 0,
            (Some(before), Some(after)) if self.keys.iter().all(|key| before[key] == after[key]) => {
                write_units(size(&before).max(size(&after)))
            }
            (Some(before), Some(after)) => write_units(size(&before)) + write_units(size(&after)),
        }
    }
}

/// What there is to count calls with: the table before and after them, and its indexes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) before: &'a Snapshot,
    pub(super) after: &'a Snapshot,
    pub(super) indexes: &'a [Index],
}

impl Around<'_> {
    /// The units of all calls.
    pub(super) fn count(self, exchanged: &[Exchanged]) -> Capacity {
        let mut capacity = Capacity::default();
        for call in exchanged {
            self.count_call(call, &mut capacity);
        }
        capacity
    }

    fn count_call(self, Exchanged { operation, asked, answer }: &Exchanged, capacity: &mut Capacity) {
        let halves = |asked: &Value| if asked["ConsistentRead"] == true { 2 } else { 1 };
        match operation.as_str() {
            "BatchGetItem" => {
                for table in asked["RequestItems"].as_object().expect("tables").values() {
                    let keys = table["Keys"].as_array().expect("keys");
                    let units: usize = keys.iter().map(|key| self.read(key)).sum();
                    capacity.half_reads += units * halves(table);
                }
            }
            "GetItem" => capacity.half_reads += self.read(&asked["Key"]) * halves(asked),
            "Query" | "Scan" => {
                let read: usize = answer["Items"].as_array().expect("items").iter().map(size).sum();
                capacity.half_reads += read_units(read) * halves(asked);
            }
            "TransactWriteItems" => {
                for action in asked["TransactItems"].as_array().expect("actions") {
                    let action = action.as_object().and_then(|action| action.values().next());
                    self.write(action.expect("an action"), TRANSACTIONAL, capacity);
                }
            }
            "PutItem" | "UpdateItem" | "DeleteItem" => self.write(asked, 1, capacity),
            "DescribeTable" => {}
            other => panic!("nobody knows what {other} costs"),
        }
    }

    /// What reading one item takes, there or not.
    fn read(self, key: &Value) -> usize {
        let key = place(key);
        let item = self.before.get(&key).or_else(|| self.after.get(&key));
        read_units(item.map_or(0, size))
    }

    /// What writing one item takes: the larger of what was there and what is there now.
    fn write(self, action: &Value, times: usize, capacity: &mut Capacity) {
        let key = place(if action["Item"].is_null() { &action["Key"] } else { &action["Item"] });
        let (before, after) = (self.before.get(&key), self.after.get(&key));
        let largest = before.map_or(0, size).max(after.map_or(0, size));
        capacity.table_writes += times * write_units(largest);
        let of_indexes = self.indexes.iter().map(|index| index.writes(before, after));
        capacity.index_writes += of_indexes.sum::<usize>();
    }
}

fn place(key: &Value) -> (String, String) {
    let text = |name: &str| key[name]["S"].as_str().expect("a key").to_owned();
    (text("pk"), text("sk"))
}

fn write_units(bytes: usize) -> usize {
    bytes.div_ceil(WRITE_UNIT).max(1)
}

fn read_units(bytes: usize) -> usize {
    bytes.div_ceil(READ_UNIT).max(1)
}

/// The names of operations, how often each, in words.
pub(super) fn told(exchanged: &[Exchanged]) -> String {
    let names: BTreeSet<_> = exchanged.iter().map(|call| call.operation.as_str()).collect();
    let times = |name: &str| exchanged.iter().filter(|call| call.operation == name).count();
    let told = names.into_iter().map(|name| match times(name) {
        1 => name.to_owned(),
        times => format!("{times} {name}"),
    });
    told.collect::<Vec<_>>().join(", ")
}

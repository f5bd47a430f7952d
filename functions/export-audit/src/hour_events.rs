//! The events of one hour out of the table, in order: the shards of the audit index, merged.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

use domain::history::ChainedRecord;
use domain::values::Hour;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use store::{AuditShards, StoreFault, Table};

/// Events of a page. With it, all shards that there can be are 6,400 events in memory: about 10 MB.
const PAGE: i32 = 200;
/// Shards whose first pages are read at once.
const AT_ONCE: usize = 8;

/// An hour's events, read as they are asked for.
#[derive(Debug)]
pub struct HourEvents<'a> {
    table: &'a Table,
    hour: Hour,
    deadline: Instant,
    shards: Vec<Shard>,
    /// The place of each shard's next event, and the shard.
    next: BinaryHeap<Reverse<(String, usize)>>,
}

/// What was read of a shard and not yet given.
#[derive(Debug)]
struct Shard {
    number: u16,
    page: std::vec::IntoIter<ChainedRecord>,
    has_more: bool,
}

impl<'a> HourEvents<'a> {
    /// Begins to read an hour, which no writer may still be writing to. All shards that there can be are read.
    pub async fn open(table: &'a Table, hour: Hour, deadline: Instant) -> Result<Self, StoreFault> {
        let shards = stream::iter(AuditShards::MOST.each())
            .map(|number| read(table, hour, number, None, deadline))
            .buffered(AT_ONCE)
            .try_filter(|shard| std::future::ready(shard.page.len() > 0))
            .try_collect::<Vec<_>>()
            .await?;
        let next = shards.iter().enumerate().filter_map(|(index, shard)| shard.place(index)).collect();
        Ok(Self { table, hour, deadline, shards, next })
    }

    /// The next event; none after the last.
    pub async fn next(&mut self) -> Result<Option<ChainedRecord>, StoreFault> {
        let Some(Reverse((place, index))) = self.next.pop() else { return Ok(None) };
        let Some(shard) = self.shards.get_mut(index) else { return Ok(None) };
        let event = shard.page.next();
        if shard.page.len() == 0 && shard.has_more {
            *shard = read(self.table, self.hour, shard.number, Some(place), self.deadline).await?;
        }
        self.next.extend(shard.place(index));
        Ok(event)
    }
}

impl Shard {
    fn place(&self, index: usize) -> Option<Reverse<(String, usize)>> {
        self.page.as_slice().first().map(|event| Reverse((event.audit_order(), index)))
    }
}

/// Reads a shard's next page. An empty page need not be the last (DynamoDB Developer Guide, "Paginating table query
/// results"), though only where something is filtered out, which is not done here: it would be a shard cut short.
async fn read(
    table: &Table,
    hour: Hour,
    number: u16,
    after: Option<String>,
    deadline: Instant,
) -> Result<Shard, StoreFault> {
    let stretch = table.events_of_hour(hour, number, after, PAGE, deadline).await?;
    if stretch.entries.is_empty() && !stretch.is_last {
        return Err(StoreFault::Unexpected(
            "a page of the audit index without events, and not the last".to_owned(),
        ));
    }
    Ok(Shard { number, page: stretch.entries.into_iter(), has_more: !stretch.is_last })
}

//! The sweep through the index over heads, stretch by stretch, and how far it has come.

use std::time::Instant;

use aws_sdk_dynamodb::types::AttributeValue;
use tokio::time::timeout_at;

use super::super::Table;
use super::super::fault::{Kind, StoreFault};
use super::super::items::{Item, OfExport, OfHead, Place, SweepShape, shape};
use super::super::operator::operators_deadline;
use super::super::pages::Stretch;
use super::super::read::{in_time, operators_waits};
use super::super::schema::{HEAD_INDEX, PK};
use super::HistoryKey;

/// A sweep that is under way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sweep {
    /// How many histories it has looked at.
    pub looked_at: u64,
    /// How many of them it has left behind.
    pub left_behind: u64,
    /// Where it goes on; none at its beginning.
    after: Option<After>,
}

/// The last head that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
struct After {
    pk: String,
    changed_in: String,
}

impl After {
    /// As the key of a place in the index.
    fn key(&self) -> Option<Item> {
        let mut key = Place::head_in(&self.pk)?.key();
        key.insert(HEAD_INDEX.1.to_owned(), AttributeValue::S(self.changed_in.clone()));
        Some(key)
    }

    fn of(key: &Item) -> Option<Self> {
        let text = |name| key.get(name).and_then(|value: &AttributeValue| value.as_s().ok()).cloned();
        Some(Self { pk: text(PK)?, changed_in: text(HEAD_INDEX.1)? })
    }
}

impl Table {
    /// The sweep that is under way, or one that begins.
    pub async fn sweep_under_way(&self) -> Result<Sweep, StoreFault> {
        let place = Place::of_export(OfExport::Sweep);
        let kept = self.get(&place, operators_waits(), operators_deadline()).await?;
        let Some(kept) = kept.map(shape::<SweepShape>).transpose()? else { return Ok(Sweep::default()) };
        let SweepShape { after_pk, after_changed_in, looked_at, left_behind } = kept;
        let after = Some(After { pk: after_pk, changed_in: after_changed_in });
        Ok(Sweep { looked_at, left_behind, after })
    }

    /// Keeps how far a sweep has come; nothing is left of one that is through.
    pub async fn keep_sweep(&self, sweep: &Sweep) -> Result<(), StoreFault> {
        let Sweep { looked_at, left_behind, after } = sweep.clone();
        let Some(After { pk, changed_in }) = after else {
            let deletion = self.client.delete_item().table_name(&self.name);
            let deletion = deletion.set_key(Some(Place::of_export(OfExport::Sweep).key())).send().await;
            return deletion.map(|_| ()).map_err(|error| StoreFault::of(Kind::Write, &error));
        };
        let kept = SweepShape { after_pk: pk, after_changed_in: changed_in, looked_at, left_behind };
        let put = self.put_of_export(OfExport::Sweep, &kept)?.send().await;
        put.map(|_| ()).map_err(|error| StoreFault::of(Kind::Write, &error))
    }

    /// The next stretch of all heads that the index has, and where the sweep goes on after it.
    pub async fn sweep_on(
        &self,
        sweep: &mut Sweep,
        deadline: Instant,
    ) -> Result<Stretch<HistoryKey>, StoreFault> {
        let scan = self.client.scan().table_name(&self.name).index_name(HEAD_INDEX.0);
        let scan = scan.set_exclusive_start_key(sweep.after.as_ref().and_then(After::key));
        let read = in_time(timeout_at(deadline.into(), scan.send()).await)?;
        sweep.after = read.last_evaluated_key.as_ref().and_then(After::of);
        let heads = read.items.unwrap_or_default().into_iter().map(shape::<OfHead>);
        let entries = heads.map(|head| head.map(|OfHead { pk }| HistoryKey::of(&pk)));
        let entries = entries.collect::<Result<Vec<_>, _>>()?;
        sweep.looked_at += u64::try_from(entries.len()).unwrap_or(u64::MAX);
        Ok(Stretch { entries, is_last: sweep.after.is_none() })
    }
}

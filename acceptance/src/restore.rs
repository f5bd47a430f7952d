//! A table restored to a moment, as a point-in-time restore brings it back: every item as it was then, in a table of another name. And
//! what an operator does with it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use api::auth::RequiredCredentials;
use api::backend::{Backend, authenticator};
use process::aws::Https;
use process::retry::Backoff;
use recovery::replay::{Replay, ReplayFault, Replayed, WholeLog};
use recovery::table_check::{Checked, TableCheck};
use store::{AuditShards, Stream, Table};
use trail::archive::Archive;
use trail::check::{Evidence, check_histories};
use trail::log;

use crate::stored::RawItem;
use crate::trail::evidence;
use crate::{PATIENCE, Stage};

/// Everything that a table had at a moment.
#[derive(Debug, Clone)]
pub struct Moment(pub Vec<RawItem>);

impl Stage {
    /// Everything that the table has now, but for its own name: whoever copies a table leaves that out.
    pub async fn moment(&self) -> Moment {
        let mut items = self.items().await;
        items.retain(|item| (text(item, "pk"), text(item, "sk")) != ("AUDIT", "TABLE"));
        Moment(items)
    }

    /// Goes on with a new table that has what there was at a moment. Gives the table before.
    pub async fn restore(&mut self, moment: &Moment) -> Table {
        let name = format!("restored-{:016x}", fastrand::Rng::new().u64(..));
        let table = Table::new(self.client.clone(), name, AuditShards::DEFAULT);
        assert!(table.create(Stream::Off).await.expect("a table"), "the table is new");
        for item in &moment.0 {
            let put = self.client.put_item().table_name(table.name()).set_item(Some(item.clone()));
            put.send().await.expect("a restored item");
        }
        self.use_table(table)
    }

    /// Has the functions use another table. Gives the one before.
    pub fn use_table(&mut self, table: Table) -> Table {
        let before = self.backend.table.clone();
        let tokens = self.issuer.token_config().expect("a key set");
        let authenticator = authenticator(tokens, RequiredCredentials::Either, Https::new);
        let (clock, chance) = (self.backend.clock.clone(), self.backend.chance.clone());
        self.backend = Arc::new(Backend::new(table, authenticator, clock, chance));
        before
    }

    /// Fills the table from a log, with the stage's verifier key in hand.
    pub async fn replay(&self, archive: &Archive) -> Result<Replayed, ReplayFault> {
        self.replay_with(archive, &evidence()).await
    }

    /// The same, with this in hand.
    pub async fn replay_with(&self, archive: &Archive, evidence: &Evidence) -> Result<Replayed, ReplayFault> {
        self.replay_between(archive, evidence, PATIENCE, async || {}).await
    }

    /// The same, within a time, where something happens after the log was checked.
    pub async fn replay_between(
        &self,
        archive: &Archive,
        evidence: &Evidence,
        within: Duration,
        meanwhile: impl AsyncFnOnce(),
    ) -> Result<Replayed, ReplayFault> {
        self.replay_by(archive, None, evidence, within, meanwhile).await
    }

    /// Fills the table from a log and from what discloses the texts of its events.
    pub async fn replay_disclosed(
        &self,
        archive: &Archive,
        disclosures: &Archive,
    ) -> Result<Replayed, ReplayFault> {
        self.replay_by(archive, Some(disclosures), &evidence(), PATIENCE, async || {}).await
    }

    async fn replay_by(
        &self,
        archive: &Archive,
        disclosures: Option<&Archive>,
        evidence: &Evidence,
        within: Duration,
        meanwhile: impl AsyncFnOnce(),
    ) -> Result<Replayed, ReplayFault> {
        let listing = archive.list().await.expect("a listing");
        let checked = check_histories(archive, &listing, evidence, |_| {}).await;
        let (verified, histories) = checked.expect("a log");
        let log = log::read(archive).await.expect("a log").expect("a log");
        meanwhile().await;
        let (table, operator) = (&self.backend.table, &self.operator());
        let deadline = Instant::now() + within;
        let replay = Replay { table, archive, disclosures, operator, deadline };
        let whole = WholeLog { log: &log, listing: &listing, verified: &verified, histories: &histories };
        replay.run(whole, |_| {}).await
    }

    /// Everything that is wrong in the table.
    pub async fn check_table(&self) -> Vec<String> {
        let check = TableCheck {
            table: &self.backend.table,
            deadline: Instant::now() + PATIENCE,
            waits: || Backoff::new(fastrand::Rng::with_seed(7)),
        };
        let checked = check.run(Checked::default(), |_| {}).await.expect("a table that can be read");
        assert_eq!(checked.count, u64::try_from(checked.faults.len()).expect("few"));
        checked.faults.iter().map(ToString::to_string).collect()
    }
}

/// A text attribute of an item.
#[must_use]
pub fn text<'a>(item: &'a RawItem, name: &str) -> &'a str {
    item[name].as_s().expect("a text")
}

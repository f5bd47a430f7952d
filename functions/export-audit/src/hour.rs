//! One hour: its file, its manifest, and what follows from them for every history.

use std::collections::HashMap;
use std::time::Instant;

use domain::checkpoint::AuditCheckpoint;
use domain::history::{HistoryId, Position};
use domain::values::{Hour, Sha256Hash};
use store::{Behind, StoreFault};
use trail::archive::Written;
use trail::event_file;
use trail::manifest::{self, FORMAT, FileEntry, Manifest, events_path, manifest_path};

use crate::export::{ExportFault, Exporter, each};
use crate::listing::Found;
use crate::plan::{Continued, Plan};

/// An hour that has everything but the checkpoint.
#[derive(Debug)]
pub(crate) struct Exported {
    /// Where the checkpoint is to move.
    pub(crate) checkpoint: AuditCheckpoint,
    /// How many events the hour has.
    pub(crate) events: u64,
    /// How many histories were left behind.
    pub(crate) left_behind: u64,
    /// How many were set aside.
    pub(crate) set_aside: u64,
}

impl Exporter<'_> {
    /// Creates an hour's file and manifest, or takes those that are there, and moves the cursors to what the file says.
    pub(crate) async fn export_hour(
        &self,
        hour: Hour,
        previous: Sha256Hash,
        table_id: &str,
        found: &mut Found,
        deadline: Instant,
    ) -> Result<Exported, ExportFault> {
        let plan = self.plan(hour, found, deadline).await?;
        let created =
            self.archive.create(&events_path(hour), plan.bytes.clone(), event_file::MOST_BYTES).await?;
        let (file, events, continued) = match created {
            Written::Before(there) if there != plan.bytes => {
                let (events, continued) = self.adopt(hour, &there, deadline).await?;
                (FileEntry::of(&there), events, continued)
            }
            Written::Now | Written::Before(_) => {
                (FileEntry::of(&plan.bytes), plan.events, plan.continued.clone())
            }
        };
        let manifest = Manifest {
            format: FORMAT,
            hour,
            events,
            file,
            previous_manifest_sha256: previous,
            set_aside: plan.set_aside.clone(),
            table_id: table_id.to_owned(),
        };
        let manifest_sha256 = self.create_manifest(&manifest).await?;
        let left_behind = self.follow(&plan, &continued, found).await?;
        let listed_from = plan.has_rest.then_some(found.from);
        Ok(Exported {
            checkpoint: AuditCheckpoint { hour, manifest_sha256, listed_from },
            events,
            left_behind,
            set_aside: u64::try_from(manifest.set_aside.len()).unwrap_or(u64::MAX),
        })
    }

    /// Creates a manifest, and gives the hash of the one that is there.
    async fn create_manifest(&self, manifest: &Manifest) -> Result<Sha256Hash, ExportFault> {
        let (path, bytes) = (manifest_path(manifest.hour), manifest.bytes());
        let there = match self.archive.create(&path, bytes.clone().into(), manifest::MOST_BYTES).await? {
            Written::Now => return Ok(Sha256Hash::of(bytes)),
            Written::Before(there) => there,
        };
        if Manifest::parse(&there).is_ok_and(|there| there.says_the_same(manifest)) {
            return Ok(Sha256Hash::of(there));
        }
        Err(ExportFault::Foreign { path, shows: "it says something else of the hour".to_owned() })
    }

    /// Notes who is left behind, then moves the cursors, then takes back who has caught up: in this order, a run that ends in
    /// between loses nobody. Gives how many were left behind.
    async fn follow(
        &self,
        plan: &Plan,
        continued: &[Continued],
        found: &mut Found,
    ) -> Result<u64, StoreFault> {
        let ends: HashMap<&HistoryId, Position> = continued.iter().map(|of| (&of.history, of.to)).collect();
        // Where the file is another run's, it may have less than was planned.
        let beyond = plan.continued.iter().filter(|planned| {
            let end = ends.get(&planned.history).map_or(planned.cursor.version, |end| end.version);
            planned.to.version > end.max(planned.cursor.version)
        });
        let beyond = beyond.map(|planned| Behind { key: planned.key.clone(), version: planned.to.version });
        let behind: Vec<_> = plan.stopped.iter().cloned().chain(beyond).collect();
        each(&behind, async |behind| self.table.leave_behind(behind).await).await?;
        for Behind { key, version } in &behind {
            let latest = found.behind.entry(key.clone()).or_default();
            *latest = (*latest).max(*version);
        }
        each(continued, async |of| self.table.move_cursor(&of.key, of.to).await).await?;
        let moved = continued.iter().map(|of| (of.key.clone(), of.to.version));
        let exported = moved.chain(plan.caught_up.iter().cloned());
        let caught_up: Vec<_> = exported
            .filter(|(key, exported)| found.behind.get(key).is_some_and(|behind| behind <= exported))
            .collect();
        each(&caught_up, async |(key, exported)| self.table.catch_up(key, *exported).await).await?;
        for (key, _) in &caught_up {
            found.behind.remove(key);
        }
        Ok(u64::try_from(behind.len()).unwrap_or(u64::MAX))
    }
}

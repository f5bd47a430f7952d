//! One hour: its file, its manifest, its checkpoint, and what follows from them for every history.

use std::collections::HashMap;
use std::time::Instant;

use bytes::Bytes;
use domain::checkpoint::AuditCheckpoint;
use domain::history::{HistoryId, Position};
use domain::values::{Hour, VerifierKey};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use store::{Behind, StoreFault};
use trail::archive::Written;
use trail::checkpoint::{self, Checkpoint, SignedCheckpoint, checkpoint_path};
use trail::manifest::{self, FORMAT, FileEntry, Manifest, events_path, manifest_path};
use trail::tree::{TileFile, Tree};
use trail::{event_file, tile};

use crate::destination::Destination;
use crate::export::{AT_ONCE, ExportFault, Exporter, each};
use crate::listing::Found;
use crate::plan::{Continued, Plan};

/// What an hour goes on from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Before<'a> {
    /// How far exports have come; none before the first hour.
    pub(crate) checkpoint: Option<&'a AuditCheckpoint>,
    /// The log.
    pub(crate) destination: &'a Destination,
}

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
    /// Creates an hour's files, or takes those that are there, and moves the cursors to what the file of events says. The tree goes
    /// on with the hour.
    pub(crate) async fn export_hour(
        &self,
        hour: Hour,
        before: Before<'_>,
        tree: &mut Tree,
        found: &mut Found,
        deadline: Instant,
    ) -> Result<Exported, ExportFault> {
        let Before { checkpoint, destination } = before;
        let signs = checkpoint.map_or_else(|| self.signing.first(), AuditCheckpoint::next_key);
        // A key that is not there is told before anything is written.
        self.signing.of(signs)?;
        let plan = self.plan(hour, found, deadline).await?;
        let created =
            self.archive.create(&events_path(hour), plan.bytes.clone(), event_file::MOST_BYTES).await?;
        let (events, contents, continued) = match created {
            Written::Before(there) if there != plan.bytes => {
                let (contents, continued) = self.adopt(hour, &there, deadline).await?;
                (there, contents, continued)
            }
            Written::Now | Written::Before(_) => {
                (plan.bytes.clone(), plan.contents.clone(), plan.continued.clone())
            }
        };
        if let Some(to) = self.disclosures {
            self.disclose(to, hour, &events, deadline).await?;
        }
        let manifest = Manifest {
            format: FORMAT,
            hour,
            events: contents.events(),
            file: FileEntry::of(&events),
            set_aside: plan.set_aside.clone(),
            table_id: destination.table_of(&plan.contents, &contents).to_owned(),
        };
        let bytes = self.create_manifest(&manifest, destination).await?;
        contents.hashes.iter().for_each(|hash| tree.push(&hash.bytes()));
        tree.push(&bytes);
        self.create_tiles(tree.take_tiles()).await?;
        let signed_by = self.create_checkpoint(hour, tree, signs, checkpoint).await?;
        let left_behind = self.follow(&plan, &continued, found).await?;
        let checkpoint = AuditCheckpoint {
            hour,
            size: tree.size(),
            root: tree.root(),
            next_signed_by: contents.named.clone().filter(|named| *named != signed_by),
            // An hour that the key before had signed already leaves it to the next one.
            replaced_by: checkpoint.and_then(|of| of.replaced_by.clone()).filter(|other| *other != signed_by),
            signed_by,
            listed_from: plan.has_rest.then_some(found.from),
        };
        Ok(Exported {
            checkpoint,
            events: contents.events(),
            left_behind,
            set_aside: u64::try_from(manifest.set_aside.len()).unwrap_or(u64::MAX),
        })
    }

    /// Creates a manifest, and gives the one that is there. A table that the log came from before may have been ended in the middle of
    /// the hour.
    async fn create_manifest(
        &self,
        manifest: &Manifest,
        destination: &Destination,
    ) -> Result<Bytes, ExportFault> {
        let (path, bytes) = (manifest_path(manifest.hour), Bytes::from(manifest.bytes()));
        let there = match self.archive.create(&path, bytes.clone(), manifest::MOST_BYTES).await? {
            Written::Now => return Ok(bytes),
            Written::Before(there) => there,
        };
        let says_the_same = |there: Manifest| {
            let table_id = there.table_id.clone();
            destination.knows(&table_id) && there.says_the_same(&Manifest { table_id, ..manifest.clone() })
        };
        if Manifest::parse(&there).is_ok_and(says_the_same) {
            return Ok(there);
        }
        Err(ExportFault::Foreign { path, shows: "it says something else of the hour".to_owned() })
    }

    /// Creates the tiles that have come into being.
    async fn create_tiles(&self, tiles: Vec<TileFile>) -> Result<(), ExportFault> {
        let creating = stream::iter(tiles).map(|(tile, bytes)| async move {
            match self.archive.create(&tile.path(), bytes.clone(), tile::MOST_BYTES).await? {
                Written::Before(there) if there != bytes => Err(ExportFault::Foreign {
                    path: tile.path(),
                    shows: "its hashes are not those of the entries".to_owned(),
                }),
                Written::Now | Written::Before(_) => Ok(()),
            }
        });
        creating.buffer_unordered(AT_ONCE).try_collect().await
    }

    /// Creates an hour's checkpoint, and gives the key that signed the one that is there. One that is there already is not signed
    /// again.
    async fn create_checkpoint(
        &self,
        hour: Hour,
        tree: &Tree,
        signs: &VerifierKey,
        before: Option<&AuditCheckpoint>,
    ) -> Result<VerifierKey, ExportFault> {
        let path = checkpoint_path(hour);
        let origin = self.signing.origin().clone();
        let new = Checkpoint { origin, size: tree.size(), root: tree.root() };
        let there = if let Some(there) = self.archive.read(&path, checkpoint::MOST_BYTES).await? {
            there
        } else {
            let signature = self.signing.sign(&new.to_string(), signs).await?;
            let bytes = SignedCheckpoint::new(new.clone(), signs, &signature).bytes().into();
            match self.archive.create(&path, bytes, checkpoint::MOST_BYTES).await? {
                Written::Now => return Ok(signs.clone()),
                Written::Before(there) => there,
            }
        };
        let foreign = |shows: &str| Err(ExportFault::Foreign { path: path.clone(), shows: shows.to_owned() });
        let Ok(there) = SignedCheckpoint::parse(&there) else {
            return foreign("it is no checkpoint of a log");
        };
        if *there.checkpoint() != new {
            return foreign("it is of other entries");
        }
        let may_have_signed = [Some(signs), before.map(AuditCheckpoint::key_of_history)];
        let signed_by = may_have_signed.into_iter().flatten().find(|key| there.is_signed_only_by(key));
        signed_by.map_or_else(|| foreign("another key signed it"), |key| Ok(key.clone()))
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

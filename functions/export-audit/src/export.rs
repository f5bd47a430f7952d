//! The export: every closed hour that is not exported yet, in order, once.
//!
//! An hour takes three steps: its events are created, its manifest is created, the checkpoint moves. Each step leaves
//! things as they are if it was done before, so an export may end anywhere, run again, or run twice at the same time.

use std::time::{Duration, Instant};

use bytes::Bytes;
use domain::checkpoint::AuditCheckpoint;
use domain::history::HistoryId;
use domain::values::{EpochMillis, Hour, Sha256Hash, Version};
use process::clock::Clock;
use serde::Serialize;
use store::{CheckpointFault, StoreFault, Table};
use trail::archive::{Archive, ArchiveFault, Written};
use trail::calendar;
use trail::event_file::{self, EventFile, EventFileFault, Lines};
use trail::manifest::{FileEntry, Manifest, events_path, manifest_path};

use crate::hour_events::HourEvents;

/// How long after its end an hour is closed. Decision 0029 argues for it.
pub const GRACE: Duration = Duration::from_mins(15);
/// An hour that is begun with less time left would hardly be finished.
const LEAST_TIME: Duration = Duration::from_secs(5);

/// How far an export came. The same words are the function's answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The hours that this run exported.
    pub hours: u64,
    /// The events in them.
    pub events: u64,
    /// The end of the last hour that is exported, whoever did it; none before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub through: Option<String>,
    /// The hours that are closed and not exported.
    pub behind_hours: u64,
}

/// Why an export ended before it was through.
#[derive(Debug, thiserror::Error)]
pub enum ExportFault {
    /// The table could not be used.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// The archive could not be used.
    #[error(transparent)]
    Archive(#[from] ArchiveFault),
    /// An hour's file cannot be made.
    #[error(transparent)]
    EventFile(#[from] EventFileFault),
    /// An event is not the one that was hashed.
    #[error("version {version} of {history} is not the one that was hashed: it was changed")]
    NotTheHashed {
        /// Whose history it belongs to.
        history: HistoryId,
        /// Its place in it.
        version: Version,
    },
}

/// From where to where.
#[derive(Debug)]
pub struct Exporter<'a> {
    /// The inventory's table.
    pub table: &'a Table,
    /// Where exports are kept.
    pub archive: &'a Archive,
    /// The time.
    pub clock: &'a Clock,
    /// The first hour of an export that has not begun; the one of the table's creation unless given.
    pub first_hour: Option<Hour>,
}

impl Exporter<'_> {
    /// Exports hour after hour until none is left or the deadline is near. `progress` is told after each.
    pub async fn export(
        &self,
        deadline: Instant,
        mut progress: impl FnMut(&Report),
    ) -> Result<Report, ExportFault> {
        let mut report = Report::default();
        loop {
            let checkpoint = self.table.audit_checkpoint().await?;
            let next = match &checkpoint {
                Some(checkpoint) => checkpoint.hour.next(),
                None => self.first_hour().await?,
            };
            report.through = checkpoint.map(|checkpoint| calendar::text(checkpoint.hour.next()));
            report.behind_hours = closed_hours(next, self.clock.now());
            progress(&report);
            if report.behind_hours == 0 || Instant::now() + LEAST_TIME >= deadline {
                return Ok(report);
            }
            let previous = checkpoint.map_or(Sha256Hash::ZERO, |checkpoint| checkpoint.manifest_sha256);
            let manifest = match self.export_hour(next, previous, deadline).await {
                Ok(manifest) => manifest,
                // Nothing of the hour is kept but what the next run finds as it would write it.
                Err(ExportFault::Store(_)) if Instant::now() >= deadline => return Ok(report),
                Err(fault) => return Err(fault),
            };
            let moved = AuditCheckpoint { hour: next, manifest_sha256: Sha256Hash::of(manifest.bytes()) };
            match self.table.move_audit_checkpoint(checkpoint.as_ref(), &moved).await {
                Ok(()) => {
                    report.hours += 1;
                    report.events += manifest.events;
                }
                // Another run did the same. Where the checkpoint is now is read again.
                Err(CheckpointFault::Moved) => {}
                Err(CheckpointFault::Store(fault)) => return Err(fault.into()),
            }
        }
    }

    async fn first_hour(&self) -> Result<Hour, StoreFault> {
        match self.first_hour {
            Some(hour) => Ok(hour),
            None => self.table.created_at().await.map(first_hour),
        }
    }

    async fn export_hour(
        &self,
        hour: Hour,
        previous: Sha256Hash,
        deadline: Instant,
    ) -> Result<Manifest, ExportFault> {
        let mut events = HourEvents::open(self.table, hour, deadline).await?;
        let mut file = EventFile::default();
        while let Some(event) = events.next().await? {
            // Files are for ever.
            if !event.is_hashed() {
                let (history, version) = (event.record().happening.history(), event.record().version);
                return Err(ExportFault::NotTheHashed { history, version });
            }
            file.push(&event)?;
        }
        let count = file.events();
        let entry = match file.finish()? {
            Some((bytes, entry)) => Some(self.create_events(hour, bytes, entry).await?),
            None => None,
        };
        let manifest = Manifest::new(hour, count, entry, previous);
        self.create_manifest(&manifest).await?;
        Ok(manifest)
    }

    /// Creates an hour's events. If they are there, compressed by another release of the library, they stay.
    async fn create_events(
        &self,
        hour: Hour,
        bytes: Bytes,
        entry: FileEntry,
    ) -> Result<FileEntry, ExportFault> {
        let path = events_path(hour);
        match self.archive.create(&path, bytes.clone()).await? {
            Written::Now => Ok(entry),
            Written::Before(there) if there == bytes => Ok(entry),
            Written::Before(there) if same_lines(&there, &bytes) => {
                Ok(event_file::entry(&there, entry.first, entry.last))
            }
            Written::Before(_) => Err(ArchiveFault::Conflict(path).into()),
        }
    }

    async fn create_manifest(&self, manifest: &Manifest) -> Result<(), ExportFault> {
        let path = manifest_path(manifest.hour);
        match self.archive.create(&path, manifest.bytes().into()).await? {
            Written::Now => Ok(()),
            Written::Before(there) if there == manifest.bytes() => Ok(()),
            Written::Before(_) => Err(ArchiveFault::Conflict(path).into()),
        }
    }
}

/// Whether two files hold the same lines, to the end.
fn same_lines(one: &[u8], other: &[u8]) -> bool {
    let (mut one, mut other) = (Lines::of(one), Lines::of(other));
    loop {
        match (one.next(), other.next()) {
            (None, None) => return true,
            (Some(Ok(line)), Some(Ok(same))) if line == same => {}
            _ => return false,
        }
    }
}

/// The hour that a table's first event may be in. A writer's clock may be late.
fn first_hour(created_at: EpochMillis) -> Hour {
    let grace = u64::try_from(GRACE.as_millis()).unwrap_or(u64::MAX);
    Hour::of(EpochMillis::new(created_at.get().saturating_sub(grace)))
}

/// How many hours from `next` on are closed.
fn closed_hours(next: Hour, now: EpochMillis) -> u64 {
    let grace = u64::try_from(GRACE.as_millis()).unwrap_or(u64::MAX);
    Hour::of(EpochMillis::new(now.get().saturating_sub(grace))).after(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_closed_when_it_and_the_grace_are_over() {
        let hour = calendar::parse("2026-11-23T12:00:00Z").unwrap();
        let closes = hour.end().plus(GRACE);
        assert_eq!(closed_hours(hour, EpochMillis::new(closes.get() - 1)), 0);
        assert_eq!(closed_hours(hour, closes), 1);
        assert_eq!(closed_hours(hour, closes.plus(Duration::from_hours(5))), 6);
        assert_eq!(closed_hours(hour, EpochMillis::default()), 0);
    }

    #[test]
    fn a_tables_first_hour_leaves_room_for_late_clocks() {
        let created = EpochMillis::parse_rfc3339("2026-11-23T12:14:59Z").unwrap();
        assert_eq!(calendar::text(first_hour(created)), "2026-11-23T11:00:00Z");
        let created = EpochMillis::parse_rfc3339("2026-11-23T12:15:00Z").unwrap();
        assert_eq!(calendar::text(first_hour(created)), "2026-11-23T12:00:00Z");
    }
}

//! What was deleted, gone from the files too: `SQLite` leaves it in pages that it uses again some day, and in its write-ahead log.

use std::path::Path;
use std::time::Duration;

use dynoxide::Database;
use rusqlite::Connection;

/// How long it waits for requests under way.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why the file was not cleaned.
#[derive(Debug, thiserror::Error)]
pub(super) enum VacuumFault {
    /// The pages could not be written anew.
    #[error("{0}")]
    Database(String),
    /// The write-ahead log could not be emptied.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// Somebody else has the file open.
    #[error("somebody else uses the database at the same time")]
    Busy,
}

/// Writes all pages anew, without those that are not used, and empties the write-ahead log, which has the pages of before. A database
/// in memory has no file.
pub(super) fn vacuum(database: &Database, file: Option<&Path>) -> Result<(), VacuumFault> {
    database.vacuum().map_err(|error| VacuumFault::Database(error.to_string()))?;
    let Some(file) = file else { return Ok(()) };
    let connection = Connection::open(file)?;
    connection.busy_timeout(PATIENCE)?;
    let is_busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if is_busy { Err(VacuumFault::Busy) } else { Ok(()) }
}

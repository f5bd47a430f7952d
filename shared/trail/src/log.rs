//! Which log an export is and which table it comes from: `log/identity.json`, written once, and `log/table/<n>.json`, one for
//! each table that the log was ever continued from. Both are canonical JSON (RFC 8785) and a line feed.

use bytes::Bytes;
use domain::values::{Hour, Origin, TableId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::archive::{Archive, ArchiveFault, Written};
use crate::calendar;
use crate::manifest::FORMAT;

/// Where a log says which one it is.
pub const IDENTITY: &str = "log/identity.json";
/// The folder of the tables that a log was continued from.
const TABLES: &str = "log/table/";
/// The longest file of these that is read: an origin has at most 255 bytes.
pub(crate) const LONGEST: u64 = 4_096;

/// Which log it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Identity {
    /// The first hour that it has.
    #[serde(with = "calendar::hour_text")]
    pub first_hour: Hour,
    /// The format of everything in it.
    pub format: u32,
    /// Its name.
    pub origin: Origin,
}

/// Which table a log comes from, from an hour on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TableOwner {
    /// The format of everything in the log.
    pub format: u32,
    /// The first hour that is exported from it.
    #[serde(with = "calendar::hour_text")]
    pub from_hour: Hour,
    /// The table.
    pub table_id: String,
}

/// What the files say of their log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// Which one it is.
    pub identity: Identity,
    /// The tables that it comes from, one after the other.
    pub owners: Vec<TableOwner>,
}

/// Why the files do not say which log they are.
#[derive(Debug, thiserror::Error)]
pub enum LogFault {
    /// A file is not what an export writes.
    #[error("{0} is not what an export writes")]
    Malformed(String),
    /// Something is there, and no identity.
    #[error("{IDENTITY} is missing")]
    NoIdentity,
    /// A file of the tables is missing, or they go back in time.
    #[error("the files in {TABLES} are not one after the other")]
    Tables,
    /// The files cannot be read.
    #[error(transparent)]
    Archive(#[from] ArchiveFault),
}

/// The path of the file that says which table is the log's, from the first on.
#[must_use]
pub fn table_path(number: usize) -> String {
    format!("{TABLES}{number}.json")
}

/// The number of the file of a table that has this path.
pub(crate) fn table_number(path: &str) -> Option<usize> {
    let number = path.strip_prefix(TABLES)?.strip_suffix(".json")?.parse().ok()?;
    (number > 0 && table_path(number) == path).then_some(number)
}

/// What the files say of their log; none if they say nothing at all.
pub async fn read(archive: &Archive) -> Result<Option<Log>, LogFault> {
    let Some(identity) = read_file::<Identity>(archive, IDENTITY).await? else { return Ok(None) };
    let mut owners: Vec<TableOwner> = Vec::new();
    loop {
        let path = table_path(owners.len() + 1);
        let Some(owner) = read_file::<TableOwner>(archive, &path).await? else { break };
        let earliest = owners.last().map_or(identity.first_hour, |before| before.from_hour);
        if owner.from_hour < earliest || owners.is_empty() && owner.from_hour != identity.first_hour {
            return Err(LogFault::Tables);
        }
        owners.push(owner);
    }
    Ok(Some(Log { identity, owners }))
}

/// Says which log it is, unless the files say it. Gives what they say then, whoever was first.
pub async fn begin(archive: &Archive, identity: &Identity, table_id: &str) -> Result<Log, LogFault> {
    let identity: Identity = create(archive, IDENTITY, identity).await?;
    let owner = TableOwner { format: FORMAT, from_hour: identity.first_hour, table_id: table_id.to_owned() };
    let owner = create(archive, &table_path(1), &owner).await?;
    Ok(Log { identity, owners: vec![owner] })
}

/// Says that the log goes on from a table, from an hour on, unless it does already. Gives whether it does then: another table may have
/// been first.
pub async fn claim(
    archive: &Archive,
    log: &Log,
    table_id: &TableId,
    from_hour: Hour,
) -> Result<bool, LogFault> {
    let is_of = |owner: &TableOwner| owner.table_id == table_id.as_str();
    if log.owners.last().is_some_and(is_of) {
        return Ok(true);
    }
    let owner = TableOwner { format: FORMAT, from_hour, table_id: table_id.to_string() };
    let there = create(archive, &table_path(log.owners.len() + 1), &owner).await?;
    Ok(is_of(&there))
}

/// Whether no other table has claimed the log since it was read.
pub async fn is_unclaimed(archive: &Archive, log: &Log) -> Result<bool, LogFault> {
    Ok(read_file::<TableOwner>(archive, &table_path(log.owners.len() + 1)).await?.is_none())
}

/// A file of this kind, if it is there.
pub(crate) async fn read_file<T: Serialize + DeserializeOwned>(
    archive: &Archive,
    path: &str,
) -> Result<Option<T>, LogFault> {
    let there = archive.read(path, LONGEST).await?;
    there.map(|there| parse(path, &there)).transpose()
}

async fn create<T: Serialize + DeserializeOwned>(
    archive: &Archive,
    path: &str,
    new: &T,
) -> Result<T, LogFault> {
    let bytes = bytes(new).ok_or_else(|| LogFault::Malformed(path.to_owned()))?;
    match archive.create(path, bytes.clone(), LONGEST).await? {
        Written::Now => parse(path, &bytes),
        Written::Before(there) => parse(path, &there),
    }
}

/// A file of this kind: canonical JSON and a line feed.
pub(crate) fn bytes(said: &impl Serialize) -> Option<Bytes> {
    let mut bytes = serde_json_canonicalizer::to_vec(said).ok()?;
    bytes.push(b'\n');
    Some(bytes.into())
}

/// Reads a file of this kind. Bytes that spell it in another way are none.
fn parse<T: Serialize + DeserializeOwned>(path: &str, there: &[u8]) -> Result<T, LogFault> {
    let malformed = || LogFault::Malformed(path.to_owned());
    let said: T = serde_json::from_slice(there).map_err(|_| malformed())?;
    if bytes(&said).is_some_and(|bytes| bytes == there) { Ok(said) } else { Err(malformed()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_numbered_in_one_way() {
        assert_eq!(table_number(&table_path(12)), Some(12));
        for path in
            ["log/table/0.json", "log/table/01.json", "log/table/x.json", "log/table/1", "table/1.json"]
        {
            assert_eq!(table_number(path), None, "{path}");
        }
    }

    #[test]
    fn a_log_is_read_as_it_is_written_and_in_no_other_spelling() {
        let identity = Identity {
            first_hour: Hour::new(498_732),
            format: FORMAT,
            origin: "keys.example.com/audit".parse().unwrap(),
        };
        let written = bytes(&identity).unwrap();
        let expected =
            "{\"firstHour\":\"2026-11-23T12:00:00Z\",\"format\":2,\"origin\":\"keys.example.com/audit\"}\n";
        assert_eq!(written, expected);
        assert_eq!(parse::<Identity>(IDENTITY, &written).unwrap(), identity);
        for other in [expected.replace(":2", ": 2"), expected.replace(',', ",\"more\":1,"), String::new()] {
            assert!(parse::<Identity>(IDENTITY, other.as_bytes()).is_err(), "{other}");
        }
    }
}

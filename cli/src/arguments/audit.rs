//! The arguments of `audit`.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use domain::values::{EpochMillis, Hour, OrgId, Sha256Hash, UserId};
use reqwest::Url;
use trail::log::Origin;

use super::{StoreArguments, org_id, user_id};

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Export every hour that is closed and not exported yet, as the scheduled function does. An hour is closed 15
    /// minutes after its end.
    Export(ExportArguments),
    /// Look at every history, whatever hour it was changed in, and have the next export go on with those that it has missed, as
    /// the scheduled function does once a day.
    Sweep {
        #[command(flatten)]
        data: StoreArguments,
    },
    /// Check an export: every file, the chain of manifests, and every history. Neither a table nor, for a folder, credentials
    /// are needed.
    Verify(VerifyArguments),
    /// Show exported events.
    Show(ShowArguments),
}

/// Where exports are kept.
#[derive(Debug, Args)]
pub(crate) struct ArchiveArguments {
    /// A folder, `file:///dir`, or `s3://bucket/prefix` (region, credentials and endpoint are those of the SDKs'
    /// environment variables, such as `AWS_REGION`).
    #[arg(value_name = "URL", env = "AUDIT_EXPORT_URL", value_parser = archive)]
    pub(crate) url: Url,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    #[command(flatten)]
    pub(crate) archive: ArchiveArguments,
    /// The first hour of an export that has not begun; the one of the table's creation unless given.
    #[arg(long, value_name = "HOUR", env = "AUDIT_EXPORT_FIRST_HOUR", value_parser = hour)]
    pub(crate) first_hour: Option<Hour>,
    /// The name of the log, for ever, such as `keys.example.com/audit`; `local/` and chance unless given.
    #[arg(long, value_name = "NAME", env = "AUDIT_LOG_ORIGIN")]
    pub(crate) origin: Option<Origin>,
    #[command(flatten)]
    pub(crate) data: StoreArguments,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArguments {
    #[command(flatten)]
    pub(crate) archive: ArchiveArguments,
    /// The SHA-256 that an earlier check ended with: that manifest has to be there still.
    #[arg(long, value_name = "SHA256")]
    pub(crate) anchor: Option<Sha256Hash>,
    /// Compare with the table, history by history, to the last event.
    #[arg(long)]
    pub(crate) against_table: bool,
    #[command(flatten)]
    pub(crate) data: StoreArguments,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    #[command(flatten)]
    pub(crate) archive: ArchiveArguments,
    /// Events in this user's history.
    #[arg(long, value_parser = user_id)]
    pub(crate) user: Option<UserId>,
    /// Events of physical keys that this organisation issued.
    #[arg(long, value_parser = org_id)]
    pub(crate) org: Option<OrgId>,
    /// Events of this moment or later, such as `2026-11-23T12:00:00Z` or `2026-11-23`.
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    pub(crate) from: Option<EpochMillis>,
    /// Events before this moment.
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    pub(crate) to: Option<EpochMillis>,
    /// A table is for eyes, CSV for spreadsheets; NDJSON is every line as it was exported.
    #[arg(long, value_enum, default_value_t = ShowFormat::Table)]
    pub(crate) format: ShowFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShowFormat {
    Table,
    Csv,
    Ndjson,
}

/// A URL, or the path of a folder.
fn archive(text: &str) -> Result<Url, String> {
    if text.contains("://") {
        return text.parse().map_err(|_| "must be a folder or a URL".to_owned());
    }
    let folder = folder(Path::new(text)).map_err(|error| error.to_string())?;
    Url::from_directory_path(folder).map_err(|()| "must be a folder or a URL".to_owned())
}

/// A folder by its whole path. It may be made yet, in one that is there.
fn folder(path: &Path) -> std::io::Result<PathBuf> {
    match (path.canonicalize(), path.file_name()) {
        (Err(error), Some(name)) if error.kind() == ErrorKind::NotFound => {
            let parent = path.parent().filter(|parent| *parent != Path::new(""));
            Ok(parent.unwrap_or(Path::new(".")).canonicalize()?.join(name))
        }
        (whole, _) => whole,
    }
}

fn hour(text: &str) -> Result<Hour, String> {
    let expected = "must be the beginning of a UTC hour, such as `2026-11-23T12:00:00Z`";
    trail::calendar::parse(text).ok_or_else(|| expected.to_owned())
}

/// A moment by RFC 3339, or the beginning of a UTC day.
fn moment(text: &str) -> Result<EpochMillis, String> {
    EpochMillis::parse_rfc3339(text)
        .or_else(|| EpochMillis::parse_rfc3339(&format!("{text}T00:00:00Z")))
        .ok_or_else(|| "must be a UTC moment such as `2026-11-23T12:00:00Z`, or a day".to_owned())
}

//! The arguments of `audit`.

mod proofs;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use domain::values::{EpochMillis, Hour, OrgId, Origin, UserId, VerifierKey};
use reqwest::Url;

pub(crate) use self::proofs::{CheckArguments, FindArguments, ProveArguments};
use super::json::JsonArguments;
use super::{OperatorArguments, StoreArguments, org_id, user_id};

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
    /// Check an export: every file, every history, every hour's checkpoint, the tree and, with --verifier-key, who signed it. Neither
    /// a table nor, for a folder, credentials are needed. Exit code 0: it is whole; 1: it is not; 2: it could not be checked.
    Verify(VerifyArguments),
    /// Print the verifier key of the signing key, for whoever verifies. A signing key in a file is made when it is first needed.
    Key(Box<KeyArguments>),
    /// Show exported events.
    Show(ShowArguments),
    /// Fill a table from the log: one that was restored to an earlier moment, or an empty one, that nobody writes to yet. Whatever ended
    /// it, the same command goes on. Exit code 0: the table goes on with the log; 1: the log is not whole, or histories forked, which are
    /// named; 2: it could not be done.
    Replay(ReplayArguments),
    /// Take hours out of an export, with all that is needed to check them by themselves: `audit verify --part`. With --org, take one
    /// organisation's events out, each as a proof: `audit check`.
    Extract(ExtractArguments),
    /// Prove that one event is in the log, as it was signed with its newest finished hour: the proof is all that is written to standard
    /// output, and is checked before. Exit code 0: it is proven; 1: there is no such event, or it is not in the log as it was signed; 2:
    /// it could not be looked for.
    Prove(ProveArguments),
    /// Check proofs, each by itself: neither a network nor an export nor a table is needed. Exit code 0: every one is good; 1: one is
    /// wrong; 2: one could not be read.
    Check(CheckArguments),
    /// Look for events by their hashes, which are what `Event-Hash` says on every 200 of a command. Exit code 0: all are in the log; 1:
    /// one is not; 2: they could not be looked for.
    Find(FindArguments),
}

/// Where exports are kept.
#[derive(Debug, Args)]
pub(crate) struct ArchiveArguments {
    /// A folder, `file:///dir`, or `s3://bucket/prefix` (with the region and the credentials that the AWS CLI has).
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
    /// Where what discloses the texts of the events is kept, in another place than the export; in the table only unless given.
    #[arg(long, value_name = "URL", env = "AUDIT_DISCLOSURES_URL", value_parser = archive)]
    pub(crate) disclosures: Option<Url>,
    /// Export the hour that it is now, too: before a table is given up. Nobody may write to it any more.
    #[arg(long)]
    pub(crate) through_now: bool,
    #[command(flatten)]
    pub(crate) signing: SigningArguments,
    /// The verifier key of a signing key in KMS, as `audit key` prints it.
    #[arg(long, env = "AUDIT_VERIFIER_KEY")]
    pub(crate) verifier_key: Option<String>,
    /// The signing key that is to follow, once the log's history names it.
    #[arg(long, value_name = "ARN|FILE", env = "AUDIT_NEXT_SIGNING_KEY")]
    pub(crate) next_signing_key: Option<String>,
    /// Its verifier key, if it is in KMS.
    #[arg(long, value_name = "VERIFIER_KEY", env = "AUDIT_NEXT_VERIFIER_KEY")]
    pub(crate) next_verifier_key: Option<String>,
    #[command(flatten)]
    pub(crate) data: StoreArguments,
}

/// Who signs the log.
#[derive(Debug, Args)]
pub(crate) struct SigningArguments {
    /// The signing key: the ARN of a key in AWS KMS, or a file, which `audit key` makes if it is not there; unless given,
    /// `audit-signing-key` in the folder of the local inventory.
    #[arg(long, value_name = "ARN|FILE", env = "AUDIT_SIGNING_KEY")]
    pub(crate) signing_key: Option<String>,
    /// The name of the log, for ever, such as `keys.example.com/audit`: of a signing key in KMS, and of one that is made, which has
    /// `local/` and chance unless it is given.
    #[arg(long, value_name = "NAME")]
    pub(crate) origin: Option<Origin>,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct KeyArguments {
    #[command(subcommand)]
    pub(crate) command: Option<KeyCommand>,
    #[command(flatten)]
    pub(crate) signing: SigningArguments,
    #[command(flatten)]
    pub(crate) data: StoreArguments,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Record in the log that another signing key signs the hours after this one.
    Rotate {
        #[command(flatten)]
        verifier_key: VerifierKeyArguments,
        #[command(flatten)]
        operator: OperatorArguments,
    },
    /// Go on with another signing key because the one before is lost. No event says so: whoever verifies has to be told.
    Replace {
        #[command(flatten)]
        verifier_key: VerifierKeyArguments,
        #[command(flatten)]
        data: StoreArguments,
    },
}

#[derive(Debug, Args)]
pub(crate) struct VerifierKeyArguments {
    /// The verifier key of the new signing key, as `audit key` prints it.
    #[arg(long)]
    pub(crate) verifier_key: VerifierKey,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArguments {
    #[command(flatten)]
    pub(crate) archive: ArchiveArguments,
    /// A verifier key of the log, as `audit key` prints it: every hour has to be signed by it. Each that has ever signed the log has
    /// to be given; without any, nothing is said of who wrote it.
    #[arg(long = "verifier-key", value_name = "VERIFIER_KEY")]
    pub(crate) verifier_keys: Vec<VerifierKey>,
    /// A checkpoint that was kept of an earlier check, such as `log/checkpoint` then: the log has to go on with it.
    #[arg(long, value_name = "FILE")]
    pub(crate) since: Option<PathBuf>,
    /// It may be a part of a log, as `audit extract` writes it: what was before it is not here.
    #[arg(long, conflicts_with = "against_table")]
    pub(crate) part: bool,
    /// Where what discloses the texts of the events is kept: it has to be what was recorded. A text that is not disclosed is `erased`
    /// where an event says so, and `withheld` elsewhere.
    #[arg(long, value_name = "URL", env = "AUDIT_DISCLOSURES_URL", value_parser = archive)]
    pub(crate) disclosures: Option<Url>,
    /// That a text is withheld is a fault.
    #[arg(long, requires = "disclosures")]
    pub(crate) texts: bool,
    /// How long ago the newest hour may have ended, such as `3h`.
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub(crate) max_age: Option<Duration>,
    /// Compare with the table, history by history, to the last event.
    #[arg(long)]
    pub(crate) against_table: bool,
    /// Keep in this file how far the comparison with the table has come, and go on from there if it is there already.
    #[arg(long, value_name = "FILE", requires = "against_table")]
    pub(crate) resume: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) data: StoreArguments,
    #[command(flatten)]
    pub(crate) output: JsonArguments,
}

#[derive(Debug, Args)]
pub(crate) struct ReplayArguments {
    #[command(flatten)]
    pub(crate) archive: ArchiveArguments,
    /// A verifier key of the log, as `audit key` prints it. Each that has ever signed the log has to be given: a table is filled from
    /// nothing that somebody else could have written.
    #[arg(long = "verifier-key", value_name = "VERIFIER_KEY", required = true)]
    pub(crate) verifier_keys: Vec<VerifierKey>,
    /// Where what discloses the texts of the events is kept; without it, the texts of what is appended stay away.
    #[arg(long, value_name = "URL", env = "AUDIT_DISCLOSURES_URL", value_parser = archive)]
    pub(crate) disclosures: Option<Url>,
    #[command(flatten)]
    pub(crate) operator: OperatorArguments,
    #[command(flatten)]
    pub(crate) output: JsonArguments,
}

#[derive(Debug, Args)]
pub(crate) struct ExtractArguments {
    #[command(flatten)]
    pub(crate) archive: ArchiveArguments,
    /// Where the hours, or the proofs, are put: a folder that is empty or is not there.
    #[arg(value_name = "DIR", value_parser = archive)]
    pub(crate) to: Url,
    /// Take out this organisation's events alone, each as a proof: about physical keys that it issued, and in its own history.
    #[arg(long, value_parser = org_id)]
    pub(crate) org: Option<OrgId>,
    /// Where what discloses the texts of events is kept: the proofs have them, too. The environment does not say it: texts are handed out
    /// when that is meant.
    #[arg(long, value_name = "URL", value_parser = archive, requires = "org")]
    pub(crate) disclosures: Option<Url>,
    /// The first hour; the log's unless given. Of an organisation's events, those in the files from this hour on.
    #[arg(long, value_name = "HOUR", value_parser = hour)]
    pub(crate) from: Option<Hour>,
    /// The hour before which it ends; all that is exported unless given.
    #[arg(long = "to", value_name = "HOUR", value_parser = hour)]
    pub(crate) end: Option<Hour>,
    #[command(flatten)]
    pub(crate) output: JsonArguments,
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
    /// The same as `--format ndjson`.
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShowFormat {
    Table,
    Csv,
    Ndjson,
}

/// A URL, or the path of a folder.
pub(super) fn archive(text: &str) -> Result<Url, String> {
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

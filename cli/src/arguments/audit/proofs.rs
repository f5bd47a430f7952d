//! The arguments of what is about single events: their proofs, and receipts.

use std::path::PathBuf;

use clap::Args;
use domain::history::EventHash;
use domain::values::{UserId, VerifierKey, Version};
use reqwest::Url;

use super::{ArchiveArguments, archive};
use crate::arguments::json::JsonArguments;
use crate::arguments::user_id;

#[derive(Debug, Args)]
#[group(id = "event", required = true, multiple = true, args = ["user", "event_hash"])]
pub(crate) struct ProveArguments {
    #[command(flatten)]
    pub(crate) archive: ArchiveArguments,
    /// The user in whose history the event is.
    #[arg(long, value_parser = user_id, requires = "version")]
    pub(crate) user: Option<UserId>,
    /// Its version there.
    #[arg(long, value_name = "N", value_parser = version, requires = "user")]
    pub(crate) version: Option<Version>,
    /// The event's hash instead, in whatever history.
    #[arg(long, value_name = "HASH", conflicts_with_all = ["user", "version"])]
    pub(crate) event_hash: Option<EventHash>,
    /// A verifier key of the log, as `audit key` prints it: one of those given has to have signed what the proof leads to.
    #[arg(long = "verifier-key", visible_alias = "key", value_name = "VERIFIER_KEY")]
    pub(crate) verifier_keys: Vec<VerifierKey>,
    /// Where what discloses the texts of events is kept: the proof has them, as far as they are still disclosed. The
    /// environment does not say it: texts are handed out when that is meant.
    #[arg(long, value_name = "URL", value_parser = archive)]
    pub(crate) disclosures: Option<Url>,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// The proofs; `-` is standard input.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// A verifier key of the log, as `audit key` prints it. It has to be told by another way than the proof: whoever forges one, forges
    /// the other.
    #[arg(long = "verifier-key", visible_alias = "key", value_name = "VERIFIER_KEY", required = true)]
    pub(crate) verifier_keys: Vec<VerifierKey>,
    #[command(flatten)]
    pub(crate) output: JsonArguments,
}

#[derive(Debug, Args)]
pub(crate) struct FindArguments {
    #[command(flatten)]
    pub(crate) archive: ArchiveArguments,
    /// The hashes of events, 64 hexadecimal digits each.
    #[arg(value_name = "HASH", required = true)]
    pub(crate) hashes: Vec<EventHash>,
    #[command(flatten)]
    pub(crate) output: JsonArguments,
}

fn version(text: &str) -> Result<Version, String> {
    let version = text.parse().ok().filter(|version| *version > 0);
    version.map(Version::new).ok_or_else(|| "must be a number from 1 on".to_owned())
}

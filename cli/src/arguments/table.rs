//! The arguments of `table` and `erase`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use domain::values::{ErasureReason, KeyNumber, UserId};
use reqwest::Url;

use super::json::JsonArguments;
use super::{OperatorArguments, StoreArguments, audit, number, user_id};

#[derive(Debug, Subcommand)]
pub(crate) enum TableCommand {
    /// Create the table that the template describes, unless it is there.
    Create {
        #[command(flatten)]
        data: StoreArguments,
    },
    /// Check the whole table against its own histories: every chain, everything that follows from the events, both indexes, and how far
    /// each says that it was exported. It changes nothing. Exit code 0: it is whole; 1: it is not; 2: it could not be checked.
    Check {
        /// Keep in this file how far it has come, and go on from there if it is there already.
        #[arg(long, value_name = "FILE")]
        resume: Option<PathBuf>,
        #[command(flatten)]
        data: StoreArguments,
        #[command(flatten)]
        output: JsonArguments,
    },
}

#[derive(Debug, Args)]
pub(crate) struct EraseArguments {
    /// Whose physical keys.
    #[arg(long, value_name = "ID", value_parser = user_id)]
    pub(crate) user: UserId,
    /// One of them; all that texts were ever given with, taken back or not, unless given.
    #[arg(long, value_parser = number)]
    pub(crate) number: Option<KeyNumber>,
    /// Why: it is kept for auditors beside the log, so best says nothing of anybody.
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    pub(crate) reason: ErasureReason,
    /// Where what discloses the texts of exported events is kept, as `audit export` was told.
    #[arg(long, value_name = "URL", env = "AUDIT_DISCLOSURES_URL", value_parser = audit::archive)]
    pub(crate) disclosures: Option<Url>,
    #[command(flatten)]
    pub(crate) operator: OperatorArguments,
    #[command(flatten)]
    pub(crate) output: JsonArguments,
}

fn reason(text: &str) -> Result<ErasureReason, String> {
    ErasureReason::parse(text).map_err(|fault| fault.to_string())
}

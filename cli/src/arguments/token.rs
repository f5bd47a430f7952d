//! The command line of `token`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use domain::values::{OrgId, UserId};

use super::json::JsonArguments;
use super::{DataArguments, Required, org_id, user_id};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[group(id = "whose", required = true, multiple = true, args = ["user", "org"])]
pub(crate) struct TokenArguments {
    #[command(subcommand)]
    pub(crate) command: Option<TokenCommand>,
    /// A token of this person.
    #[arg(long, value_name = "ID", value_parser = user_id)]
    pub(crate) user: Option<UserId>,
    /// The organisation that the token names. Without --user, it is a service's of that organisation.
    #[arg(long, value_name = "ID", value_parser = org_id)]
    pub(crate) org: Option<OrgId>,
    /// The person is a key manager of the organisation, and acts for it.
    #[arg(long, requires_all = ["user", "org"])]
    pub(crate) key_manager: bool,
    /// How long it is valid, such as `15m`. Times of tokens are checked with 60 s to spare, for clocks that differ: it is accepted for so much
    /// longer.
    #[arg(long, value_parser = humantime::parse_duration, default_value = "1h")]
    pub(crate) ttl: Duration,
    #[command(flatten)]
    pub(crate) data: DataArguments,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Say what the rules make of a bearer token, and why. The token is read from standard input, or is `PHYSICAL_KEYS_TOKEN` if there
    /// is nothing. Its times (`exp`, `nbf`) are checked with 60 s to spare, for clocks that differ. Exit code 0: it is accepted; 1: it is
    /// refused; 2: that cannot be said.
    Explain(ExplainArguments),
}

/// The rules are those that functions read from the environment (`JWT_…`, `REQUIRED_CREDENTIALS`) if any `JWT_…` is set, and
/// the local server's otherwise.
#[derive(Debug, Args)]
pub(crate) struct ExplainArguments {
    /// Verify the signature with the key set in this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) jwks: Option<PathBuf>,
    /// Ask nobody for the key set, and leave the signature unchecked.
    #[arg(long, conflicts_with = "jwks")]
    pub(crate) offline: bool,
    /// Whether a request must have a bearer token and an API key, or at least one of them; what the environment or the local server
    /// says unless given.
    #[arg(long, value_enum)]
    pub(crate) required_credentials: Option<Required>,
    /// The folder of a local inventory, whose rules are taken whatever the environment says; `.physical-keys` if neither says anything.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: JsonArguments,
}

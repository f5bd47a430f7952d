//! The command line. What is parsed here is parsed by the same rules as requests.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use key_inventory::auth::api_key::ApiKeyId;
use key_inventory::values::{OrgId, OrgName, UserId};

/// The physical key inventory: a local server, and the operator's commands.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) serve: ServeArguments,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the API on this machine (the default).
    Serve(ServeArguments),
    /// Organisations.
    #[command(subcommand)]
    Org(OrgCommand),
    /// API keys of organisations.
    #[command(subcommand)]
    ApiKey(ApiKeyCommand),
    /// Print a bearer token that the local server accepts.
    Token(TokenArguments),
    /// Print the public key set (JWKS) of the local server's tokens.
    Jwks {
        #[command(flatten)]
        data: DataArguments,
    },
    /// The DynamoDB table.
    #[command(subcommand)]
    Table(TableCommand),
}

#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 3000)]
    pub(crate) port: u16,
    #[command(flatten)]
    pub(crate) data: DataArguments,
    /// Keep everything in memory, to be forgotten at the end.
    #[arg(long, conflicts_with = "data")]
    pub(crate) memory: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum OrgCommand {
    /// Register an organisation, so that API keys can be issued to it.
    Register {
        /// The organisation's id.
        #[arg(value_parser = org_id)]
        org: OrgId,
        /// Its display name.
        #[arg(long, value_parser = org_name)]
        name: Option<OrgName>,
        #[command(flatten)]
        data: StoreArguments,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ApiKeyCommand {
    /// Issue an API key and print it. It is shown this once only.
    Issue {
        /// The organisation's id.
        #[arg(value_parser = org_id)]
        org: OrgId,
        /// How long it is valid, such as `90d`; for ever unless given.
        #[arg(long, value_parser = humantime::parse_duration)]
        expires: Option<Duration>,
        #[command(flatten)]
        data: StoreArguments,
    },
    /// List an organisation's API keys: id, state, and when it was created, expires and was revoked.
    List {
        /// The organisation's id.
        #[arg(value_parser = org_id)]
        org: OrgId,
        #[command(flatten)]
        data: StoreArguments,
    },
    /// Revoke an API key, from the next request on.
    Revoke {
        /// The key's id: the 24 characters between `pki_` and the next `_`.
        #[arg(value_parser = api_key_id)]
        key_id: ApiKeyId,
        #[command(flatten)]
        data: StoreArguments,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum TableCommand {
    /// Create the table that the template describes, unless it is there.
    Create {
        #[command(flatten)]
        data: StoreArguments,
    },
}

#[derive(Debug, Args)]
pub(crate) struct TokenArguments {
    /// A user token for this user.
    #[arg(long, value_parser = user_id, required_unless_present = "org")]
    pub(crate) user: Option<UserId>,
    /// A service token of this organisation.
    #[arg(long, value_parser = org_id, conflicts_with = "user")]
    pub(crate) org: Option<OrgId>,
    /// How long it is valid, such as `15m`.
    #[arg(long, value_parser = humantime::parse_duration, default_value = "1h")]
    pub(crate) ttl: Duration,
    #[command(flatten)]
    pub(crate) data: DataArguments,
}

/// Where the local inventory is kept.
#[derive(Debug, Args)]
pub(crate) struct DataArguments {
    /// The folder of the local inventory.
    #[arg(long, value_name = "DIR", default_value = ".physical-keys")]
    pub(crate) data: PathBuf,
}

/// Which inventory an operator's command is about.
#[derive(Debug, Args)]
pub(crate) struct StoreArguments {
    /// The folder of a local inventory. Without it, `TABLE_NAME` and the SDK's environment name a table elsewhere;
    /// without those, it is `.physical-keys`.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

fn user_id(text: &str) -> Result<UserId, String> {
    UserId::parse(text).map_err(|fault| fault.to_string())
}

fn org_id(text: &str) -> Result<OrgId, String> {
    OrgId::parse(text).map_err(|fault| fault.to_string())
}

fn org_name(text: &str) -> Result<OrgName, String> {
    OrgName::parse(text).map_err(|fault| fault.to_string())
}

fn api_key_id(text: &str) -> Result<ApiKeyId, String> {
    ApiKeyId::parse(text)
        .ok_or_else(|| "must be the 24 lower-case letters and digits of an API key's id".to_owned())
}

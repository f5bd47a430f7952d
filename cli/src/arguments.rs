//! The command line. What is parsed here is parsed by the same rules as requests.

pub(crate) mod api;
pub(crate) mod audit;
pub(crate) mod json;
pub(crate) mod organisations;
pub(crate) mod page;
pub(crate) mod physical_keys;
pub(crate) mod registers;
pub(crate) mod sam_local;
pub(crate) mod shell_files;
pub(crate) mod table;
pub(crate) mod token;

use std::path::PathBuf;
use std::time::Duration;

use ::api::auth::RequiredCredentials;
use clap::{Args, Parser, Subcommand, ValueEnum};
use domain::values::{KeyNumber, OrgId, OrgName, Subject, UserId};

pub(crate) use self::api::{ApiArguments, SmokeArguments};
pub(crate) use self::organisations::{ApiKeyCommand, OrgCommand};
pub(crate) use self::table::{EraseArguments, TableCommand};

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
    /// Issue a physical key to a user. Its number is printed, alone on standard output.
    Add(physical_keys::AddArguments),
    /// Take a physical key back from its holder.
    TakeBack(physical_keys::TakeBackArguments),
    /// Show one physical key and, with --history, all that happened to it, taken back or not.
    Show(physical_keys::ShowArguments),
    /// List the physical keys that a user holds.
    List(physical_keys::ListArguments),
    /// List who holds an organisation's physical keys, newest first. For its service, key manager or API key.
    Who(physical_keys::WhoArguments),
    /// Organisations.
    #[command(subcommand)]
    Org(OrgCommand),
    /// API keys of organisations.
    #[command(subcommand)]
    ApiKey(ApiKeyCommand),
    /// Print a bearer token that the local server accepts, or explain any.
    Token(token::TokenArguments),
    /// Print the public key set (JWKS) of the local server's tokens.
    Jwks {
        #[command(flatten)]
        data: DataArguments,
    },
    /// Issue the physical keys of a spreadsheet through the API. Whatever interrupted it, the same command adds the
    /// rest, and nothing twice.
    Import(registers::ImportArguments),
    /// Export the physical keys of a user or an organisation through the API.
    Export(registers::ExportArguments),
    /// Erase what was typed about a user's physical keys: from the table, kept answers and the files that disclose it. That it was done,
    /// by whom and why, is an event of each physical key's history. Whatever ended it, the same command goes on.
    Erase(EraseArguments),
    /// The audit trail: export it, verify it, show its events.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// See whether a deployment works: adds, lists and removes a physical key of a user `smoke-<time>`, is refused once
    /// and answered again once.
    Smoke(SmokeArguments),
    /// Run a command, such as `sam local invoke`, with everything ready that SAM needs.
    SamLocal(sam_local::SamLocalArguments),
    /// Write the page for key managers into a folder, configured, for a host of static files.
    Page(page::PageArguments),
    /// Print the OpenAPI document.
    Openapi(crate::openapi::OpenapiArguments),
    /// The DynamoDB table.
    #[command(subcommand)]
    Table(TableCommand),
    /// Write the completions of bash, zsh and fish, and a man page for each command.
    ShellFiles(shell_files::ShellFilesArguments),
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
    /// Whether a request must have a bearer token and an API key, or at least one of them.
    #[arg(long, value_enum, default_value_t = Required::Both)]
    pub(crate) required_credentials: Required,
    /// How long a client may take for a request, such as `10s`; a connection without one ends after it, too.
    #[arg(long, value_parser = humantime::parse_duration, default_value = "10s")]
    pub(crate) request_timeout: Duration,
    #[command(flatten)]
    pub(crate) sign_in: page::SignInArguments,
}

/// Which credentials a request must have.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Required {
    Both,
    Either,
}

impl From<Required> for RequiredCredentials {
    fn from(required: Required) -> Self {
        match required {
            Required::Both => Self::Both,
            Required::Either => Self::Either,
        }
    }
}

/// Where the local inventory is kept.
#[derive(Debug, Args)]
pub(crate) struct DataArguments {
    /// The folder of the local inventory.
    #[arg(long, value_name = "DIR", default_value = ".physical-keys")]
    pub(crate) data: PathBuf,
}

/// Who runs an operator's command, and on which inventory.
#[derive(Debug, Args)]
pub(crate) struct OperatorArguments {
    /// Who does it, as the organisation's history records it for ever; the system's user unless given.
    #[arg(long, value_name = "NAME", env = "PHYSICAL_KEYS_ACTOR", value_parser = subject)]
    pub(crate) actor: Option<Subject>,
    #[command(flatten)]
    pub(crate) data: StoreArguments,
}

/// Which inventory an operator's command is about.
#[derive(Debug, Args)]
pub(crate) struct StoreArguments {
    /// The folder of a local inventory. Without it, `TABLE_NAME` names a table elsewhere, with the credentials and the region that the
    /// AWS CLI has; without both, it is `.physical-keys`.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

fn user_id(text: &str) -> Result<UserId, String> {
    UserId::parse(text).map_err(|fault| fault.to_string())
}

fn number(text: &str) -> Result<KeyNumber, String> {
    text.parse()
        .ok()
        .and_then(KeyNumber::new)
        .ok_or_else(|| "must be the number of a physical key: 1, 2, 3, …".to_owned())
}

fn org_name(text: &str) -> Result<OrgName, String> {
    OrgName::parse(text).map_err(|fault| fault.to_string())
}

fn subject(text: &str) -> Result<Subject, String> {
    Subject::parse(text).map_err(|fault| fault.to_string())
}

fn org_id(text: &str) -> Result<OrgId, String> {
    OrgId::parse(text).map_err(|fault| fault.to_string())
}

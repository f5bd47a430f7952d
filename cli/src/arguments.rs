//! The command line. What is parsed here is parsed by the same rules as requests.

pub(crate) mod audit;
pub(crate) mod registers;
pub(crate) mod sam_local;
pub(crate) mod token;

use std::path::PathBuf;
use std::time::Duration;

use api::auth::RequiredCredentials;
use clap::{Args, Parser, Subcommand, ValueEnum};
use domain::api_key::ApiKeyId;
use domain::loopback::is_loopback;
use domain::values::{ErasureReason, KeyNumber, OrgId, OrgName, Subject, UserId};
use reqwest::Url;

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
    /// Print the OpenAPI document.
    Openapi(crate::openapi::OpenapiArguments),
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
    /// Whether a request must have a bearer token and an API key, or at least one of them.
    #[arg(long, value_enum, default_value_t = Required::Both)]
    pub(crate) required_credentials: Required,
    /// How long a client may take for a request, such as `10s`; a connection without one ends after it, too.
    #[arg(long, value_parser = humantime::parse_duration, default_value = "10s")]
    pub(crate) request_timeout: Duration,
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

#[derive(Debug, Subcommand)]
pub(crate) enum OrgCommand {
    /// Register an organisation, so that API keys can be issued to it.
    Register {
        /// The organisation's id. It is recorded for ever and best tells nothing of anybody.
        #[arg(value_parser = org_id)]
        org: OrgId,
        /// Its display name.
        #[arg(long, value_parser = org_name)]
        name: Option<OrgName>,
        #[command(flatten)]
        operator: OperatorArguments,
    },
    /// Close an organisation: its API keys, services and key managers end with the next request. It is not opened again.
    Close {
        /// The organisation's id.
        #[arg(value_parser = org_id)]
        org: OrgId,
        #[command(flatten)]
        operator: OperatorArguments,
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
        /// Bind it to a bearer token's subject: it is good together with a token of this person or service only. May be
        /// given several times. A service whose tokens name no organisation needs one.
        #[arg(long = "for", value_name = "SUBJECT", value_parser = subject)]
        subjects: Vec<Subject>,
        #[command(flatten)]
        operator: OperatorArguments,
    },
    /// List an organisation's API keys: id, state, when it was created, expires and was revoked, and for whom.
    List {
        /// The organisation's id.
        #[arg(value_parser = org_id)]
        org: OrgId,
        #[command(flatten)]
        data: StoreArguments,
    },
    /// Revoke an API key, from the next request on.
    Revoke {
        /// The key's id: the 32 characters between `pki_` and the next `_`.
        #[arg(value_parser = api_key_id)]
        key_id: ApiKeyId,
        #[command(flatten)]
        operator: OperatorArguments,
    },
}

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
}

/// Which API is used. Its caller's credentials are in the environment: `PHYSICAL_KEYS_TOKEN` (a bearer token),
/// `PHYSICAL_KEYS_API_KEY`, or both.
#[derive(Debug, Args)]
pub(crate) struct ApiArguments {
    /// The API's address.
    #[arg(long, value_name = "URL", env = "PHYSICAL_KEYS_API", default_value = "http://127.0.0.1:3000", value_parser = api)]
    pub(crate) api: Url,
}

#[derive(Debug, Args)]
pub(crate) struct SmokeArguments {
    /// The organisation that the credentials are of; the one that the bearer token names unless given.
    #[arg(long, value_parser = org_id)]
    pub(crate) org: Option<OrgId>,
    /// The claim by which a bearer token names its organisation.
    #[arg(long, value_name = "NAME", default_value = "org_id")]
    pub(crate) org_claim: String,
    #[command(flatten)]
    pub(crate) api: ApiArguments,
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

fn reason(text: &str) -> Result<ErasureReason, String> {
    ErasureReason::parse(text).map_err(|fault| fault.to_string())
}

fn subject(text: &str) -> Result<Subject, String> {
    Subject::parse(text).map_err(|fault| fault.to_string())
}

fn org_id(text: &str) -> Result<OrgId, String> {
    OrgId::parse(text).map_err(|fault| fault.to_string())
}

fn org_name(text: &str) -> Result<OrgName, String> {
    OrgName::parse(text).map_err(|fault| fault.to_string())
}

/// Credentials travel over TLS, or within this machine.
fn api(text: &str) -> Result<Url, String> {
    let url: Url = text.parse().map_err(|_| "must be a URL")?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if url.host_str().is_some_and(is_loopback) => Ok(url),
        _ => Err("must be an https URL (http only for this machine)".to_owned()),
    }
}

fn api_key_id(text: &str) -> Result<ApiKeyId, String> {
    ApiKeyId::parse(text)
        .ok_or_else(|| "must be the 32 lower-case letters and digits of an API key's id".to_owned())
}

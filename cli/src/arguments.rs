//! The command line. What is parsed here is parsed by the same rules as requests.

pub(crate) mod audit;
pub(crate) mod sam_local;

use std::path::PathBuf;
use std::time::Duration;

use api::auth::RequiredCredentials;
use clap::{Args, Parser, Subcommand, ValueEnum};
use domain::api_key::ApiKeyId;
use domain::loopback::is_loopback;
use domain::values::{OrgId, OrgName, Subject, UserId};
use reqwest::Url;
use spreadsheet::Encoding;

use crate::api_client::MOST_AT_ONCE;

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
    /// Issue the physical keys of a spreadsheet through the API. Whatever interrupted it, the
    /// same command adds the rest, and nothing twice.
    Import(ImportArguments),
    /// Export the physical keys of a user or an organisation through the API.
    Export(ExportArguments),
    /// The audit trail: export it, verify it, show its events.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// See whether a deployment works: adds, lists and removes a physical key of a user `smoke-<time>`, is refused once
    /// and answered again once.
    Smoke(SmokeArguments),
    /// Run a command, such as `sam local invoke`, with everything ready that SAM needs.
    SamLocal(sam_local::SamLocalArguments),
    /// Print the OpenAPI document.
    Openapi,
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
        /// The organisation's id.
        #[arg(value_parser = org_id)]
        org: OrgId,
        /// Its display name.
        #[arg(long, value_parser = org_name)]
        name: Option<OrgName>,
        #[command(flatten)]
        data: StoreArguments,
    },
    /// Close an organisation: its API keys, services and key managers end with the next request. It is not opened again.
    Close {
        /// The organisation's id.
        #[arg(value_parser = org_id)]
        org: OrgId,
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
        /// Bind it to a bearer token's subject: it is good together with a token of this person or service only. May be
        /// given several times. A service whose tokens name no organisation needs one.
        #[arg(long = "for", value_name = "SUBJECT", value_parser = subject)]
        subjects: Vec<Subject>,
        #[command(flatten)]
        data: StoreArguments,
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
    /// A token of this person.
    #[arg(long, value_parser = user_id, required_unless_present = "org")]
    pub(crate) user: Option<UserId>,
    /// The organisation that the token names. Without --user, it is a service's of that organisation.
    #[arg(long, value_parser = org_id)]
    pub(crate) org: Option<OrgId>,
    /// The person is a key manager of the organisation, and acts for it.
    #[arg(long, requires_all = ["user", "org"])]
    pub(crate) key_manager: bool,
    /// How long it is valid, such as `15m`.
    #[arg(long, value_parser = humantime::parse_duration, default_value = "1h")]
    pub(crate) ttl: Duration,
    #[command(flatten)]
    pub(crate) data: DataArguments,
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
pub(crate) struct ImportArguments {
    /// A CSV file, an Excel workbook or NDJSON, with a header; `-` is standard input.
    pub(crate) file: PathBuf,
    /// The organisation that issues the physical keys.
    #[arg(long, value_parser = org_id)]
    pub(crate) org: OrgId,
    #[command(flatten)]
    pub(crate) columns: ColumnArguments,
    /// Check the file, name everything that is wrong with it, and send nothing. It needs no network.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// With --dry-run: read from the API which rows are out already or were taken back since, too.
    #[arg(long, requires = "dry_run")]
    pub(crate) compare: bool,
    #[command(flatten)]
    pub(crate) answers: AnswerArguments,
    /// Where to write what became of each row; beside the file unless given. A file that is there is not written again: the
    /// next one has a number.
    #[arg(long, value_name = "FILE")]
    pub(crate) results: Option<PathBuf>,
    /// How many users' rows are sent at once; fewer after the API says that it is too much.
    #[arg(long, default_value_t = 16, value_parser = concurrency)]
    pub(crate) concurrency: usize,
    #[command(flatten)]
    pub(crate) api: ApiArguments,
}

/// Answers to what only a person knows.
#[derive(Debug, Args)]
pub(crate) struct AnswerArguments {
    /// Rows that are out already, or were taken back since, are further physical keys: send all.
    #[arg(long, conflicts_with = "only_new")]
    pub(crate) again: bool,
    /// They are the same physical keys: send the others.
    #[arg(long)]
    pub(crate) only_new: bool,
    /// Users whose ids look alike are different persons.
    #[arg(long)]
    pub(crate) similar_users: bool,
}

/// How a register is to be read.
#[derive(Debug, Args)]
pub(crate) struct ColumnArguments {
    /// The column of the users' ids; `user` or `userId` unless given.
    #[arg(long, value_name = "NAME")]
    pub(crate) user_column: Option<String>,
    /// The column of the organisation's display name; `orgName` unless given.
    #[arg(long, value_name = "NAME")]
    pub(crate) org_name_column: Option<String>,
    /// The column of the notes; `note` unless given.
    #[arg(long, value_name = "NAME")]
    pub(crate) note_column: Option<String>,
    /// A column that is not looked at. May be given several times.
    #[arg(long, value_name = "NAME")]
    pub(crate) ignore_column: Vec<String>,
    /// What is between cells: a comma unless given, or unless the file begins with `sep=`.
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    pub(crate) delimiter: Option<u8>,
    /// What the text is encoded in, where the file does not say so; `utf-8` unless given.
    #[arg(long, value_name = "NAME", value_parser = encoding)]
    pub(crate) encoding: Option<Encoding>,
    /// The sheet of a workbook; the only one that holds anything unless given.
    #[arg(long, value_name = "NAME")]
    pub(crate) sheet: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// The physical keys that this user holds.
    #[arg(long, value_parser = user_id, required_unless_present = "org")]
    pub(crate) user: Option<UserId>,
    /// The physical keys that this organisation has out.
    #[arg(long, value_parser = org_id, conflicts_with = "user")]
    pub(crate) org: Option<OrgId>,
    /// CSV and XLSX are for spreadsheets: what would be a formula gets an apostrophe in front. NDJSON is exact.
    #[arg(long, value_enum, default_value_t = ExportFormat::Csv)]
    pub(crate) format: ExportFormat,
    /// Begin CSV with a byte order mark, without which Excel does not take it for UTF-8.
    #[arg(long)]
    pub(crate) bom: bool,
    /// The file to write; standard output unless given.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) api: ApiArguments,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    Csv,
    Ndjson,
    Xlsx,
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

fn concurrency(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=MOST_AT_ONCE).contains(number));
    number.ok_or_else(|| format!("must be a number from 1 to {MOST_AT_ONCE}"))
}

fn encoding(text: &str) -> Result<Encoding, String> {
    Encoding::named(text)
        .ok_or_else(|| "must be an encoding such as `utf-8`, `utf-16le` or `windows-1252`".to_owned())
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        [byte] if byte.is_ascii() => Ok(*byte),
        _ if text == "\\t" => Ok(b'\t'),
        _ => Err("must be one ASCII character, or `\\t`".to_owned()),
    }
}

fn api_key_id(text: &str) -> Result<ApiKeyId, String> {
    ApiKeyId::parse(text)
        .ok_or_else(|| "must be the 32 lower-case letters and digits of an API key's id".to_owned())
}

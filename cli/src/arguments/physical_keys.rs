//! The arguments of what is about physical keys, one at a time or listed.

use api::http::command_headers::IdempotencyKey;
use clap::Args;
use domain::values::{KeyNumber, Note, OrgId, OrgName, UserId};

use super::api::{ApiArguments, CallerOrgArguments};
use super::json::JsonArguments;
use super::{number, org_id, org_name, user_id};

#[derive(Debug, Args)]
pub(crate) struct AddArguments {
    /// Who gets it.
    #[arg(long, value_name = "ID", value_parser = user_id)]
    pub(crate) user: UserId,
    #[command(flatten)]
    pub(crate) org: CallerOrgArguments,
    /// The organisation's display name.
    #[arg(long, value_name = "NAME", value_parser = org_name)]
    pub(crate) org_name: Option<OrgName>,
    /// What it opens, or anything else about it.
    #[arg(long, value_name = "TEXT", value_parser = note)]
    pub(crate) note: Option<Note>,
    #[command(flatten)]
    pub(crate) how: CommandArguments,
}

#[derive(Debug, Args)]
pub(crate) struct TakeBackArguments {
    #[command(flatten)]
    pub(crate) key: OneKeyArguments,
    #[command(flatten)]
    pub(crate) how: CommandArguments,
}

/// How a command is given.
#[derive(Debug, Args)]
pub(crate) struct CommandArguments {
    /// Under the same one, the same command is carried out once in 30 days, however often it is given; a new one unless given.
    #[arg(long, value_name = "KEY", value_parser = idempotency_key)]
    pub(crate) idempotency_key: Option<IdempotencyKey>,
    #[command(flatten)]
    pub(crate) api: ApiArguments,
    #[command(flatten)]
    pub(crate) output: JsonArguments,
}

/// Which physical key.
#[derive(Debug, Args)]
pub(crate) struct OneKeyArguments {
    /// Whose it is.
    #[arg(long, value_name = "ID", value_parser = user_id)]
    pub(crate) user: UserId,
    /// Its number among that user's.
    #[arg(long, value_name = "N", value_parser = number)]
    pub(crate) number: KeyNumber,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    #[command(flatten)]
    pub(crate) key: OneKeyArguments,
    /// All that happened to it, too, with the receipts: who added it, took it back, erased its texts, and when.
    #[arg(long)]
    pub(crate) history: bool,
    #[command(flatten)]
    pub(crate) api: ApiArguments,
    #[command(flatten)]
    pub(crate) output: JsonArguments,
}

#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// Whose.
    #[arg(long, value_name = "ID", value_parser = user_id)]
    pub(crate) user: UserId,
    /// Those that this organisation issued.
    #[arg(long, value_name = "ID", value_parser = org_id)]
    pub(crate) org: Option<OrgId>,
    /// Those with exactly this display name of the organisation.
    #[arg(long, value_name = "NAME", value_parser = org_name)]
    pub(crate) org_name: Option<OrgName>,
    /// Those whose note has this somewhere, whatever its case.
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,
    #[command(flatten)]
    pub(crate) listing: ListingArguments,
}

#[derive(Debug, Args)]
pub(crate) struct WhoArguments {
    #[command(flatten)]
    pub(crate) org: CallerOrgArguments,
    #[command(flatten)]
    pub(crate) listing: ListingArguments,
}

/// How a list is given.
#[derive(Debug, Args)]
pub(crate) struct ListingArguments {
    /// At most so many; all unless given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,
    #[command(flatten)]
    pub(crate) api: ApiArguments,
    #[command(flatten)]
    pub(crate) output: JsonArguments,
}

fn note(text: &str) -> Result<Note, String> {
    Note::parse(text).map_err(|fault| fault.to_string())
}

fn idempotency_key(text: &str) -> Result<IdempotencyKey, String> {
    IdempotencyKey::parse(text.as_bytes())
        .map_err(|_| "must be 1 to 255 visible ASCII characters without comma".to_owned())
}

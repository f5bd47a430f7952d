//! The arguments of `org` and `api-key`.

use std::time::Duration;

use clap::Subcommand;
use domain::api_key::ApiKeyId;
use domain::values::{OrgId, OrgName, Subject};

use super::json::JsonArguments;
use super::{OperatorArguments, StoreArguments, org_id, org_name, subject};

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
        #[command(flatten)]
        output: JsonArguments,
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

fn api_key_id(text: &str) -> Result<ApiKeyId, String> {
    ApiKeyId::parse(text)
        .ok_or_else(|| "must be the 32 lower-case letters and digits of an API key's id".to_owned())
}

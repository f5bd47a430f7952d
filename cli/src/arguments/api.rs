//! The arguments of what works through the API: which one it is, and for which organisation.

use clap::Args;
use domain::loopback::is_loopback;
use domain::values::OrgId;
use reqwest::Url;

use super::json::JsonArguments;
use super::org_id;

/// Which API is used.
#[derive(Debug, Args)]
pub(crate) struct ApiArguments {
    /// The API's address. Its caller's credentials are in the environment: `PHYSICAL_KEYS_TOKEN` (a bearer token),
    /// `PHYSICAL_KEYS_API_KEY`, or both.
    #[arg(long, value_name = "URL", env = "PHYSICAL_KEYS_API", default_value = "http://127.0.0.1:3000", value_parser = api)]
    pub(crate) api: Url,
}

/// The organisation that a command is about.
#[derive(Debug, Args)]
pub(crate) struct CallerOrgArguments {
    /// The organisation that the credentials are of; the one that the bearer token names unless given.
    #[arg(long, value_name = "ID", value_parser = org_id)]
    pub(crate) org: Option<OrgId>,
    /// The claim by which a bearer token names its organisation.
    #[arg(long, value_name = "NAME", default_value = "org_id")]
    pub(crate) org_claim: String,
}

#[derive(Debug, Args)]
pub(crate) struct SmokeArguments {
    #[command(flatten)]
    pub(crate) org: CallerOrgArguments,
    #[command(flatten)]
    pub(crate) api: ApiArguments,
    #[command(flatten)]
    pub(crate) output: JsonArguments,
}

/// Credentials travel over TLS, or within this machine.
pub(crate) fn api(text: &str) -> Result<Url, String> {
    let url: Url = text.parse().map_err(|_| "must be a URL")?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if url.host_str().is_some_and(is_loopback) => Ok(url),
        _ => Err("must be an https URL (http only for this machine)".to_owned()),
    }
}

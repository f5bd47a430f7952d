//! The command line of `page`, and of whatever serves the page for key managers.

use std::path::PathBuf;

use clap::Args;
use reqwest::Url;

use super::api::api;

#[derive(Debug, Args)]
pub(crate) struct PageArguments {
    /// The folder to write it into. It is made unless it is there; files of the same names are replaced.
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// The API's address; the page's own host unless given.
    #[arg(long, value_name = "URL", env = "PHYSICAL_KEYS_API", value_parser = api)]
    pub(crate) api: Option<Url>,
    #[command(flatten)]
    pub(crate) sign_in: SignInArguments,
}

/// How people sign in to the page: at the issuer that `JWT_ISSUER` names. `JWT_ORG_CLAIM` is the claim by which its tokens name their
/// organisation.
#[derive(Debug, Clone, Args)]
pub(crate) struct SignInArguments {
    /// The page's client id at the issuer in `JWT_ISSUER`, by which people sign in to the page for key managers. Without it, they paste
    /// credentials.
    #[arg(long = "sign-in-client", value_name = "ID")]
    pub(crate) client: Option<String>,
    /// The scope that is asked for.
    #[arg(long = "sign-in-scope", value_name = "SCOPE", default_value = "openid")]
    pub(crate) scope: String,
    /// What is asked for as `audience` (Auth0).
    #[arg(long = "sign-in-audience", value_name = "AUDIENCE")]
    pub(crate) audience: Option<String>,
    /// What is asked for as `resource` (RFC 8707).
    #[arg(long = "sign-in-resource", value_name = "URI")]
    pub(crate) resource: Option<String>,
    /// Where the issuer has its token endpoint, if that is on another host than the issuer (Cognito, Google). May be given several times.
    #[arg(long = "sign-in-origin", value_name = "URL", value_parser = api)]
    pub(crate) origins: Vec<Url>,
}

//! `token` and `jwks`: the local server's own issuer, and what becomes of anybody's tokens.

mod explain;
mod in_json;
mod rights;
mod row;
mod telling;

use api::config::{TOKEN_VARIABLES, TokenConfig};
use local_inventory::issuer::Bearer;
use process::clock::Clock;
use process::environment::{of_process, optional};

pub(crate) use self::explain::explain;
use crate::arguments::DataArguments;
use crate::arguments::token::TokenArguments;
use crate::folder::Folder;
use crate::output::{Failure, print_line};

/// Whether the environment says anything about tokens, as it does for the functions.
fn are_configured() -> bool {
    TOKEN_VARIABLES.iter().any(|name| optional(of_process, name).is_some())
}

/// How the tokens of the environment's issuer are verified, if it names one.
pub(crate) fn of_environment() -> Result<Option<TokenConfig>, Failure> {
    let config = are_configured().then(|| TokenConfig::read(&of_process)).transpose();
    config.map_err(|fault| Failure(format!("{fault}.")))
}

/// Prints a token.
pub(crate) fn print_token(arguments: TokenArguments) -> Result<(), Failure> {
    let bearer = match (arguments.user, arguments.org) {
        (Some(user), Some(organisation)) if arguments.key_manager => Bearer::KeyManager(user, organisation),
        (Some(user), organisation) => Bearer::Person(user, organisation),
        (None, Some(organisation)) => Bearer::Service(organisation),
        (None, None) => return Err(Failure("Say whom the token is for: --user or --org.".to_owned())),
    };
    let issuer = Folder::there(&arguments.data.data)?.issuer()?;
    let token = issuer.token(&bearer, Clock::system().now(), arguments.ttl);
    print_line(token.map_err(|fault| Failure::because("The token cannot be signed", fault))?)
}

/// Prints the public key set.
pub(crate) fn print_key_set(arguments: &DataArguments) -> Result<(), Failure> {
    print_line(Folder::there(&arguments.data)?.issuer()?.key_set())
}

//! `token` and `jwks`: the local server's own issuer.

use key_inventory::clock::Clock;
use local_inventory::issuer::Subject;

use crate::arguments::{DataArguments, TokenArguments};
use crate::folder::Folder;
use crate::output::{Failure, print_line};

/// Prints a token.
pub(crate) fn print_token(arguments: TokenArguments) -> Result<(), Failure> {
    let subject = match (arguments.user, arguments.org) {
        (Some(user), _) => Subject::User(user),
        (None, Some(organisation)) => Subject::Service(organisation),
        (None, None) => return Err(Failure("Say whom the token is for: --user or --org.".to_owned())),
    };
    let issuer = Folder::new(&arguments.data.data).issuer()?;
    let token = issuer.token(&subject, Clock::system().now(), arguments.ttl);
    print_line(token.map_err(|fault| Failure::because("The token cannot be signed", fault))?)
}

/// Prints the public key set.
pub(crate) fn print_key_set(arguments: &DataArguments) -> Result<(), Failure> {
    print_line(Folder::new(&arguments.data).issuer()?.key_set())
}

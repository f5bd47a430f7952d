//! What a function is wired with.

use process::aws::Https;
use process::chance::Chance;
use process::clock::Clock;
use process::retry::Backoff;
use store::Table;

use crate::auth::Authenticator;
use crate::auth::jwks::{FetchedKeys, SigningKeySource};
use crate::auth::token::TokenVerifier;
use crate::config::{FunctionConfig, SigningKeyConfig};

/// Everything a command needs besides its request. It holds no state of requests, so a process may serve several
/// at once.
#[derive(Debug)]
pub struct Backend {
    /// The inventory's table.
    pub table: Table,
    /// Verifies credentials.
    pub authenticator: Authenticator,
    /// The time.
    pub clock: Clock,
    /// Randomness.
    pub chance: Chance,
}

impl Backend {
    /// A backend of these parts.
    #[must_use]
    pub const fn new(table: Table, authenticator: Authenticator, clock: Clock, chance: Chance) -> Self {
        Self { table, authenticator, clock, chance }
    }

    /// A backend as configured, its first connections open.
    pub async fn connect(config: FunctionConfig, clock: Clock) -> Self {
        let https = Https::new();
        let environment = config.aws.sdk_config(&https);
        let table = Table::connect(&environment, config.table_name, config.audit_shards);
        let authenticator = authenticator(config.tokens, config.required_credentials, || https);
        let backend = Self::new(table, authenticator, clock, Chance::system());
        let waits = Backoff::new(backend.chance.for_waits());
        tokio::join!(backend.table.warm_up(waits), backend.authenticator.warm_up(backend.clock.now()));
        backend
    }
}

/// The authenticator that a configuration asks for. It calls the issuer by `https`, if there is one to be called.
#[must_use]
pub fn authenticator(
    tokens: crate::config::TokenConfig,
    required: crate::auth::RequiredCredentials,
    https: impl FnOnce() -> Https,
) -> Authenticator {
    let keys = match tokens.signing_keys {
        SigningKeyConfig::Inline(keys) => SigningKeySource::Fixed(keys),
        SigningKeyConfig::Url(url) => SigningKeySource::Fetched(Box::new(FetchedKeys::new(url, &https()))),
    };
    let verifier = TokenVerifier::new(keys, tokens.claims, tokens.identity);
    Authenticator::new(verifier, required)
}

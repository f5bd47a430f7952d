//! What a function is wired with.

use process::aws::Https;
use process::chance::Chance;
use process::clock::Clock;
use process::retry::Backoff;
use store::Table;

use crate::auth::jwks::{FetchedKeys, SigningKeySource};
use crate::auth::token::TokenVerifier;
use crate::auth::{Authenticator, RequiredCredentials};
use crate::config::{FunctionConfig, SigningKeyConfig, TokenConfig};

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
        let table = Table::over(&environment, config.table_name, config.audit_shards);
        let authenticator = authenticator(config.tokens, config.required_credentials, || https);
        let backend = Self::new(table, authenticator, clock, Chance::system());
        let waits = backend.waits();
        tokio::join!(backend.table.warm_up(waits), backend.authenticator.warm_up(backend.clock.now()));
        backend
    }

    /// Waits of their own for one row of attempts.
    #[must_use]
    pub fn waits(&self) -> Backoff {
        Backoff::new(self.chance.for_waits())
    }
}

/// The authenticator that a configuration asks for. It calls the issuer by `https`, if there is one to be called.
#[must_use]
pub fn authenticator(
    tokens: TokenConfig,
    required: RequiredCredentials,
    https: impl FnOnce() -> Https,
) -> Authenticator {
    Authenticator::new(token_verifier(tokens, https), required)
}

/// The verifier of bearer tokens that a configuration asks for.
#[must_use]
pub fn token_verifier(tokens: TokenConfig, https: impl FnOnce() -> Https) -> TokenVerifier {
    let keys = match tokens.signing_keys {
        SigningKeyConfig::Inline(keys) => SigningKeySource::Fixed(keys),
        SigningKeyConfig::Url(url) => SigningKeySource::Fetched(Box::new(FetchedKeys::new(url, &https()))),
        SigningKeyConfig::Unasked => SigningKeySource::Unasked,
    };
    TokenVerifier::new(keys, tokens.claims, tokens.identity)
}

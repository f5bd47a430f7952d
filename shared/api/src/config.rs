//! The configuration of a function, parsed once from its environment.

mod tokens;

use process::aws::FunctionEnvironment;
use process::environment::{ConfigFault, optional, required};
use store::AuditShards;

pub use self::tokens::{SigningKeyConfig, TOKEN_VARIABLES, TokenConfig};
use crate::auth::RequiredCredentials;

/// The configuration of a function that answers requests.
#[derive(Debug)]
pub struct FunctionConfig {
    /// `TABLE_NAME`: the inventory's table.
    pub table_name: String,
    /// `AUDIT_SHARDS`: partitions of the audit index in an hour, 1 to 32; 4 unless given.
    pub audit_shards: AuditShards,
    /// How AWS is called.
    pub aws: FunctionEnvironment,
    /// How bearer tokens are verified.
    pub tokens: TokenConfig,
    /// `REQUIRED_CREDENTIALS`: `both` unless given, or `either`.
    pub required_credentials: RequiredCredentials,
}

impl FunctionConfig {
    /// Reads the configuration by looking up variables.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigFault> {
        let optional = |name: &str| optional(&lookup, name);
        let required = |name: &'static str| required(&lookup, name);
        let table_name = required("TABLE_NAME")?;
        let tokens = TokenConfig::read(&lookup)?;
        let required_credentials = required_credentials(&lookup)?;
        let audit_shards = match optional("AUDIT_SHARDS") {
            None => AuditShards::DEFAULT,
            Some(shards) => shards
                .parse()
                .ok()
                .and_then(AuditShards::new)
                .ok_or(ConfigFault::Wrong { name: "AUDIT_SHARDS", expected: "a number from 1 to 32" })?,
        };
        let aws = FunctionEnvironment::read(&lookup)?;
        Ok(Self { table_name, audit_shards, aws, tokens, required_credentials })
    }
}

/// Reads `REQUIRED_CREDENTIALS` by looking up variables.
pub fn required_credentials(
    lookup: &impl Fn(&str) -> Option<String>,
) -> Result<RequiredCredentials, ConfigFault> {
    match optional(lookup, "REQUIRED_CREDENTIALS").as_deref() {
        None | Some("both") => Ok(RequiredCredentials::Both),
        Some("either") => Ok(RequiredCredentials::Either),
        Some(_) => Err(ConfigFault::Wrong { name: "REQUIRED_CREDENTIALS", expected: "`both` or `either`" }),
    }
}

/// The variable of [`CursorSecret`].
pub(crate) const CURSOR_SECRET: &str = "CURSOR_SECRET";

/// `CURSOR_SECRET`: what cursors are sealed with, at least 32 characters of chance, the same for all functions that
/// list. It is never shown.
pub struct CursorSecret(String);

impl std::fmt::Debug for CursorSecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("CursorSecret")
    }
}

impl CursorSecret {
    /// Reads the secret by looking up variables.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigFault> {
        let text = required(lookup, CURSOR_SECRET)?;
        let expected = "at least 32 characters long";
        Self::parse(&text).ok_or(ConfigFault::Wrong { name: CURSOR_SECRET, expected })
    }

    /// The text as a secret, if it is long enough.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() >= 32).then(|| Self(text.to_owned()))
    }

    pub(crate) const fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPLETE: [(&str, &str); 7] = [
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("TABLE_NAME", "physical-keys"),
        ("JWT_ISSUER", "https://issuer.example"),
        ("JWT_AUDIENCE", "physical-keys"),
        ("JWT_JWKS_URL", "https://issuer.example/jwks.json"),
    ];

    /// Looks variables up in a complete environment with some changes.
    pub(super) fn changed(changes: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> {
        |name| {
            let other = changes.iter().find(|(other, _)| *other == name);
            let usual = COMPLETE.iter().find(|(usual, _)| *usual == name);
            other.or(usual).map(|(_, value)| (*value).to_owned())
        }
    }

    fn read(changes: &[(&str, &str)]) -> Result<FunctionConfig, ConfigFault> {
        FunctionConfig::read(changed(changes))
    }

    #[track_caller]
    fn check(changes: &[(&str, &str)], expected: &str) {
        assert_eq!(read(changes).unwrap_err().to_string(), expected);
    }

    #[test]
    fn defaults_are_the_documented_ones() {
        let config = read(&[]).unwrap();
        assert_eq!(config.required_credentials, RequiredCredentials::Both);
        assert_eq!(config.audit_shards, AuditShards::DEFAULT);
    }

    #[test]
    fn a_missing_variable_is_named() {
        for name in ["TABLE_NAME", "JWT_ISSUER", "JWT_AUDIENCE", "JWT_JWKS_URL", "AWS_REGION"] {
            check(&[(name, "")], &format!("{name} is not set"));
        }
    }

    #[test]
    fn a_wrong_variable_is_named_with_the_mend() {
        check(&[("REQUIRED_CREDENTIALS", "none")], "REQUIRED_CREDENTIALS must be `both` or `either`");
        for shards in ["0", "33", "four"] {
            check(&[("AUDIT_SHARDS", shards)], "AUDIT_SHARDS must be a number from 1 to 32");
        }
    }

    #[test]
    fn a_cursor_secret_is_long_and_never_shown() {
        let read = |text: &str| CursorSecret::read(|_| Some(text.to_owned()));
        assert_eq!(read("").unwrap_err().to_string(), "CURSOR_SECRET is not set");
        let short = read(&"s".repeat(31)).unwrap_err().to_string();
        assert_eq!(short, "CURSOR_SECRET must be at least 32 characters long");
        assert_eq!(format!("{:?}", read(&"s".repeat(32)).unwrap()), "CursorSecret");
    }
}

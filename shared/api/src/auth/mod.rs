//! Credentials: from the headers of a request to a [`Caller`].
//!
//! In two steps, around the one read. [`Authenticator::present`] verifies all that needs no read: the token, and the
//! form and checksum of the API key. [`Presented::confirm`] verifies the API key against the stored one.

pub mod claims;
pub mod conditions;
pub mod explanation;
pub mod identity;
pub mod jwks;
mod presented;
pub mod signing_keys;
pub mod token;
pub mod token_fault;
mod unique_members;

use domain::api_key::{ApiKeyFault, PresentedApiKey};
use domain::confinement::Forbidden;
use domain::values::EpochMillis;
use lambda_http::http::{HeaderMap, header::AUTHORIZATION};

use self::identity::{TokenIdentity, TokenKind};
use self::jwks::SigningKeysUnavailable;
pub use self::presented::{Caller, Presented};
use self::token::TokenVerifier;
use self::token_fault::{TokenError, TokenFault};

/// The header of an API key.
pub const API_KEY_HEADER: &str = "x-api-key";

/// Which credentials a request must have. Every one that is present is verified, required or not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RequiredCredentials {
    /// A bearer token and an API key; a key manager's token suffices.
    #[default]
    Both,
    /// At least one of them.
    Either,
}

impl RequiredCredentials {
    /// Whether a token of this kind is not enough by itself.
    #[must_use]
    pub fn ask_for_an_api_key_beside(self, kind: TokenKind) -> bool {
        self == Self::Both && kind != TokenKind::KeyManager
    }
}

/// What is wrong with a credential. `Display` is what the caller reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialFault {
    /// No `Authorization` header.
    #[error("A bearer token is required: `Authorization: Bearer <JWT>`.")]
    TokenMissing,
    /// An `Authorization` header that is no bearer token, or several.
    #[error("The Authorization header is not one `Bearer <JWT>`.")]
    NotABearerToken,
    /// The token is refused.
    #[error(transparent)]
    Token(TokenFault),
    /// No `X-API-Key` header.
    #[error("An API key is required: `X-API-Key: <API key>`.")]
    ApiKeyMissing,
    /// The API key is refused.
    #[error(transparent)]
    ApiKey(#[from] ApiKeyFault),
    /// Neither header, where one of them would do.
    #[error("A bearer token (`Authorization: Bearer <JWT>`) or an API key (`X-API-Key`) is required.")]
    BothMissing,
}

impl CredentialFault {
    /// The reason by name, for the log.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::TokenMissing => "token_missing",
            Self::NotABearerToken => "not_a_bearer_token",
            Self::Token(fault) => fault.name(),
            Self::ApiKeyMissing => "api_key_missing",
            Self::ApiKey(fault) => fault.name(),
            Self::BothMissing => "both_missing",
        }
    }

    /// Whether the credential is not there at all, rather than refused.
    #[must_use]
    pub const fn is_missing(&self) -> bool {
        matches!(self, Self::TokenMissing | Self::ApiKeyMissing | Self::BothMissing)
    }

    /// Whether it is about the API key rather than the bearer token.
    #[must_use]
    pub const fn is_about_api_key(&self) -> bool {
        matches!(self, Self::ApiKeyMissing | Self::ApiKey(_))
    }
}

/// Why there is no caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthFault {
    /// Credentials are missing or refused; never empty.
    Unauthenticated(Vec<CredentialFault>),
    /// The credentials are good and exclude each other.
    Forbidden(Forbidden),
    /// The token cannot be verified, because the issuer's keys are not known.
    SigningKeysUnavailable,
}

impl From<SigningKeysUnavailable> for AuthFault {
    fn from(_: SigningKeysUnavailable) -> Self {
        Self::SigningKeysUnavailable
    }
}

/// Verifies credentials.
#[derive(Debug)]
pub struct Authenticator {
    tokens: TokenVerifier,
    required: RequiredCredentials,
}

impl Authenticator {
    /// An authenticator.
    #[must_use]
    pub const fn new(tokens: TokenVerifier, required: RequiredCredentials) -> Self {
        Self { tokens, required }
    }

    /// Fetches the issuer's keys ahead of the first token.
    pub async fn warm_up(&self, now: EpochMillis) {
        self.tokens.warm_up(now).await;
    }

    /// Verifies what can be verified without a read. All faults are named at once.
    pub async fn present(&self, headers: &HeaderMap, now: EpochMillis) -> Result<Presented, AuthFault> {
        let mut faults = Vec::new();
        let token = match bearer_token(headers) {
            Ok(None) => None,
            Ok(Some(token)) => match self.tokens.verify(token, now).await {
                Ok(identity) => Some(identity),
                Err(TokenError::Fault(fault)) => {
                    faults.push(CredentialFault::Token(fault));
                    None
                }
                Err(TokenError::Unavailable(unavailable)) => return Err(unavailable.into()),
            },
            Err(fault) => {
                faults.push(fault);
                None
            }
        };
        let token_is_missing = token.is_none() && faults.is_empty();
        let api_key = match api_key(headers) {
            Ok(api_key) => api_key,
            Err(fault) => {
                faults.push(fault.into());
                None
            }
        };
        let api_key_is_missing = api_key.is_none() && !headers.contains_key(API_KEY_HEADER);
        match self.required {
            RequiredCredentials::Both => {
                if token_is_missing {
                    faults.insert(0, CredentialFault::TokenMissing);
                }
                let asks = |token: &TokenIdentity| self.required.ask_for_an_api_key_beside(token.kind);
                if api_key_is_missing && token.as_ref().is_none_or(asks) {
                    faults.push(CredentialFault::ApiKeyMissing);
                }
            }
            RequiredCredentials::Either if token_is_missing && api_key_is_missing => {
                faults.push(CredentialFault::BothMissing);
            }
            RequiredCredentials::Either => {}
        }
        if faults.is_empty() {
            Ok(Presented::new(token, api_key))
        } else {
            Err(AuthFault::Unauthenticated(faults))
        }
    }
}

/// The token of the one `Authorization` header, if there is a header. The scheme's case does not matter
/// (RFC 9110, section 11.1).
fn bearer_token(headers: &HeaderMap) -> Result<Option<&str>, CredentialFault> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => return Ok(None),
        (Some(value), None) => value.to_str().map_err(|_| CredentialFault::NotABearerToken)?,
        (Some(_), Some(_)) => return Err(CredentialFault::NotABearerToken),
    };
    let (scheme, token) = value.split_once(' ').ok_or(CredentialFault::NotABearerToken)?;
    let token = token.trim_matches(' ');
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
        return Err(CredentialFault::NotABearerToken);
    }
    Ok(Some(token))
}

fn api_key(headers: &HeaderMap) -> Result<Option<PresentedApiKey>, ApiKeyFault> {
    let mut values = headers.get_all(API_KEY_HEADER).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => {
            let text = value.to_str().map_err(|_| ApiKeyFault::Malformed)?;
            PresentedApiKey::parse(text).map(Some)
        }
        (Some(_), Some(_)) => Err(ApiKeyFault::Malformed),
    }
}

//! Why a bearer token is refused, in words for the caller and by name for the log.

use super::jwks::SigningKeysUnavailable;

/// Why a token is refused. `Display` is what the caller reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// Not three base64url parts of which the first two are JSON objects without a name that is there twice.
    #[error("The bearer token is not a signed JSON Web Token.")]
    Malformed,
    /// More than 8 KiB.
    #[error("The bearer token is larger than 8 KiB.")]
    TooLarge,
    /// Its header demands something that is not done here: `crit`, or a key the token brings itself.
    #[error(
        "The bearer token's header has a parameter that is not accepted here (crit, jku, jwk, x5u, x5c)."
    )]
    HeaderNotAccepted,
    /// Its header says that it is something else than a JWT.
    #[error("The bearer token's type is not JWT.")]
    AnotherType,
    /// It is signed by none of the accepted algorithms, or not at all.
    #[error("The bearer token's algorithm is not accepted here; RS256, ES256 and EdDSA are.")]
    Algorithm,
    /// The issuer has no such key, or the token names none and there are several.
    #[error("The bearer token is signed with a key that the issuer does not publish.")]
    UnknownSigningKey,
    /// The signature does not fit the key.
    #[error("The bearer token's signature is not valid.")]
    Signature,
    /// `iss` is missing or another one.
    #[error("The bearer token is from another issuer.")]
    AnotherIssuer,
    /// `aud` is missing or another one.
    #[error("The bearer token is for another audience.")]
    AnotherAudience,
    /// It was issued to a client that is not one of the deployment's.
    #[error("The bearer token was issued to another client.")]
    AnotherClient,
    /// It is an ID token, or a refresh token.
    #[error("The bearer token is not an access token.")]
    NotAnAccessToken,
    /// `act`: somebody acts in another's name.
    #[error("The bearer token is for somebody who acts for another, which is not accepted here.")]
    ForAnother,
    /// `cnf`: whoever presents it has to prove a key.
    #[error("The bearer token is bound to a key, which cannot be proven here.")]
    BoundToAKey,
    /// `exp` is in the past.
    #[error("The bearer token has expired. Get a new one.")]
    Expired,
    /// `exp` is too far in the future.
    #[error("The bearer token is valid for too long. Get one that expires earlier.")]
    ExpiresTooLate,
    /// `nbf` is in the future.
    #[error("The bearer token is not valid yet.")]
    NotYetValid,
    /// A claim is missing or not of its type.
    #[error("The bearer token's claim `{0}` is missing or not usable.")]
    Claim(String),
}

impl TokenFault {
    /// The reason by name, for the log: what an investigator counts and searches by.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Malformed => "token_malformed",
            Self::TooLarge => "token_too_large",
            Self::HeaderNotAccepted => "token_header_not_accepted",
            Self::AnotherType => "token_of_another_type",
            Self::Algorithm => "token_algorithm",
            Self::UnknownSigningKey => "token_signing_key_unknown",
            Self::Signature => "token_signature",
            Self::AnotherIssuer => "token_of_another_issuer",
            Self::AnotherAudience => "token_for_another_audience",
            Self::AnotherClient => "token_of_another_client",
            Self::NotAnAccessToken => "token_is_no_access_token",
            Self::ForAnother => "token_for_another",
            Self::BoundToAKey => "token_bound_to_a_key",
            Self::Expired => "token_expired",
            Self::ExpiresTooLate => "token_expires_too_late",
            Self::NotYetValid => "token_not_yet_valid",
            Self::Claim(_) => "token_claim",
        }
    }
}

/// A token is refused, or nothing can be said about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is refused.
    #[error(transparent)]
    Fault(#[from] TokenFault),
    /// The key that it is signed with is not known at this moment.
    #[error(transparent)]
    Unavailable(#[from] SigningKeysUnavailable),
}

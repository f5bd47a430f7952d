//! Bearer tokens: JWTs (RFC 7519) of one issuer, verified as RFC 8725 recommends.
//!
//! The library verifies the signature, `iss` and `aud`. The times are checked here, because time is an input.

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Header, Validation};
use serde_json::{Map, Value};

use super::jwks::{SigningKeySource, SigningKeysUnavailable};
use crate::values::{EpochMillis, OrgId, UserId};

/// Largest token, in bytes: API Gateway takes 10 KB of headers in all.
const LARGEST_TOKEN: usize = 8 * 1_024;
/// How far the clocks of the issuer and ours may differ, in seconds.
const LEEWAY: f64 = 60.0;

/// Whom a verified token names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenIdentity {
    /// A person.
    User(UserId),
    /// A service of an organisation.
    Service {
        /// The organisation.
        organisation: OrgId,
        /// The user claim, for the audit trail, if the token has it.
        subject: Option<String>,
    },
}

/// Why a token is refused. `Display` is what the caller reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// Not three base64url parts with a JWT header, or an algorithm that is no signature algorithm.
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
    /// The issuer has no such key, or the token names none and there are several.
    #[error("The bearer token is signed with a key that the issuer does not publish.")]
    UnknownSigningKey,
    /// Signature or algorithm do not fit the key.
    #[error("The bearer token's signature is not valid.")]
    Signature,
    /// `iss` is missing or another one.
    #[error("The bearer token is from another issuer.")]
    AnotherIssuer,
    /// `aud` is missing or another one.
    #[error("The bearer token is for another audience.")]
    AnotherAudience,
    /// `exp` is in the past.
    #[error("The bearer token has expired. Get a new one.")]
    Expired,
    /// `nbf` is in the future.
    #[error("The bearer token is not valid yet.")]
    NotYetValid,
    /// A claim is missing or not of its type.
    #[error("The bearer token's claim `{0}` is missing or not usable.")]
    Claim(String),
}

/// A token is refused, or nothing can be said about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is refused.
    #[error(transparent)]
    Fault(#[from] TokenFault),
    /// The issuer's keys are not known.
    #[error(transparent)]
    Unavailable(#[from] SigningKeysUnavailable),
}

/// Verifies the tokens of one issuer for one audience.
#[derive(Debug)]
pub struct TokenVerifier {
    keys: SigningKeySource,
    user_claim: String,
    org_claim: String,
    validation: Validation,
}

impl TokenVerifier {
    /// A verifier. `user_claim` names the user; a token that carries `org_claim` is a service token.
    #[must_use]
    pub fn new(
        keys: SigningKeySource,
        issuer: &str,
        audience: &str,
        user_claim: String,
        org_claim: String,
    ) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["iss", "aud"]);
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self { keys, user_claim, org_claim, validation }
    }

    /// Fetches the issuer's keys ahead of the first token.
    pub async fn warm_up(&self, now: EpochMillis) {
        self.keys.warm_up(now).await;
    }

    /// Verifies a token and says whom it names.
    pub async fn verify(&self, token: &str, now: EpochMillis) -> Result<TokenIdentity, TokenError> {
        if token.len() > LARGEST_TOKEN {
            return Err(TokenFault::TooLarge.into());
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenFault::Malformed)?;
        check_header(&header)?;
        let key = self.keys.find(header.kid.as_deref(), now).await?.ok_or(TokenFault::UnknownSigningKey)?;
        let mut validation = self.validation.clone();
        validation.algorithms = vec![key.algorithm];
        let claims = jsonwebtoken::decode::<Map<String, Value>>(token, &key.decoding_key, &validation)
            .map_err(|error| token_fault(error.kind()))?
            .claims;
        check_times(&claims, now)?;
        Ok(self.identity(&claims)?)
    }

    fn identity(&self, claims: &Map<String, Value>) -> Result<TokenIdentity, TokenFault> {
        // The library also takes a list of issuers; RFC 7519 (section 4.1.1) knows only one.
        if !claims.get("iss").is_some_and(Value::is_string) {
            return Err(TokenFault::AnotherIssuer);
        }
        let text = |claim: &str| claims.get(claim).and_then(Value::as_str);
        // A claim that is there but not usable is never taken for one that is not there: a service token must
        // not become a user token.
        if claims.contains_key(&self.org_claim) {
            let organisation = text(&self.org_claim).and_then(|org| OrgId::parse(org).ok());
            let organisation = organisation.ok_or_else(|| TokenFault::Claim(self.org_claim.clone()))?;
            return Ok(TokenIdentity::Service {
                organisation,
                subject: text(&self.user_claim).map(str::to_owned),
            });
        }
        let user = text(&self.user_claim).and_then(|user| UserId::parse(user).ok());
        user.map(TokenIdentity::User).ok_or_else(|| TokenFault::Claim(self.user_claim.clone()))
    }
}

fn check_header(header: &Header) -> Result<(), TokenFault> {
    let brings_its_own_key =
        header.jku.is_some() || header.jwk.is_some() || header.x5u.is_some() || header.x5c.is_some();
    if brings_its_own_key || header.crit.is_some() {
        return Err(TokenFault::HeaderNotAccepted);
    }
    // RFC 7519, section 5.1, and RFC 9068, section 2.1; the prefix may be left out (RFC 7515, section 4.1.9).
    let typ = header.typ.as_deref().unwrap_or("JWT").to_ascii_lowercase();
    match typ.strip_prefix("application/").unwrap_or(&typ) {
        "jwt" | "at+jwt" => Ok(()),
        _ => Err(TokenFault::AnotherType),
    }
}

/// `NumericDate`s may have a fraction (RFC 7519, section 2).
#[expect(
    clippy::cast_precision_loss,
    reason = "Seconds since the epoch are exact in an f64 for 285 million years."
)]
fn check_times(claims: &Map<String, Value>, now: EpochMillis) -> Result<(), TokenFault> {
    let now = now.get() as f64 / 1_000.0;
    let date = |claim: &str| match claims.get(claim) {
        None => Ok(None),
        Some(value) => value.as_f64().map(Some).ok_or_else(|| TokenFault::Claim(claim.to_owned())),
    };
    let expires = date("exp")?.ok_or_else(|| TokenFault::Claim("exp".to_owned()))?;
    if expires + LEEWAY <= now {
        return Err(TokenFault::Expired);
    }
    if date("nbf")?.is_some_and(|not_before| not_before > now + LEEWAY) {
        return Err(TokenFault::NotYetValid);
    }
    Ok(())
}

fn token_fault(kind: &ErrorKind) -> TokenFault {
    match kind {
        ErrorKind::InvalidSignature
        | ErrorKind::InvalidAlgorithm
        | ErrorKind::InvalidAlgorithmName
        | ErrorKind::MissingAlgorithm => TokenFault::Signature,
        ErrorKind::InvalidIssuer => TokenFault::AnotherIssuer,
        ErrorKind::InvalidAudience => TokenFault::AnotherAudience,
        ErrorKind::MissingRequiredClaim(claim) => match claim.as_str() {
            "iss" => TokenFault::AnotherIssuer,
            "aud" => TokenFault::AnotherAudience,
            _ => TokenFault::Claim(claim.clone()),
        },
        // Not exhaustive in the library; what is left is about the form.
        _ => TokenFault::Malformed,
    }
}

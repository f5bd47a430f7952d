//! Which tokens are taken, by their claims (contract, "Which tokens"). Whom they name is said in [`super::identity`].
//!
//! The times are checked here rather than by the library, because time is an input.

use std::time::Duration;

use domain::values::EpochMillis;
use serde_json::{Map, Value};

use super::token_fault::TokenFault;

/// How far the clocks of the issuer and ours may differ.
const LEEWAY: Duration = Duration::from_mins(1);
/// The claims by which issuers name the client that a token was issued to: RFC 9068 (section 2.2), `OpenID` Connect, Okta,
/// and Entra ID v1.
const CLIENT_CLAIMS: [&str; 4] = ["client_id", "azp", "cid", "appid"];

/// What the deployment says about which tokens are taken.
#[derive(Debug, Clone)]
pub struct ClaimRules {
    /// The one `iss`.
    pub issuer: String,
    /// `aud` must hold one of them.
    pub audiences: Vec<String>,
    /// The clients whose tokens are taken; all if there is none.
    pub clients: Vec<String>,
    /// How far ahead `exp` may be.
    pub longest_lifetime: Duration,
}

impl ClaimRules {
    /// Checks the claims of a token whose signature was verified.
    pub(super) fn check(&self, claims: &Map<String, Value>, now: EpochMillis) -> Result<(), TokenFault> {
        // A list of issuers is none: RFC 7519, section 4.1.1.
        if claims.get("iss").and_then(Value::as_str) != Some(&self.issuer) {
            return Err(TokenFault::AnotherIssuer);
        }
        self.check_audience(claims)?;
        check_use(claims)?;
        self.check_times(claims, now)
    }

    fn check_audience(&self, claims: &Map<String, Value>) -> Result<(), TokenFault> {
        let is_ours = |audience: &Value| {
            audience.as_str().is_some_and(|audience| self.audiences.iter().any(|ours| ours == audience))
        };
        let holds = match claims.get("aud") {
            // Cognito's access tokens have none: then the client is all that ties a token to this API.
            None => !self.clients.is_empty(),
            Some(Value::Array(audiences)) => audiences.iter().any(is_ours),
            Some(audience) => is_ours(audience),
        };
        if !holds {
            return Err(TokenFault::AnotherAudience);
        }
        if self.clients.is_empty() {
            return Ok(());
        }
        let mut named = CLIENT_CLAIMS.iter().filter_map(|claim| claims.get(*claim)).peekable();
        let is_named = named.peek().is_some();
        let all_are_ours = named.all(|client| {
            client.as_str().is_some_and(|client| self.clients.iter().any(|ours| ours == client))
        });
        if is_named && all_are_ours { Ok(()) } else { Err(TokenFault::AnotherClient) }
    }

    /// `NumericDate`s may have a fraction (RFC 7519, section 2).
    #[expect(
        clippy::cast_precision_loss,
        reason = "Seconds since the epoch are exact in an f64 for 285 million years."
    )]
    fn check_times(&self, claims: &Map<String, Value>, now: EpochMillis) -> Result<(), TokenFault> {
        let (now, leeway) = (now.get() as f64 / 1_000.0, LEEWAY.as_secs_f64());
        let date = |claim: &str| match claims.get(claim) {
            None => Ok(None),
            Some(value) => value.as_f64().map(Some).ok_or_else(|| TokenFault::Claim(claim.to_owned())),
        };
        let expires = date("exp")?.ok_or_else(|| TokenFault::Claim("exp".to_owned()))?;
        if expires + leeway <= now {
            return Err(TokenFault::Expired);
        }
        if expires > now + self.longest_lifetime.as_secs_f64() + leeway {
            return Err(TokenFault::ExpiresTooLate);
        }
        if date("nbf")?.is_some_and(|not_before| not_before > now + leeway) {
            return Err(TokenFault::NotYetValid);
        }
        Ok(())
    }
}

/// What is no access token of its bearer's own: an ID token, which tells an application who has logged in; one of
/// somebody who acts for another (`act`, RFC 8693); and one that is bound to a key which is not proven here (`cnf`,
/// RFC 7800).
fn check_use(claims: &Map<String, Value>) -> Result<(), TokenFault> {
    // Cognito says it by `token_use`, Keycloak by a claim `typ`, others by what only ID tokens have.
    let is = |claim: &str, value: &str| claims.get(claim).and_then(Value::as_str) == Some(value);
    let is_bearer = is("typ", "Bearer");
    let is_id_token = claims.contains_key("token_use") && !is("token_use", "access")
        || claims.contains_key("typ") && !is_bearer
        || claims.contains_key("at_hash")
        || claims.contains_key("nonce") && !is_bearer;
    if is_id_token {
        Err(TokenFault::NotAnAccessToken)
    } else if claims.contains_key("act") {
        Err(TokenFault::ForAnother)
    } else if claims.contains_key("cnf") {
        Err(TokenFault::BoundToAKey)
    } else {
        Ok(())
    }
}

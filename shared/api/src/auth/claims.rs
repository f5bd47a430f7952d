//! Which tokens are taken, by their claims (contract, "Which tokens"). Whom they name is said in [`super::identity`].
//!
//! The times are checked here rather than by the library, because time is an input.

use std::time::Duration;

use domain::values::EpochMillis;
use serde_json::{Map, Value};

use super::token_fault::TokenFault;

/// How far the clocks of the issuer and ours may differ.
pub const LEEWAY: Duration = Duration::from_mins(1);
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

/// A rule about claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimCheck {
    /// Who issued the token.
    Issuer,
    /// Whom it is for.
    Audience,
    /// Which client it was issued to.
    Client,
    /// Whether it is an access token.
    Use,
    /// Whether somebody acts for another with it.
    Actor,
    /// Whether it is bound to a key.
    Binding,
    /// Until when it is good.
    Expiry,
    /// Since when it is good.
    Start,
}

impl ClaimCheck {
    /// All of them, in the order in which they are made.
    pub const ALL: [Self; 8] = [
        Self::Issuer,
        Self::Audience,
        Self::Client,
        Self::Use,
        Self::Actor,
        Self::Binding,
        Self::Expiry,
        Self::Start,
    ];

    /// The claims that it looks at.
    #[must_use]
    pub const fn claims(self) -> &'static [&'static str] {
        match self {
            Self::Issuer => &["iss"],
            Self::Audience => &["aud"],
            Self::Client => &CLIENT_CLAIMS,
            Self::Use => &["token_use", "typ", "at_hash", "nonce"],
            Self::Actor => &["act"],
            Self::Binding => &["cnf"],
            Self::Expiry => &["exp"],
            Self::Start => &["nbf"],
        }
    }
}

impl ClaimRules {
    /// What one rule says of the claims of a token.
    pub(super) fn check(
        &self,
        check: ClaimCheck,
        claims: &Map<String, Value>,
        now: EpochMillis,
    ) -> Result<(), TokenFault> {
        let unless = |is_wrong: bool, fault: TokenFault| if is_wrong { Err(fault) } else { Ok(()) };
        match check {
            // A list of issuers is none: RFC 7519, section 4.1.1.
            ClaimCheck::Issuer => {
                let issuer = claims.get("iss").and_then(Value::as_str);
                unless(issuer != Some(&self.issuer), TokenFault::AnotherIssuer)
            }
            ClaimCheck::Audience => unless(!self.is_for_us(claims), TokenFault::AnotherAudience),
            ClaimCheck::Client => unless(!self.is_of_our_client(claims), TokenFault::AnotherClient),
            ClaimCheck::Use => unless(!is_access_token(claims), TokenFault::NotAnAccessToken),
            // RFC 8693.
            ClaimCheck::Actor => unless(claims.contains_key("act"), TokenFault::ForAnother),
            // RFC 7800.
            ClaimCheck::Binding => unless(claims.contains_key("cnf"), TokenFault::BoundToAKey),
            ClaimCheck::Expiry => self.check_expiry(claims, now),
            ClaimCheck::Start => {
                let start = date(claims, "nbf")?;
                let latest = seconds(now) + LEEWAY.as_secs_f64();
                unless(start.is_some_and(|start| start > latest), TokenFault::NotYetValid)
            }
        }
    }

    fn is_for_us(&self, claims: &Map<String, Value>) -> bool {
        let is_ours = |audience: &Value| {
            audience.as_str().is_some_and(|audience| self.audiences.iter().any(|ours| ours == audience))
        };
        match claims.get("aud") {
            // Cognito's access tokens have none: then the client is all that ties a token to this API.
            None => !self.clients.is_empty(),
            Some(Value::Array(audiences)) => audiences.iter().any(is_ours),
            Some(audience) => is_ours(audience),
        }
    }

    fn is_of_our_client(&self, claims: &Map<String, Value>) -> bool {
        if self.clients.is_empty() {
            return true;
        }
        let mut named = CLIENT_CLAIMS.iter().filter_map(|claim| claims.get(*claim)).peekable();
        let is_named = named.peek().is_some();
        let all_are_ours = named.all(|client| {
            client.as_str().is_some_and(|client| self.clients.iter().any(|ours| ours == client))
        });
        is_named && all_are_ours
    }

    fn check_expiry(&self, claims: &Map<String, Value>, now: EpochMillis) -> Result<(), TokenFault> {
        let (now, leeway) = (seconds(now), LEEWAY.as_secs_f64());
        let expires = date(claims, "exp")?.ok_or_else(|| TokenFault::Claim("exp".to_owned()))?;
        if expires + leeway <= now {
            return Err(TokenFault::Expired);
        }
        if expires > now + self.longest_lifetime.as_secs_f64() + leeway {
            return Err(TokenFault::ExpiresTooLate);
        }
        Ok(())
    }
}

/// A `NumericDate`, which may have a fraction (RFC 7519, section 2), if it is there.
fn date(claims: &Map<String, Value>, claim: &str) -> Result<Option<f64>, TokenFault> {
    match claims.get(claim) {
        None => Ok(None),
        Some(value) => value.as_f64().map(Some).ok_or_else(|| TokenFault::Claim(claim.to_owned())),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "Seconds since the epoch are exact in an f64 for 285 million years."
)]
fn seconds(moment: EpochMillis) -> f64 {
    moment.get() as f64 / 1_000.0
}

/// Whether it is no ID token, which tells an application who has logged in, and none to get others with. Cognito says it by
/// `token_use`, Keycloak by a claim `typ`, others by what only ID tokens have.
fn is_access_token(claims: &Map<String, Value>) -> bool {
    let is = |claim: &str, value: &str| claims.get(claim).and_then(Value::as_str) == Some(value);
    let is_bearer = is("typ", "Bearer");
    let is_another = claims.contains_key("token_use") && !is("token_use", "access")
        || claims.contains_key("typ") && !is_bearer
        || claims.contains_key("at_hash")
        || claims.contains_key("nonce") && !is_bearer;
    !is_another
}

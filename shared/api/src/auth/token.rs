//! Bearer tokens: JWTs (RFC 7519) of one issuer, verified as RFC 8725 recommends.

use domain::values::EpochMillis;
use jsonwebtoken::Algorithm;
use serde_json::{Map, Value};

use super::claims::{ClaimCheck, ClaimRules};
use super::explanation::{Decision, Explanation, HeaderCheck, Record, Step, Witness};
use super::identity::{IdentityRules, TokenIdentity};
use super::jwks::SigningKeySource;
use super::signing_keys::{SigningKey, Wanted};
use super::token_fault::{TokenError, TokenFault};
use super::unique_members::UniqueMembers;

/// Largest token, in bytes: API Gateway takes 10 KB of headers in all.
const LARGEST_TOKEN: usize = 8 * 1_024;
/// Header parameters that are not accepted: an extension that has to be understood, and keys that the token brings.
const NOT_ACCEPTED: [&str; 5] = ["crit", "jku", "jwk", "x5u", "x5c"];

/// Verifies the tokens of one issuer.
#[derive(Debug)]
pub struct TokenVerifier {
    keys: SigningKeySource,
    claims: ClaimRules,
    identity: IdentityRules,
}

impl TokenVerifier {
    /// A verifier with the issuer's keys and the deployment's rules.
    #[must_use]
    pub const fn new(keys: SigningKeySource, claims: ClaimRules, identity: IdentityRules) -> Self {
        Self { keys, claims, identity }
    }

    /// Fetches the issuer's keys ahead of the first token.
    pub async fn warm_up(&self, now: EpochMillis) {
        self.keys.warm_up(now).await;
    }

    /// Verifies a token and says whom it names.
    pub async fn verify(&self, token: &str, now: EpochMillis) -> Result<TokenIdentity, TokenError> {
        self.walk(&UnverifiedToken::read(token)?, now, &mut Decision).await
    }

    /// Says what becomes of a token at every step: the same walk, which goes on after a fault. What is no token is a fault by
    /// itself.
    pub async fn explain(&self, token: &str, now: EpochMillis) -> Result<Explanation, TokenFault> {
        let token = UnverifiedToken::read(token)?;
        let mut record = Record::default();
        let named = self.walk(&token, now, &mut record).await;
        let organisation = self.identity.organisation(&token.claims).ok().flatten();
        let kind = self.identity.kind(&token.claims, organisation.as_ref());
        let UnverifiedToken { header, claims, .. } = token;
        Ok(Explanation { steps: record.0, header, claims, organisation, kind, named })
    }

    async fn walk(
        &self,
        token: &UnverifiedToken<'_>,
        now: EpochMillis,
        witness: &mut (impl Witness + Send),
    ) -> Result<TokenIdentity, TokenError> {
        let claims = &token.claims;
        for check in HeaderCheck::ALL {
            witness.hear(Step::Header(check), token.check(check).map_err(TokenError::from))?;
        }
        witness.hear(Step::Signature, self.check_signature(token, now).await)?;
        for check in ClaimCheck::ALL {
            let outcome = self.claims.check(check, claims, now);
            witness.hear(Step::Claims(check), outcome.map_err(TokenError::from))?;
        }
        let organisation = self.identity.organisation(claims).map_err(TokenError::from);
        let organisation = witness.hear(Step::Organisation, organisation)?;
        let kind = self.identity.kind(claims, organisation.as_ref());
        let subject = self.identity.subject(kind, claims).map_err(TokenError::from);
        witness.hear(Step::Subject, subject.as_ref().map(|_| ()).map_err(Clone::clone))?;
        Ok(TokenIdentity { kind, issuer: self.claims.issuer.clone(), subject: subject?, organisation })
    }

    async fn check_signature(&self, token: &UnverifiedToken<'_>, now: EpochMillis) -> Result<(), TokenError> {
        let wanted = Wanted { key_id: token.key_id()?, algorithm: token.algorithm()? };
        let keys = self.keys.find(wanted, token.issued_at(), now).await?;
        if keys.is_empty() {
            return Err(TokenFault::UnknownSigningKey.into());
        }
        if !keys.iter().any(|key| token.is_signed_with(key)) {
            return Err(TokenFault::Signature.into());
        }
        Ok(())
    }
}

/// The parts of a token, of which nothing is to be believed before its signature is verified.
struct UnverifiedToken<'a> {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    /// What is signed: the first two parts as they are.
    signed: &'a str,
    signature: &'a str,
}

impl<'a> UnverifiedToken<'a> {
    fn read(token: &'a str) -> Result<Self, TokenFault> {
        if token.len() > LARGEST_TOKEN {
            return Err(TokenFault::TooLarge);
        }
        Self::parts(token).ok_or(TokenFault::Malformed)
    }

    fn parts(token: &'a str) -> Option<Self> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        decoded(signature)?;
        Some(Self { header: object(header)?, claims: object(claims)?, signed, signature })
    }

    /// What one rule says of the header.
    fn check(&self, check: HeaderCheck) -> Result<(), TokenFault> {
        match check {
            HeaderCheck::KeyId => self.key_id().map(|_| ()),
            HeaderCheck::Parameters if NOT_ACCEPTED.iter().any(|name| self.header.contains_key(*name)) => {
                Err(TokenFault::HeaderNotAccepted)
            }
            HeaderCheck::Parameters => Ok(()),
            HeaderCheck::Type => self.check_type(),
            HeaderCheck::Algorithm => self.algorithm().map(|_| ()),
        }
    }

    /// RFC 7519, section 5.1, and RFC 9068, section 2.1; the prefix may be left out (RFC 7515, section 4.1.9).
    fn check_type(&self) -> Result<(), TokenFault> {
        let typ = match self.header.get("typ") {
            None => return Ok(()),
            Some(typ) => typ.as_str().ok_or(TokenFault::AnotherType)?.to_ascii_lowercase(),
        };
        let is_jwt = matches!(typ.strip_prefix("application/").unwrap_or(&typ), "jwt" | "at+jwt");
        if is_jwt { Ok(()) } else { Err(TokenFault::AnotherType) }
    }

    /// The algorithm that it says. The key that it leads to has to be for it: what a key verifies comes from the key (RFC 8725,
    /// section 3.1).
    fn algorithm(&self) -> Result<Algorithm, TokenFault> {
        match self.header.get("alg").and_then(Value::as_str) {
            Some("RS256") => Ok(Algorithm::RS256),
            Some("ES256") => Ok(Algorithm::ES256),
            // RFC 9864 names the one curve that `EdDSA` stands for here.
            Some("EdDSA" | "Ed25519") => Ok(Algorithm::EdDSA),
            _ => Err(TokenFault::Algorithm),
        }
    }

    fn key_id(&self) -> Result<Option<&str>, TokenFault> {
        match self.header.get("kid") {
            None => Ok(None),
            Some(key_id) => key_id.as_str().map(Some).ok_or(TokenFault::Malformed),
        }
    }

    /// When it says that it was issued: it tells whether the issuer's keys were fetched before or after.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "The conversion saturates, and a moment beyond all reason is taken for now by whoever asks."
    )]
    fn issued_at(&self) -> Option<EpochMillis> {
        let seconds = self.claims.get("iat")?.as_f64()?;
        Some(EpochMillis::new((seconds * 1_000.0) as u64))
    }

    fn is_signed_with(&self, key: &SigningKey) -> bool {
        let verified = jsonwebtoken::crypto::verify(
            self.signature,
            self.signed.as_bytes(),
            &key.decoding_key,
            key.algorithm,
        );
        verified == Ok(true)
    }
}

fn decoded(part: &str) -> Option<Vec<u8>> {
    data_encoding::BASE64URL_NOPAD.decode(part.as_bytes()).ok()
}

fn object(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice::<UniqueMembers>(&decoded(part)?).ok().map(|members| members.0)
}

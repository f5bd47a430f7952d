//! Whom the claims of a verified token name (contract, "Whose token it is").

use domain::confinement::Restriction;
use domain::values::{OrgId, OrgTag, Subject};
use serde_json::{Map, Value};

use super::conditions::Conditions;
use super::token_fault::TokenFault;

/// The claim that names a service. A person's is the deployment's choice; a service has none of a person's claims.
const SERVICE_CLAIM: &str = "sub";

/// What kind of caller a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A person, who is confined to one inventory. Every token is, unless the deployment's conditions say otherwise.
    Person,
    /// A person who acts for an organisation.
    KeyManager,
    /// A service.
    Service,
}

/// Whom a verified token names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenIdentity {
    /// What kind of caller.
    pub kind: TokenKind,
    /// The issuer of the token: an id means something together with it only.
    pub issuer: String,
    /// The person or the service.
    pub subject: Subject,
    /// The organisation, if the token names one. It makes nobody anything by itself.
    pub organisation: Option<OrgId>,
}

impl TokenIdentity {
    /// The tag of the organisation that it names.
    #[must_use]
    pub fn organisation_tag(&self) -> Option<OrgTag> {
        self.organisation.as_ref().map(OrgTag::of)
    }

    /// What the token confines to; nothing if that is for an API key alone to say, which was bound to the token's subject.
    #[must_use]
    pub fn restriction(&self) -> Option<Restriction> {
        match (self.kind, &self.organisation) {
            (TokenKind::Person, organisation) => {
                Some(Restriction::ToUser(self.subject.clone().into(), organisation.clone()))
            }
            (TokenKind::KeyManager | TokenKind::Service, Some(organisation)) => {
                Some(Restriction::ToOrganisation(organisation.clone()))
            }
            (TokenKind::KeyManager | TokenKind::Service, None) => None,
        }
    }
}

/// What the deployment says about whom a token names.
#[derive(Debug, Clone)]
pub struct IdentityRules {
    /// The claim that names a person.
    pub user_claim: String,
    /// The claim that names an organisation.
    pub org_claim: String,
    /// What makes a token a service's; nothing does if there is none.
    pub service: Option<Conditions>,
    /// What makes a token a key manager's; nothing does if there is none.
    pub key_manager: Option<Conditions>,
}

impl IdentityRules {
    /// What kind of caller the claims are of, with the organisation that they name.
    #[must_use]
    pub fn kind(&self, claims: &Map<String, Value>, organisation: Option<&OrgId>) -> TokenKind {
        let is =
            |rule: &Option<Conditions>| rule.as_ref().is_some_and(|rule| rule.hold(claims, organisation));
        if is(&self.service) {
            TokenKind::Service
        } else if is(&self.key_manager) {
            TokenKind::KeyManager
        } else {
            TokenKind::Person
        }
    }

    /// The claim that names a caller of this kind.
    #[must_use]
    pub fn subject_claim(&self, kind: TokenKind) -> &str {
        match kind {
            TokenKind::Service => SERVICE_CLAIM,
            TokenKind::KeyManager | TokenKind::Person => &self.user_claim,
        }
    }

    /// The person or the service.
    pub(super) fn subject(
        &self,
        kind: TokenKind,
        claims: &Map<String, Value>,
    ) -> Result<Subject, TokenFault> {
        let claim = self.subject_claim(kind);
        let subject = claims.get(claim).and_then(Value::as_str).and_then(|text| Subject::parse(text).ok());
        subject.ok_or_else(|| TokenFault::Claim(claim.to_owned()))
    }

    /// The organisation: one text, or an array of exactly one. A claim that is there but not usable is never taken for one
    /// that is not there, whoever the token is for.
    pub(super) fn organisation(&self, claims: &Map<String, Value>) -> Result<Option<OrgId>, TokenFault> {
        let text = match claims.get(&self.org_claim) {
            None => return Ok(None),
            Some(Value::String(text)) => Some(text),
            Some(Value::Array(values)) => match values.as_slice() {
                [Value::String(text)] => Some(text),
                _ => None,
            },
            Some(_) => None,
        };
        let organisation = text.and_then(|text| OrgId::parse(text.as_str()).ok());
        organisation.map(Some).ok_or_else(|| TokenFault::Claim(self.org_claim.clone()))
    }
}

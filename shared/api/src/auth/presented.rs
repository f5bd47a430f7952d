//! From credentials that were presented, and what is stored of them, to a [`Caller`].

use domain::api_key::{ApiKeyFault, PresentedApiKey, StoredApiKey};
use domain::confinement::{Confinement, Forbidden, Restriction};
use domain::history::{Actor, ActorKind};
use domain::values::{EpochMillis, OrgTag};
use store::{CredentialLookup, StoredCredentials};

use super::identity::{TokenIdentity, TokenKind};
use super::{AuthFault, CredentialFault};

/// Credentials that are good as far as can be told without a read.
#[derive(Debug, Clone)]
pub struct Presented {
    token: Option<TokenIdentity>,
    api_key: Option<PresentedApiKey>,
}

/// A caller whose credentials are all verified: what it is confined to, and who it is in the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// What it may do.
    pub confinement: Confinement,
    /// Who it is.
    pub actor: Actor,
}

impl Presented {
    pub(super) const fn new(token: Option<TokenIdentity>, api_key: Option<PresentedApiKey>) -> Self {
        Self { token, api_key }
    }

    /// What there is to look up of them.
    #[must_use]
    pub fn lookup(&self) -> CredentialLookup<'_> {
        CredentialLookup {
            api_key: self.api_key.as_ref().map(PresentedApiKey::id),
            organisation: self.organisation_tag(),
        }
    }

    /// The organisation that the credentials lead to, known before anything is read: the token's if it names one, otherwise
    /// the API key's. If they differ, the caller is refused whatever is read.
    #[must_use]
    pub fn organisation_tag(&self) -> Option<OrgTag> {
        let of_token = self.token.as_ref().and_then(TokenIdentity::organisation_tag);
        of_token.or_else(|| self.api_key.as_ref()?.id().organisation_tag())
    }

    /// Names the caller for idempotency, before anything is read: kind, issuer, id and organisation. It does not change when
    /// an API key is rotated or a token is renewed.
    #[must_use]
    pub fn scope(&self) -> String {
        let kind = self.kind();
        let token = self.token.as_ref();
        let (issuer, subject) = (token.map(|token| &token.issuer), token.map(|token| &token.subject));
        let organisation = self.organisation_tag().map(|tag| tag.to_string());
        // JSON keeps the parts apart, whatever characters they are made of.
        serde_json::json!([kind, issuer, subject, organisation]).to_string()
    }

    /// What kind of caller the audit trail names: of a key manager, the person.
    fn kind(&self) -> ActorKind {
        match self.token.as_ref().map(|token| token.kind) {
            Some(TokenKind::Person | TokenKind::KeyManager) => ActorKind::User,
            Some(TokenKind::Service) => ActorKind::Service,
            None => ActorKind::Organisation,
        }
    }

    /// Verifies what needed a read and puts the restrictions together.
    pub fn confirm(&self, stored: &StoredCredentials, now: EpochMillis) -> Result<Caller, AuthFault> {
        let refused = |fault: CredentialFault| AuthFault::Unauthenticated(vec![fault]);
        let api_key = match &self.api_key {
            None => None,
            Some(presented) => {
                let verified = presented.verify(stored.api_key.as_ref(), now);
                Some(verified.map_err(|fault| refused(fault.into()))?)
            }
        };
        let of_token = match &self.token {
            None => None,
            Some(token) => restriction(token, api_key, stored).map_err(AuthFault::Forbidden)?,
        };
        let of_api_key = api_key.map(|api_key| Restriction::ToOrganisation(api_key.org_id.clone()));
        let confinement = match (of_token, of_api_key) {
            (Some(token), Some(key)) => Confinement::to(token).and(key).map_err(AuthFault::Forbidden)?,
            (Some(only), None) | (None, Some(only)) => Confinement::to(only),
            (None, None) => return Err(refused(CredentialFault::BothMissing)),
        };
        if let Some(api_key) = api_key {
            if !stored.has_open(&api_key.org_id) {
                return Err(refused(ApiKeyFault::OrganisationClosed.into()));
            }
            let subject = self.token.as_ref().map(|token| &token.subject);
            if !api_key.subjects.is_empty()
                && !subject.is_some_and(|subject| api_key.subjects.contains(subject))
            {
                return Err(AuthFault::Forbidden(Forbidden::CredentialsDisagree));
            }
        }
        let actor = Actor {
            kind: self.kind(),
            iss: self.token.as_ref().map(|token| token.issuer.clone()),
            id: self.token.as_ref().map(|token| token.subject.clone()),
            org_id: confinement.organisation().cloned(),
            api_key_id: api_key.map(|api_key| api_key.api_key_id.as_str().to_owned()),
        };
        Ok(Caller { confinement, actor })
    }
}

/// What a token confines to; nothing if that is for the API key alone to say, which was bound to the token's subject.
fn restriction(
    token: &TokenIdentity,
    api_key: Option<&StoredApiKey>,
    stored: &StoredCredentials,
) -> Result<Option<Restriction>, Forbidden> {
    if let Some(organisation) = &token.organisation
        && !stored.has_open(organisation)
    {
        return Err(Forbidden::UnknownOrganisation);
    }
    match (token.restriction(), api_key) {
        (Some(restriction), _) => Ok(Some(restriction)),
        // Anybody may have such a token, so an API key that leaked would be good with it.
        (None, Some(api_key)) if api_key.subjects.contains(&token.subject) => Ok(None),
        (None, _) => Err(Forbidden::OrganisationRequired),
    }
}

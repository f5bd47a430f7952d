//! Who did something, as a record says it.

use serde::{Deserialize, Serialize};

use crate::values::{OrgId, Subject};

/// Who did something, as the verified credentials named them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Actor {
    /// What kind of caller.
    #[serde(rename = "type")]
    pub kind: ActorKind,
    /// The issuer of the bearer token, if one was presented: the id means something together with it only.
    // It is the configuration's, and Lambda keeps 4 KB of that.
    #[cfg_attr(feature = "openapi", schema(max_length = 4_096, examples("https://issuer.example")))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// The person or the service that the bearer token names; of an operator, who they say they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Subject>,
    /// The organisation that the credentials name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org_id: Option<OrgId>,
    /// The public id of the API key, if one was presented.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::api_key::ApiKeyId>))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key_id: Option<String>,
}

impl Actor {
    /// Whoever runs the operator's commands. Nothing verifies the id: who may write the table may write anything.
    #[must_use]
    pub const fn operator(id: Subject) -> Self {
        Self { kind: ActorKind::Operator, iss: None, id: Some(id), org_id: None, api_key_id: None }
    }
}

/// The kinds of callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum ActorKind {
    /// A person, by a token: with an API key, or as a key manager of an organisation.
    User,
    /// A service, by a token.
    Service,
    /// An organisation, by an API key alone.
    Organisation,
    /// Whoever runs the operator's commands.
    Operator,
}

impl ActorKind {
    /// The word that records and logs have for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Service => "service",
            Self::Organisation => "organisation",
            Self::Operator => "operator",
        }
    }
}

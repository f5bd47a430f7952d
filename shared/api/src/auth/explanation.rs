//! The one walk over a token, told step by step. Who decides stops at the first rule that refuses the token; who explains goes on,
//! and keeps what each of them made of it.

use domain::values::OrgId;
use serde_json::{Map, Value};

use super::claims::ClaimCheck;
use super::identity::{TokenIdentity, TokenKind};
use super::token_fault::TokenError;

/// What a token is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A rule about its header.
    Header(HeaderCheck),
    /// Its signature, with the issuer's keys.
    Signature,
    /// A rule about its claims.
    Claims(ClaimCheck),
    /// The organisation that it names.
    Organisation,
    /// The person or the service that it names.
    Subject,
}

/// A rule about a token's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderCheck {
    /// `kid` is a text, if it is there.
    KeyId,
    /// Nothing that has to be understood, and no key that the token brings.
    Parameters,
    /// It is a JWT.
    Type,
    /// It is signed by an accepted algorithm.
    Algorithm,
}

impl HeaderCheck {
    /// All of them, in the order in which they are made.
    pub const ALL: [Self; 4] = [Self::KeyId, Self::Parameters, Self::Type, Self::Algorithm];
}

/// Whoever is told of each step.
pub(super) trait Witness {
    /// Hears what a step came to. Without a fault the walk goes on with what it gives.
    fn hear<T: Default>(&mut self, step: Step, outcome: Result<T, TokenError>) -> Result<T, TokenError>;
}

/// Decides: the first fault is the answer.
pub(super) struct Decision;

impl Witness for Decision {
    fn hear<T: Default>(&mut self, _: Step, outcome: Result<T, TokenError>) -> Result<T, TokenError> {
        outcome
    }
}

/// Keeps every step, and lets the walk go on as if it had come to nothing.
#[derive(Default)]
pub(super) struct Record(pub(super) Vec<(Step, Result<(), TokenError>)>);

impl Witness for Record {
    fn hear<T: Default>(&mut self, step: Step, outcome: Result<T, TokenError>) -> Result<T, TokenError> {
        let (value, kept) = match outcome {
            Ok(value) => (value, Ok(())),
            Err(fault) => (T::default(), Err(fault)),
        };
        self.0.push((step, kept));
        Ok(value)
    }
}

/// What the rules make of a token, and why.
#[derive(Debug)]
pub struct Explanation {
    /// Every step in order, and what it came to.
    pub steps: Vec<(Step, Result<(), TokenError>)>,
    /// The token's header.
    pub header: Map<String, Value>,
    /// The token's claims, which nobody may have signed.
    pub claims: Map<String, Value>,
    /// The organisation that it names.
    pub organisation: Option<OrgId>,
    /// What kind of caller it is for.
    pub kind: TokenKind,
    /// Whom it names, whether or not any step has a fault.
    pub named: Result<TokenIdentity, TokenError>,
}

impl Explanation {
    /// What verifying the token comes to: whom it names, or the first fault.
    pub fn outcome(&self) -> Result<TokenIdentity, TokenError> {
        let first = self.steps.iter().find_map(|(_, outcome)| outcome.clone().err());
        first.map_or_else(|| self.named.clone(), Err)
    }
}

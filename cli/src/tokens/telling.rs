//! What the rules make of a token, in words: claims are shown where a rule looked at them, the signature never is.

use std::time::Duration;

use api::auth::RequiredCredentials;
use api::auth::claims::{ClaimCheck, ClaimRules, LEEWAY};
use api::auth::conditions::{Conditions, Looked};
use api::auth::explanation::{Explanation, HeaderCheck, Step};
use api::auth::identity::{IdentityRules, TokenKind};
use api::auth::token_fault::{TokenError, TokenFault};
use domain::values::EpochMillis;
use serde_json::{Map, Value};

use super::rights::{named, rights};
use super::row::Row;

/// Most characters that are shown of a value.
const MOST_SHOWN: usize = 200;

/// What is made of a token in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Accepted,
    Refused,
    /// The signature was not verified, and nothing else is wrong.
    Unknown,
}

/// An explanation, and what it was made by.
pub(super) struct Telling<'a> {
    pub(super) explanation: &'a Explanation,
    pub(super) claims: ClaimRules,
    pub(super) identity: IdentityRules,
    pub(super) required: RequiredCredentials,
    /// In words, where the rules are from.
    pub(super) source: String,
    /// In words, where the key set is from.
    pub(super) keys: String,
    pub(super) now: EpochMillis,
}

impl Telling<'_> {
    /// All of it.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = self.answer();
        lines.push(String::new());
        lines.push(format!(
            "By the rules of {}, at {}, with {} s to spare for clocks that differ:",
            self.source,
            self.now.to_rfc3339_seconds(),
            LEEWAY.as_secs()
        ));
        lines.extend(self.rows().map(|row| row.to_string()));
        lines.push(String::new());
        lines.extend(self.whose());
        if let Ok(identity) = &self.explanation.named
            && self.verdict() != Verdict::Refused
        {
            lines.push(String::new());
            lines.extend(rights(identity, self.required));
        }
        lines
    }

    /// What every step came to.
    pub(super) fn rows(&self) -> impl Iterator<Item = Row> {
        self.explanation.steps.iter().map(|(step, outcome)| self.step(*step, outcome))
    }

    /// Every reason why it is refused, once.
    pub(super) fn reasons(&self) -> Vec<&TokenFault> {
        let mut reasons = Vec::new();
        for (_, outcome) in &self.explanation.steps {
            if let Err(TokenError::Fault(fault)) = outcome
                && !reasons.contains(&fault)
            {
                reasons.push(fault);
            }
        }
        reasons
    }

    /// What it comes to. A token that is refused anyhow is, whether or not its signature was verified.
    pub(super) fn verdict(&self) -> Verdict {
        if !self.reasons().is_empty() {
            Verdict::Refused
        } else if self.explanation.outcome().is_ok() {
            Verdict::Accepted
        } else {
            Verdict::Unknown
        }
    }

    /// The verdict and its reasons.
    fn answer(&self) -> Vec<String> {
        let named = self.explanation.named.as_ref().map(named).unwrap_or_default();
        match self.verdict() {
            Verdict::Accepted => vec![format!("The token is accepted: {named}.")],
            Verdict::Unknown => {
                vec![
                    "The token is neither accepted nor refused, because its signature was not verified (503).".to_owned(),
                    format!("  If it is good: {named}."),
                ]
            }
            Verdict::Refused => {
                let reasons = self.reasons().into_iter().map(|fault| format!("  {fault}"));
                std::iter::once("The token is refused (401):".to_owned()).chain(reasons).collect()
            }
        }
    }

    fn step(&self, step: Step, outcome: &Result<(), TokenError>) -> Row {
        let Explanation { header, claims, .. } = self.explanation;
        let (name, found) = match step {
            Step::Header(HeaderCheck::KeyId) => ("key id", found(header, "kid")),
            Step::Header(HeaderCheck::Parameters) => {
                let names: Vec<_> = header.keys().map(String::as_str).collect();
                ("header", cut(&format!("it has {}", names.join(", "))))
            }
            Step::Header(HeaderCheck::Type) => ("type", found(header, "typ")),
            Step::Header(HeaderCheck::Algorithm) => ("algorithm", found(header, "alg")),
            Step::Signature => return self.signature(outcome),
            Step::Claims(check) => (claim_check(check), self.claim(check)),
            Step::Organisation => ("organisation", found(claims, &self.identity.org_claim)),
            Step::Subject => {
                let claim = self.identity.subject_claim(self.explanation.kind);
                let whose = match self.explanation.kind {
                    TokenKind::Service => "service",
                    TokenKind::KeyManager | TokenKind::Person => "user",
                };
                (whose, found(claims, claim))
            }
        };
        Row { holds: Some(outcome.is_ok()), name, found }
    }

    fn signature(&self, outcome: &Result<(), TokenError>) -> Row {
        let is_of_header = |fault: &TokenError| {
            let of_header = |(step, other): &(Step, Result<(), TokenError>)| {
                matches!(step, Step::Header(_)) && other.as_ref().err() == Some(fault)
            };
            self.explanation.steps.iter().any(of_header)
        };
        let (holds, found) = match outcome {
            Ok(()) => (Some(true), format!("by a key of {}", self.keys)),
            Err(TokenError::Unavailable(_)) => (None, "not verified: the keys are not known".to_owned()),
            Err(fault) if is_of_header(fault) => (None, "not verified, because of the header".to_owned()),
            Err(_) => (Some(false), format!("by no key of {}", self.keys)),
        };
        Row { holds, name: "signature", found }
    }

    fn claim(&self, check: ClaimCheck) -> String {
        let (claims, rules) = (&self.explanation.claims, &self.claims);
        let all: Vec<_> = check.claims().iter().filter(|name| claims.contains_key(**name)).collect();
        let all = match all.as_slice() {
            [] => format!("there is no {}", check.claims().join(", ")),
            present => present.iter().map(|name| found(claims, name)).collect::<Vec<_>>().join(", "),
        };
        let wanted = match check {
            ClaimCheck::Issuer => format!("has to be {:?} (JWT_ISSUER)", rules.issuer),
            ClaimCheck::Audience if rules.audiences.is_empty() => {
                "has to be absent (JWT_AUDIENCE is not set)".to_owned()
            }
            ClaimCheck::Audience => format!("has to be or hold {} (JWT_AUDIENCE)", either(&rules.audiences)),
            ClaimCheck::Client if rules.clients.is_empty() => {
                "any will do (JWT_CLIENTS is not set)".to_owned()
            }
            ClaimCheck::Client => format!("has to be {} (JWT_CLIENTS)", either(&rules.clients)),
            ClaimCheck::Use => "has to be an access token's".to_owned(),
            ClaimCheck::Actor | ClaimCheck::Binding => "has to be absent".to_owned(),
            ClaimCheck::Expiry => self.times(rules.longest_lifetime),
            ClaimCheck::Start => match date(claims.get("nbf")) {
                Some(start) => self.distance(start),
                None => "need not be there".to_owned(),
            },
        };
        format!("{all}; {wanted}")
    }

    fn times(&self, longest: Duration) -> String {
        let claims = &self.explanation.claims;
        let expiry = date(claims.get("exp")).map(|moment| format!("{}; ", self.distance(moment)));
        let issued =
            date(claims.get("iat")).map(|moment| format!("; it was issued (iat) {}", self.distance(moment)));
        format!(
            "{}at most {} h ahead (JWT_LONGEST_LIFETIME_HOURS){}",
            expiry.unwrap_or_default(),
            longest.as_secs() / 3_600,
            issued.unwrap_or_default()
        )
    }

    /// A moment, and how far it is from now.
    fn distance(&self, moment: EpochMillis) -> String {
        let whole = |duration: Duration| humantime::format_duration(Duration::from_secs(duration.as_secs()));
        let written = moment.to_rfc3339_seconds();
        if moment > self.now {
            format!("{written}, in {}", whole(moment.since(self.now)))
        } else {
            format!("{written}, {} ago", whole(self.now.since(moment)))
        }
    }

    /// Whose token it is, by which conditions.
    fn whose(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (whose, name, conditions) in [
            ("a service's", "JWT_SERVICE_CLAIM", &self.identity.service),
            ("a key manager's", "JWT_MANAGER_CLAIM", &self.identity.key_manager),
        ] {
            lines.extend(self.conditions(whose, name, conditions.as_ref()));
        }
        lines.push(match self.explanation.kind {
            TokenKind::Service => "So it is a service's.".to_owned(),
            TokenKind::KeyManager => "So it is a key manager's.".to_owned(),
            TokenKind::Person => "So it is a person's, as every other token.".to_owned(),
        });
        lines
    }

    fn conditions(&self, whose: &str, name: &str, conditions: Option<&Conditions>) -> Vec<String> {
        let Some(conditions) = conditions else {
            return vec![format!("No token is {whose}, as {name} is not set.")];
        };
        let Explanation { claims, organisation, .. } = self.explanation;
        let mut lines = vec![format!("It is {whose} if all of this holds ({name}):")];
        lines.extend(conditions.look(claims, organisation.as_ref()).map(|looked| {
            let holds = if looked.holds() { "yes" } else { "no" };
            format!("  {holds:<3}  {}: {}", looked.condition, condition(claims, &looked))
        }));
        lines
    }
}

/// What a condition compared.
fn condition(claims: &Map<String, Value>, looked: &Looked<'_>) -> String {
    let found = found(claims, looked.condition.claim());
    match &looked.expected {
        Some(expected) => format!("{found}; has to be or hold {}", shown(&Value::from(expected.as_str()))),
        None => format!("{found}; what its braces stand for is not in the token"),
    }
}

const fn claim_check(check: ClaimCheck) -> &'static str {
    match check {
        ClaimCheck::Issuer => "issuer",
        ClaimCheck::Audience => "audience",
        ClaimCheck::Client => "client",
        ClaimCheck::Use => "use",
        ClaimCheck::Actor => "acts for",
        ClaimCheck::Binding => "bound to",
        ClaimCheck::Expiry => "expiry",
        ClaimCheck::Start => "start",
    }
}

/// A member, or that it is not there.
fn found(members: &Map<String, Value>, name: &str) -> String {
    match members.get(name) {
        Some(value) => format!("{name} is {}", shown(value)),
        None => format!("there is no {name}"),
    }
}

fn shown(value: &Value) -> String {
    cut(&value.to_string())
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn either(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("{name:?}")).collect();
    names.join(" or ")
}

/// A moment that a claim names, if it is one that can be written.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "What is below zero or beyond the year 9999 is no such moment."
)]
fn date(claim: Option<&Value>) -> Option<EpochMillis> {
    let seconds = claim?.as_f64().filter(|seconds| (0.0..253_402_300_800.0).contains(seconds))?;
    Some(EpochMillis::new((seconds * 1_000.0) as u64))
}

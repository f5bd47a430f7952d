//! The one line in the log about a request, so that whoever investigates finds who, from where, with which API key, and why
//! it was refused. Ids, addresses and reasons by name only: never a body, a note, a token or a secret.

use std::time::{Duration, Instant};

use domain::api_key::PresentedApiKey;
use domain::history::Actor;
use domain::values::{OrgId, Subject, UserId};
use lambda_http::Request;

use super::exchange::Init;
use super::gateway::{Gateway, Origin};
use super::problem::Problem;
use crate::auth::API_KEY_HEADER;

/// What is found out about a request on its way.
#[derive(Debug, Default)]
pub struct Trail {
    /// The user in the path.
    pub user_id: Option<UserId>,
    /// Who it is, once the credentials are verified.
    pub actor: Option<Actor>,
    /// How often the store was read for it: the attempts of a command.
    pub attempts: u32,
    /// How long it waited for the store, the waits between attempts of a call among it.
    store_time: Duration,
    /// How long the process took to begin, if this is its first request.
    init: Option<Duration>,
    /// The id of the API key that was presented, which need not have been a good one.
    api_key_id: Option<String>,
    origin: Origin,
}

/// How a request ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ending<'a> {
    pub(super) request_id: &'a str,
    pub(super) status: u16,
    pub(super) code: &'a str,
    pub(super) reasons: Option<&'a str>,
    pub(super) cause: Option<&'a str>,
    pub(super) duration: Duration,
}

impl Trail {
    /// What there is to say of a request before anything is verified.
    pub(super) fn of(request: &Request) -> Self {
        let api_key = request.headers().get(API_KEY_HEADER).and_then(|value| value.to_str().ok());
        let api_key = api_key.and_then(|text| PresentedApiKey::parse(text).ok());
        Self {
            api_key_id: api_key.map(|api_key| api_key.id().as_str().to_owned()),
            origin: request
                .extensions()
                .get::<Gateway>()
                .map(|gateway| gateway.origin.clone())
                .unwrap_or_default(),
            init: request.extensions().get::<Init>().map(|Init(duration)| *duration),
            ..Self::default()
        }
    }

    /// Waits for a call of the store, and notes for how long. The call is in a box: it has tens of kilobytes, and would be in the caller
    /// twice.
    pub fn in_store<T>(&mut self, call: impl Future<Output = T>) -> impl Future<Output = T> {
        let call = Box::pin(call);
        async move {
            let began = Instant::now();
            let outcome = call.await;
            self.store_time += began.elapsed();
            outcome
        }
    }

    /// Writes the line: an error if the fault is ours or the store's.
    pub(super) fn write(&self, ending: Ending<'_>) {
        /// The same fields at either level, which has to be a constant.
        macro_rules! answered {
            ($level:ident) => {
                tracing::$level!(
                    request_id = ending.request_id,
                    route = self.origin.route,
                    status = ending.status,
                    code = ending.code,
                    reasons = ending.reasons,
                    cause = ending.cause,
                    user_id = self.user_id.as_ref().map(UserId::as_str),
                    actor_type = self.actor.as_ref().map(|actor| actor.kind.as_str()),
                    actor_id = self.actor.as_ref().and_then(|actor| actor.id.as_ref()).map(Subject::as_str),
                    organisation =
                        self.actor.as_ref().and_then(|actor| actor.org_id.as_ref()).map(OrgId::as_str),
                    api_key_id = self.api_key_id,
                    source_address = self.origin.source_address,
                    user_agent = self.origin.user_agent,
                    // Who asked nothing of the store is no part of how long that takes.
                    attempts = (self.attempts > 0).then_some(self.attempts),
                    store_ms = (self.attempts > 0).then(|| millis(self.store_time)),
                    init_ms = self.init.map(millis),
                    duration_ms = millis(ending.duration),
                    answers = 1,
                    faults = (ending.status == 500).then_some(1),
                    "answered"
                )
            };
        }
        if ending.status >= 500 { answered!(error) } else { answered!(info) }
    }
}

/// Milliseconds, to the hundredth.
fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 100_000.0).round() / 100.0
}

/// Why a request was refused, by name, if the code alone does not say it.
pub(super) fn reasons(problem: &Problem) -> Option<String> {
    match problem {
        Problem::Unauthenticated(faults) => {
            Some(faults.iter().map(crate::auth::CredentialFault::name).collect::<Vec<_>>().join(","))
        }
        _ => None,
    }
}

//! One exchange: what every request brings with it, what every answer carries, and the one line in the log.

use std::time::{Duration, Instant};

use data_encoding::BASE64URL_NOPAD;
use domain::values::EpochMillis;
use lambda_http::http::header::{
    ACCEPT, CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use lambda_http::http::{Method, Response};
use lambda_http::{Body, Request, RequestExt};
use process::chance::Chance;
use process::clock::Clock;

use super::answer::Answer;
use super::gateway::Gateway;
use super::problem::Problem;
use super::trail::{self, Ending, Trail};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const PROBLEM_JSON: &str = "application/problem+json";
/// What is left of an invocation's time for answering when everything else has to be over.
const MARGIN: Duration = Duration::from_millis(500);
/// The time of an invocation that does not say when it ends.
const DEFAULT_TIME: Duration = Duration::from_secs(10);

/// How long the process took until it could be given its first request, which is the one that has this extension.
#[derive(Debug, Clone, Copy)]
pub struct Init(pub Duration);

/// One request on its way to its answer.
#[derive(Debug)]
pub struct Exchange {
    request_id: String,
    began: Instant,
    deadline: Instant,
    wants_problem_json: bool,
    is_head: bool,
    is_https: bool,
    /// What the log will say.
    pub trail: Trail,
}

impl Exchange {
    /// Begins the exchange of a request.
    #[must_use]
    pub fn begin(request: &Request, clock: &Clock, chance: &Chance) -> Self {
        let began = Instant::now();
        let time = remaining_time(request, clock.now());
        Self {
            request_id: request_id(request, chance),
            began,
            deadline: began + time.saturating_sub(MARGIN),
            wants_problem_json: wants_problem_json(request.headers()),
            is_head: request.method() == Method::HEAD,
            is_https: request.extensions().get::<Gateway>().is_some_and(|gateway| gateway.is_https),
            trail: Trail::of(request),
        }
    }

    /// Holds the exchange of a request from its beginning to its end. A preflight is answered at once, whatever it reaches
    /// (contract, "HTTP manners"); anything else by `answer`.
    pub async fn hold(
        request: &Request,
        clock: &Clock,
        chance: &Chance,
        answer: impl AsyncFnOnce(&mut Self) -> Result<Answer, Problem>,
    ) -> Response<Body> {
        let mut exchange = Self::begin(request, clock, chance);
        let outcome = if request.method() == Method::OPTIONS {
            Ok(Answer::to_preflight())
        } else {
            answer(&mut exchange).await
        };
        exchange.finish(outcome)
    }

    /// The id that the answer, the event and the log share.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// When to give up.
    #[must_use]
    pub const fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Ends the exchange: the response with its headers, and the line in the log. `HEAD` gets what `GET` would, without
    /// the body (RFC 9110, section 9.3.2).
    #[must_use]
    pub fn finish(self, outcome: Result<Answer, Problem>) -> Response<Body> {
        let code = match &outcome {
            Ok(answer) => answer.done.code(),
            Err(problem) => problem.code(),
        };
        let cause = outcome.as_ref().err().and_then(Problem::cause);
        let reasons = outcome.as_ref().err().and_then(trail::reasons);
        let mut response = match outcome {
            Ok(answer) => answer.response(),
            Err(problem) => {
                let media_type = if self.wants_problem_json { PROBLEM_JSON } else { "application/json" };
                problem.response(&self.request_id, HeaderValue::from_static(media_type))
            }
        };
        let headers = response.headers_mut();
        if let Ok(request_id) = HeaderValue::from_str(&self.request_id) {
            headers.insert(X_REQUEST_ID, request_id);
        }
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        // A server must not say this over plain HTTP (RFC 6797, section 7.2), as the local one speaks it; the gateway in
        // AWS speaks TLS only, and tells so.
        if self.is_https {
            headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
        }
        self.trail.write(Ending {
            request_id: &self.request_id,
            status: response.status().as_u16(),
            code,
            reasons: reasons.as_deref(),
            cause: cause.as_deref(),
            duration: self.began.elapsed(),
        });
        if self.is_head {
            *response.body_mut() = Body::Empty;
        }
        response
    }
}

/// The gateway's id of the request, which its access log has too, or else the invocation's; a dot; and 128 random bits, so
/// that nobody knows the id beforehand (contract, "HTTP manners").
fn request_id(request: &Request, chance: &Chance) -> String {
    let of_gateway = request.extensions().get::<Gateway>().and_then(|gateway| gateway.request_id.clone());
    let of_invocation = || request.lambda_context_ref().map(|context| context.request_id.clone());
    let of_request = of_gateway.or_else(of_invocation).unwrap_or_default();
    format!("{of_request}.{}", BASE64URL_NOPAD.encode(&chance.bytes::<16>()))
}

fn remaining_time(request: &Request, now: EpochMillis) -> Duration {
    match request.lambda_context_ref() {
        Some(context) if context.deadline > 0 => EpochMillis::new(context.deadline).since(now),
        _ => DEFAULT_TIME,
    }
}

/// Whether `Accept` asks for problem details by name (RFC 9457, section 3); a quality of 0 is a no.
fn wants_problem_json(headers: &HeaderMap) -> bool {
    headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).any(|value| {
        value.split(',').any(|range| {
            let mut parts = range.split(';').map(str::trim);
            parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case(PROBLEM_JSON))
                && !parts.any(|parameter| {
                    parameter.split_once('=').is_some_and(|(name, quality)| {
                        name.trim() == "q" && quality.trim().parse() == Ok(0.0_f32)
                    })
                })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(accept: &str, expected: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, accept.parse().unwrap());
        assert_eq!(wants_problem_json(&headers), expected, "{accept}");
    }

    #[test]
    fn problem_json_is_given_where_it_is_asked_for() {
        check("application/problem+json", true);
        check("application/json, Application/Problem+JSON;q=0.5", true);
        check("*/*", false);
        check("application/json", false);
        check("application/problem+json;q=0", false);
        check("application/problem+json; q=0.000", false);
    }
}

//! A client of the public API: the commands of this program that work with any deployment know it as every other
//! client does.

mod fault;
mod pace;
mod pages;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use data_encoding::BASE64URL_NOPAD;
use domain::values::OrgId;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url};
use serde_json::Value;

pub(crate) use self::fault::ApiFault;
use self::pace::Pace;
pub(crate) use self::pages::Pages;
use crate::arguments::ApiArguments;
use crate::arguments::api::CallerOrgArguments;
use crate::output::Failure;

/// Where the credentials come from. They are no arguments, because those are shown to every user of a machine.
pub(crate) const TOKEN: &str = "PHYSICAL_KEYS_TOKEN";
const API_KEY: &str = "PHYSICAL_KEYS_API_KEY";

/// Longest time for one attempt: longer than the API takes for anything.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);
/// Most attempts in a row that have no answer at all.
const MOST_UNANSWERED: u32 = 6;
/// How long refusals that are over after a while are waited out.
const PATIENCE: Duration = Duration::from_mins(2);
/// Most requests that are ever under way at once.
pub(crate) const MOST_AT_ONCE: usize = 64;
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// The API at an address, with credentials.
#[derive(Debug)]
pub(crate) struct ApiClient {
    client: Client,
    address: Url,
    token: Option<String>,
    pace: Pace,
    patience: Duration,
    /// Whether anything was ever answered.
    is_met: AtomicBool,
}

/// What the API says, whatever it is.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) status: StatusCode,
    /// Whether it had been said before.
    pub(crate) replayed: bool,
    /// The hash of the event that a command recorded: its receipt.
    pub(crate) event_hash: Option<String>,
    pub(crate) text: String,
}

impl ApiClient {
    /// The API that the arguments name, with the credentials of the environment.
    pub(crate) fn open(arguments: &ApiArguments) -> Result<Self, Failure> {
        let mut headers = HeaderMap::new();
        for (variable, name, scheme) in
            [(TOKEN, AUTHORIZATION, "Bearer "), (API_KEY, HeaderName::from_static("x-api-key"), "")]
        {
            let Some(text) = std::env::var(variable).ok().filter(|text| !text.trim().is_empty()) else {
                continue;
            };
            let value = HeaderValue::from_str(&format!("{scheme}{}", text.trim()));
            let mut value = value.map_err(|_| Failure(format!("{variable} is no credential.")))?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        if headers.is_empty() {
            return Err(Failure(format!("Set the caller's credentials: {TOKEN}, {API_KEY}, or both.")));
        }
        let client = Client::builder().default_headers(headers).timeout(ATTEMPT_TIMEOUT);
        // A redirection could carry the credentials elsewhere.
        let client = client.redirect(reqwest::redirect::Policy::none()).build();
        let client = client.map_err(|error| Failure::because("There is no HTTP client", error))?;
        let token = std::env::var(TOKEN).ok().filter(|token| !token.trim().is_empty());
        Ok(Self {
            client,
            address: arguments.api.clone(),
            token,
            pace: Pace::of(MOST_AT_ONCE),
            patience: PATIENCE,
            is_met: AtomicBool::new(false),
        })
    }

    /// The same, for somebody who wants to know soon.
    pub(crate) fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The organisation that was named, or else the one that the bearer token names. Whether it is true is for the API to say.
    pub(crate) fn organisation(&self, arguments: CallerOrgArguments) -> Result<OrgId, Failure> {
        let CallerOrgArguments { org, org_claim } = arguments;
        if let Some(org) = org {
            return Ok(org);
        }
        let Some(token) = &self.token else {
            return Err(Failure(
                "There is no bearer token that names the organisation; say --org ORG.".to_owned(),
            ));
        };
        let named = || {
            let claims = BASE64URL_NOPAD.decode(token.trim().split('.').nth(1)?.as_bytes()).ok()?;
            let claims: Value = serde_json::from_slice(&claims).ok()?;
            OrgId::parse(claims.get(&org_claim)?.as_str()?).ok()
        };
        named().ok_or_else(|| {
            Failure(format!(
                "The bearer token has no claim `{org_claim}` that names an organisation; say --org ORG."
            ))
        })
    }

    /// The URL of a path, each segment encoded.
    fn url(&self, path: &[&str]) -> Result<Url, Failure> {
        let mut url = self.address.clone();
        let mut segments =
            url.path_segments_mut().map_err(|()| Failure("The API's address has no path.".to_owned()))?;
        segments.pop_if_empty().extend(path);
        drop(segments);
        Ok(url)
    }

    fn host(&self) -> String {
        self.address.origin().ascii_serialization()
    }

    /// Asks a query.
    pub(crate) async fn get(&self, path: &[&str], parameters: &[(&str, &str)]) -> Result<Value, ApiFault> {
        self.try_get(path, parameters).await?.answer()
    }

    /// Asks a query, and gives whatever is said.
    pub(crate) async fn try_get(&self, path: &[&str], parameters: &[(&str, &str)]) -> Result<Told, ApiFault> {
        let mut url = self.url(path).map_err(|failure| ApiFault::Unusable(failure.to_string()))?;
        url.query_pairs_mut().extend_pairs(parameters);
        self.send(&Method::GET, url, None).await
    }

    /// Gives a command. Its idempotency key makes it safe to send it as often as it takes.
    pub(crate) async fn post(
        &self,
        path: &[&str],
        body: &Value,
        idempotency_key: &str,
    ) -> Result<Value, ApiFault> {
        self.try_post(path, body, idempotency_key).await?.answer()
    }

    /// Gives a command, and gives back whatever is said.
    pub(crate) async fn try_post(
        &self,
        path: &[&str],
        body: &Value,
        idempotency_key: &str,
    ) -> Result<Told, ApiFault> {
        let url = self.url(path).map_err(|failure| ApiFault::Unusable(failure.to_string()))?;
        self.send(&Method::POST, url, Some((body, idempotency_key))).await
    }

    /// Sends a request until it is answered, or there is no hope. Every command has an idempotency key, so it is safe to.
    async fn send(
        &self,
        method: &Method,
        url: Url,
        command: Option<(&Value, &str)>,
    ) -> Result<Told, ApiFault> {
        let (began, mut pause, mut unanswered) = (Instant::now(), FIRST_PAUSE, 0);
        loop {
            let mut request = self.client.request(method.clone(), url.clone());
            if let Some((body, idempotency_key)) = command {
                request = request.json(body).header("idempotency-key", idempotency_key);
            }
            let under_way = self.pace.start().await;
            let (asked_to_wait, fault) = match answered(request).await {
                Ok(Attempt::Told(told)) => {
                    self.is_met.store(true, Ordering::Relaxed);
                    self.pace.go_on();
                    return Ok(told);
                }
                Ok(Attempt::Passing { status, retry_after }) => {
                    self.is_met.store(true, Ordering::Relaxed);
                    unanswered = 0;
                    self.pace.slow_down();
                    (retry_after, status.to_string())
                }
                Err(error) => {
                    // Where nothing has ever answered or taken a request, there is nothing to wait for.
                    if let Some(fault) = ApiFault::never_reached(&self.address, &error)
                        && unanswered == 0
                        && !self.is_met.load(Ordering::Relaxed)
                    {
                        return Err(fault);
                    }
                    unanswered += 1;
                    (None, fault::words(error))
                }
            };
            drop(under_way);
            if unanswered == MOST_UNANSWERED || began.elapsed() > self.patience {
                let host = self.host();
                return Err(ApiFault::Unanswered(format!("The API at {host} cannot be used: {fault}.")));
            }
            // Those that were refused together do not come back together.
            let pause_now = pause.mul_f64(0.5 + fastrand::f64() / 2.0);
            tokio::time::sleep(asked_to_wait.unwrap_or(pause_now).min(LONGEST_PAUSE)).await;
            pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
        }
    }
}

/// What came of sending a request once.
enum Attempt {
    Told(Told),
    Passing { status: StatusCode, retry_after: Option<Duration> },
}

/// Sends a request once and reads the whole answer.
async fn answered(request: RequestBuilder) -> Result<Attempt, reqwest::Error> {
    let response = request.send().await?;
    let status = response.status();
    if is_passing(status) {
        return Ok(Attempt::Passing { status, retry_after: retry_after(&response) });
    }
    let replayed = response.headers().contains_key("idempotent-replayed");
    let event_hash = response.headers().get("event-hash").and_then(|hash| hash.to_str().ok());
    let event_hash = event_hash.map(ToOwned::to_owned);
    Ok(Attempt::Told(Told { status, replayed, event_hash, text: response.text().await? }))
}

/// Whether a refusal is over after a while. A gateway answers 500 or 504 itself for a function that did not answer in time.
fn is_passing(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::CONFLICT
            | StatusCode::TOO_MANY_REQUESTS
            | StatusCode::INTERNAL_SERVER_ERROR
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    )
}

fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

impl Told {
    /// The answer; whatever is none is a fault.
    pub(crate) fn answer(&self) -> Result<Value, ApiFault> {
        let Self { status, text, .. } = self;
        let body: Value = serde_json::from_str(text)
            .map_err(|_| ApiFault::Unusable(format!("The API does not answer in JSON: {status}.")))?;
        if status.is_success() {
            return Ok(body);
        }
        let each =
            body["errors"].as_array().into_iter().flatten().filter_map(|error| error["message"].as_str());
        let reasons = each.collect::<Vec<_>>().join(" ");
        let reasons = if reasons.is_empty() { status.to_string() } else { reasons };
        match *status {
            _ if body["error"] == "one_user_only" => Err(ApiFault::OneUserOnly),
            StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY => {
                Err(ApiFault::Refused(reasons))
            }
            _ => Err(ApiFault::Unusable(format!("The API refuses the request: {reasons}"))),
        }
    }
}

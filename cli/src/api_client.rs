//! A client of the public API: the commands of this program that work with any deployment know it as every other
//! client does.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method, Response, StatusCode, Url};
use serde_json::Value;

use crate::arguments::ApiArguments;
use crate::output::Failure;

/// Where the credentials come from. They are no arguments, because those are shown to every user of a machine.
const TOKEN: &str = "PHYSICAL_KEYS_TOKEN";
const API_KEY: &str = "PHYSICAL_KEYS_API_KEY";

/// Longest time for one attempt: longer than the API takes for anything.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);
const MOST_ATTEMPTS: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// The API at an address, with credentials.
#[derive(Debug)]
pub(crate) struct ApiClient {
    client: Client,
    address: Url,
    token: Option<String>,
}

/// What the API says, whatever it is.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) status: StatusCode,
    /// Whether it had been said before.
    pub(crate) replayed: bool,
    pub(crate) text: String,
}

/// An answer of the API.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) body: Value,
    /// Whether it had been given before.
    pub(crate) replayed: bool,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiFault {
    /// The API refuses this request. The text is for people.
    #[error("{0}")]
    Refused(String),
    /// The API refuses the caller, or cannot be used: so it will be with every other request.
    #[error("{0}")]
    Unusable(String),
}

impl From<ApiFault> for Failure {
    fn from(fault: ApiFault) -> Self {
        Self(fault.to_string())
    }
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
        Ok(Self { client, address: arguments.api.clone(), token })
    }

    /// The bearer token.
    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref().map(str::trim)
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

    /// Asks a query.
    pub(crate) async fn get(&self, path: &[&str], parameters: &[(&str, &str)]) -> Result<Value, ApiFault> {
        answer(&self.try_get(path, parameters).await?).map(|answer| answer.body)
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
    ) -> Result<Answer, ApiFault> {
        answer(&self.try_post(path, body, idempotency_key).await?)
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

    /// Sends a request until it is answered, or has been tried often enough.
    async fn send(
        &self,
        method: &Method,
        url: Url,
        command: Option<(&Value, &str)>,
    ) -> Result<Told, ApiFault> {
        let mut pause = FIRST_PAUSE;
        for attempt in 1.. {
            let mut request = self.client.request(method.clone(), url.clone());
            if let Some((body, idempotency_key)) = command {
                request = request.json(body).header("idempotency-key", idempotency_key);
            }
            let (asked_to_wait, fault) = match request.send().await {
                Ok(response) if is_passing(response.status()) => {
                    (retry_after(&response), format!("{}", response.status()))
                }
                Ok(response) => return told(response).await,
                // The URL may hold what only its owner is to read; the reason is enough.
                Err(error) => (None, error.without_url().to_string()),
            };
            if attempt == MOST_ATTEMPTS {
                let host = self.address.origin().ascii_serialization();
                return Err(ApiFault::Unusable(format!("The API at {host} cannot be used: {fault}.")));
            }
            tokio::time::sleep(asked_to_wait.unwrap_or(pause).min(LONGEST_PAUSE)).await;
            pause = pause.saturating_mul(2);
        }
        Err(ApiFault::Unusable("The API was not asked.".to_owned()))
    }
}

/// Whether a refusal is over after a while.
fn is_passing(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::CONFLICT
            | StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
    )
}

fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

async fn told(response: Response) -> Result<Told, ApiFault> {
    let status = response.status();
    let replayed = response.headers().contains_key("idempotent-replayed");
    let text = response.text().await;
    let text = text.map_err(|_| ApiFault::Unusable("The API's answer broke off.".to_owned()))?;
    Ok(Told { status, replayed, text })
}

fn answer(told: &Told) -> Result<Answer, ApiFault> {
    let Told { status, replayed, ref text } = *told;
    let body: Value = serde_json::from_str(text)
        .map_err(|_| ApiFault::Unusable(format!("The API does not answer in JSON: {status}.")))?;
    if status.is_success() {
        return Ok(Answer { body, replayed });
    }
    let each = body["errors"].as_array().into_iter().flatten().filter_map(|error| error["message"].as_str());
    let reasons = each.collect::<Vec<_>>().join(" ");
    let reasons = if reasons.is_empty() { status.to_string() } else { reasons };
    match status {
        StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY => {
            Err(ApiFault::Refused(reasons))
        }
        _ => Err(ApiFault::Unusable(format!("The API refuses the request: {reasons}"))),
    }
}

//! S3, or a stand-in for it, by the environment.

use std::time::Duration;

use domain::loopback::is_loopback;
use object_store::aws::{AmazonS3Builder, AwsCredentialProvider, Checksum};
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};
use url::Url;

/// The bounds of one call to S3, retries included.
///
/// S3 may be unavailable for a minute; the waits double from a tenth of a second to fifteen.
const RETRY_TIMEOUT: Duration = Duration::from_secs(90);
const MOST_RETRIES: usize = 20;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const REQUEST_TIMEOUT: Duration = Duration::from_mins(5);

/// By what S3 is used.
pub(super) enum Access {
    /// By the environment alone.
    Environment,
    /// By the environment, in a region and with credentials that were found elsewhere.
    Given(String, AwsCredentialProvider),
    /// A stand-in takes its place, at this URL.
    StandIn(String),
}

/// The bucket of a URL.
pub(super) fn s3(url: &Url, access: Access) -> Result<impl ObjectStore, object_store::Error> {
    let retries = RetryConfig {
        backoff: BackoffConfig::default(),
        max_retries: MOST_RETRIES,
        retry_timeout: RETRY_TIMEOUT,
    };
    let client = ClientOptions::new().with_connect_timeout(CONNECT_TIMEOUT).with_timeout(REQUEST_TIMEOUT);
    let client = client.with_allow_http(matches!(access, Access::StandIn(_)) || endpoint_is_local());
    let builder = match access {
        // The credentials in the environment may be real ones, and are not for a stand-in.
        Access::StandIn(endpoint) => AmazonS3Builder::new()
            .with_endpoint(endpoint)
            .with_access_key_id("local")
            .with_secret_access_key("local"),
        Access::Given(region, credentials) => {
            AmazonS3Builder::from_env().with_region(region).with_credentials(credentials)
        }
        Access::Environment => AmazonS3Builder::from_env(),
    };
    builder
        .with_url(url.as_str())
        // S3 takes objects into a bucket with a default retention only with `Content-MD5` or an `x-amz-checksum-*`.
        .with_checksum_algorithm(Checksum::SHA256)
        .with_retry(retries)
        .with_client_options(client)
        .build()
}

/// A variable that the library reads as well.
fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "The library reads the environment itself, and so late.")]
    let value = std::env::var(name);
    value.ok()
}

/// Whether the environment has credentials, or says where a container's or a pod's are. Otherwise the library would go on
/// to ask for an instance's, which takes a minute where there are none.
pub(super) fn has_credentials() -> bool {
    [
        "AWS_ACCESS_KEY_ID",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
    ]
    .into_iter()
    .any(|name| variable(name).is_some_and(|value| !value.is_empty()))
}

/// Whether S3 is a stand-in on this machine: nothing else is spoken to without TLS.
fn endpoint_is_local() -> bool {
    let endpoint = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"].into_iter().find_map(variable);
    let endpoint = endpoint.and_then(|endpoint| Url::parse(&endpoint).ok());
    endpoint.is_some_and(|url| url.host_str().is_some_and(is_loopback))
}

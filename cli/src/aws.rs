//! AWS as an operator has it: credentials and region from wherever the AWS CLI finds them, once, before the first call.

mod profile;

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use domain::values::EpochMillis;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use object_store::aws::{AwsCredential, AwsCredentialProvider};
use object_store::{CredentialProvider, Error};
use process::clock::Clock;
use reqwest::Url;
use tokio::sync::{Mutex, OnceCell};
use trail::archive::Archive;

use self::profile::Profile;
use crate::output::Failure;

/// Credentials are found anew so long before they expire: a call may take a while.
const BEFORE_EXPIRY: Duration = Duration::from_mins(5);

/// What an operator has.
#[derive(Debug)]
pub(crate) struct Aws {
    /// For the clients of the SDK.
    pub(crate) environment: SdkConfig,
    pub(crate) region: String,
    credentials: SharedCredentialsProvider,
}

/// Finds credentials and region. What is lacking is one sentence.
pub(crate) async fn aws() -> Result<&'static Aws, Failure> {
    // Several clients of one command share them: whoever types a code for them, or touches a key, does so once.
    static FOUND: OnceCell<Aws> = OnceCell::const_new();
    FOUND.get_or_try_init(find).await
}

/// Variables that the SDK takes for a URL, whatever stands in them: it ends the process over an empty one.
const ENDPOINTS: [&str; 7] = [
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_ENDPOINT_URL_KMS",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_SSO",
    "AWS_ENDPOINT_URL_SSO_OIDC",
    "AWS_ENDPOINT_URL_STS",
];

async fn find() -> Result<Aws, Failure> {
    let is_wrong = |name: &&str| std::env::var(name).is_ok_and(|value| Url::parse(&value).is_err());
    if let Some(name) = ENDPOINTS.into_iter().find(is_wrong) {
        return Err(Failure(format!("{name} is no URL; without it, AWS itself is called.")));
    }
    let profile = Profile::load().await?;
    let found = aws_config::defaults(BehaviorVersion::latest()).load().await;
    let region = found.region().map(ToString::to_string).filter(|region| !region.is_empty());
    let region = region.ok_or_else(|| profile.no_region())?;
    let none = || profile.no_credentials(&CredentialsError::not_loaded_no_source());
    let chain = found.credentials_provider().ok_or_else(none)?;
    let kept = SharedCredentialsProvider::new(Kept { chain, found: Mutex::new(None) });
    kept.provide_credentials().await.map_err(|fault| profile.no_credentials(&fault))?;
    let environment = found.into_builder().credentials_provider(kept.clone()).build();
    Ok(Aws { environment, region, credentials: kept })
}

/// The archive at a URL. In S3 it is used with an operator's credentials.
pub(crate) async fn open_archive(url: &Url, cannot: &str) -> Result<Archive, Failure> {
    let opened = if url.scheme() == "s3" {
        let Aws { region, credentials, .. } = aws().await?;
        let credentials: AwsCredentialProvider = Arc::new(OfS3(credentials.clone()));
        Archive::open_bucket(url, region.clone(), credentials)
    } else {
        Archive::open(url)
    };
    opened.map_err(|fault| Failure::because(cannot, fault))
}

/// Credentials that were found are used until they are about to expire.
#[derive(Debug)]
struct Kept {
    chain: SharedCredentialsProvider,
    found: Mutex<Option<Credentials>>,
}

impl Kept {
    async fn credentials(&self) -> Result<Credentials, CredentialsError> {
        let mut found = self.found.lock().await;
        let now = Clock::system().now();
        if let Some(credentials) = found.as_ref().filter(|credentials| is_good(credentials, now)) {
            return Ok(credentials.clone());
        }
        Ok(found.insert(self.chain.provide_credentials().await?).clone())
    }
}

fn is_good(credentials: &Credentials, now: EpochMillis) -> bool {
    credentials.expiry().is_none_or(|expiry| {
        let expiry = expiry.duration_since(UNIX_EPOCH).unwrap_or_default();
        Duration::from_millis(now.get()) + BEFORE_EXPIRY < expiry
    })
}

impl ProvideCredentials for Kept {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

/// The same for S3, which has another client.
#[derive(Debug)]
struct OfS3(SharedCredentialsProvider);

impl CredentialProvider for OfS3 {
    type Credential = AwsCredential;

    fn get_credential<'a, 'b>(&'a self) -> BoxFuture<'b, Result<Arc<AwsCredential>, Error>>
    where
        'a: 'b,
        Self: 'b,
    {
        let found = async {
            let found = self.0.provide_credentials().await;
            let found = found.map_err(|fault| Error::Generic { store: "S3", source: Box::new(fault) })?;
            Ok(Arc::new(AwsCredential {
                key_id: found.access_key_id().to_owned(),
                secret_key: found.secret_access_key().to_owned(),
                token: found.session_token().map(ToOwned::to_owned),
            }))
        };
        found.boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_good_until_shortly_before_they_expire() {
        let until = |seconds| {
            let expiry = UNIX_EPOCH + Duration::from_secs(seconds);
            Credentials::new("id", "secret", None, Some(expiry), "test")
        };
        let now = EpochMillis::new(1_000_000);
        assert!(is_good(&until(1_301), now));
        assert!(!is_good(&until(1_300), now));
        assert!(is_good(&Credentials::new("id", "secret", None, None, "test"), now));
    }
}

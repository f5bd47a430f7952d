//! How a function gets into AWS: by the variables that Lambda sets, and nothing else.
//!
//! The SDK's usual chain looks for profiles, web identities, containers' and instances' credentials as well, with a client
//! of another service for some of them. None of it is in Lambda, and it was a tenth of every function.

use std::collections::HashMap;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_types::SdkConfig;
use aws_types::region::Region;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use super::https::Https;
use crate::environment::{ConfigFault, optional, required};
use crate::sam_local::StandIns;

/// Region, credentials and endpoints of a function, or the stand-ins of `sam local`.
#[derive(Debug, Clone)]
pub struct FunctionEnvironment {
    region: String,
    credentials: Credentials,
    /// What stands in for every service.
    stand_in: Option<String>,
    endpoints: Endpoints,
    use_fips: bool,
    use_dual_stack: bool,
}

impl FunctionEnvironment {
    /// Reads it by looking up variables. The credentials are the execution role's, which live as long as the process may
    /// (Lambda Developer Guide, "Defined runtime environment variables").
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigFault> {
        let region = required(&lookup, "AWS_REGION")?;
        let StandIns { aws_endpoint, access_key_id, .. } = StandIns::read(&lookup);
        let credentials = match access_key_id {
            Some(id) => Credentials::new(id, "local", None, None, "sam local"),
            None => Credentials::new(
                required(&lookup, "AWS_ACCESS_KEY_ID")?,
                required(&lookup, "AWS_SECRET_ACCESS_KEY")?,
                optional(&lookup, "AWS_SESSION_TOKEN"),
                None,
                "Lambda",
            ),
        };
        Ok(Self {
            region,
            credentials,
            stand_in: aws_endpoint,
            endpoints: Endpoints::read(&lookup),
            use_fips: flag(&lookup, "AWS_USE_FIPS_ENDPOINT")?,
            use_dual_stack: flag(&lookup, "AWS_USE_DUALSTACK_ENDPOINT")?,
        })
    }

    /// What the SDK's clients are made of. They call by one HTTPS client.
    #[must_use]
    pub fn sdk_config(self, https: &Https) -> SdkConfig {
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.region))
            .credentials_provider(SharedCredentialsProvider::new(self.credentials))
            .use_fips(self.use_fips)
            .use_dual_stack(self.use_dual_stack)
            .http_client(https.for_sdk())
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()));
        match self.stand_in {
            // Nothing leads away from it: the SDK would prefer the variable of a service.
            Some(_) => config.set_endpoint_url(self.stand_in),
            None => config.set_service_config(Some(self.endpoints)),
        };
        config.build()
    }
}

fn flag(lookup: impl Fn(&str) -> Option<String>, name: &'static str) -> Result<bool, ConfigFault> {
    match optional(lookup, name) {
        None => Ok(false),
        Some(value) => {
            let value = value.trim().to_ascii_lowercase();
            value.parse().map_err(|_| ConfigFault::Wrong { name, expected: "`true` or `false`" })
        }
    }
}

/// The variable of the endpoint of every service that has none of its own.
const ENDPOINT: &str = "AWS_ENDPOINT_URL";
/// The services that functions call, as variables name them: `AWS_ENDPOINT_URL_DYNAMODB`.
const SERVICES: [&str; 4] = ["DYNAMODB", "EVENTBRIDGE", "KMS", "SQS"];

/// Where the services are that variables lead elsewhere, by those variables.
#[derive(Debug, Clone)]
struct Endpoints(HashMap<String, String>);

impl Endpoints {
    fn read(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let of_services = SERVICES.map(|service| format!("{ENDPOINT}_{service}"));
        let names = of_services.into_iter().chain([ENDPOINT.to_owned()]);
        // The SDK would take an empty one for a URL, and end the process.
        Self(names.filter_map(|name| optional(&lookup, &name).map(|url| (name, url))).collect())
    }
}

impl LoadServiceConfig for Endpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().to_ascii_uppercase().replace(' ', "_");
        let of_service = self.0.get(&format!("{}_{service}", key.env()));
        of_service.or_else(|| self.0.get(key.env())).cloned()
    }
}

#[cfg(test)]
mod tests {
    use aws_credential_types::provider::ProvideCredentials;

    use super::*;

    const LAMBDA: [(&str, &str); 4] = [
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "ASIA-OF-THE-ROLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_SESSION_TOKEN", "token"),
    ];

    fn read(changes: &[(&str, &str)]) -> Result<FunctionEnvironment, ConfigFault> {
        FunctionEnvironment::read(|name| {
            let other = changes.iter().find(|(other, _)| *other == name);
            let usual = LAMBDA.iter().find(|(usual, _)| *usual == name);
            other.or(usual).map(|(_, value)| (*value).to_owned())
        })
    }

    #[track_caller]
    fn refused(changes: &[(&str, &str)], expected: &str) {
        assert_eq!(read(changes).unwrap_err().to_string(), expected);
    }

    #[tokio::test]
    async fn what_lambda_says_is_what_the_clients_get() {
        let config = read(&[("AWS_USE_FIPS_ENDPOINT", "True")]).unwrap().sdk_config(&Https::new());
        let credentials = config.credentials_provider().unwrap().provide_credentials().await.unwrap();
        assert_eq!(config.region().unwrap().as_ref(), "eu-central-1");
        assert_eq!(credentials.access_key_id(), "ASIA-OF-THE-ROLE");
        assert_eq!(credentials.secret_access_key(), "secret");
        assert_eq!(credentials.session_token(), Some("token"));
        assert_eq!((config.use_fips(), config.use_dual_stack()), (Some(true), Some(false)));
        assert_eq!(config.endpoint_url(), None);
    }

    #[tokio::test]
    async fn stand_ins_take_the_place_of_all_of_it_under_sam_local_only() {
        let local = [
            ("LOCAL_AWS_ENDPOINT", "http://172.17.0.1:1"),
            ("LOCAL_AWS_ACCESS_KEY_ID", "LOCAL"),
            ("AWS_SAM_LOCAL", "true"),
        ];
        for (changes, endpoint, id) in
            [(&local[..], Some("http://172.17.0.1:1"), "LOCAL"), (&local[..2], None, "ASIA-OF-THE-ROLE")]
        {
            let config = read(changes).unwrap().sdk_config(&Https::new());
            let credentials = config.credentials_provider().unwrap().provide_credentials().await.unwrap();
            assert_eq!((config.endpoint_url(), credentials.access_key_id()), (endpoint, id));
        }
    }

    const ELSEWHERE: [(&str, &str); 3] = [
        ("AWS_ENDPOINT_URL", "http://all"),
        ("AWS_ENDPOINT_URL_SQS", "http://sqs"),
        ("AWS_ENDPOINT_URL_DYNAMODB", ""),
    ];

    fn endpoint(config: &SdkConfig, service: &str) -> Option<String> {
        let key =
            ServiceConfigKey::builder().service_id(service).env(ENDPOINT).profile("endpoint_url").build();
        config.service_config().and_then(|endpoints| endpoints.load_config(key.unwrap()))
    }

    #[test]
    fn services_are_elsewhere_where_variables_say_so() {
        let config = read(&ELSEWHERE).unwrap().sdk_config(&Https::new());
        for (service, expected) in
            [("SQS", "http://sqs"), ("DynamoDB", "http://all"), ("EventBridge", "http://all")]
        {
            assert_eq!(endpoint(&config, service).as_deref(), Some(expected), "{service}");
        }
    }

    #[test]
    fn nothing_leads_away_from_the_stand_ins() {
        let local = [("LOCAL_AWS_ENDPOINT", "http://172.17.0.1:1"), ("AWS_SAM_LOCAL", "true")];
        let config = read(&[&local[..], &ELSEWHERE[..]].concat()).unwrap().sdk_config(&Https::new());
        assert_eq!(config.endpoint_url(), Some("http://172.17.0.1:1"));
        assert_eq!(endpoint(&config, "SQS"), None);
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        for name in ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
            refused(&[(name, "")], &format!("{name} is not set"));
        }
        for name in ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"] {
            refused(&[(name, "yes")], &format!("{name} must be `true` or `false`"));
        }
    }
}

//! What a function is told of AWS: where it runs, who it is, where services are. All of it stands in variables, which Lambda sets.
//!
//! The SDK's own way to find credentials looks for files, asks SSO, STS, containers and instances. None of that is in a function:
//! this package does not depend on it, and the program, which does, hands over what it has found.

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_types::SdkConfig;
use aws_types::region::Region;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use crate::environment::{of_process, optional};
use crate::sam_local::StandIns;

/// Looks up a variable.
type Lookup = fn(&str) -> Option<String>;

/// The environment of this function for the SDK's clients; under `sam local`, its stand-ins.
#[must_use]
pub fn environment() -> SdkConfig {
    read(of_process)
}

fn read(lookup: Lookup) -> SdkConfig {
    let variable = |name: &str| optional(lookup, name);
    let is_on = |name: &str| variable(name).map(|value| value.eq_ignore_ascii_case("true"));
    let StandIns { aws_endpoint, access_key_id, .. } = StandIns::read(lookup);
    let credentials = match access_key_id {
        Some(id) => Some(Credentials::new(id, "local", None, None, "sam local")),
        None => variable("AWS_ACCESS_KEY_ID").zip(variable("AWS_SECRET_ACCESS_KEY")).map(|(id, secret)| {
            Credentials::new(id, secret, variable("AWS_SESSION_TOKEN"), None, "variables")
        }),
    };
    let mut environment = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION")).map(Region::new))
        .use_fips(is_on("AWS_USE_FIPS_ENDPOINT").unwrap_or_default())
        .use_dual_stack(is_on("AWS_USE_DUALSTACK_ENDPOINT").unwrap_or_default());
    environment.set_credentials_provider(credentials.map(SharedCredentialsProvider::new));
    match aws_endpoint {
        Some(_) => environment.set_endpoint_url(aws_endpoint),
        None => environment.set_endpoint_url(variable(ENDPOINT)).set_service_config(Some(Endpoints(lookup))),
    };
    environment.build()
}

/// The variable of the endpoint of every service that has none of its own.
const ENDPOINT: &str = "AWS_ENDPOINT_URL";

/// The endpoints of single services: `AWS_ENDPOINT_URL_DYNAMODB`.
#[derive(Debug)]
struct Endpoints(Lookup);

impl LoadServiceConfig for Endpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().replace([' ', '-'], "_").to_uppercase();
        optional(self.0, &format!("{}_{service}", key.env()))
    }
}

#[cfg(test)]
mod tests {
    use aws_credential_types::provider::ProvideCredentials;

    use super::*;

    /// What is set, one `NAME=value` a word.
    fn found(all: &str, name: &str) -> Option<String> {
        let mut variables = all.split(' ').filter_map(|variable| variable.split_once('='));
        variables.find(|(set, _)| *set == name).map(|(_, value)| value.to_owned())
    }

    fn endpoint_of(environment: &SdkConfig, service: &str) -> Option<String> {
        let key =
            ServiceConfigKey::builder().service_id(service).env(ENDPOINT).profile("endpoint_url").build();
        environment.service_config().and_then(|endpoints| endpoints.load_config(key.unwrap()))
    }

    async fn credentials(environment: &SdkConfig) -> Option<Credentials> {
        Some(environment.credentials_provider()?.provide_credentials().await.unwrap())
    }

    #[tokio::test]
    async fn everything_comes_from_variables() {
        let environment = read(|name| {
            found(
                "AWS_REGION=eu-central-1 AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret \
                 AWS_SESSION_TOKEN=token AWS_ENDPOINT_URL=http://all AWS_ENDPOINT_URL_SQS=http://sqs \
                 AWS_ENDPOINT_URL_DYNAMODB= AWS_USE_FIPS_ENDPOINT=TRUE LOCAL_AWS_ENDPOINT=http://never \
                 LOCAL_AWS_ACCESS_KEY_ID=never",
                name,
            )
        });
        assert_eq!(environment.region().map(AsRef::as_ref), Some("eu-central-1"));
        let given = credentials(&environment).await.unwrap();
        let given = (given.access_key_id(), given.secret_access_key(), given.session_token());
        assert_eq!(given, ("id", "secret", Some("token")));
        assert_eq!((environment.use_fips(), environment.use_dual_stack()), (Some(true), Some(false)));
        assert_eq!(environment.endpoint_url(), Some("http://all"));
        assert_eq!(endpoint_of(&environment, "SQS").as_deref(), Some("http://sqs"));
        // The SDK would take an empty one for a URL, and end the process.
        assert_eq!(endpoint_of(&environment, "DynamoDB"), None);
    }

    #[tokio::test]
    async fn stand_ins_take_the_place_of_all_services() {
        let environment = read(|name| {
            found(
                "AWS_SAM_LOCAL=true LOCAL_AWS_ENDPOINT=http://local LOCAL_AWS_ACCESS_KEY_ID=id AWS_ACCESS_KEY_ID=real \
                 AWS_SECRET_ACCESS_KEY=real AWS_ENDPOINT_URL_SQS=http://sqs AWS_DEFAULT_REGION=us-east-1",
                name,
            )
        });
        assert_eq!(environment.endpoint_url(), Some("http://local"));
        assert_eq!(endpoint_of(&environment, "SQS"), None);
        assert_eq!(environment.region().map(AsRef::as_ref), Some("us-east-1"));
        assert_eq!(credentials(&environment).await.unwrap().access_key_id(), "id");
    }

    #[tokio::test]
    async fn an_empty_environment_has_nothing() {
        let environment = read(|_| None);
        assert!(environment.region().is_none() && credentials(&environment).await.is_none());
        // Half of a pair is nothing.
        let half = read(|name| found("AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=", name));
        assert!(credentials(&half).await.is_none());
    }
}

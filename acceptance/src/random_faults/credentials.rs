//! Who calls: organisations with API keys, services and key managers, persons with tokens, and the table that they are about.

use std::time::Duration;

use domain::api_key::{self, ApiKeyTerms};
use domain::organisation::OrganisationCommand;
use domain::values::{OrgId, Subject, UserId};
use local_inventory::dynamodb::{self, EmbeddedDynamoDb};
use local_inventory::issuer::{
    Bearer, LOCAL_AUDIENCE, LOCAL_ISSUER, LOCAL_MANAGER_CLAIM, LOCAL_SERVICE_CLAIM, LocalIssuer,
};
use process::chance::Chance;
use process::clock::Clock;
use store::{AuditShards, Operator, Stream, Table};

/// The organisations. Each issues physical keys that the other does not see.
pub(crate) const ORGANISATIONS: [&str; 2] = ["acme", "globex"];
const TABLE: &str = "inventory";

/// By which credentials somebody calls. `either` is configured, so that one is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    /// The user, by a token alone: every physical key is seen, and nothing commanded.
    User,
    /// The user, with an organisation's API key.
    UserWithApiKey,
    /// A person who acts for an organisation, by a token.
    KeyManager,
    /// An organisation's service, by a token.
    Service,
    /// An organisation, by an API key alone.
    ApiKey,
}

/// Everybody's credentials, and what the functions need to verify them.
#[derive(Debug)]
pub(crate) struct Credentials {
    issuer: LocalIssuer,
    users: Vec<String>,
    user_tokens: Vec<String>,
    managers: Vec<String>,
    services: Vec<String>,
    api_keys: Vec<String>,
}

impl Caller {
    /// Whether the caller sees only what its organisation issued.
    pub(crate) const fn is_confined(self) -> bool {
        !matches!(self, Self::User)
    }
}

impl Credentials {
    /// Makes the table, the organisations and everybody's credentials.
    pub(crate) async fn on(engine: &EmbeddedDynamoDb, users: usize, seed: u64) -> Self {
        let table = Table::new(dynamodb::client(&engine.access()), TABLE.to_owned(), AuditShards::DEFAULT);
        table.create(Stream::Off).await.expect("a table");
        let (issuer, now) = (LocalIssuer::ephemeral().expect("a signing key"), Clock::system().now());
        let sign = |subject| issuer.token(&subject, now, Duration::from_hours(24)).expect("a token");
        let (mut managers, mut services, mut api_keys) = (Vec::new(), Vec::new(), Vec::new());
        let user_id = |id: &str| UserId::parse(id).expect("a user id");
        let mut chance = super::chance::at(seed, &[]);
        let operator = Operator {
            id: Subject::parse("operator").expect("an id"),
            clock: Clock::system(),
            chance: Chance::system(),
        };
        for organisation in ORGANISATIONS {
            let id = OrgId::parse(organisation).expect("an organisation id");
            let register = OrganisationCommand::Register { name: None };
            table.command_organisation(&id, &register, &operator).await.expect("an organisation");
            let mut random = [0; api_key::RANDOM_BYTES];
            chance.fill(&mut random);
            let (text, event) = api_key::issue(ApiKeyTerms::of(id.clone(), now), &random);
            let issue = OrganisationCommand::IssueApiKey(event);
            table.command_organisation(&id, &issue, &operator).await.expect("an API key");
            managers.push(sign(Bearer::KeyManager(user_id("manager"), id.clone())));
            services.push(sign(Bearer::Service(id)));
            api_keys.push(text);
        }
        let users: Vec<_> = (1..=users).map(|number| format!("user-{number}")).collect();
        let user_tokens = users.iter().map(|user| sign(Bearer::Person(user_id(user), None)));
        let user_tokens = user_tokens.collect();
        Self { issuer, users, user_tokens, managers, services, api_keys }
    }

    pub(crate) fn user(&self, user: usize) -> &str {
        &self.users[user]
    }

    /// The headers of a caller's requests.
    pub(crate) fn headers(
        &self,
        caller: Caller,
        user: usize,
        organisation: usize,
    ) -> Vec<(&'static str, String)> {
        let bearer = |token: &String| ("authorization", format!("Bearer {token}"));
        let api_key = || ("x-api-key", self.api_keys[organisation].clone());
        match caller {
            Caller::User => vec![bearer(&self.user_tokens[user])],
            Caller::UserWithApiKey => vec![bearer(&self.user_tokens[user]), api_key()],
            Caller::KeyManager => vec![bearer(&self.managers[organisation])],
            Caller::Service => vec![bearer(&self.services[organisation])],
            Caller::ApiKey => vec![api_key()],
        }
    }

    /// What the functions are configured with, on a DynamoDB at this address.
    pub(crate) fn environment(
        &self,
        engine: &EmbeddedDynamoDb,
        address: &str,
    ) -> Vec<(&'static str, String)> {
        [
            ("TABLE_NAME", TABLE),
            ("JWT_ISSUER", LOCAL_ISSUER),
            ("JWT_AUDIENCE", LOCAL_AUDIENCE),
            ("JWT_SERVICE_CLAIM", LOCAL_SERVICE_CLAIM),
            ("JWT_MANAGER_CLAIM", LOCAL_MANAGER_CLAIM),
            ("REQUIRED_CREDENTIALS", "either"),
            ("CURSOR_SECRET", "cursors of a run with random faults"),
            ("LOG_LEVEL", "warn"),
            ("AWS_SAM_LOCAL", "true"),
            ("LOCAL_JWT_JWKS", &self.issuer.key_set().to_string()),
            ("AWS_ENDPOINT_URL_DYNAMODB", &format!("http://{address}")),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", engine.access().access_key_id.as_str()),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("AWS_LAMBDA_FUNCTION_NAME", "random-faults"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ]
        .map(|(name, value)| (name, value.to_owned()))
        .into()
    }
}

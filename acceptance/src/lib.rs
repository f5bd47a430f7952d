//! The stage on which behaviour is tested: a table of its own on a real engine, credentials, a clock to set, and
//! requests that go through the gateway's stand-in into the functions' `handle`.
//!
//! The engine is an embedded DynamoDB, one per test, in memory. `ACCEPTANCE_DYNAMODB_ENDPOINT` names another one, the
//! official DynamoDB Local in CI; then every test has a table of its own there.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "A test that cannot be set up ends here."
)]

pub mod cost;
pub mod deployment;
pub mod disturbance;
mod documented;
pub mod event_bus;
pub mod key_server;
pub mod measured;
mod message;
mod mutant;
pub mod random_faults;
pub mod refused;
pub mod request;
pub mod restore;
pub mod s3;
pub mod signers;
pub mod stopping;
mod store_answers;
pub mod stored;
pub mod stream;
pub mod tls_front;
pub mod torn_read;
pub mod trail;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use api::auth::RequiredCredentials;
use api::backend::{Backend, authenticator};
use api::config::{CursorSecret, TokenConfig};
use api::http::cursor::CursorSealer;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use disturbance::Disturber;
use domain::api_key::{self, ApiKeyId, ApiKeyTerms};
use domain::history::RANDOM_BYTES as SALTS;
use domain::organisation::{ApiKeyIssued, OrganisationCommand};
use domain::values::{EpochMillis, OrgId, Subject, UserId};
use export_audit::signing::SigningKeys;
use local_inventory::dynamodb::{self, Access, AccessKeyId, EmbeddedDynamoDb};
use local_inventory::issuer::{Bearer, LOCAL_AUDIENCE, LOCAL_ISSUER, LocalIssuer};
use mutant::Mutant;
use process::aws::Https;
use process::chance::Chance;
use process::clock::Clock;
use serde_json::json;
use store::{AuditShards, Done, Operator, OrganisationFault, Stream, Table};

pub use self::request::{Reply, RequestBuilder};
use self::trail::{SEED, signing_keys};

/// 2026-11-23T12:00:00Z, when every test begins.
pub const NOON: EpochMillis = EpochMillis::new(1_795_435_200_000);

/// How long a test waits for an answer, unless waiting is what it is about. All tests of a run, and in CI one DynamoDB
/// Local for all of them, share a machine: what they prove must not depend on its speed.
pub const PATIENCE: Duration = Duration::from_mins(5);

/// A table, credentials and a clock of one test.
#[derive(Debug)]
pub struct Stage {
    /// What the functions are handed.
    pub backend: Arc<Backend>,
    /// The client beneath, to look at what is stored.
    pub client: aws_sdk_dynamodb::Client,
    /// Signs the tokens that the backend accepts.
    pub issuer: Arc<LocalIssuer>,
    /// Seals the cursors of lists.
    pub cursors: CursorSealer,
    /// Signs the audit log.
    pub signing: SigningKeys,
    clock: Arc<AtomicU64>,
    /// How often a request has drawn on chance.
    draws: Arc<AtomicU64>,
    is_pinned: bool,
    _engine: Option<EmbeddedDynamoDb>,
}

/// How a stage differs from the usual one.
#[derive(Debug)]
pub struct Setting {
    /// Which credentials are required.
    pub required: RequiredCredentials,
    /// How tokens are verified; by the stage's issuer unless given.
    pub tokens: Option<TokenConfig>,
    /// Whether the table has a stream.
    pub stream: Stream,
    /// Whether what is random in what is hashed is always the same: ids of requests and salts are of sevens.
    pub pinned_chance: bool,
}

impl Default for Setting {
    fn default() -> Self {
        let (tokens, stream, pinned_chance) = (None, Stream::Off, false);
        Self { required: RequiredCredentials::Both, tokens, stream, pinned_chance }
    }
}

impl Stage {
    /// A stage for what is written once and kept: either credential will do, so that every kind of actor occurs, and what is
    /// hashed is not random.
    pub async fn for_kept_formats() -> Self {
        let required = RequiredCredentials::Either;
        Self::set(Setting { required, pinned_chance: true, ..Setting::default() }).await
    }

    /// The usual stage: both credentials required, tokens of the stage's issuer.
    pub async fn new() -> Self {
        Self::set(Setting::default()).await
    }

    /// A stage with a setting.
    pub async fn set(setting: Setting) -> Self {
        let (engine, client) = engine().await;
        Self::on(engine, client, setting).await
    }

    /// A stage whose functions use another client than an engine's own, one that disturbs it say.
    pub async fn on(
        engine: Option<EmbeddedDynamoDb>,
        client: aws_sdk_dynamodb::Client,
        setting: Setting,
    ) -> Self {
        let issuer = Arc::new(LocalIssuer::ephemeral().expect("a signing key"));
        let tokens = setting.tokens.unwrap_or_else(|| issuer.token_config().expect("a key set"));
        let clock = Arc::new(AtomicU64::new(NOON.get()));
        let time = Arc::clone(&clock);
        let told = Clock::from_fn(move || EpochMillis::new(time.load(Ordering::SeqCst)));
        let name = format!("inventory-{:016x}", fastrand::Rng::new().u64(..));
        let table = Table::new(client.clone(), name, AuditShards::DEFAULT);
        assert!(table.create(setting.stream).await.expect("a table"), "the table is new");
        let authenticator = authenticator(tokens, setting.required, Https::new);
        let draws = Arc::new(AtomicU64::new(0));
        let is_pinned = setting.pinned_chance;
        let chance = if is_pinned { pinned_chance(Arc::clone(&draws)) } else { Chance::system() };
        let backend = Arc::new(Backend::new(table, authenticator, told, chance));
        let secret = CursorSecret::parse("a secret of a test, 32 characters").expect("a secret");
        let cursors = CursorSealer::new(&secret).expect("a sealer");
        let signing = signing_keys(SEED, None);
        Self { backend, client, issuer, cursors, signing, clock, draws, is_pinned, _engine: engine }
    }

    /// What the clock says.
    #[must_use]
    pub fn now(&self) -> EpochMillis {
        EpochMillis::new(self.clock.load(Ordering::SeqCst))
    }

    /// Moves the clock on.
    pub fn pass(&self, duration: Duration) {
        self.clock.store(self.now().plus(duration).get(), Ordering::SeqCst);
    }

    /// Has the functions write with so many shards from now on, as after a deployment.
    pub fn deploy_with_shards(&mut self, shards: u16) {
        let shards = AuditShards::new(shards).expect("a number of shards");
        let table = Table::new(self.client.clone(), self.backend.table.name().to_owned(), shards);
        let tokens = self.issuer.token_config().expect("a key set");
        let authenticator = authenticator(tokens, RequiredCredentials::Either, Https::new);
        let clock = self.backend.clock.clone();
        self.backend = Arc::new(Backend::new(table, authenticator, clock, Chance::system()));
    }

    /// Sets the clock back, as if the next writer's were late.
    pub fn turn_back(&self, duration: Duration) {
        self.clock.fetch_sub(u64::try_from(duration.as_millis()).expect("milliseconds"), Ordering::SeqCst);
    }

    /// A person's token for an hour.
    #[must_use]
    pub fn user_token(&self, user_id: &str) -> String {
        self.token(&Bearer::Person(user(user_id), None))
    }

    /// The token of a person of an organisation, for an hour.
    #[must_use]
    pub fn member_token(&self, user_id: &str, org_id: &str) -> String {
        self.token(&Bearer::Person(user(user_id), Some(organisation(org_id))))
    }

    /// A key manager's token for an hour.
    #[must_use]
    pub fn manager_token(&self, user_id: &str, org_id: &str) -> String {
        self.token(&Bearer::KeyManager(user(user_id), organisation(org_id)))
    }

    /// A service's token for an hour.
    #[must_use]
    pub fn service_token(&self, org_id: &str) -> String {
        self.token(&Bearer::Service(organisation(org_id)))
    }

    /// The token of a service that names no organisation, for an hour.
    #[must_use]
    pub fn service_token_without_organisation(&self, subject: &str) -> String {
        let now = self.now();
        let claims = json!({
            "iss": LOCAL_ISSUER, "aud": LOCAL_AUDIENCE, "sub": subject, "gty": "client-credentials",
            "iat": now.seconds(), "exp": now.plus(Duration::from_hours(1)).seconds(),
        });
        self.issuer.sign(&claims).expect("a token")
    }

    fn token(&self, bearer: &Bearer) -> String {
        self.issuer.token(bearer, self.now(), Duration::from_hours(1)).expect("a token")
    }

    /// Registers an organisation, unless it is.
    pub async fn register(&self, org_id: &str) {
        self.command_organisation(org_id, &OrganisationCommand::Register { name: None })
            .await
            .expect("an organisation");
    }

    /// Carries out an operator's command.
    pub async fn command_organisation(
        &self,
        org_id: &str,
        command: &OrganisationCommand,
    ) -> Result<Done, OrganisationFault> {
        self.backend.table.command_organisation(&organisation(org_id), command, &self.operator()).await
    }

    /// The stage's operator.
    #[must_use]
    pub fn operator(&self) -> Operator {
        let chance = if self.is_pinned { pinned_chance(Arc::default()) } else { Chance::system() };
        let id = Subject::parse("operator").expect("an id");
        Operator { id, clock: self.backend.clock.clone(), chance }
    }

    /// Revokes an API key.
    pub async fn revoke(&self, org_id: &str, id: &ApiKeyId) {
        let command = OrganisationCommand::RevokeApiKey(id.clone());
        self.command_organisation(org_id, &command).await.expect("a revocation");
    }

    /// Issues this API key to its organisation.
    pub async fn issue(&self, issued: &ApiKeyIssued) {
        let command = OrganisationCommand::IssueApiKey(issued.clone());
        self.command_organisation(issued.org_id.as_str(), &command).await.expect("an API key");
    }

    /// A new API key of an organisation, which is registered if it is not yet.
    pub async fn api_key(&self, org_id: &str) -> (String, ApiKeyId) {
        self.api_key_on(ApiKeyTerms::of(organisation(org_id), self.now())).await
    }

    /// A new API key that expires.
    pub async fn api_key_until(&self, org_id: &str, until: EpochMillis) -> (String, ApiKeyId) {
        let terms = ApiKeyTerms::of(organisation(org_id), self.now());
        self.api_key_on(ApiKeyTerms { valid_until: Some(until), ..terms }).await
    }

    /// A new API key that is bound to a token's subject.
    pub async fn api_key_for(&self, org_id: &str, subject: &str) -> (String, ApiKeyId) {
        let subjects = vec![Subject::parse(subject).expect("a subject")];
        let terms = ApiKeyTerms::of(organisation(org_id), self.now());
        self.api_key_on(ApiKeyTerms { subjects, ..terms }).await
    }

    async fn api_key_on(&self, terms: ApiKeyTerms) -> (String, ApiKeyId) {
        self.register(terms.org_id.as_str()).await;
        let mut random = [0; api_key::RANDOM_BYTES];
        fastrand::Rng::new().fill(&mut random);
        let (text, issued) = api_key::issue(terms, &random);
        self.issue(&issued).await;
        (text, issued.api_key_id)
    }
}

fn user(user_id: &str) -> UserId {
    UserId::parse(user_id).expect("a user id")
}

fn organisation(org_id: &str) -> OrgId {
    OrgId::parse(org_id).expect("an organisation id")
}

/// The engine of one test and a client for it.
pub async fn engine() -> (Option<EmbeddedDynamoDb>, aws_sdk_dynamodb::Client) {
    let engine = match std::env::var_os("ACCEPTANCE_DYNAMODB_ENDPOINT") {
        Some(_) => None,
        None => Some(EmbeddedDynamoDb::in_memory().await.expect("an embedded DynamoDB")),
    };
    let access = access(engine.as_ref());
    let client = match Mutant::of_this_run() {
        Some(_) => Disturber::in_front_of(access).await.client(),
        None => patient_client(&access),
    };
    (engine, client)
}

/// How a client gets into the engine of a test.
#[must_use]
pub fn access(engine: Option<&EmbeddedDynamoDb>) -> Access {
    let elsewhere = || std::env::var("ACCEPTANCE_DYNAMODB_ENDPOINT").expect("the engine's endpoint");
    match engine {
        Some(engine) => engine.access(),
        None => Access { endpoint: elsewhere(), access_key_id: AccessKeyId::any() },
    }
}

/// The functions' client, but that it waits for answers.
fn patient_client(access: &Access) -> aws_sdk_dynamodb::Client {
    let bounds = dynamodb::client(access).config().to_builder();
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(PATIENCE).build();
    aws_sdk_dynamodb::Client::from_conf(bounds.timeout_config(timeouts).build())
}

/// What a request draws first is its id, and salts are told by how many there are; tokens of attempts must differ.
fn pinned_chance(draws: Arc<AtomicU64>) -> Chance {
    Chance::from_fn(move |bytes| match draws.fetch_add(1, Ordering::SeqCst) {
        0 => bytes.fill(7),
        _ if bytes.len() == SALTS => bytes.fill(7),
        _ => fastrand::Rng::new().fill(bytes),
    })
}

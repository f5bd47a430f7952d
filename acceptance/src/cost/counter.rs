//! The scene that is counted in, and what counts.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use api::auth::RequiredCredentials;
use api::backend::{Backend, authenticator};
use domain::api_key::{self, ApiKeyTerms, RANDOM_BYTES};
use local_inventory::issuer::LOCAL_AUDIENCE;
use process::aws::Https;
use process::chance::Chance;
use serde_json::{Value, json};
use store::{AuditShards, Table};

use super::capacity::{Around, Capacity, Index, Snapshot, told};
use super::lines::{self, REQUEST_ID};
use crate::disturbance::{Disturber, disturbed_engine};
use crate::{PATIENCE, Reply, RequestBuilder, Setting, Stage};

/// The organisation that everything is about: an id as issuers give them.
pub(super) const ORG: &str = "org_9ybsU1dN2dKfDkBi";
/// An issuer as Keycloak's and Auth0's are called.
pub(super) const ISSUER: &str = "https://id.example.com/realms/main";
/// One as Cognito's are.
pub(super) const LONG_ISSUER: &str = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEfGhI";

/// What a client calls itself.
pub(super) const USER_AGENT: &str = "python-requests/2.32.3";

/// A stage whose calls and lines are counted.
pub(super) struct Counter {
    pub(super) stage: Stage,
    pub(super) indexes: Vec<Index>,
    disturber: Disturber,
    issuer: &'static str,
    api_key: String,
    ids: Mutex<fastrand::Rng>,
}

/// What was counted.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) calls: String,
    pub(super) capacity: Capacity,
    pub(super) lines: Vec<Value>,
}

impl Counter {
    /// A scene whose tokens are of this issuer.
    pub(super) async fn new(issuer: &'static str) -> Self {
        let (engine, disturber) = disturbed_engine().await;
        let mut stage = Stage::on(engine, disturber.client(), Setting::default()).await;
        let mut tokens = stage.issuer.token_config().expect("a key set");
        issuer.clone_into(&mut tokens.claims.issuer);
        let table =
            Table::new(stage.client.clone(), stage.backend.table.name().to_owned(), AuditShards::DEFAULT);
        let authenticator = authenticator(tokens, RequiredCredentials::Both, Https::new);
        let clock = stage.backend.clock.clone();
        stage.backend = Arc::new(Backend::new(table, authenticator, clock, seeded_chance()));
        stage.register(ORG).await;
        let terms = ApiKeyTerms::of(crate::organisation(ORG), stage.now());
        let (api_key, of_org) = api_key::issue(terms, &[7; RANDOM_BYTES]);
        stage.issue(&of_org).await;
        let indexes = Index::all(&stage).await;
        let ids = Mutex::new(fastrand::Rng::with_seed(8));
        Self { stage, indexes, disturber, issuer, api_key, ids }
    }

    /// A request with both credentials, as most are.
    pub(super) fn signed(&self, user: &str, request: RequestBuilder) -> RequestBuilder {
        self.signed_by(&json!({"sub": user}), request)
    }

    /// The same of the organisation's service.
    pub(super) fn signed_by_service(&self, request: RequestBuilder) -> RequestBuilder {
        let service = json!({"sub": "7rc4v0kqn1example@clients", "gty": "client-credentials", "org_id": ORG});
        self.signed_by(&service, request)
    }

    fn signed_by(&self, whom: &Value, request: RequestBuilder) -> RequestBuilder {
        let now = self.stage.now();
        let mut claims = whom.clone();
        claims["iss"] = json!(self.issuer);
        claims["aud"] = json!(LOCAL_AUDIENCE);
        claims["iat"] = json!(now.seconds());
        claims["exp"] = json!(now.plus(Duration::from_hours(1)).seconds());
        let token = self.stage.issuer.sign(&claims).expect("a token");
        request.bearer(&token).api_key(&self.api_key).header("user-agent", USER_AGENT)
    }

    /// Sends a request under an id as the gateway gives them.
    pub(super) async fn send(&self, request: &RequestBuilder) -> Reply {
        let request_id = {
            let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
            let letters = std::iter::repeat_with(|| ids.alphanumeric()).take(REQUEST_ID.len() - 1);
            letters.chain(['=']).collect::<String>()
        };
        Box::pin(request.send_as(&self.stage, &request_id, PATIENCE)).await
    }

    /// Everything that is stored.
    pub(super) async fn snapshot(&self) -> Snapshot {
        self.stage.stored().await
    }

    /// Counts what something takes that a function does.
    pub(super) async fn during<T>(&self, function: &str, work: impl Future<Output = T>) -> (T, Seen) {
        let before = self.snapshot().await;
        self.disturber.watch();
        let (done, lines) = lines::during(function, self.stage.backend.clock.clone(), work).await;
        let exchanged = self.disturber.exchanged();
        let after = self.snapshot().await;
        let around = Around { before: &before, after: &after, indexes: &self.indexes };
        (done, Seen { calls: told(&exchanged), capacity: around.count(&exchanged), lines })
    }
}

/// The same in every run: salts and ids compress as random ones do.
fn seeded_chance() -> Chance {
    let generator = Mutex::new(fastrand::Rng::with_seed(7));
    Chance::from_fn(move |bytes| generator.lock().unwrap_or_else(PoisonError::into_inner).fill(bytes))
}

/// The id of a user, as issuers give them: a UUID.
pub(super) fn user(number: u32) -> String {
    let mut generator = fastrand::Rng::with_seed(u64::from(number));
    let [time, node] = [generator.u64(..), generator.u64(..)];
    let node = node & 0xffff_ffff_ffff;
    format!("{:08x}-{:04x}-4{:03x}-9d2b-{node:012x}", time >> 32, (time >> 16) & 0xffff, time & 0xfff)
}

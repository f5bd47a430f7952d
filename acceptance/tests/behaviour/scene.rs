//! The usual scene: Alice with a user token, Acme with an API key, and a stage that they are on.

use acceptance::disturbance::{Disturber, disturbed_engine};
use acceptance::refused::Refused;
use acceptance::{Reply, RequestBuilder, Setting, Stage};
use domain::api_key::ApiKeyId;
use domain::values::{OrgId, OrgTag};
use serde_json::{Value, json};

/// Why a token and an API key are not taken together.
pub(crate) const DISAGREE: &str = "The bearer token and the API key do not belong together: they name different \
    organisations, or the API key was issued for another subject.";

/// Why nothing is right for a caller whose credentials are no organisation's own.
pub(crate) const ORGANISATION_REQUIRED: &str = "This is for an organisation itself: send its API key, or the token of a \
    service or a key manager of it. A service's token that names no organisation needs an API key that was issued for \
    the service.";

/// The sort key of a physical key of Acme's.
pub(crate) fn key_of_acme(number: u64) -> String {
    format!("KEY#{}#{number:020}", OrgTag::of(&OrgId::parse("acme").expect("an organisation id")))
}

/// A stage and the credentials of the caller whom most tests need.
pub(crate) struct Scene {
    pub(crate) stage: Stage,
    pub(crate) token: String,
    pub(crate) api_key: String,
    api_key_id: ApiKeyId,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        Self::of(Stage::new().await).await
    }

    /// The scene on an engine that can be disturbed.
    pub(crate) async fn disturbed() -> (Self, Disturber) {
        let (engine, disturber) = disturbed_engine().await;
        let stage = Stage::on(engine, disturber.client(), Setting::default()).await;
        (Self::of(stage).await, disturber)
    }

    async fn of(stage: Stage) -> Self {
        let token = stage.user_token("alice");
        let (api_key, api_key_id) = stage.api_key("acme").await;
        Self { stage, token, api_key, api_key_id }
    }

    pub(crate) async fn revoke_api_key(&self) {
        self.stage.revoke("acme", &self.api_key_id).await;
    }

    /// Alice's request to add a physical key of Acme's.
    pub(crate) fn add(&self) -> RequestBuilder {
        self.signed(RequestBuilder::add("alice", &json!({"orgId": "acme"})))
    }

    /// Alice's request to remove a physical key of Acme's.
    pub(crate) fn remove(&self, number: u64) -> RequestBuilder {
        self.signed(RequestBuilder::remove("alice", &json!({"number": number})))
    }

    /// A request with the credentials of Alice and Acme.
    pub(crate) fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        request.bearer(&self.token).api_key(&self.api_key)
    }

    /// Sends a request that has to be carried out.
    pub(crate) async fn carry_out(&self, request: RequestBuilder) -> Reply {
        let reply = request.send(&self.stage).await;
        assert_eq!(reply.status(), 200, "{}", reply.json());
        reply
    }

    /// Alice's command as an event of an HTTP API.
    pub(crate) fn event(&self, command: &str, body: &Value) -> Value {
        json!({
            "version": "2.0",
            "routeKey": format!("POST /users/{{id}}/{command}"),
            "rawPath": format!("/users/alice/{command}"),
            "rawQueryString": "",
            "headers": {
                "host": "localhost",
                "content-type": "application/json",
                "authorization": format!("Bearer {}", self.token),
                "x-api-key": self.api_key,
            },
            "pathParameters": {"id": "alice"},
            "requestContext": {
                "http": {"method": "POST", "path": format!("/users/alice/{command}")},
                "requestId": "test-request",
                "timeEpoch": self.stage.now().get(),
            },
            "body": body.to_string(),
            "isBase64Encoded": false,
        })
    }
}

/// The refusal to remove a physical key that is not there, or not there for this caller.
pub(crate) fn nothing_to_remove() -> Refused {
    physical_key_not_found().at("/number")
}

/// The refusal of a query about a physical key that is not there, or not there for this caller.
pub(crate) fn physical_key_not_found() -> Refused {
    Refused::new(404, "physical_key_not_found", "The user holds no physical key with this number.")
}

/// The refusal of an idempotency key that another request had.
pub(crate) fn idempotency_key_reused() -> Refused {
    let message =
        "This Idempotency-Key was used before with another request. Use a new one for a new request.";
    Refused::new(422, "idempotency_key_reused", message)
}

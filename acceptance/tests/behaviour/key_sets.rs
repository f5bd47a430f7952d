//! The issuer's keys by URL: when they are fetched, and what happens when they cannot be.

use std::sync::Arc;
use std::time::Duration;

use acceptance::key_server::KeyServer;
use acceptance::refused::Refused;
use acceptance::signers::{AUDIENCE, ISSUER, Signer, token_config_by_url};
use acceptance::{RequestBuilder, Setting, Stage};
use serde_json::json;
use tokio::task::JoinSet;

/// A stage that fetches its keys from a server of the test's.
pub(crate) struct Remote {
    pub(crate) stage: Stage,
    pub(crate) server: KeyServer,
    api_key: String,
}

impl Remote {
    pub(crate) async fn new(server: KeyServer) -> Self {
        let tokens = Some(token_config_by_url(server.url()));
        let stage = Stage::set(Setting { tokens, ..Setting::default() }).await;
        let (api_key, _) = stage.api_key("acme").await;
        Self { stage, server, api_key }
    }

    /// A request with a token of this key, issued now.
    pub(crate) fn request(&self, signer: &Signer, key_id: &str) -> RequestBuilder {
        let now = self.stage.now().seconds();
        let header = json!({"alg": format!("{:?}", signer.algorithm), "kid": key_id});
        let claims = json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "exp": now + 3_600});
        let body = json!({"orgId": "acme"});
        RequestBuilder::add("alice", &body).bearer(&signer.token(&header, &claims)).api_key(&self.api_key)
    }

    pub(crate) async fn status(&self, signer: &Signer, key_id: &str) -> u16 {
        self.request(signer, key_id).send(&self.stage).await.status()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_first_requests_fetch_the_keys_once() {
    let signer = Arc::new(Signer::ed25519());
    let remote = Arc::new(Remote::new(KeyServer::start(&[signer.published("a")]).await).await);
    let mut requests = JoinSet::new();
    for _ in 0..16 {
        let (remote, signer) = (Arc::clone(&remote), Arc::clone(&signer));
        requests.spawn(async move { remote.status(&signer, "a").await });
    }
    assert!(requests.join_all().await.into_iter().all(|status| status == 200));
    assert_eq!(remote.server.requests(), 1);
}

#[tokio::test]
async fn a_key_that_the_issuer_rotated_in_is_found_at_once() {
    let (old, new) = (Signer::ed25519(), Signer::p256());
    let remote = Remote::new(KeyServer::start(&[old.published("old")]).await).await;
    assert_eq!(remote.status(&old, "old").await, 200);
    remote.server.publish(&[old.published("old"), new.published("new")]);
    remote.stage.pass(Duration::from_secs(10));
    assert_eq!(remote.status(&new, "new").await, 200);
    assert_eq!(remote.status(&old, "old").await, 200);
    assert_eq!(remote.server.requests(), 2);
}

#[tokio::test]
async fn invented_key_ids_do_not_flood_the_issuer() {
    let signer = Signer::ed25519();
    let remote = Remote::new(KeyServer::start(&[signer.published("a")]).await).await;
    assert_eq!(remote.status(&signer, "a").await, 200);
    for invented in ["b", "c", "d"] {
        assert_eq!(remote.status(&signer, invented).await, 401);
    }
    assert_eq!(remote.server.requests(), 1, "within ten seconds of the last fetch");
    remote.stage.pass(Duration::from_secs(10));
    for invented in ["b", "c", "d"] {
        assert_eq!(remote.status(&signer, invented).await, 401);
    }
    assert_eq!(remote.server.requests(), 2);
}

#[tokio::test]
async fn known_keys_serve_on_while_the_issuer_cannot_be_used() {
    let signer = Signer::ed25519();
    let remote = Remote::new(KeyServer::start(&[signer.published("a")]).await).await;
    assert_eq!(remote.status(&signer, "a").await, 200);
    let oversized = json!({"keys": [signer.published("a")], "padding": "x".repeat(256 * 1_024)}).to_string();
    let useless = [
        (500, String::new()),
        (200, "<html>".to_owned()),
        (200, json!({"keys": []}).to_string()),
        (200, oversized),
        (302, String::new()),
    ];
    for (number, (status, body)) in useless.into_iter().enumerate() {
        remote.server.answer(status, body);
        remote.stage.pass(Duration::from_mins(10));
        assert_eq!(remote.status(&signer, "a").await, 200, "{status}");
        assert_eq!(remote.server.requests(), number + 2, "it was asked");
    }
}

#[tokio::test]
async fn a_key_that_the_issuer_withdrew_is_forgotten_after_ten_minutes() {
    let (withdrawn, kept) = (Signer::ed25519(), Signer::ed25519());
    let keys = [withdrawn.published("withdrawn"), kept.published("kept")];
    let remote = Remote::new(KeyServer::start(&keys).await).await;
    assert_eq!(remote.status(&withdrawn, "withdrawn").await, 200);
    remote.server.publish(&keys[1..]);
    remote.stage.pass(Duration::from_secs(599));
    assert_eq!(remote.status(&withdrawn, "withdrawn").await, 200);
    remote.stage.pass(Duration::from_secs(1));
    assert_eq!(remote.status(&withdrawn, "withdrawn").await, 401);
    assert_eq!(remote.status(&kept, "kept").await, 200);
    assert_eq!(remote.server.requests(), 2);
}

#[tokio::test]
async fn without_any_keys_a_token_is_neither_good_nor_bad() {
    let signer = Signer::ed25519();
    let remote = Remote::new(KeyServer::start(&[]).await).await;
    remote.server.answer(503, String::new());
    let message = "The token issuer cannot be reached, so the bearer token cannot be verified. Send the request \
                   again, a command with the same Idempotency-Key.";
    let refused = Refused::new(503, "signing_keys_unavailable", message).with_header("retry-after", "10");
    remote.stage.refuses(remote.request(&signer, "a"), refused).await;
    remote.server.publish(&[signer.published("a")]);
    remote.stage.pass(Duration::from_secs(10));
    assert_eq!(remote.status(&signer, "a").await, 200);
}

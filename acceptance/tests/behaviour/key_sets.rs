//! The issuer's keys by URL: when they are fetched, and what happens when they cannot be.

use std::sync::Arc;
use std::time::Duration;

use acceptance::key_server::KeyServer;
use acceptance::refused::Refused;
use acceptance::signers::{AUDIENCE, ISSUER, Signer, token_config_by_url};
use acceptance::{RequestBuilder, Setting, Stage};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
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
        self.request_issued(signer, key_id, &json!(now))
    }

    /// A request with a token of this key, issued at this moment.
    fn request_issued(&self, signer: &Signer, key_id: &str, issued_at: &Value) -> RequestBuilder {
        let header = json!({"alg": format!("{:?}", signer.algorithm), "kid": key_id});
        let expires = self.stage.now().seconds() + 3_600;
        let mut claims = json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "exp": expires});
        claims["iat"] = issued_at.clone();
        let body = json!({"orgId": "acme"});
        RequestBuilder::add("alice", &body).bearer(&signer.token(&header, &claims)).api_key(&self.api_key)
    }

    pub(crate) async fn status(&self, signer: &Signer, key_id: &str) -> u16 {
        self.request(signer, key_id).send(&self.stage).await.status()
    }
}

/// Nothing can be said about a token.
pub(crate) fn unavailable() -> Refused {
    let message = "The token issuer's signing keys are not known at this moment, so the bearer token cannot be \
                   verified; it may be good. Send the request again, a command with the same Idempotency-Key.";
    Refused::new(503, "signing_keys_unavailable", message).with_header("retry-after", "10")
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
    remote.stage.refuses(remote.request(&signer, "a"), unavailable()).await;
    remote.server.publish(&[signer.published("a")]);
    remote.stage.pass(Duration::from_secs(10));
    assert_eq!(remote.status(&signer, "a").await, 200);
}

/// Three answers: this key; asked and none; could not or did not ask. Only the second says that a token is bad.
#[tokio::test]
async fn a_key_that_is_not_in_the_set_is_unknown_only_if_the_set_is_younger_than_the_token() {
    let (signer, unknown) = (Signer::ed25519(), Signer::ed25519());
    let remote = Remote::new(KeyServer::start(&[signer.published("a")]).await).await;
    assert_eq!(remote.status(&signer, "a").await, 200);
    let fetched = remote.stage.now().seconds();
    remote.stage.pass(Duration::from_secs(5));
    let not_published =
        Refused::bearer_token("The bearer token is signed with a key that the issuer does not publish.");
    for issued_at in [json!(0), json!(fetched - 60), json!(fetched)] {
        let request = remote.request_issued(&unknown, "b", &issued_at);
        remote.stage.refuses(request, not_published.clone()).await;
    }
    // Issued since, or who knows when: within ten seconds the issuer is not asked again.
    for issued_at in
        [json!(fetched + 1), json!(fetched + 5), json!(u64::MAX), json!("then"), json!(null), json!(-1)]
    {
        let request = remote.request_issued(&unknown, "b", &issued_at);
        let refused = if issued_at == json!(-1) { not_published.clone() } else { unavailable() };
        remote.stage.refuses(request, refused).await;
    }
    assert_eq!(remote.server.requests(), 1);
    // Asked, and none.
    remote.stage.pass(Duration::from_secs(5));
    remote.stage.refuses(remote.request(&unknown, "b"), not_published.clone()).await;
    assert_eq!(remote.server.requests(), 2);
    // Asked, without an answer.
    remote.server.answer(500, String::new());
    remote.stage.pass(Duration::from_secs(10));
    remote.stage.refuses(remote.request(&unknown, "b"), unavailable()).await;
    assert_eq!(remote.status(&signer, "a").await, 200, "a key that is known serves on");
}

#[tokio::test]
async fn keys_end_after_six_hours_in_which_the_issuer_could_not_be_asked() {
    let signer = Signer::ed25519();
    let remote = Remote::new(KeyServer::start(&[signer.published("a")]).await).await;
    assert_eq!(remote.status(&signer, "a").await, 200);
    remote.server.answer(500, String::new());
    remote.stage.pass(Duration::from_hours(6) - Duration::from_millis(1));
    assert_eq!(remote.status(&signer, "a").await, 200);
    remote.stage.pass(Duration::from_millis(1));
    remote.stage.refuses(remote.request(&signer, "a"), unavailable()).await;
    remote.server.publish(&[signer.published("a")]);
    remote.stage.pass(Duration::from_secs(10));
    assert_eq!(remote.status(&signer, "a").await, 200);
}

/// RFC 7517, section 4.5: what is meant by a key id that several keys have is told by what they are for.
#[tokio::test]
async fn a_key_id_of_several_keys_means_the_one_that_fits() {
    let (elliptic, rsa, edwards, other) = (Signer::p256(), Signer::rsa(), Signer::ed25519(), Signer::p256());
    let signers = [&elliptic, &rsa, &edwards, &other];
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]] {
        let keys = order.map(|place: usize| signers[place].published("a"));
        let remote = Remote::new(KeyServer::start(&keys).await).await;
        for signer in signers {
            assert_eq!(remote.status(signer, "a").await, 200, "{order:?}, {:?}", signer.algorithm);
        }
        assert_eq!(remote.status(&Signer::p256(), "a").await, 401);
    }
}

#[tokio::test]
async fn a_modulus_with_leading_zero_octets_is_the_same_modulus() {
    let rsa = Signer::rsa();
    let mut key = rsa.published("a");
    for name in ["n", "e"] {
        let octets = BASE64URL_NOPAD.decode(key[name].as_str().expect("text").as_bytes()).expect("base64url");
        key[name] = json!(BASE64URL_NOPAD.encode(&[&[0], octets.as_slice()].concat()));
    }
    let remote = Remote::new(KeyServer::start(&[key]).await).await;
    assert_eq!(remote.status(&rsa, "a").await, 200);
}

/// RFC 9864 names the curve; RFC 8037 did not.
#[tokio::test]
async fn ed25519_is_a_name_of_eddsa_on_keys_and_on_tokens() {
    let signer = Signer::ed25519();
    for on_key in [None, Some("EdDSA"), Some("Ed25519")] {
        let mut key = signer.published("a");
        if let Some(algorithm) = on_key {
            key["alg"] = json!(algorithm);
        }
        let remote = Remote::new(KeyServer::start(&[key]).await).await;
        for on_token in ["EdDSA", "Ed25519"] {
            let claims = json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "exp": remote.stage.now().seconds() + 60});
            let token = signer.token(&json!({"alg": on_token, "kid": "a"}), &claims);
            let request = remote.request(&signer, "a").without("authorization").bearer(&token);
            assert_eq!(request.send(&remote.stage).await.status(), 200, "{on_key:?}, {on_token}");
        }
    }
}

//! The issuer's keys by URL on the issuer's bad days: what callers notice, and how often it is asked meanwhile.

use std::sync::Arc;
use std::time::Duration;

use acceptance::Reply;
use acceptance::key_server::KeyServer;
use acceptance::signers::Signer;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::key_sets::{Remote, unavailable};

const LARGEST: usize = 256 * 1_024;

/// Answers that no keys can be had from.
fn useless(good: &Value) -> Vec<(u16, String)> {
    let set = json!({"keys": [good]}).to_string();
    let mut for_encryption = good.clone();
    for_encryption["use"] = json!("enc");
    let shared_secret = json!({"kty": "oct", "k": "c2VjcmV0", "alg": "HS256", "kid": "a"});
    vec![
        (500, set.clone()),
        (404, set.clone()),
        (204, String::new()),
        (302, set.clone()),
        (200, String::new()),
        (200, "<html>".to_owned()),
        (200, set[..set.len() - 1].to_owned()),
        (200, json!([good]).to_string()),
        (200, json!({"keys": good}).to_string()),
        (200, json!({"keys": []}).to_string()),
        (200, json!({"keys": [for_encryption, shared_secret]}).to_string()),
        (200, padded(good, LARGEST + 1)),
    ]
}

/// A key set of this size.
fn padded(key: &Value, size: usize) -> String {
    let set = json!({"keys": [key]}).to_string();
    let padding = " ".repeat(size - set.len());
    set + &padding
}

/// Sends a request on the side.
fn spawn(remote: &Arc<Remote>, signer: &Arc<Signer>, key_id: &'static str) -> JoinHandle<Reply> {
    let (remote, signer) = (Arc::clone(remote), Arc::clone(signer));
    tokio::spawn(async move { remote.request(&signer, key_id).send(&remote.stage).await })
}

#[tokio::test]
async fn a_token_waits_for_the_first_keys_however_useless_the_answers_are() {
    let signer = Signer::ed25519();
    let good = signer.published("a");
    let remote = Remote::new(KeyServer::start(&[]).await).await;
    for (asked, (status, body)) in (1..).zip(useless(&good)) {
        remote.server.answer(status, body);
        for _ in 0..3 {
            remote.stage.refuses(remote.request(&signer, "a"), unavailable()).await;
            assert_eq!(remote.server.requests(), asked, "within ten seconds it is asked once");
        }
        remote.stage.pass(Duration::from_secs(10));
    }
    remote.server.publish(&[good]);
    assert_eq!(remote.status(&signer, "a").await, 200);
}

#[tokio::test]
async fn keys_serve_on_however_useless_the_answers_are() {
    let (signer, unpublished) = (Signer::ed25519(), Signer::ed25519());
    let remote = Remote::new(KeyServer::start(&[signer.published("a")]).await).await;
    assert_eq!(remote.status(&signer, "a").await, 200);
    remote.stage.pass(Duration::from_mins(10));
    for (asked, (status, body)) in (2..).zip(useless(&signer.published("a"))) {
        remote.server.answer(status, body);
        for _ in 0..3 {
            assert_eq!(remote.status(&signer, "a").await, 200);
            remote.stage.refuses(remote.request(&unpublished, "b"), unavailable()).await;
            assert_eq!(remote.status(&unpublished, "a").await, 401);
            assert_eq!(remote.server.requests(), asked, "within ten seconds it is asked once");
        }
        remote.stage.pass(Duration::from_secs(10));
    }
    remote.server.publish(&[unpublished.published("b")]);
    assert_eq!(remote.status(&signer, "a").await, 401, "the issuer is back, and has withdrawn the key");
    assert_eq!(remote.status(&unpublished, "b").await, 200);
}

#[tokio::test]
async fn a_key_set_of_256_kib_is_read() {
    let signer = Signer::ed25519();
    let remote = Remote::new(KeyServer::start(&[]).await).await;
    remote.server.answer(200, padded(&signer.published("a"), LARGEST));
    assert_eq!(remote.status(&signer, "a").await, 200);
}

#[tokio::test]
async fn keys_that_are_of_no_use_do_not_spoil_a_set() {
    let signer = Signer::p256();
    let useless = [
        json!({"kty": "oct", "k": "c2VjcmV0", "kid": "a"}),
        json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "a"}),
        json!({"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA", "kid": "a"}),
        json!({"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA", "kid": "a"}),
        json!({"kid": "a"}),
        json!("a"),
        json!(null),
    ];
    let keys = [&useless[..], &[signer.published("a")]].concat();
    let remote = Remote::new(KeyServer::start(&keys).await).await;
    assert_eq!(remote.status(&signer, "a").await, 200);
}

#[tokio::test]
async fn a_rotation_within_ten_seconds_of_the_last_fetch_is_found_after_them() {
    let (old, new) = (Signer::ed25519(), Signer::ed25519());
    let remote = Remote::new(KeyServer::start(&[old.published("old")]).await).await;
    assert_eq!(remote.status(&old, "old").await, 200);
    remote.server.publish(&[old.published("old"), new.published("new")]);
    remote.stage.pass(Duration::from_millis(9_999));
    // The token may be good, so that it is not called bad.
    remote.stage.refuses(remote.request(&new, "new"), unavailable()).await;
    remote.stage.pass(Duration::from_millis(1));
    assert_eq!(remote.status(&new, "new").await, 200);
}

#[tokio::test]
async fn nobody_with_a_known_key_waits_while_old_keys_are_fetched_again() {
    let signer = Arc::new(Signer::ed25519());
    let remote = Arc::new(Remote::new(KeyServer::start(&[signer.published("a")]).await).await);
    assert_eq!(remote.status(&signer, "a").await, 200);
    remote.stage.pass(Duration::from_mins(10));
    remote.server.hold(true);
    let fetching = spawn(&remote, &signer, "a");
    remote.server.asked(2).await;
    assert_eq!(remote.status(&signer, "a").await, 200);
    assert!(!fetching.is_finished(), "the fetch is under way all the time");
    remote.server.hold(false);
    assert_eq!(fetching.await.expect("an answer").status(), 200);
    assert_eq!(remote.server.requests(), 2);
}

#[tokio::test]
async fn all_who_wait_for_an_unknown_key_are_served_by_one_fetch() {
    let (old, new) = (Signer::ed25519(), Arc::new(Signer::ed25519()));
    let remote = Arc::new(Remote::new(KeyServer::start(&[old.published("old")]).await).await);
    assert_eq!(remote.status(&old, "old").await, 200);
    remote.stage.pass(Duration::from_secs(10));
    remote.server.publish(&[old.published("old"), new.published("new")]);
    remote.server.hold(true);
    let waiting: Vec<_> = (0..16).map(|_| spawn(&remote, &new, "new")).collect();
    remote.server.asked(2).await;
    assert_eq!(remote.status(&old, "old").await, 200, "a known and fresh key waits for nobody");
    remote.server.hold(false);
    for reply in waiting {
        assert_eq!(reply.await.expect("an answer").status(), 200);
    }
    assert_eq!(remote.server.requests(), 2);
}

#[tokio::test]
async fn an_issuer_that_never_answers_is_given_up() {
    let signer = Signer::ed25519();
    let remote = Remote::new(KeyServer::start(&[signer.published("a")]).await).await;
    remote.server.hold(true);
    remote.stage.refuses(remote.request(&signer, "a"), unavailable()).await;
    assert_eq!(remote.server.requests(), 1);
}

//! API keys that must not open anything, and those that must.

use std::time::Duration;

use acceptance::refused::{API_KEY, BEARER, Refused};
use acceptance::{NOON, RequestBuilder, Setting, Stage};
use api::auth::RequiredCredentials;
use domain::api_key::{self, ApiKeyTerms, RANDOM_BYTES};
use domain::values::OrgId;
use serde_json::json;

const MALFORMED: &str = "The API key is mistyped or cut off. Copy it again as a whole.";
const UNKNOWN: &str = "The API key is not known here. Ask for a new one.";
const REVOKED: &str = "The API key has been revoked. Ask for a new one.";
const EXPIRED: &str = "The API key has expired. Ask for a new one.";

fn add(stage: &Stage) -> RequestBuilder {
    RequestBuilder::add("alice", &json!({"orgId": "acme"})).bearer(&stage.user_token("alice"))
}

async fn status(stage: &Stage, api_key: &str) -> u16 {
    add(stage).api_key(api_key).send(stage).await.status()
}

fn terms(org_id: &str) -> ApiKeyTerms {
    ApiKeyTerms::of(OrgId::parse(org_id).expect("an id"), NOON)
}

/// A key of the right form, made of chosen bytes, that was never issued.
fn forged(org_id: &str, random: [u8; RANDOM_BYTES]) -> String {
    api_key::issue(terms(org_id), &random).0
}

#[tokio::test]
async fn a_mistyped_api_key_is_refused() {
    let stage = Stage::new().await;
    let (good, _) = stage.api_key("acme").await;
    let last = if good.ends_with('0') { "1" } else { "0" };
    let mistyped = [
        String::new(),
        "secret".to_owned(),
        good.replacen("pki_", "pkx_", 1),
        good.replacen("pki_", "", 1),
        good.to_uppercase(),
        format!("{}{last}", &good[..good.len() - 1]),
        good[..good.len() - 1].to_owned(),
        format!("{good}0"),
        format!("{good} "),
        format!(" {good}x"),
        good.replace('_', "-"),
        format!("{good},{good}"),
        "pki_ключ".to_owned(),
        "pki_".repeat(2_000),
    ];
    for api_key in mistyped {
        // HTTP takes white space around a value away, and the gateway does so before it makes an event.
        if api_key.trim() == good {
            continue;
        }
        stage.refuses(add(&stage).api_key(&api_key), Refused::api_key(MALFORMED)).await;
    }
    let twice = add(&stage).api_key(&good).api_key(&good);
    stage.refuses(twice, Refused::api_key(MALFORMED)).await;
    assert_eq!(status(&stage, &good).await, 200);
}

#[tokio::test]
async fn an_api_key_that_was_never_issued_is_refused() {
    let stage = Stage::new().await;
    let random = [7; RANDOM_BYTES];
    let (_, stored) = api_key::issue(terms("acme"), &random);
    stage.refuses(add(&stage).api_key(&forged("acme", random)), Refused::api_key(UNKNOWN)).await;

    stage.api_key("acme").await;
    stage.issue(&stored).await;
    // The id is that of the key in store: only the secret is another one.
    let mut another_secret = random;
    another_secret[RANDOM_BYTES - 1] ^= 1;
    stage.refuses(add(&stage).api_key(&forged("acme", another_secret)), Refused::api_key(UNKNOWN)).await;
    stage.refuses(add(&stage).api_key(&forged("umbrella", random)), Refused::api_key(UNKNOWN)).await;
    assert_eq!(status(&stage, &forged("acme", random)).await, 200);
}

#[tokio::test]
async fn two_api_keys_of_an_organisation_are_good_until_one_is_revoked() {
    let stage = Stage::new().await;
    let (old, old_id) = stage.api_key("acme").await;
    let (new, _) = stage.api_key("acme").await;
    assert_eq!((status(&stage, &old).await, status(&stage, &new).await), (200, 200));

    stage.revoke("acme", &old_id).await;
    stage.refuses(add(&stage).api_key(&old), Refused::api_key(REVOKED)).await;
    assert_eq!(status(&stage, &new).await, 200);
}

#[tokio::test]
async fn an_api_key_expires_at_its_moment() {
    let stage = Stage::new().await;
    let until = NOON.plus(Duration::from_mins(1));
    let (api_key, _) = stage.api_key_until("acme", until).await;
    stage.pass(Duration::from_millis(59_999));
    assert_eq!(status(&stage, &api_key).await, 200);
    stage.pass(Duration::from_millis(1));
    stage.refuses(add(&stage).api_key(&api_key), Refused::api_key(EXPIRED)).await;
}

#[tokio::test]
async fn both_credentials_are_required_by_default() {
    let stage = Stage::new().await;
    let (api_key, _) = stage.api_key("acme").await;
    let request = RequestBuilder::add("alice", &json!({"orgId": "acme"}));
    let missing = |message, challenge| Refused::unauthenticated("credentials_missing", &[message], challenge);
    let without_key = missing("An API key is required: `X-API-Key: <API key>`.", API_KEY);
    stage.refuses(add(&stage), without_key).await;
    let without_token = missing("A bearer token is required: `Authorization: Bearer <JWT>`.", BEARER);
    stage.refuses(request.clone().api_key(&api_key), without_token).await;
    stage.refuses(request, Refused::without_credentials()).await;
}

#[tokio::test]
async fn where_either_will_do_a_bad_one_is_still_refused() {
    let setting = Setting { required: RequiredCredentials::Either, ..Setting::default() };
    let stage = Stage::set(setting).await;
    let (api_key, id) = stage.api_key("acme").await;
    let request = RequestBuilder::add("alice", &json!({"orgId": "acme"}));
    assert_eq!(request.clone().api_key(&api_key).send(&stage).await.status(), 200);
    let service = request.clone().bearer(&stage.service_token("acme"));
    assert_eq!(service.send(&stage).await.status(), 200);

    let message = "A bearer token (`Authorization: Bearer <JWT>`) or an API key (`X-API-Key`) is required.";
    let challenges = format!("{BEARER}, {API_KEY}");
    let neither = Refused::unauthenticated("credentials_missing", &[message], &challenges);
    stage.refuses(request.clone(), neither).await;

    stage.refuses(add(&stage).api_key("secret"), Refused::api_key(MALFORMED)).await;
    stage.revoke("acme", &id).await;
    stage.refuses(add(&stage).api_key(&api_key), Refused::api_key(REVOKED)).await;
    let (api_key, _) = stage.api_key("acme").await;
    let bad_token = Refused::bearer_token("The Authorization header is not one `Bearer <JWT>`.");
    stage.refuses(request.api_key(&api_key).header("authorization", "Basic x"), bad_token).await;
}

//! Both credentials together: all that is wrong with them is told at once, before anything else is, and a header that
//! is there twice is not one of them.

use acceptance::RequestBuilder;
use acceptance::refused::{API_KEY, BEARER, Refused, invalid_token};
use lambda_http::http::Method;

use crate::scene::Scene;

const NO_BEARER_TOKEN: &str = "The Authorization header is not one `Bearer <JWT>`.";
const NO_SIGNED_TOKEN: &str = "The bearer token is not a signed JSON Web Token.";
const TOKEN_MISSING: &str = "A bearer token is required: `Authorization: Bearer <JWT>`.";
const MISTYPED: &str = "The API key is mistyped or cut off. Copy it again as a whole.";
const API_KEY_MISSING: &str = "An API key is required: `X-API-Key: <API key>`.";

#[tokio::test]
async fn what_is_wrong_with_either_credential_is_told_at_once() {
    let scene = Scene::new().await;
    let bare = scene.add().without("authorization").without("x-api-key");
    let refused = |reasons: &[&str], challenges: [&str; 2]| {
        Refused::unauthenticated("credentials_refused", reasons, &challenges.join(", "))
    };
    let both_bad = refused(&[NO_SIGNED_TOKEN, MISTYPED], [&invalid_token(NO_SIGNED_TOKEN), API_KEY]);
    scene.stage.refuses(bare.clone().bearer("a.b.c").api_key("secret"), both_bad).await;
    let no_token = refused(&[TOKEN_MISSING, MISTYPED], [BEARER, API_KEY]);
    scene.stage.refuses(bare.clone().api_key("secret"), no_token).await;
    let no_api_key = refused(&[NO_SIGNED_TOKEN, API_KEY_MISSING], [&invalid_token(NO_SIGNED_TOKEN), API_KEY]);
    scene.stage.refuses(bare.bearer("a.b.c"), no_api_key).await;
}

#[tokio::test]
async fn a_credential_in_the_place_of_the_other_is_not_looked_for_there() {
    let scene = Scene::new().await;
    let exchanged =
        RequestBuilder::new(Method::POST, "/users/alice/AddPhysicalKey").json(r#"{"orgId":"acme"}"#);
    let refused = Refused::unauthenticated(
        "credentials_refused",
        &[NO_SIGNED_TOKEN, MISTYPED],
        &format!("{}, {API_KEY}", invalid_token(NO_SIGNED_TOKEN)),
    );
    scene.stage.refuses(exchanged.bearer(&scene.api_key).api_key(&scene.token), refused).await;
}

/// Alice's requests that are wrong in ways for which a caller with good credentials gets a 400, 413 or 415.
fn unusable(scene: &Scene) -> [RequestBuilder; 4] {
    let path = |id: &str| format!("/users/{id}/AddPhysicalKey?_callerOrgId=acme");
    [
        RequestBuilder::new(Method::POST, path("alice")).json("{"),
        RequestBuilder::new(Method::POST, path("alice")).json(&" ".repeat(16 * 1_024 + 1)),
        RequestBuilder::new(Method::POST, path("alice")).body("{}"),
        RequestBuilder::new(Method::POST, path("%20"))
            .json("{}")
            .idempotency_key("a b")
            .header("if-match", "\"1\""),
    ]
    .map(|request| scene.signed(request))
}

#[tokio::test]
async fn with_a_bad_credential_nothing_is_learnt_about_the_request() {
    let scene = Scene::new().await;
    for request in unusable(&scene) {
        let bad_token = request.clone().without("authorization").bearer(&scene.token[1..]);
        scene.stage.refuses(bad_token, Refused::bearer_token(NO_SIGNED_TOKEN)).await;
        let bad_api_key = request.without("x-api-key").api_key(&scene.api_key[1..]);
        scene.stage.refuses(bad_api_key, Refused::api_key(MISTYPED)).await;
    }
}

#[tokio::test]
async fn a_header_that_is_there_twice_is_no_credential() {
    let scene = Scene::new().await;
    let two_tokens = scene.add().bearer(&scene.token);
    let basic_too = scene.add().header("authorization", "Basic YWxpY2U6c2VjcmV0");
    let two_api_keys = scene.add().api_key(&scene.api_key);
    // An HTTP API joins them with a comma.
    scene.stage.refuses(two_tokens.clone(), Refused::bearer_token(NO_SIGNED_TOKEN)).await;
    scene.stage.refuses(basic_too.clone(), Refused::bearer_token(NO_SIGNED_TOKEN)).await;
    scene.stage.refuses(two_api_keys.clone(), Refused::api_key(MISTYPED)).await;
    // Elsewhere they come one by one.
    let before = scene.stage.stored().await;
    for (request, refused) in [
        (two_tokens, Refused::bearer_token(NO_BEARER_TOKEN)),
        (basic_too, Refused::bearer_token(NO_BEARER_TOKEN)),
        (two_api_keys, Refused::api_key(MISTYPED)),
    ] {
        refused.check(&request.send_as_rest_event(&scene.stage).await);
    }
    assert_eq!(scene.stage.stored().await, before, "a refusal writes nothing");
}

#[tokio::test]
async fn a_credential_that_can_be_told_to_be_bad_without_a_read_costs_none() {
    let (scene, disturber) = Scene::disturbed().await;
    for request in [
        scene.add().without("authorization").bearer(&scene.token[1..]),
        scene.add().without("x-api-key").api_key(&scene.api_key[1..]),
        scene.add().without("x-api-key"),
    ] {
        // Nothing is disturbed: the call forgets what came by before.
        disturber.watch();
        assert_eq!(request.send(&scene.stage).await.status(), 401);
        assert!(disturber.seen("BatchGetItem").is_empty(), "{request:?}");
    }
    scene.carry_out(scene.add()).await;
    assert_eq!(disturber.seen("BatchGetItem").len(), 1, "a good request is read for");
}

//! Which tokens are taken (contract, "Which tokens"): of which clients, for what use. Each token here is signed by the right key.

use acceptance::refused::Refused;
use serde_json::json;

use crate::issuers::{Deployment, Doors, bobs_list};
use crate::tokens::ANOTHER_AUDIENCE;

pub(crate) const ANOTHER_CLIENT: &str = "The bearer token was issued to another client.";
pub(crate) const NO_ACCESS_TOKEN: &str = "The bearer token is not an access token.";

#[tokio::test]
async fn a_token_for_another_client_of_the_same_issuer_is_refused() {
    let doors = Doors::of(Deployment { clients: &["portal", "desk"], ..Deployment::default() }).await;
    for claims in [
        json!({"client_id": "portal"}),
        json!({"azp": "desk"}),
        json!({"cid": "desk"}),
        json!({"appid": "desk"}),
        json!({"azp": "portal", "client_id": "portal"}),
    ] {
        doors.is_alices_own(&claims).await;
    }
    for claims in [
        json!({}),
        json!({"client_id": "shop"}),
        json!({"azp": "portals"}),
        json!({"azp": ["portal"]}),
        json!({"azp": ""}),
        json!({"azp": "portal", "client_id": "shop"}),
        json!({"client": "portal"}),
    ] {
        doors.refuses(bobs_list(), &claims, &Refused::bearer_token(ANOTHER_CLIENT)).await;
    }
}

/// Cognito's access and machine tokens have `client_id` and no `aud`; then the client is what ties them to this API.
#[tokio::test]
async fn a_token_without_an_audience_is_taken_by_its_client_or_not_at_all() {
    let access = json!({
        "aud": null, "token_use": "access", "client_id": "portal", "version": 2, "scope": "openid",
        "cognito:groups": ["staff"], "username": "alice",
    });
    let cognito =
        Deployment { service: Some("sub={client_id}"), clients: &["portal", "job"], ..Deployment::default() };
    let doors = Doors::of(cognito).await;
    doors.is_alices_own(&access).await;
    let machine =
        json!({"aud": null, "token_use": "access", "sub": "job", "client_id": "job", "scope": "keys/all"});
    let (bound, _) = doors.stage.api_key_for("acme", "job").await;
    let reply = bobs_list().api_key(&bound).bearer(&doors.token(&machine)).send(&doors.stage).await;
    assert_eq!(reply.status(), 200, "{}", reply.json());

    let doors = Doors::of(Deployment::default()).await;
    doors.refuses(bobs_list(), &access, &Refused::bearer_token(ANOTHER_AUDIENCE)).await;
}

/// ID tokens tell an application who has logged in. Their audience may well be the API's.
#[tokio::test]
async fn an_id_token_is_no_access_token() {
    let doors = Doors::of(Deployment { clients: &["portal"], ..Deployment::default() }).await;
    for (issuer, claims) in [
        ("Cognito", json!({"token_use": "id", "cognito:username": "alice", "client_id": "portal"})),
        ("Auth0", json!({"azp": "portal", "nonce": "n", "sid": "s"})),
        ("Keycloak", json!({"typ": "ID", "azp": "portal", "at_hash": "h"})),
        ("Okta", json!({"cid": "portal", "at_hash": "h", "amr": ["pwd"], "idp": "i"})),
        ("Zitadel", json!({"azp": "portal", "client_id": "portal", "at_hash": "h"})),
        ("Google", json!({"azp": "portal", "at_hash": "h", "email_verified": true})),
        ("Keycloak, to refresh", json!({"typ": "Refresh", "azp": "portal"})),
        ("Keycloak, bound", json!({"typ": "DPoP", "azp": "portal"})),
        ("a use that is none", json!({"token_use": ["access"], "azp": "portal"})),
        ("a type that is none", json!({"typ": 1, "azp": "portal"})),
    ] {
        let request = bobs_list().header("x-case", issuer);
        doors.refuses(request, &claims, &Refused::bearer_token(NO_ACCESS_TOKEN)).await;
    }
    // Entra's ID tokens have nothing that access tokens have not, but they name no client.
    let entra = json!({"oid": "alice", "tid": "t", "ver": "2.0", "preferred_username": "a@example.com"});
    doors.refuses(bobs_list(), &entra, &Refused::bearer_token(ANOTHER_CLIENT)).await;
    doors.is_alices_own(&json!({"typ": "Bearer", "azp": "portal", "nonce": "n"})).await;
}

#[tokio::test]
async fn a_token_for_another_or_bound_to_a_key_is_refused() {
    let doors = Doors::of(Deployment::default()).await;
    let for_another = "The bearer token is for somebody who acts for another, which is not accepted here.";
    for act in [json!({"sub": "admin"}), json!({}), json!("admin")] {
        doors.refuses(bobs_list(), &json!({"act": act}), &Refused::bearer_token(for_another)).await;
    }
    let bound = "The bearer token is bound to a key, which cannot be proven here.";
    for cnf in [json!({"jkt": "x"}), json!({"x5t#S256": "x"}), json!({})] {
        doors.refuses(bobs_list(), &json!({"cnf": cnf}), &Refused::bearer_token(bound)).await;
    }
}

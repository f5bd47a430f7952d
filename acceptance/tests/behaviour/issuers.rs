//! What common issuers put into tokens (from their documents and decoded samples), and what people have tried with it. Each
//! token here is signed by the right key: only what it says can make it somebody's.

use acceptance::refused::Refused;
use acceptance::signers::{Signer, token_config};
use acceptance::{NOON, RequestBuilder, Setting, Stage};
use api::auth::RequiredCredentials;
use api::auth::conditions::Conditions;
use domain::organisation::{OrganisationCommand, Refusal};
use serde_json::{Value, json};
use store::{Done, OrganisationFault};

use crate::query_refusals::{another_users_inventory, one_user_only};
use crate::scene::{DISAGREE, ORGANISATION_REQUIRED};
use crate::tokens::header;

/// What a deployment says about its issuer's tokens.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Deployment {
    pub(crate) service: Option<&'static str>,
    pub(crate) manager: Option<&'static str>,
    pub(crate) clients: &'static [&'static str],
    pub(crate) user_claim: Option<&'static str>,
}

/// A stage where either credential will do, so that everything depends on whose the token is.
pub(crate) struct Doors {
    pub(crate) stage: Stage,
    signer: Signer,
    acmes: String,
}

impl Doors {
    pub(crate) async fn of(deployment: Deployment) -> Self {
        let signer = Signer::ed25519();
        let mut tokens = token_config(&[signer.published("a")]);
        let conditions = |text: Option<&str>| text.map(|text| Conditions::parse(text).expect("conditions"));
        tokens.identity.service = conditions(deployment.service);
        tokens.identity.key_manager = conditions(deployment.manager);
        tokens.claims.clients = deployment.clients.iter().map(|client| (*client).to_owned()).collect();
        if let Some(claim) = deployment.user_claim {
            claim.clone_into(&mut tokens.identity.user_claim);
        }
        let setting =
            Setting { required: RequiredCredentials::Either, tokens: Some(tokens), ..Setting::default() };
        let stage = Stage::set(setting).await;
        let (acmes, _) = stage.api_key("acme").await;
        stage.register("umbrella").await;
        for user in ["alice", "bob"] {
            let add = RequestBuilder::add(user, &json!({"orgId": "acme"})).api_key(&acmes);
            assert_eq!(add.send(&stage).await.status(), 200);
        }
        Self { stage, signer, acmes }
    }

    /// A token with these claims besides the usual ones; `null` takes one of those away.
    pub(crate) fn token(&self, claims: &Value) -> String {
        self.signer.token(&header("EdDSA", &json!({})), &crate::tokens::claims(claims))
    }

    pub(crate) async fn refuses(&self, request: RequestBuilder, claims: &Value, refused: &Refused) {
        self.stage.refuses(request.bearer(&self.token(claims)), refused.clone()).await;
    }

    /// The token is Alice's, whatever else it says: she reads her own inventory and commands nothing.
    pub(crate) async fn is_alices_own(&self, claims: &Value) {
        let list = RequestBuilder::get("/users/alice/PhysicalKeys").bearer(&self.token(claims));
        let reply = list.send(&self.stage).await;
        assert_eq!(reply.status(), 200, "{claims}: {}", reply.json());
        for request in [bobs_list(), bobs_list().api_key(&self.acmes), taking_from_bob().api_key(&self.acmes)]
        {
            self.refuses(request, claims, &another_users_inventory()).await;
        }
        for org_id in ["acme", "umbrella"] {
            self.refuses(all_of(org_id), claims, &one_user_only()).await;
        }
        for request in [taking_from_bob(), RequestBuilder::add("alice", &json!({"orgId": "acme"}))] {
            self.refuses(request, claims, &organisation_required()).await;
        }
    }

    /// The token is Acme's own: what it has issued, to whomever, and nothing else.
    async fn is_acmes_own(&self, claims: &Value) {
        let reply = bobs_list().bearer(&self.token(claims)).send(&self.stage).await;
        assert_eq!((reply.status(), &reply.json()["total"]), (200, &json!(1)), "{claims}: {}", reply.json());
        let all = all_of("acme").bearer(&self.token(claims)).send(&self.stage).await;
        assert_eq!(all.status(), 200, "{claims}: {}", all.json());
        let message = "The credentials are for another organisation than `orgId`.";
        let another = Refused::new(403, "another_organisation", message);
        self.refuses(all_of("umbrella"), claims, &another).await;
    }
}

pub(crate) fn bobs_list() -> RequestBuilder {
    RequestBuilder::get("/users/bob/PhysicalKeys")
}

fn all_of(org_id: &str) -> RequestBuilder {
    RequestBuilder::get(format!("/orgs/{org_id}/PhysicalKeys"))
}

fn taking_from_bob() -> RequestBuilder {
    RequestBuilder::remove("bob", &json!({"number": 1}))
}

fn organisation_required() -> Refused {
    Refused::new(403, "organisation_required", ORGANISATION_REQUIRED)
}

fn unknown_organisation() -> Refused {
    let message = "The organisation that the bearer token names is not registered here, or was closed.";
    Refused::new(403, "unknown_organisation", message)
}

/// Auth0, `WorkOS` and Keycloak put the organisation into people's tokens.
#[tokio::test]
async fn an_organisation_in_a_persons_token_makes_nobody_a_service() {
    for deployment in [
        Deployment::default(),
        Deployment {
            service: Some("gty=client-credentials"),
            manager: Some("permissions=keys:manage"),
            ..Deployment::default()
        },
    ] {
        let doors = Doors::of(deployment).await;
        for organisation in [json!("acme"), json!(["acme"])] {
            for extra in [
                json!({}),
                json!({"azp": "portal", "scope": "openid profile", "permissions": []}),
                json!({"permissions": ["keys:manager", "read"], "gty": "password"}),
                json!({"gty": ["authorization_code"], "scope": "keys:manage client-credentials"}),
            ] {
                let mut claims = extra;
                claims["org_id"] = organisation.clone();
                doors.is_alices_own(&claims).await;
            }
        }
    }
}

#[tokio::test]
async fn where_no_condition_is_named_nobody_is_a_service_or_a_key_manager() {
    let doors = Doors::of(Deployment::default()).await;
    for claims in [
        json!({"gty": "client-credentials", "org_id": "acme"}),
        json!({"idtyp": "app", "roles": ["keys.service"], "org_id": "acme"}),
        json!({"azp": "alice", "client_id": "alice", "org_id": "acme"}),
        json!({"groups": ["key-managers/acme"], "org_id": "acme"}),
    ] {
        doors.is_alices_own(&claims).await;
    }
}

/// A manager of Acme who asks the issuer for a token of Umbrella gets one, if a member there; the group stays Acme's.
#[tokio::test]
async fn a_manager_of_one_organisation_is_none_of_another() {
    let doors =
        Doors::of(Deployment { manager: Some("groups=key-managers/{org}"), ..Deployment::default() }).await;
    doors.is_acmes_own(&json!({"org_id": "acme", "groups": ["staff", "key-managers/acme"]})).await;
    for groups in [
        json!(["key-managers/acme"]),
        json!("key-managers/acme"),
        json!(["key-managers/umbrella/x", "x/key-managers/umbrella", "Key-managers/umbrella"]),
        json!("key-managers/umbrella,key-managers/acme"),
        json!({"key-managers/umbrella": true}),
    ] {
        let claims = json!({"org_id": "umbrella", "groups": groups});
        doors.refuses(all_of("umbrella"), &claims, &one_user_only()).await;
        doors.refuses(bobs_list(), &claims, &another_users_inventory()).await;
    }
    // Without an organisation there is nothing that `{org}` stands for.
    doors.is_alices_own(&json!({"groups": ["key-managers/", "key-managers/acme"]})).await;
}

/// Any application of an Entra tenant gets a token for any audience in it, with `idtyp` `app`; only a role is assigned.
#[tokio::test]
async fn an_application_of_the_tenant_without_the_role_is_no_service() {
    let entra = Deployment {
        service: Some("idtyp=app,roles=keys.service"),
        user_claim: Some("oid"),
        ..Deployment::default()
    };
    let doors = Doors::of(entra).await;
    let claims = |changes: Value| {
        let mut claims =
            json!({"oid": "alice", "sub": "alice", "azp": "b1", "idtyp": "app", "org_id": "acme"});
        claims.as_object_mut().expect("claims").extend(changes.as_object().expect("claims").clone());
        claims
    };
    for roles in [
        json!({}),
        json!({"roles": []}),
        json!({"roles": ["keys.services"]}),
        json!({"roles": "x keys.service"}),
    ] {
        doors.is_alices_own(&claims(roles)).await;
    }
    doors.is_alices_own(&claims(json!({"idtyp": "user", "roles": ["keys.service"]}))).await;
    doors.is_acmes_own(&claims(json!({"roles": ["keys.service"]}))).await;
}

/// Okta's `sub` of a person is the user name, which a person may choose.
#[tokio::test]
async fn a_person_who_is_called_like_the_client_is_no_service() {
    let okta = Deployment { service: Some("sub={cid},scp=keys.service"), ..Deployment::default() };
    let doors = Doors::of(okta).await;
    doors
        .is_alices_own(&json!({"cid": "alice", "azp": "alice", "client_id": "alice", "org_id": "acme"}))
        .await;
    doors.is_alices_own(&json!({"cid": "alice", "scp": ["openid"], "org_id": "acme"})).await;
    doors.is_acmes_own(&json!({"sub": "job", "cid": "job", "scp": ["keys.service"], "org_id": "acme"})).await;
}

/// Cognito's and Zitadel's machine tokens name no organisation without further ado, and anybody may have one.
#[tokio::test]
async fn a_leaked_api_key_is_not_good_with_a_service_that_names_no_organisation() {
    let doors = Doors::of(Deployment { service: Some("sub={client_id}"), ..Deployment::default() }).await;
    let of_job = json!({"sub": "job", "client_id": "job"});
    for request in [bobs_list(), all_of("acme"), taking_from_bob()] {
        doors.refuses(request.clone(), &of_job, &organisation_required()).await;
        doors.refuses(request.api_key(&doors.acmes), &of_job, &organisation_required()).await;
    }
    let (bound, _) = doors.stage.api_key_for("acme", "job").await;
    let reply = bobs_list().api_key(&bound).bearer(&doors.token(&of_job)).send(&doors.stage).await;
    assert_eq!(reply.json()["total"], 1);
    // What is bound is good with nobody else, and not by itself.
    let disagree = Refused::new(403, "credentials_disagree", DISAGREE);
    doors.stage.refuses(bobs_list().api_key(&bound), disagree.clone()).await;
    doors.refuses(bobs_list().api_key(&bound), &json!({"sub": "bob"}), &disagree).await;
    let another = json!({"sub": "job2", "client_id": "job2"});
    doors.refuses(bobs_list().api_key(&bound), &another, &organisation_required()).await;
}

#[tokio::test]
async fn an_organisation_that_is_not_registered_is_nobodys() {
    let deployment = Deployment {
        service: Some("gty=client-credentials"),
        manager: Some("groups=key-managers/{org}"),
        ..Deployment::default()
    };
    let doors = Doors::of(deployment).await;
    for org_id in ["former-employer", "ACME", "acme ltd"] {
        for claims in [
            json!({"org_id": org_id}),
            json!({"org_id": org_id, "gty": "client-credentials"}),
            json!({"org_id": org_id, "groups": [format!("key-managers/{org_id}")]}),
        ] {
            for request in [
                bobs_list(),
                RequestBuilder::get("/users/alice/PhysicalKeys/1"),
                all_of("acme"),
                taking_from_bob(),
            ] {
                doors.refuses(request.clone(), &claims, &unknown_organisation()).await;
                doors.refuses(request.api_key(&doors.acmes), &claims, &unknown_organisation()).await;
            }
        }
    }
}

/// What is closed ends for everybody on the next request, and is not opened again by registering it.
#[tokio::test]
async fn an_organisation_that_was_closed_ends_with_the_next_request() {
    let stage = Stage::set(Setting { required: RequiredCredentials::Either, ..Setting::default() }).await;
    let (api_key, _) = stage.api_key("acme").await;
    let tokens = [
        stage.service_token("acme"),
        stage.manager_token("alice", "acme"),
        stage.member_token("bob", "acme"),
    ];
    assert_eq!(bobs_list().api_key(&api_key).send(&stage).await.status(), 200);
    for closed in [Done::Now, Done::Before] {
        assert_eq!(stage.command_organisation("acme", &OrganisationCommand::Close).await, Ok(closed));
        let register = OrganisationCommand::Register { name: None };
        let registered = stage.command_organisation("acme", &register).await;
        assert_eq!(registered, Err(OrganisationFault::Refused(Refusal::Closed)));
        for request in [bobs_list(), all_of("acme"), RequestBuilder::add("bob", &json!({"orgId": "acme"}))] {
            let ended = Refused::api_key("The organisation of the API key has been closed.");
            stage.refuses(request.clone().api_key(&api_key), ended).await;
            for token in &tokens {
                stage.refuses(request.clone().bearer(token), unknown_organisation()).await;
                stage.refuses(request.clone().bearer(token).api_key(&api_key), unknown_organisation()).await;
            }
        }
    }
}

/// An id means something together with its issuer, and both are recorded for ever.
#[tokio::test]
async fn the_actor_that_is_recorded_has_its_issuer_beside_its_id() {
    let stage = Stage::set(Setting { required: RequiredCredentials::Either, ..Setting::default() }).await;
    let (api_key, id) = stage.api_key("acme").await;
    let add = || RequestBuilder::add("alice", &json!({"orgId": "acme"}));
    let service = stage.service_token("acme");
    for request in [
        add().bearer(&stage.user_token("alice")).api_key(&api_key),
        add().bearer(&stage.manager_token("manager", "acme")),
        add().bearer(&service),
        add().api_key(&api_key),
    ] {
        assert_eq!(request.send(&stage).await.status(), 200);
    }
    let history = RequestBuilder::get("/users/alice/PhysicalKeyEvents").bearer(&stage.user_token("alice"));
    let history = history.send(&stage).await.json();
    let actors: Vec<_> =
        history["events"].as_array().expect("events").iter().map(|event| &event["record"]["actor"]).collect();
    let (iss, org) = ("physical-keys-local", "acme");
    assert_eq!(
        actors,
        [
            &json!({"type": "user", "iss": iss, "id": "alice", "orgId": org, "apiKeyId": id}),
            &json!({"type": "user", "iss": iss, "id": "manager", "orgId": org}),
            &json!({"type": "service", "iss": iss, "id": "service@acme", "orgId": org}),
            &json!({"type": "organisation", "orgId": org, "apiKeyId": id}),
        ]
    );
    assert_eq!(stage.now(), NOON);
}

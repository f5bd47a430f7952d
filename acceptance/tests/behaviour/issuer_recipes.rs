//! The recipes of docs/issuers.md: what its variables make of its payloads, each signed here, so that the page cannot go wrong silently.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use acceptance::refused::Refused;
use acceptance::signers::Signer;
use acceptance::{NOON, RequestBuilder, Setting, Stage};
use api::auth::explanation::Explanation;
use api::auth::identity::{TokenIdentity, TokenKind};
use api::auth::signing_keys::SigningKeys;
use api::backend::token_verifier;
use api::config::{FunctionConfig, SigningKeyConfig};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use process::aws::Https;
use serde_json::{Map, Value, json};

use crate::query_refusals::another_users_inventory;
use crate::scene::ORGANISATION_REQUIRED;

const PAGE: &str = include_str!("../../../docs/issuers.md");
const RECIPES: [&str; 7] = ["cognito", "auth0", "entra", "entra-several", "keycloak", "okta", "zitadel"];

/// The blocks of the page by the marks before them.
static BLOCKS: LazyLock<BTreeMap<&str, &str>> = LazyLock::new(|| {
    let marked = PAGE.split("<!-- ").skip(1).map(|part| {
        let (mark, after) = part.split_once(" -->\n```").expect("a block after its mark");
        let (_, block) = after.split_once('\n').expect("a line");
        (mark, block.split_once("```").expect("an end").0)
    });
    marked.collect()
});

fn claims(mark: &str) -> Map<String, Value> {
    serde_json::from_str(BLOCKS[mark]).unwrap_or_else(|fault| panic!("{mark}: {fault}"))
}

/// One recipe: what its functions are told, and a key that its issuer might have.
struct Recipe {
    name: &'static str,
    signer: Signer,
}

impl Recipe {
    fn of(name: &'static str) -> Self {
        Self { name, signer: Signer::rsa() }
    }

    fn setting(&self, name: &str) -> Option<String> {
        let settings = BLOCKS[format!("{}-settings", self.name).as_str()];
        let mut lines = settings.lines().map(|line| line.split_once('=').expect("NAME=value"));
        lines.find(|(variable, _)| *variable == name).map(|(_, value)| value.to_owned())
    }

    /// The variables as a function reads them. Only the keys are others.
    fn config(&self) -> FunctionConfig {
        let lookup = |name: &str| match name {
            "TABLE_NAME" => Some("inventory".to_owned()),
            "REQUIRED_CREDENTIALS" => Some("either".to_owned()),
            _ => self.setting(name),
        };
        let mut config =
            FunctionConfig::read(lookup).unwrap_or_else(|fault| panic!("{}: {fault}", self.name));
        let url = &config.tokens.signing_keys;
        assert!(matches!(url, SigningKeyConfig::Url(url) if url.starts_with("https://")), "{}", self.name);
        let keys = json!({"keys": [self.signer.published("k")]}).to_string();
        config.tokens.signing_keys =
            SigningKeyConfig::Inline(SigningKeys::parse(keys.as_bytes()).expect("a key set"));
        config
    }

    fn token(&self, claims: &Map<String, Value>) -> String {
        self.signer.token(&json!({"alg": "RS256", "kid": "k", "typ": "JWT"}), &json!(claims))
    }

    async fn explained(&self, claims: &Map<String, Value>) -> Explanation {
        let verifier = token_verifier(self.config().tokens, Https::new);
        verifier.explain(&self.token(claims), NOON).await.expect("a token")
    }

    async fn accepted(&self, claims: &Map<String, Value>) -> TokenIdentity {
        let outcome = self.explained(claims).await.outcome();
        outcome.unwrap_or_else(|fault| panic!("{}: {fault}", self.name))
    }

    /// A stage on which the organisation of the page's tokens is registered.
    async fn stage(&self, organisation: &str) -> Stage {
        let config = self.config();
        let (required, tokens) = (config.required_credentials, Some(config.tokens));
        let stage = Stage::set(Setting { required, tokens, ..Setting::default() }).await;
        stage.register(organisation).await;
        stage
    }

    /// The organisation that the key manager's token names.
    async fn organisation(&self) -> String {
        let manager = self.accepted(&claims(&format!("{}-key-manager", self.name))).await;
        manager.organisation.expect("an organisation").as_str().to_owned()
    }
}

fn path(user: &str) -> String {
    utf8_percent_encode(user, NON_ALPHANUMERIC).to_string()
}

fn list_of(user: &str) -> RequestBuilder {
    RequestBuilder::get(format!("/users/{}/PhysicalKeys", path(user)))
}

/// The actor of the only event of a user's history, as the person whose it is reads it.
async fn actor(stage: &Stage, user: &str, token: &str) -> Value {
    let history = RequestBuilder::get(format!("/users/{}/PhysicalKeyEvents", path(user))).bearer(token);
    let history = history.send(stage).await.json();
    assert_eq!(history["events"].as_array().map(Vec::len), Some(1), "{history}");
    history["events"][0]["record"]["actor"].clone()
}

#[test]
fn the_page_has_all_recipes_and_every_block_is_of_one() {
    let parts = ["settings", "person", "key-manager", "service"];
    let mut expected: Vec<_> =
        RECIPES.iter().flat_map(|recipe| parts.iter().map(move |part| format!("{recipe}-{part}"))).collect();
    // What extensions are is held to what they give by `.ci/issuer/extensions.mjs`.
    expected
        .extend(["cognito-service-without-trigger", "cognito-trigger", "zitadel-action"].map(str::to_owned));
    expected.sort();
    assert_eq!(BLOCKS.keys().copied().collect::<Vec<_>>(), expected);
    let blocks = PAGE.matches("\n```").count() / 2;
    assert_eq!(blocks, expected.len() + 1, "one block has no mark: how `token explain` is used");
}

#[tokio::test]
async fn a_persons_token_reads_that_persons_inventory_and_commands_nothing() {
    for name in RECIPES {
        let recipe = Recipe::of(name);
        let claims = claims(&format!("{name}-person"));
        let identity = recipe.accepted(&claims).await;
        let user = claims[&recipe.setting("JWT_USER_CLAIM").expect("a claim")].as_str().expect("a text");
        assert_eq!((identity.kind, identity.subject.as_str()), (TokenKind::Person, user), "{name}");
        let organisation = recipe.organisation().await;
        let stage = recipe.stage(&organisation).await;
        let token = recipe.token(&claims);
        let own = list_of(user).bearer(&token).send(&stage).await;
        assert_eq!(own.status(), 200, "{name}: {}", own.json());
        stage.refuses(list_of("bob").bearer(&token), another_users_inventory()).await;
        let add = RequestBuilder::add(&path(user), &json!({"orgId": organisation})).bearer(&token);
        stage.refuses(add, Refused::new(403, "organisation_required", ORGANISATION_REQUIRED)).await;
    }
}

#[tokio::test]
async fn a_key_managers_token_commands_for_its_organisation() {
    for name in RECIPES {
        let recipe = Recipe::of(name);
        let (manager, person) = (claims(&format!("{name}-key-manager")), claims(&format!("{name}-person")));
        let identity = recipe.accepted(&manager).await;
        let id = manager[&recipe.setting("JWT_USER_CLAIM").expect("a claim")].as_str().expect("a text");
        assert_eq!((identity.kind, identity.subject.as_str()), (TokenKind::KeyManager, id), "{name}");
        let (organisation, owner) =
            (recipe.organisation().await, recipe.accepted(&person).await.subject.as_str().to_owned());
        let stage = recipe.stage(&organisation).await;
        let add = RequestBuilder::add(&path(&owner), &json!({"orgId": organisation}));
        let added = add.bearer(&recipe.token(&manager)).send(&stage).await;
        assert_eq!(added.status(), 200, "{name}: {}", added.json());
        let expected = json!({
            "type": "user", "iss": recipe.setting("JWT_ISSUER"), "id": id, "orgId": organisation,
        });
        assert_eq!(actor(&stage, &owner, &recipe.token(&person)).await, expected, "{name}");
    }
}

#[tokio::test]
async fn a_services_token_commands_for_its_organisation_or_with_an_api_key_that_was_issued_for_it() {
    let services = RECIPES.map(|name| (name, format!("{name}-service")));
    let without_trigger = [("cognito", "cognito-service-without-trigger".to_owned())];
    for (name, mark) in services.into_iter().chain(without_trigger) {
        let recipe = Recipe::of(name);
        let (service, person) = (claims(&mark), claims(&format!("{name}-person")));
        let identity = recipe.accepted(&service).await;
        let id = service["sub"].as_str().expect("a text");
        assert_eq!((identity.kind, identity.subject.as_str()), (TokenKind::Service, id), "{mark}");
        let (organisation, owner) =
            (recipe.organisation().await, recipe.accepted(&person).await.subject.as_str().to_owned());
        let stage = recipe.stage(&organisation).await;
        let mut expected = json!({
            "type": "service", "iss": recipe.setting("JWT_ISSUER"), "id": id, "orgId": organisation,
        });
        let mut add = RequestBuilder::add(&path(&owner), &json!({"orgId": organisation}))
            .bearer(&recipe.token(&service));
        let needs_api_key =
            ["cognito-service-without-trigger", "entra-several-service"].contains(&mark.as_str());
        assert_eq!(identity.organisation.is_none(), needs_api_key, "{mark}");
        if needs_api_key {
            stage
                .refuses(add.clone(), Refused::new(403, "organisation_required", ORGANISATION_REQUIRED))
                .await;
            let (api_key, api_key_id) = stage.api_key_for(&organisation, id).await;
            expected["apiKeyId"] = json!(api_key_id.as_str());
            add = add.api_key(&api_key);
        }
        let added = add.send(&stage).await;
        assert_eq!(added.status(), 200, "{mark}: {}", added.json());
        assert_eq!(actor(&stage, &owner, &recipe.token(&person)).await, expected, "{mark}");
    }
}

/// Without any one of the claims that the conditions name, it is a person's token, of whom issuers have many.
#[tokio::test]
async fn every_claim_of_a_condition_is_what_makes_a_service_or_a_key_manager() {
    for name in RECIPES {
        let recipe = Recipe::of(name);
        for (part, variable) in [("service", "JWT_SERVICE_CLAIM"), ("key-manager", "JWT_MANAGER_CLAIM")] {
            let conditions = recipe.setting(variable).expect("conditions");
            for condition in conditions.split(',') {
                let claim = condition.split_once('=').expect("a condition").0;
                let mut claims = claims(&format!("{name}-{part}"));
                for other in [None, Some(json!("another")), Some(json!(["another"])), Some(json!([]))] {
                    match other {
                        None => claims.remove(claim),
                        Some(other) => claims.insert(claim.to_owned(), other),
                    };
                    let explanation = recipe.explained(&claims).await;
                    assert_eq!(explanation.kind, TokenKind::Person, "{name}: {condition} on {claims:?}");
                }
            }
        }
    }
}

/// A key manager acts until `exp`, so that the page's tokens are for an hour at most, and its variables take none for longer.
#[tokio::test]
async fn tokens_are_for_an_hour_at_most() {
    for name in RECIPES {
        let recipe = Recipe::of(name);
        for part in ["person", "key-manager", "service"] {
            let mut claims = claims(&format!("{name}-{part}"));
            assert_eq!(claims["iat"], json!(NOON.seconds()), "{name}-{part}");
            let expires = claims["exp"].as_u64().expect("a moment");
            assert!(expires <= NOON.seconds() + 3_600, "{name}-{part}");
            // The clocks of the issuer and ours may differ by a minute.
            claims.insert("exp".to_owned(), json!(NOON.seconds() + 3_600 + 61));
            let refused = recipe.explained(&claims).await.outcome().expect_err("too long").to_string();
            assert_eq!(refused, "The bearer token is valid for too long. Get one that expires earlier.");
        }
    }
}

//! Who may do what: every caller, every operation, every owner, through the functions' `handle`.

use acceptance::refused::Refused;
use acceptance::{Reply, RequestBuilder, Setting, Stage};
use key_inventory::auth::RequiredCredentials;
use serde_json::json;

use Caller::*;
use Operation::*;
use Outcome::*;
use Owner::*;

/// The credentials of a caller. Organisations are Acme's unless they say that they are Umbrella's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caller {
    UserToken,
    ServiceToken,
    ApiKey,
    UserTokenAndApiKey,
    ServiceTokenAndApiKey,
    ServiceTokenAndUmbrellasApiKey,
}

/// Whose inventory it is. For callers without a user's token, the owners are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    TokensUser,
    AnotherUser,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    AddAcmes,
    AddUmbrellas,
    RemoveAcmes,
    RemoveUmbrellas,
    RemoveAbsent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    NotFound,
    AnotherOrganisation,
    AnothersInventory,
    Disagree,
}

const OPERATIONS: [Operation; 5] = [AddAcmes, AddUmbrellas, RemoveAcmes, RemoveUmbrellas, RemoveAbsent];

/// The matrix in full; the outcomes are in the order of [`OPERATIONS`].
const MATRIX: [(Caller, Owner, [Outcome; 5]); 12] = [
    (UserToken, TokensUser, [Done, Done, Done, Done, NotFound]),
    (UserToken, AnotherUser, [AnothersInventory; 5]),
    (ServiceToken, TokensUser, [Done, AnotherOrganisation, Done, NotFound, NotFound]),
    (ServiceToken, AnotherUser, [Done, AnotherOrganisation, Done, NotFound, NotFound]),
    (ApiKey, TokensUser, [Done, AnotherOrganisation, Done, NotFound, NotFound]),
    (ApiKey, AnotherUser, [Done, AnotherOrganisation, Done, NotFound, NotFound]),
    (UserTokenAndApiKey, TokensUser, [Done, AnotherOrganisation, Done, NotFound, NotFound]),
    (UserTokenAndApiKey, AnotherUser, [AnothersInventory; 5]),
    (ServiceTokenAndApiKey, TokensUser, [Done, AnotherOrganisation, Done, NotFound, NotFound]),
    (ServiceTokenAndApiKey, AnotherUser, [Done, AnotherOrganisation, Done, NotFound, NotFound]),
    (ServiceTokenAndUmbrellasApiKey, TokensUser, [Disagree; 5]),
    (ServiceTokenAndUmbrellasApiKey, AnotherUser, [Disagree; 5]),
];

impl Caller {
    /// What a caller lacks where both credentials are required.
    fn lacks(self) -> Option<Refused> {
        let (message, challenge) = match self {
            UserToken | ServiceToken => {
                ("An API key is required: `X-API-Key: <API key>`.", "ApiKey realm=\"physical-keys\"")
            }
            ApiKey => (
                "A bearer token is required: `Authorization: Bearer <JWT>`.",
                "Bearer realm=\"physical-keys\"",
            ),
            UserTokenAndApiKey | ServiceTokenAndApiKey | ServiceTokenAndUmbrellasApiKey => return None,
        };
        let refused = Refused::new(401, "credentials_missing", message);
        Some(refused.with_header("www-authenticate", challenge))
    }
}

impl Operation {
    fn on(self, owner: &str) -> RequestBuilder {
        match self {
            AddAcmes => RequestBuilder::add(owner, &json!({"orgId": "acme"})),
            AddUmbrellas => RequestBuilder::add(owner, &json!({"orgId": "umbrella"})),
            RemoveAcmes => RequestBuilder::remove(owner, &json!({"number": 1})),
            RemoveUmbrellas => RequestBuilder::remove(owner, &json!({"number": 2})),
            RemoveAbsent => RequestBuilder::remove(owner, &json!({"number": 99})),
        }
    }
}

impl Outcome {
    /// The refusal as a whole, if it is one.
    fn refused(self) -> Option<Refused> {
        let (status, code, message) = match self {
            Done => return None,
            NotFound => (404, "physical_key_not_found", "The user holds no physical key with this number."),
            AnotherOrganisation => {
                (403, "another_organisation", "The credentials are for another organisation than `orgId`.")
            }
            AnothersInventory => {
                (403, "another_users_inventory", "The bearer token is for another user's inventory.")
            }
            Disagree => (
                403,
                "credentials_disagree",
                "The bearer token and the API key belong to different organisations.",
            ),
        };
        Some(Refused::new(status, code, message))
    }
}

/// A stage with Acme and Umbrella.
struct TwoOrganisations {
    stage: Stage,
    acmes_api_key: String,
    umbrellas_api_key: String,
}

impl TwoOrganisations {
    async fn new(required: RequiredCredentials) -> Self {
        let stage = Stage::set(Setting { required, ..Setting::default() }).await;
        let (acmes_api_key, _) = stage.api_key("acme").await;
        let (umbrellas_api_key, _) = stage.api_key("umbrella").await;
        Self { stage, acmes_api_key, umbrellas_api_key }
    }

    /// Gives an owner the physical keys 1 of Acme's and 2 of Umbrella's.
    async fn give_keys_to(&self, owner: &str) {
        for (org_id, api_key) in [("acme", &self.acmes_api_key), ("umbrella", &self.umbrellas_api_key)] {
            let request = RequestBuilder::add(owner, &json!({"orgId": org_id})).api_key(api_key);
            let reply = request.bearer(&self.stage.service_token(org_id)).send(&self.stage).await;
            assert_eq!(reply.status(), 200, "{}", reply.json());
        }
    }

    /// A request with the credentials of a caller; the token, if it is a user's, is this user's.
    fn signed(&self, request: RequestBuilder, caller: Caller, user: &str) -> RequestBuilder {
        let request = match caller {
            UserToken | UserTokenAndApiKey => request.bearer(&self.stage.user_token(user)),
            ServiceToken | ServiceTokenAndApiKey | ServiceTokenAndUmbrellasApiKey => {
                request.bearer(&self.stage.service_token("acme"))
            }
            ApiKey => request,
        };
        match caller {
            UserToken | ServiceToken => request,
            ApiKey | UserTokenAndApiKey | ServiceTokenAndApiKey => request.api_key(&self.acmes_api_key),
            ServiceTokenAndUmbrellasApiKey => request.api_key(&self.umbrellas_api_key),
        }
    }

    /// Checks one row of the matrix, on an inventory of its own.
    async fn check(&self, caller: Caller, owner: Owner, expected: [Option<Refused>; 5]) {
        let id = format!("{caller:?}-{owner:?}");
        let user = if owner == TokensUser { &id } else { "somebody-else" };
        self.give_keys_to(&id).await;
        let mut version = 2;
        for (operation, refused) in OPERATIONS.into_iter().zip(expected) {
            let request = self.signed(operation.on(&id), caller, user);
            if let Some(refused) = refused {
                self.stage.refuses(request, refused).await;
                continue;
            }
            version += 1;
            let reply = request.send(&self.stage).await;
            assert_eq!(reply.status(), 200, "{caller:?} {operation:?} {owner:?}: {}", reply.json());
            check_done(&reply, operation, &id, version);
        }
    }
}

/// Checks that an operation was carried out as asked for.
fn check_done(reply: &Reply, operation: Operation, owner: &str, version: u64) {
    let body = reply.json();
    assert_eq!((&body["aggregateId"], &body["version"]), (&json!(owner), &json!(version)));
    match operation {
        AddAcmes => assert_eq!(body["orgId"], "acme"),
        AddUmbrellas => assert_eq!(body["orgId"], "umbrella"),
        RemoveAcmes => assert_eq!(body["number"], 1),
        RemoveUmbrellas => assert_eq!(body["number"], 2),
        RemoveAbsent => panic!("there is nothing to remove"),
    }
}

#[tokio::test]
async fn each_credential_restricts_and_all_that_are_present_apply() {
    let scene = TwoOrganisations::new(RequiredCredentials::Either).await;
    for (caller, owner, outcomes) in MATRIX {
        scene.check(caller, owner, outcomes.map(Outcome::refused)).await;
    }
}

#[tokio::test]
async fn by_default_one_credential_is_not_enough_for_anything() {
    let scene = TwoOrganisations::new(RequiredCredentials::default()).await;
    for (caller, owner, outcomes) in MATRIX {
        let expected = outcomes.map(|outcome| caller.lacks().or_else(|| outcome.refused()));
        scene.check(caller, owner, expected).await;
    }
}

#[tokio::test]
async fn another_organisations_key_cannot_be_told_from_one_that_never_was() {
    let scene = TwoOrganisations::new(RequiredCredentials::Either).await;
    scene.give_keys_to("alice").await;
    for caller in [ServiceToken, ApiKey, UserTokenAndApiKey, ServiceTokenAndApiKey] {
        let added = scene.signed(AddAcmes.on("alice"), caller, "alice").send(&scene.stage).await;
        let removed = added.json()["number"].as_u64().expect("a number");
        let remove = |user: &str, number: u64| {
            scene.signed(RequestBuilder::remove(user, &json!({"number": number})), caller, user)
        };
        assert_eq!(remove("alice", removed).send(&scene.stage).await.status(), 200);

        let not_found = NotFound.refused().expect("a refusal");
        let foreign = scene.stage.refuses(remove("alice", 2), not_found.clone()).await;
        for (user, number, what) in [
            ("alice", 99, "a number that never was"),
            ("alice", u64::MAX, "a number beyond all counting"),
            ("alice", removed, "a removed number"),
            ("nobody", 2, "a user that never was"),
        ] {
            let reply = scene.stage.refuses(remove(user, number), not_found.clone()).await;
            assert_eq!(reply.bytes(), foreign.bytes(), "{what}, {caller:?}");
            assert_eq!(reply.response.headers(), foreign.response.headers(), "{what}, {caller:?}");
        }
    }
}

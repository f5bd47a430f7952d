//! Who may do what, in full: each token × each API key × both modes × every operation × whose inventory it is. What is
//! expected is worked out from the contract's sentences ("Who may do what"), not from the code. To see the whole of it:
//! `cargo test -p acceptance --test behaviour the_matrix -- --nocapture`.

mod contract;

use acceptance::{Reply, RequestBuilder, Setting, Stage};
use api::auth::RequiredCredentials::{self, Both, Either};
use contract::ApiKey::{self, *};
use contract::Operation::{self, *};
use contract::Token::{self, *};
use contract::{API_KEYS, Confined, INVENTORIES, OPERATIONS, TOKENS, confinement_of, expected};
use serde_json::json;

/// A stage with Acme, Umbrella and their API keys.
struct Organisations {
    stage: Stage,
    acmes: String,
    acmes_for_the_service: String,
    umbrellas: String,
}

impl Organisations {
    async fn new(required: RequiredCredentials) -> Self {
        let stage = Stage::set(Setting { required, ..Setting::default() }).await;
        let (acmes, _) = stage.api_key("acme").await;
        let (acmes_for_the_service, _) = stage.api_key_for("acme", "job").await;
        let (umbrellas, _) = stage.api_key("umbrella").await;
        Self { stage, acmes, acmes_for_the_service, umbrellas }
    }

    fn signed(&self, request: RequestBuilder, token: Token, api_key: ApiKey, person: &str) -> RequestBuilder {
        let stage = &self.stage;
        let request = match token {
            Absent => request,
            ThePerson => request.bearer(&stage.user_token(person)),
            ThePersonOfAcme => request.bearer(&stage.member_token(person, "acme")),
            AnotherPerson => request.bearer(&stage.user_token("another")),
            AnotherPersonOfAcme => request.bearer(&stage.member_token("another", "acme")),
            ManagerOfAcme => request.bearer(&stage.manager_token("another", "acme")),
            ServiceOfAcme => request.bearer(&stage.service_token("acme")),
            ServiceOfNobody => request.bearer(&stage.service_token_without_organisation("job")),
        };
        match api_key {
            Without => request,
            Acmes => request.api_key(&self.acmes),
            AcmesForTheService => request.api_key(&self.acmes_for_the_service),
            Umbrellas => request.api_key(&self.umbrellas),
        }
    }

    /// Numbers 1 and 2 of a user: Acme's and Umbrella's, of which only those that are to be held stay.
    async fn give(&self, user: &str, held: (bool, bool)) {
        let stage = &self.stage;
        for (number, org_id, is_held) in [(1, "acme", held.0), (2, "umbrella", held.1)] {
            // Where Acme holds nothing, it never added anything either.
            let issuer = if is_held {
                org_id
            } else if org_id == "acme" {
                "umbrella"
            } else {
                "acme"
            };
            let token = stage.manager_token("manager", issuer);
            let add = RequestBuilder::add(user, &json!({"orgId": issuer})).bearer(&token);
            assert_eq!(add.send(stage).await.status(), 200);
            if !is_held {
                let remove = RequestBuilder::remove(user, &json!({"number": number})).bearer(&token);
                assert_eq!(remove.send(stage).await.status(), 200);
            }
        }
    }
}

fn request(operation: Operation, user: &str) -> RequestBuilder {
    let of_user = |tail: &str| RequestBuilder::get(format!("/users/{user}/{tail}"));
    match operation {
        List => of_user("PhysicalKeys"),
        History => of_user("PhysicalKeyEvents"),
        GetAcmes => of_user("PhysicalKeys/1"),
        GetUmbrellas => of_user("PhysicalKeys/2"),
        ListAllOfAcme => RequestBuilder::get("/orgs/acme/PhysicalKeys"),
        ListAllOfUmbrella => RequestBuilder::get("/orgs/umbrella/PhysicalKeys"),
        AddAcmes => RequestBuilder::add(user, &json!({"orgId": "acme"})),
        AddUmbrellas => RequestBuilder::add(user, &json!({"orgId": "umbrella"})),
        RemoveAcmes => RequestBuilder::remove(user, &json!({"number": 1})),
        RemoveUmbrellas => RequestBuilder::remove(user, &json!({"number": 2})),
    }
}

/// Checks that what was answered is the caller's: every physical key and event of an organisation that it sees, none of
/// another.
fn check_done(reply: &Reply, operation: Operation, caller: &Confined, held: (bool, bool)) {
    assert_eq!(reply.status(), 200, "{}", reply.json());
    let body = reply.json();
    let sees = |org_id: &str| caller.organisation.is_none_or(|organisation| organisation == org_id);
    match operation {
        List => {
            let count = usize::from(held.0 && sees("acme")) + usize::from(held.1 && sees("umbrella"));
            let keys = body["keys"].as_array().expect("keys");
            assert_eq!((keys.len(), &body["total"]), (count, &json!(count)), "{body}");
            assert!(keys.iter().all(|key| sees(key["orgId"].as_str().expect("an organisation"))), "{body}");
        }
        History => {
            // Whoever is alone has added twice and taken back once; together, each has added once.
            let events_of =
                |(holds, neighbour_holds): (bool, bool), sees: bool| match (sees && holds, neighbour_holds) {
                    (false, _) => 0,
                    (true, true) => 1,
                    (true, false) => 3,
                };
            let count = events_of(held, sees("acme")) + events_of((held.1, held.0), sees("umbrella"));
            assert_eq!(body["events"].as_array().map(Vec::len), Some(count), "{body}");
        }
        GetAcmes | RemoveAcmes => assert_eq!(body["number"], 1),
        GetUmbrellas | RemoveUmbrellas => assert_eq!(body["number"], 2),
        AddAcmes => assert_eq!(body["orgId"], "acme"),
        AddUmbrellas => assert_eq!(body["orgId"], "umbrella"),
        ListAllOfAcme | ListAllOfUmbrella => assert!(body["keys"].is_array(), "{body}"),
    }
}

#[expect(clippy::print_stdout, reason = "The matrix is for people to read.")]
async fn check_the_matrix(required: RequiredCredentials) -> usize {
    let mut cells = 0;
    for token in TOKENS {
        for api_key in API_KEYS {
            let scene = Organisations::new(required).await;
            let confinement = confinement_of(required, token, api_key);
            for (inventory, of_acme, of_umbrella) in INVENTORIES {
                let held = (of_acme, of_umbrella);
                scene.give(inventory, held).await;
                let mut row = Vec::new();
                for operation in OPERATIONS {
                    let outcome = expected(&confinement, operation, held);
                    let request = scene.signed(request(operation, inventory), token, api_key, inventory);
                    match (outcome.refused(), &confinement) {
                        (Some(refused), _) => {
                            scene.stage.refuses(request, refused).await;
                        }
                        (None, Ok(caller)) => {
                            check_done(&request.send(&scene.stage).await, operation, caller, held);
                        }
                        (None, Err(_)) => unreachable!("nothing is done for whoever is refused"),
                    }
                    row.push(format!("{:16}", outcome.shown()));
                    cells += 1;
                }
                println!("{required:?} {token:20?} {api_key:19?} {inventory:8} {}", row.join(" "));
            }
        }
    }
    cells
}

#[expect(clippy::print_stdout, reason = "The matrix is for people to read.")]
fn show_columns() {
    let columns: Vec<_> = OPERATIONS.iter().map(|operation| format!("{operation:16?}")).collect();
    println!("{:61}{}", "", columns.join(" "));
}

#[tokio::test]
async fn the_matrix_holds_where_both_credentials_are_required() {
    show_columns();
    assert_eq!(check_the_matrix(Both).await, 960);
}

#[tokio::test]
async fn the_matrix_holds_where_either_will_do() {
    show_columns();
    assert_eq!(check_the_matrix(Either).await, 960);
}

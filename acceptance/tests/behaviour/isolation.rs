//! What an organisation can tell of a neighbour's physical keys: nothing, not even by what its own requests cost.

use std::time::{Duration, Instant};

use acceptance::disturbance::{Disturber, disturbed_engine};
use acceptance::{RequestBuilder, Setting, Stage};
use api::auth::RequiredCredentials;
use serde_json::json;

use crate::pages::give;
use crate::scene::{nothing_to_remove, physical_key_not_found};

/// As many as a person may hold of one issuer in the worst case that was measured.
const MANY: u64 = 10_000;

/// Signs a request about a user as some caller.
type Signing<'a> = &'a dyn Fn(RequestBuilder, &str) -> RequestBuilder;

/// A stage on which Alice holds many physical keys of Acme's, none of Initech's, and every tenth of Umbrella's.
async fn crowded() -> (Stage, Disturber) {
    let (engine, disturber) = disturbed_engine().await;
    let setting = Setting { required: RequiredCredentials::Either, ..Setting::default() };
    let stage = Stage::on(engine, disturber.client(), setting).await;
    give(&stage, "alice", MANY).await;
    stage.register("initech").await;
    (stage, disturber)
}

/// Initech's requests about a user to whom it never issued anything.
fn requests(user: &str) -> [RequestBuilder; 7] {
    let get = |tail: &str| RequestBuilder::get(format!("/users/{user}/{tail}"));
    [
        get("PhysicalKeys"),
        get("PhysicalKeys?q=key&limit=1"),
        get("PhysicalKeys?orgId=acme"),
        get("PhysicalKeys/1"),
        get("PhysicalKeys/10"),
        get("PhysicalKeyEvents"),
        RequestBuilder::remove(user, &json!({"number": 1})),
    ]
}

/// What the store was asked for, by kind and number of calls, and how many items a query may have looked at.
fn asked(disturber: &Disturber) -> (usize, usize, usize) {
    let count = |operation| disturber.seen(operation).len();
    (count("BatchGetItem"), count("Query"), count("TransactWriteItems"))
}

#[tokio::test]
async fn what_a_neighbour_has_issued_changes_no_byte_and_no_call() {
    let (stage, disturber) = crowded().await;
    let person = stage.member_token("alice", "initech");
    let (api_key, _) = stage.api_key("initech").await;
    for (foreign, absent) in requests("alice").into_iter().zip(requests("nobody")) {
        let callers: [Signing<'_>; 3] = [
            &|request, _| request.bearer(&stage.service_token("initech")),
            &|request, _| request.bearer(&stage.manager_token("manager", "initech")),
            &|request, _| request.api_key(&api_key),
        ];
        for signed in callers {
            disturber.watch();
            let of_absent = signed(absent.clone(), "nobody").send(&stage).await;
            let of_nothing = asked(&disturber);
            disturber.watch();
            let of_foreign = signed(foreign.clone(), "alice").send(&stage).await;
            assert_eq!(of_foreign.without_chance(), of_absent.without_chance(), "{foreign:?}");
            assert_eq!(asked(&disturber), of_nothing, "{foreign:?}");
        }
    }
    // A person who is of Initech sees Initech's, even in the person's own inventory.
    let list = RequestBuilder::get("/users/alice/PhysicalKeys").bearer(&person).send(&stage).await;
    assert_eq!(list.json(), json!({"keys": [], "total": 0}));
}

#[tokio::test]
async fn another_organisations_physical_key_cannot_be_told_from_one_that_never_was() {
    let stage = Stage::set(Setting { required: RequiredCredentials::Either, ..Setting::default() }).await;
    let (acmes, _) = stage.api_key("acme").await;
    stage.register("umbrella").await;
    let umbrella = stage.service_token("umbrella");
    let add = RequestBuilder::add("alice", &json!({"orgId": "umbrella"})).bearer(&umbrella);
    assert_eq!(add.send(&stage).await.status(), 200);
    let added = RequestBuilder::add("alice", &json!({"orgId": "acme"})).api_key(&acmes).send(&stage).await;
    let removed = added.json()["number"].as_u64().expect("a number");
    let remove = |user: &str, number: u64| RequestBuilder::remove(user, &json!({"number": number}));
    assert_eq!(remove("alice", removed).api_key(&acmes).send(&stage).await.status(), 200);

    let get = |user: &str, number: u64| RequestBuilder::get(format!("/users/{user}/PhysicalKeys/{number}"));
    let callers: [Signing<'_>; 4] = [
        &|request, _| request.bearer(&stage.service_token("acme")),
        &|request, _| request.bearer(&stage.manager_token("manager", "acme")),
        &|request, _| request.api_key(&acmes),
        &|request, user| request.bearer(&stage.user_token(user)).api_key(&acmes),
    ];
    for signed in callers {
        for (asking, refused) in [
            (&remove as &dyn Fn(&str, u64) -> RequestBuilder, nothing_to_remove()),
            (&get, physical_key_not_found()),
        ] {
            let foreign = stage.refuses(signed(asking("alice", 1), "alice"), refused.clone()).await;
            for (user, number, what) in [
                ("alice", 99, "a number that never was"),
                ("alice", u64::MAX, "a number beyond all counting"),
                ("alice", removed, "a removed number"),
                ("nobody", 1, "a user that never was"),
            ] {
                let reply = stage.refuses(signed(asking(user, number), user), refused.clone()).await;
                assert_eq!(reply.without_chance(), foreign.without_chance(), "{what}");
            }
        }
    }
}

/// A person's own token alone finds each physical key, whoever issued it, however many a neighbour has added.
#[tokio::test]
async fn a_person_finds_one_physical_key_by_its_issuers_and_not_by_all_there_are() {
    let (stage, disturber) = crowded().await;
    // `give` writes as Acme alone; Umbrella's first real addition leaves its mark.
    let umbrella = RequestBuilder::add("alice", &json!({"orgId": "umbrella"}));
    let umbrella = umbrella.bearer(&stage.service_token("umbrella")).send(&stage).await;
    let last = umbrella.json()["number"].as_u64().expect("a number");
    let token = stage.user_token("alice");
    for (number, org_id) in
        [(1, Some("acme")), (9_999, Some("acme")), (last, Some("umbrella")), (last + 1, None)]
    {
        disturber.watch();
        let request = RequestBuilder::get(format!("/users/alice/PhysicalKeys/{number}")).bearer(&token);
        let reply = request.send(&stage).await;
        match org_id {
            Some(org_id) => assert_eq!(reply.json()["orgId"], org_id, "{number}: {}", reply.json()),
            None => physical_key_not_found().check(&reply),
        }
        assert_eq!(asked(&disturber), (2, 1, 0), "who is asking, the issuers, and one look among them");
    }
}

/// A figure for docs/speed.md, not a test: a timer on a busy machine says nothing. What is exact is compared above.
#[tokio::test]
#[ignore = "a figure for people to read"]
async fn the_time_of_an_empty_list_beside_a_neighbours() {
    let (stage, _disturber) = crowded().await;
    let token = stage.service_token("initech");
    let list = |user: &str| RequestBuilder::get(format!("/users/{user}/PhysicalKeys")).bearer(&token);
    let (mut foreign, mut absent) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..200 {
        for (user, spent) in [("alice", &mut foreign), ("nobody", &mut absent)] {
            let began = Instant::now();
            assert_eq!(list(user).send(&stage).await.json()["total"], 0);
            *spent += began.elapsed();
        }
    }
    println!(
        "an empty list beside {MANY} of a neighbour's: {:.2} × one of nobody's",
        foreign.as_secs_f64() / absent.as_secs_f64()
    );
}

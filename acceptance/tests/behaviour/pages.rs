//! Pages and cursors: reading to the end while others write, what a page costs, and cursors that are no good.

use std::time::Duration;

use acceptance::disturbance::disturbed_engine;
use acceptance::refused::Refused;
use acceptance::{NOON, RequestBuilder, Setting, Stage};
use api::auth::RequiredCredentials;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use domain::values::{OrgId, OrgTag};
use serde_json::{Value, json};

use crate::queries::open_stage;
use crate::scene::Scene;

/// Gives a user physical keys 1 to `count`, as `AddPhysicalKey` would have written them. Every tenth is Umbrella's;
/// all others are Acme's.
pub(crate) async fn give(stage: &Stage, user: &str, count: u64) {
    for org_id in ["acme", "umbrella"] {
        stage.register(org_id).await;
    }
    let body = json!({"orgId": "acme", "note": "Key 0"});
    let add = RequestBuilder::add(user, &body).bearer(&stage.service_token("acme"));
    assert_eq!(add.send(stage).await.status(), 200);
    let table = stage.backend.table.name();
    let key = |sk: &str| {
        [("pk", format!("USER#{user}")), ("sk", sk.to_owned())]
            .map(|(name, value)| (name.to_owned(), AttributeValue::S(value)))
    };
    let first = stage.client.get_item().table_name(table).set_key(Some(key(&sort_key("acme", 1)).into()));
    let first = first.send().await.expect("a read").item.expect("the first physical key");
    let numbers: Vec<u64> = (1..=count).collect();
    for batch in numbers.chunks(25) {
        let puts = batch.iter().map(|number| {
            let mut item = first.clone();
            let org_id = if number % 10 == 0 { "umbrella" } else { "acme" };
            for (name, value) in [
                ("sk", sort_key(org_id, *number)),
                ("issuerSort", format!("{:020}#{user}#{number:020}", NOON.get())),
                ("note", format!("Key {number}")),
                ("orgId", org_id.to_owned()),
                ("issuerPartition", org_id.to_owned()),
            ] {
                item.insert(name.to_owned(), AttributeValue::S(value));
            }
            item.insert("number".to_owned(), AttributeValue::N(number.to_string()));
            let put = PutRequest::builder().set_item(Some(item)).build().expect("a put");
            WriteRequest::builder().put_request(put).build()
        });
        let written = stage.client.batch_write_item().request_items(table, puts.collect()).send().await;
        assert!(written.expect("a write").unprocessed_items.is_none_or(|left| left.is_empty()));
    }
    let count = AttributeValue::N(count.to_string());
    let update = stage.client.update_item().table_name(table).set_key(Some(key("USER").into()));
    let update = update.update_expression("SET activeKeys = :count, lastNumber = :count");
    update.expression_attribute_values(":count", count).send().await.expect("an update");
}

fn sort_key(org_id: &str, number: u64) -> String {
    format!("KEY#{}#{number:020}", OrgTag::of(&OrgId::parse(org_id).expect("an organisation id")))
}

/// Reads a list to its end and gives its pages. `between` is done after every page.
async fn read_to_the_end(
    stage: &Stage,
    request: impl Fn(&str) -> RequestBuilder,
    between: impl AsyncFn(usize),
) -> Vec<Value> {
    let mut pages: Vec<Value> = Vec::new();
    loop {
        let cursor =
            pages.last().map(|page| format!("&cursor={}", page["nextCursor"].as_str().expect("a cursor")));
        let reply = request(&cursor.unwrap_or_default()).send(stage).await;
        assert_eq!(reply.status(), 200, "{}", reply.json());
        let page = reply.json();
        let is_last = page.get("nextCursor").is_none();
        pages.push(page);
        if is_last {
            return pages;
        }
        between(pages.len()).await;
    }
}

fn numbers(pages: &[Value]) -> Vec<u64> {
    let keys = pages.iter().flat_map(|page| page["keys"].as_array().expect("keys"));
    keys.map(|key| key["number"].as_u64().expect("a number")).collect()
}

/// Alice's list, with her token alone.
fn list(stage: &Stage, query: &str) -> impl Fn(&str) -> RequestBuilder {
    let (token, query) = (stage.user_token("alice"), query.to_owned());
    move |cursor| RequestBuilder::get(format!("/users/alice/PhysicalKeys?{query}{cursor}")).bearer(&token)
}

async fn nothing(_: usize) {}

#[tokio::test]
async fn ten_thousand_physical_keys_are_read_to_the_end() {
    let stage = open_stage().await;
    give(&stage, "alice", 10_000).await;
    let pages = read_to_the_end(&stage, list(&stage, "limit=100"), nothing).await;
    let umbrellas = (1..=10_000).filter(|number| number % 10 == 0);
    let acmes = (1..=10_000).filter(|number| number % 10 != 0);
    assert_eq!(numbers(&pages), umbrellas.chain(acmes).collect::<Vec<_>>(), "by issuer");
    assert_eq!(pages.len(), 100, "the last page is full and has no cursor");
    assert!(pages.iter().all(|page| page["total"] == 10_000));

    // Nine in ten are Acme's, which sees no others and no gap in the total.
    let (api_key, _) = stage.api_key("acme").await;
    let acmes =
        |cursor: &str| RequestBuilder::get(format!("/users/alice/PhysicalKeys?{cursor}")).api_key(&api_key);
    let pages = read_to_the_end(&stage, acmes, nothing).await;
    let expected: Vec<_> = (1..=10_000).filter(|number| number % 10 != 0).collect();
    assert_eq!(numbers(&pages), expected);
    assert!(pages.iter().all(|page| page["total"] == 9_000));

    let org = RequestBuilder::get("/orgs/umbrella/PhysicalKeys").bearer(&stage.service_token("umbrella"));
    assert_eq!(org.send(&stage).await.json()["keys"].as_array().map(Vec::len), Some(100));
    let token = stage.service_token("umbrella");
    let umbrellas = |cursor: &str| {
        RequestBuilder::get(format!("/orgs/umbrella/PhysicalKeys?limit=99{cursor}")).bearer(&token)
    };
    let pages = read_to_the_end(&stage, umbrellas, nothing).await;
    let newest_first: Vec<_> = (1..=1_000).rev().map(|tenth| tenth * 10).collect();
    assert_eq!(numbers(&pages), newest_first);
    assert_eq!(pages.len(), 11);
}

#[tokio::test]
async fn an_inventory_that_is_too_large_to_filter_at_once_is_filtered_in_parts() {
    let stage = open_stage().await;
    give(&stage, "alice", 10_050).await;
    let pages = read_to_the_end(&stage, list(&stage, "q=key%2010050"), nothing).await;
    assert_eq!(numbers(&pages), [10_050]);
    assert_eq!(pages.len(), 2, "the first page has looked at 10,000 and found nothing");
    let totals: Vec<_> = pages.iter().map(|page| page.get("total")).collect();
    assert_eq!(totals, [None, Some(&json!(1))], "before the end nobody has counted them all");
}

#[tokio::test]
async fn a_page_costs_what_it_returns() {
    let (engine, disturber) = disturbed_engine().await;
    let setting = Setting { required: RequiredCredentials::Either, ..Setting::default() };
    let stage = Stage::on(engine, disturber.client(), setting).await;
    give(&stage, "alice", 2_500).await;
    let limits = |query: &'static str| {
        let (stage, disturber) = (&stage, &disturber);
        async move {
            disturber.watch();
            let reply = list(stage, query)("").send(stage).await;
            assert_eq!(reply.status(), 200);
            assert_eq!(disturber.seen("BatchGetItem").len(), 1);
            disturber.seen("Query").iter().map(|query| query["Limit"].as_u64()).collect::<Vec<_>>()
        }
    };
    // One more than it returns, to know whether there is more.
    assert_eq!(limits("limit=7").await, [Some(8)]);
    assert_eq!(limits("").await, [Some(101)]);
    // A filter has to see everything once, to count; not again for the pages that follow.
    assert_eq!(limits("q=key").await, [Some(1_000); 3]);
    let first = list(&stage, "q=key")("").send(&stage).await.json();
    disturber.watch();
    let cursor = format!("&cursor={}", first["nextCursor"].as_str().expect("a cursor"));
    let second = list(&stage, "q=key")(&cursor).send(&stage).await.json();
    assert_eq!(disturber.seen("Query").len(), 1);
    // Umbrella's are first: every tenth.
    assert_eq!((numbers(std::slice::from_ref(&second))[0], &second["total"]), (1_010, &json!(2_500)));
}

#[tokio::test]
async fn pages_show_each_physical_key_once_while_others_come_and_go() {
    let stage = open_stage().await;
    give(&stage, "alice", 50).await;
    let token = stage.service_token("acme");
    let acmes = |cursor: &str| {
        RequestBuilder::get(format!("/users/alice/PhysicalKeys?limit=7{cursor}")).bearer(&token)
    };
    // Of the first 50, every tenth is Umbrella's; what is added meanwhile is Acme's.
    let numbers_of_acme = || (1..).filter(|number: &u64| !number.is_multiple_of(10) || *number > 50);
    let pages = read_to_the_end(&stage, acmes, async |page| {
        let add = RequestBuilder::add("alice", &json!({"orgId": "acme"})).bearer(&token);
        assert_eq!(add.send(&stage).await.status(), 200);
        // The last one that was shown goes: the next page begins behind it all the same.
        if let Some(number) = numbers_of_acme().nth(page * 7 - 1).filter(|number| *number <= 50) {
            let remove = RequestBuilder::remove("alice", &json!({"number": number})).bearer(&token);
            assert_eq!(remove.send(&stage).await.status(), 200, "{number}");
        }
    })
    .await;
    let shown = numbers(&pages);
    assert_eq!(shown, numbers_of_acme().take(shown.len()).collect::<Vec<_>>());
    assert!(shown.len() > 45, "what was added meanwhile is at the end");
}

#[tokio::test]
async fn a_history_is_read_to_the_end_by_pages() {
    let scene = Scene::new().await;
    for _ in 0..5 {
        scene.carry_out(scene.add()).await;
    }
    let request = |cursor: &str| {
        scene.signed(RequestBuilder::get(format!("/users/alice/PhysicalKeyEvents?limit=2{cursor}")))
    };
    let pages = read_to_the_end(&scene.stage, request, nothing).await;
    let versions: Vec<_> = pages
        .iter()
        .flat_map(|page| page["events"].as_array().expect("events"))
        .map(|event| event["record"]["version"].as_u64().expect("a version"))
        .collect();
    assert_eq!((versions, pages.len()), (vec![1, 2, 3, 4, 5], 3));
}

fn no_cursor() -> Refused {
    let message = "The query parameter `cursor` is not one of this list, or is older than a day; begin again without it.";
    Refused::invalid(&[(None, message)])
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_list_and_caller_only() {
    let stage = open_stage().await;
    for user in ["alice", "bob"] {
        give(&stage, user, 30).await;
    }
    let (acme, _) = stage.api_key("acme").await;
    let (umbrella, _) = stage.api_key("umbrella").await;
    let alice = stage.user_token("alice");
    let page = RequestBuilder::get("/users/alice/PhysicalKeys?limit=2&q=key").bearer(&alice).api_key(&acme);
    let page = page.send(&stage).await.json();
    let cursor = page["nextCursor"].as_str().expect("a cursor");

    let get = |path: &str| RequestBuilder::get(format!("{path}cursor={cursor}"));
    let own = get("/users/alice/PhysicalKeys?q=key&");
    for (what, request) in [
        (
            "another user's list",
            get("/users/bob/PhysicalKeys?q=key&").bearer(&stage.user_token("bob")).api_key(&acme),
        ),
        ("another filter", get("/users/alice/PhysicalKeys?q=Key&").bearer(&alice).api_key(&acme)),
        ("no filter", get("/users/alice/PhysicalKeys?").bearer(&alice).api_key(&acme)),
        ("another kind of list", get("/users/alice/PhysicalKeyEvents?").bearer(&alice).api_key(&acme)),
        ("an organisation's list", get("/orgs/acme/PhysicalKeys?").api_key(&acme)),
        ("another caller's, less confined", own.clone().bearer(&alice)),
        ("another caller's, of another organisation", own.clone().bearer(&alice).api_key(&umbrella)),
        ("another caller's, without a token", own.clone().api_key(&acme)),
    ] {
        let reply = stage.refuses(request, no_cursor()).await;
        assert_eq!(reply.status(), 400, "{what}");
    }
    // A smaller page, a renewed token and a rotated API key are the same list and caller.
    stage.pass(Duration::from_secs(1));
    let (rotated, _) = stage.api_key("acme").await;
    let request =
        get("/users/alice/PhysicalKeys?q=key&limit=1&").bearer(&stage.user_token("alice")).api_key(&rotated);
    assert_eq!(request.send(&stage).await.json()["keys"][0]["number"], 3);
}

#[tokio::test]
async fn a_cursor_that_was_forged_or_is_a_day_old_is_refused() {
    let stage = open_stage().await;
    give(&stage, "alice", 5).await;
    let page = list(&stage, "limit=2")("").send(&stage).await.json();
    let cursor = page["nextCursor"].as_str().expect("a cursor").to_owned();
    let changed = format!("{}{}", &cursor[..cursor.len() - 1], if cursor.ends_with('A') { 'Q' } else { 'A' });
    for forged in [
        "",
        "1",
        "AAAA",
        "eyJhZnRlciI6Mn0",
        "null",
        "%00",
        &changed,
        &cursor[1..],
        &format!("{cursor}="),
        &cursor.repeat(2),
        &"A".repeat(5_000),
    ] {
        stage.refuses(list(&stage, &format!("cursor={forged}"))(""), no_cursor()).await;
    }
    stage.pass(Duration::from_hours(24) - Duration::from_millis(1));
    let request = || list(&stage, &format!("cursor={cursor}"))("");
    assert_eq!(request().send(&stage).await.status(), 200);
    stage.pass(Duration::from_millis(1));
    stage.refuses(request(), no_cursor()).await;
}

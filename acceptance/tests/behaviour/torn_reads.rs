//! `BatchGetItem` is not a snapshot. Here the items of the one read are read in every order, and in every gap between
//! them somebody commits: the same request, another command, the user's first command, a revocation. Whatever comes of
//! it has to be true of one moment of the request, and commands have to be carried out once.

use acceptance::disturbance::{Disturber, disturbed_engine};
use acceptance::refused::{API_KEY, Refused};
use acceptance::{Reply, RequestBuilder, Setting, Stage};
use api::auth::RequiredCredentials;
use domain::api_key::ApiKeyId;
use serde_json::json;

use crate::invariants::{self, History};
use crate::scene::{nothing_to_remove, physical_key_not_found};

/// What is torn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Torn {
    Add,
    Remove,
    Get,
    List,
    Events,
}

/// What happens in the gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meanwhile {
    SameRequest,
    AnotherAddition,
    AnotherRemoval,
    /// The user has no inventory until then.
    FirstAddition,
    Revocation,
}

/// One user, and a caller whose API key is nobody else's.
struct Case {
    user: String,
    token: String,
    api_key: String,
    api_key_id: ApiKeyId,
    another: String,
}

impl Case {
    async fn new(stage: &Stage, another: &str, number: usize) -> Self {
        let user = format!("user-{number}");
        let (api_key, api_key_id) = stage.api_key("acme").await;
        let another = another.to_owned();
        Self { token: stage.user_token(&user), user, api_key, api_key_id, another }
    }

    fn request(&self, torn: Torn) -> RequestBuilder {
        match torn {
            Torn::Add => RequestBuilder::add(&self.user, &json!({"orgId": "acme"})),
            Torn::Remove => RequestBuilder::remove(&self.user, &json!({"number": 1})),
            Torn::Get => RequestBuilder::get(format!("/users/{}/PhysicalKeys/1", self.user)),
            Torn::List => RequestBuilder::get(format!("/users/{}/PhysicalKeys", self.user)),
            Torn::Events => RequestBuilder::get(format!("/users/{}/PhysicalKeyEvents", self.user)),
        }
    }

    fn torn(&self, torn: Torn) -> RequestBuilder {
        self.request(torn).bearer(&self.token).api_key(&self.api_key)
    }

    async fn by_another(&self, stage: &Stage, command: Torn) {
        let request = self.request(command).bearer(&self.token).api_key(&self.another);
        let reply = request.send(stage).await;
        assert_eq!(reply.status(), 200, "{}", reply.json());
    }

    /// How many physical keys the user holds.
    async fn held(&self, stage: &Stage) -> usize {
        invariants::check(&stage.stored().await, &self.user).held.len()
    }

    /// What happens in the gap; the answer to the same request, if that is it.
    async fn happen(&self, stage: &Stage, meanwhile: Meanwhile, request: &RequestBuilder) -> Option<Reply> {
        match meanwhile {
            Meanwhile::SameRequest => return Some(request.send(stage).await),
            Meanwhile::AnotherAddition | Meanwhile::FirstAddition => self.by_another(stage, Torn::Add).await,
            Meanwhile::AnotherRemoval => self.by_another(stage, Torn::Remove).await,
            Meanwhile::Revocation => {
                stage.revoke("acme", &self.api_key_id).await;
            }
        }
        None
    }
}

/// All orders of some things.
pub(crate) fn orders(things: &[&'static str]) -> Vec<Vec<&'static str>> {
    if things.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (position, first) in things.iter().enumerate() {
        let others: Vec<_> = [&things[..position], &things[position + 1..]].concat();
        all.extend(orders(&others).into_iter().map(|order| [&[*first], order.as_slice()].concat()));
    }
    all
}

/// Where somebody comes between: after each item but the last, and of a query also between the read and the list.
fn gaps(torn: Torn, items: usize) -> std::ops::Range<usize> {
    match torn {
        Torn::Add | Torn::Remove => 1..items,
        Torn::Get | Torn::List | Torn::Events => 1..items + 1,
    }
}

/// Takes the read of a request apart in every way. Gives in how many.
async fn tear(
    torn: Torn,
    idempotency_key: Option<&str>,
    items: &[&'static str],
    meanwhiles: &[Meanwhile],
) -> usize {
    let mut cases = 0;
    for order in orders(items) {
        // A table of its own for each order: looking through it takes time.
        let (engine, disturber) = disturbed_engine().await;
        let stage = Stage::on(engine, disturber.client(), Setting::default()).await;
        let (another, _) = stage.api_key("acme").await;
        for &meanwhile in meanwhiles {
            for after in gaps(torn, order.len()) {
                cases += 1;
                let case = Case::new(&stage, &another, cases).await;
                let mut request = case.torn(torn);
                if let Some(idempotency_key) = idempotency_key {
                    request = request.idempotency_key(idempotency_key);
                }
                let name = format!("{torn:?}, {order:?}, after {after}: {meanwhile:?}");
                check(&stage, &disturber, &case, torn, &request, &order, after, meanwhile, &name).await;
            }
        }
    }
    cases
}

#[expect(clippy::too_many_arguments, reason = "These are what one case is made of.")]
async fn check(
    stage: &Stage,
    disturber: &Disturber,
    case: &Case,
    torn: Torn,
    request: &RequestBuilder,
    order: &[&'static str],
    after: usize,
    meanwhile: Meanwhile,
    name: &str,
) {
    if meanwhile != Meanwhile::FirstAddition {
        case.by_another(stage, Torn::Add).await;
    }
    let before = invariants::check(&stage.stored().await, &case.user).records.len();
    let read = disturber.tear(order, after);
    let (reply, same) =
        tokio::join!(request.send(stage), read.meanwhile(case.happen(stage, meanwhile, request)));

    let history = invariants::check(&stage.stored().await, &case.user);
    let events = history.records.len() - before;
    let of_others = usize::from(!matches!(meanwhile, Meanwhile::SameRequest | Meanwhile::Revocation));
    match torn {
        Torn::Add | Torn::Remove => {
            check_command(&reply, same.as_ref(), torn, meanwhile, events - of_others, name);
        }
        Torn::Get | Torn::List | Torn::Events => {
            assert_eq!(events, of_others, "{name}");
            check_query(&reply, torn, meanwhile, &history, name);
        }
    }
}

/// A command that was answered 200 is one event; one that was refused is none, and for a reason.
fn check_command(
    reply: &Reply,
    same: Option<&Reply>,
    torn: Torn,
    meanwhile: Meanwhile,
    events: usize,
    name: &str,
) {
    if let Some(same) = same {
        assert_eq!((reply.status(), same.status()), (200, 200), "{name}: {}", reply.json());
        assert_eq!(reply.bytes(), same.bytes(), "{name}");
        assert_eq!(events, 1, "{name}");
        return;
    }
    match reply.status() {
        200 => assert_eq!(events, 1, "{name}"),
        404 => {
            nothing_to_remove().check(reply);
            let gone = matches!(meanwhile, Meanwhile::AnotherRemoval | Meanwhile::FirstAddition);
            assert!(torn == Torn::Remove && gone, "{name}");
            assert_eq!(events, 0, "{name}");
        }
        401 => {
            check_revoked(reply, meanwhile, name);
            assert_eq!(events, 0, "{name}");
        }
        _ => panic!("{name}: {}", reply.json()),
    }
}

fn check_revoked(reply: &Reply, meanwhile: Meanwhile, name: &str) {
    let message = "The API key has been revoked. Ask for a new one.";
    Refused::unauthenticated("credentials_refused", &[message], API_KEY).check(reply);
    assert_eq!(meanwhile, Meanwhile::Revocation, "{name}");
}

fn check_query(reply: &Reply, torn: Torn, meanwhile: Meanwhile, history: &History, name: &str) {
    let body = reply.json();
    match (reply.status(), torn) {
        (200, Torn::Get) => assert_eq!(body["number"], 1, "{name}"),
        (200, Torn::List) => {
            let keys = body["keys"].as_array().expect("keys").len();
            assert_eq!(body["total"], keys, "{name}: {body}");
            let changed = matches!(
                meanwhile,
                Meanwhile::AnotherAddition | Meanwhile::AnotherRemoval | Meanwhile::FirstAddition
            );
            assert!(keys == history.held.len() || changed, "{name}: {body}");
        }
        (200, _) => {
            let events = body["events"].as_array().expect("events");
            let versions: Vec<_> = events.iter().map(|event| event["record"]["version"].as_u64()).collect();
            let dense: Vec<_> = (1..=events.len()).map(|version| u64::try_from(version).ok()).collect();
            assert_eq!(versions, dense, "{name}");
        }
        (401, _) => check_revoked(reply, meanwhile, name),
        (404, Torn::Get) => {
            physical_key_not_found().check(reply);
            let gone = matches!(meanwhile, Meanwhile::AnotherRemoval | Meanwhile::FirstAddition);
            assert!(gone, "{name}");
        }
        _ => panic!("{name}: {body}"),
    }
}

const ALL: [Meanwhile; 5] = [
    Meanwhile::SameRequest,
    Meanwhile::AnotherAddition,
    Meanwhile::AnotherRemoval,
    Meanwhile::FirstAddition,
    Meanwhile::Revocation,
];

/// What others do.
fn by_others() -> &'static [Meanwhile] {
    &ALL[1..]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_under_an_idempotency_key_is_carried_out_once_whatever_its_read_was_torn_by() {
    let ways = tear(Torn::Remove, Some("a"), &["USER", "KEY#", "REQUEST#", "APIKEY"], &ALL).await;
    assert_eq!(ways, 360);
}

#[tokio::test]
async fn a_removal_is_carried_out_once_whatever_its_read_was_torn_by() {
    let ways = tear(Torn::Remove, None, &["USER", "KEY#", "APIKEY"], by_others()).await;
    assert_eq!(ways, 48);
}

#[tokio::test]
async fn an_addition_is_carried_out_once_whatever_its_read_was_torn_by() {
    let ways = tear(Torn::Add, Some("a"), &["USER", "REQUEST#", "APIKEY", "SEEN#"], &ALL).await
        + tear(Torn::Add, None, &["USER", "APIKEY", "SEEN#"], by_others()).await;
    assert_eq!(ways, 408);
}

#[tokio::test]
async fn a_query_is_true_of_one_moment_whatever_its_read_was_torn_by() {
    let ways = tear(Torn::Get, None, &["USER", "KEY#", "APIKEY"], by_others()).await
        + tear(Torn::List, None, &["USER", "APIKEY"], by_others()).await
        + tear(Torn::Events, None, &["USER", "APIKEY", "SEEN#"], by_others()).await;
    assert_eq!(ways, 160);
}

/// A user by a token alone sees everything, so the count beside the list is the user item's, which is read before.
#[tokio::test]
async fn the_total_of_a_list_is_its_own_whatever_comes_between() {
    let (engine, disturber) = disturbed_engine().await;
    let setting = Setting { required: RequiredCredentials::Either, ..Setting::default() };
    let stage = Stage::on(engine, disturber.client(), setting).await;
    let (another, _) = stage.api_key("acme").await;
    let meanwhiles = [Meanwhile::AnotherAddition, Meanwhile::AnotherRemoval, Meanwhile::FirstAddition];
    for (number, meanwhile) in (0..).zip(meanwhiles) {
        let case = Case::new(&stage, &another, number).await;
        if meanwhile != Meanwhile::FirstAddition {
            case.by_another(&stage, Torn::Add).await;
        }
        let list = case.request(Torn::List).bearer(&case.token);
        let read = disturber.tear(&["USER"], 1);
        let (reply, _) =
            tokio::join!(list.send(&stage), read.meanwhile(case.happen(&stage, meanwhile, &list)));
        let body = reply.json();
        let keys = body["keys"].as_array().expect("keys").len();
        assert_eq!(body["total"], keys, "{meanwhile:?}: {body}");
        assert_eq!(keys, case.held(&stage).await, "{meanwhile:?}: the list is read after it");
    }
}

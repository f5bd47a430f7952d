//! Each kind of request, carried out.

use std::time::Duration;

use serde_json::{Value, json};

use super::capacity::Capacity;
use super::counter::{Counter, LONG_ISSUER, ORG, USER_AGENT, user};
use super::lines;
use crate::RequestBuilder;

/// What a request may be, under the names of the tables.
pub const FIRST_ADD: &str = "add, the user's first";
/// The usual one: the head of the history moves to another hour.
pub const ADD: &str = "add";
/// One in the hour of the one before.
pub const ADD_SOON: &str = "add, within the same hour";
/// With an idempotency key.
pub const ADD_KEYED: &str = "add, with `Idempotency-Key`";
/// The same request once more.
pub const REPLAY: &str = "the same again: a replay";
/// The usual one.
pub const REMOVE: &str = "remove";
/// With an idempotency key.
pub const REMOVE_KEYED: &str = "remove, with `Idempotency-Key`";
/// The first page of a user's physical keys.
pub const LIST: &str = "list of a user with 10";
/// One physical key.
pub const GET: &str = "get";
/// The first page of a history.
pub const HISTORY: &str = "history, 10 events of it";
/// The first page of what an organisation has out.
pub const ORG_LIST: &str = "list of an organisation, 100";
/// A path that there is nothing at.
pub const NO_SUCH_ROUTE: &str = "refused: 404, no such route";
/// An issuer whose URL is longer.
pub const ADD_LONG_ISSUER: &str = "add, by a user of Cognito's";
/// A text so long that the items it is in begin a second KB.
pub const ADD_LONG: &str = "add, with a note of 500 letters";

/// A request that was carried out.
#[derive(Debug)]
pub struct Request {
    /// What it is.
    pub name: &'static str,
    /// The function that answered.
    pub function: &'static str,
    /// The status of its answer.
    pub status: u16,
    /// The calls of DynamoDB.
    pub calls: String,
    /// What they took.
    pub capacity: Capacity,
    /// The line that the function wrote.
    pub line: Value,
    /// What the function's lines are billed as.
    pub function_log: usize,
    /// What the gateway's line is billed as.
    pub gateway_log: usize,
    /// The answer's bytes: headers and body.
    pub answer: usize,
}

impl Request {
    /// Whether it wrote an event.
    #[must_use]
    pub const fn is_written(&self) -> bool {
        self.capacity.table_writes > 0
    }
}

/// A command or query of one function.
struct Ask {
    function: &'static str,
    route: &'static str,
}

const ADDING: Ask = Ask { function: "AddPhysicalKeyFunction", route: "POST /users/{id}/AddPhysicalKey" };
const REMOVING: Ask =
    Ask { function: "RemovePhysicalKeyFunction", route: "POST /users/{id}/RemovePhysicalKey" };
const LISTING: Ask = Ask { function: "ListPhysicalKeysFunction", route: "GET /users/{id}/PhysicalKeys" };

impl Ask {
    async fn count(&self, scene: &Counter, name: &'static str, request: &RequestBuilder) -> Request {
        let (reply, mut seen) = scene.during(self.function, scene.send(request)).await;
        assert_eq!(seen.lines.len(), 1, "one line a request: {:?}", seen.lines);
        let headers = reply.response.headers().iter();
        let headers: usize = headers.map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        let (status, body) = (reply.status(), reply.bytes().len());
        Request {
            name,
            function: self.function,
            status,
            calls: seen.calls,
            capacity: seen.capacity,
            function_log: seen.lines.iter().map(lines::bytes).sum(),
            line: seen.lines.remove(0),
            gateway_log: lines::of_gateway(self.route, status, body),
            answer: headers + body,
        }
    }
}

fn hour_later(scene: &Counter) {
    scene.stage.pass(Duration::from_hours(1));
}

fn add_noting(note: &str, user: &str) -> RequestBuilder {
    let body = json!({"orgId": ORG, "orgName": "Example Facilities Ltd", "note": note});
    RequestBuilder::add(user, &body)
}

/// An addition with the texts of usual length.
pub(super) fn add(user: &str) -> RequestBuilder {
    add_noting("Front door, 2nd floor, no. 4711", user)
}

/// What one user does, and what is asked about the user.
pub(super) async fn of_one_user(scene: &Counter) -> Vec<Request> {
    let mut requests = commands(scene).await;
    let alice = user(1);
    for _ in 0..8 {
        hour_later(scene);
        let reply = scene.send(&scene.signed(&alice, add(&alice))).await;
        assert_eq!(reply.status(), 200, "{}", reply.json());
    }
    let queries = [
        (LISTING, LIST, "PhysicalKeys"),
        (
            Ask { function: "GetPhysicalKeyFunction", route: "GET /users/{id}/PhysicalKeys/{number}" },
            GET,
            "PhysicalKeys/6",
        ),
        (
            Ask { function: "ListPhysicalKeyEventsFunction", route: "GET /users/{id}/PhysicalKeyEvents" },
            HISTORY,
            "PhysicalKeyEvents?limit=10",
        ),
    ];
    for (ask, name, path) in queries {
        let request = scene.signed(&alice, RequestBuilder::get(format!("/users/{alice}/{path}")));
        let counted = ask.count(scene, name, &request).await;
        assert_eq!(counted.status, 200, "{name}");
        requests.push(counted);
    }
    requests.extend(refusals(scene).await);
    requests
}

async fn commands(scene: &Counter) -> Vec<Request> {
    let alice = user(1);
    let signed = |request| scene.signed(&alice, request);
    let keyed = |request: RequestBuilder| request.idempotency_key("7b1f0c9e-2a4d-4e6f-8a9b-0c1d2e3f4a5b");
    let remove = |number: u64| RequestBuilder::remove(&alice, &json!({"number": number}));
    let mut requests = Vec::new();
    for (ask, name, request) in [
        (ADDING, FIRST_ADD, add(&alice)),
        (ADDING, ADD, add(&alice)),
        (ADDING, ADD_SOON, add(&alice)),
        (ADDING, ADD_KEYED, keyed(add(&alice))),
        (ADDING, REPLAY, keyed(add(&alice))),
        (REMOVING, REMOVE, remove(1)),
        (REMOVING, REMOVE_KEYED, remove(2).idempotency_key("0c1d2e3f-4a5b-4e6f-8a9b-7b1f0c9e2a4d")),
        (ADDING, ADD_LONG, add_noting(&"long ".repeat(100), &alice)),
    ] {
        if name != ADD_SOON {
            hour_later(scene);
        }
        let counted = ask.count(scene, name, &signed(request)).await;
        assert_eq!(counted.status, 200, "{name}: {}", counted.line);
        requests.push(counted);
    }
    // So that nothing that is read later is larger than usual.
    let reply = scene.send(&signed(remove(5))).await;
    assert_eq!(reply.status(), 200, "{}", reply.json());
    requests
}

/// The usual addition, by whom another issuer vouches for: its URL is in every event.
pub(super) async fn of_long_issuer() -> Request {
    let scene = Counter::new(LONG_ISSUER).await;
    let request = || scene.signed(&user(1), add(&user(1)));
    assert_eq!(scene.send(&request()).await.status(), 200, "the first one");
    hour_later(&scene);
    ADDING.count(&scene, ADD_LONG_ISSUER, &request()).await
}

async fn refusals(scene: &Counter) -> Vec<Request> {
    let alice = user(1);
    let remove = RequestBuilder::remove(&alice, &json!({"number": 4711}));
    let of_another = json!({"orgId": "org_0000U1dN2dKfDkBi"});
    let ill_typed = json!({"orgId": 7});
    let list = RequestBuilder::get(format!("/users/{alice}/PhysicalKeys"));
    let agent = |request: RequestBuilder| request.header("user-agent", USER_AGENT);
    let nothing = Ask { function: "NoSuchRouteFunction", route: "$default" };
    let mut requests = Vec::new();
    for (ask, name, request, status) in [
        (LISTING, "refused: 401, no credentials", agent(list.clone()), 401),
        (ADDING, "refused: 400", scene.signed(&alice, RequestBuilder::add(&alice, &ill_typed)), 400),
        (ADDING, "refused: 403", scene.signed(&alice, RequestBuilder::add(&alice, &of_another)), 403),
        (REMOVING, "refused: 404, no such physical key", scene.signed(&alice, remove), 404),
        (nothing, NO_SUCH_ROUTE, agent(RequestBuilder::get("/favicon.ico")), 404),
    ] {
        let counted = ask.count(scene, name, &request).await;
        assert_eq!(counted.status, status, "{name}: {}", counted.line);
        requests.push(counted);
    }
    requests
}

/// What is asked about an organisation that has a hundred physical keys out and more.
pub(super) async fn of_an_organisation(scene: &Counter) -> Request {
    let ask = Ask { function: "ListOrgPhysicalKeysFunction", route: "GET /orgs/{orgId}/PhysicalKeys" };
    let request = RequestBuilder::get(format!("/orgs/{ORG}/PhysicalKeys?limit=100"));
    let request = scene.signed_by_service(request);
    let counted = ask.count(scene, ORG_LIST, &request).await;
    assert_eq!(counted.status, 200, "{}", counted.line);
    counted
}

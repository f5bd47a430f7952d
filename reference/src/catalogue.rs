//! What is particular to each operation, as the operation itself tells it: the one place of the document that knows them by
//! name. The examples are one story: the demo user gets a physical key and gives it back, by the functions' own code.

#![expect(
    clippy::expect_used,
    reason = "The story is told of constants. One that could not be told would fail every test."
)]

use add_physical_key::AddPhysicalKeyRecipe;
use api::execute::CommandRecipe;
use api::http::body::BodyObject;
use api::http::lists::{
    IssuedPhysicalKey, OrgPhysicalKeys, PhysicalKeyEvent, PhysicalKeyEvents, PhysicalKeys,
};
use api::http::problem::Problem;
use api::http::routes::{Documentation, Route};
use domain::history::{Actor, ActorKind, Circumstances, RANDOM_BYTES, Salts, Snapshot};
use domain::user::{Command, Decision, PhysicalKey, Refusal, User};
use domain::values::{EpochMillis, Note, OrgId, OrgName, Subject, UserId};
use remove_physical_key::RemovePhysicalKeyRecipe;
use serde::Serialize;
use serde_json::{Value, json};
use store::HeldKey;
use utoipa::openapi::path::Parameter;
use utoipa::{PartialSchema, ToSchema};

use crate::parameters::{in_query, page};
use crate::refusals::REQUEST_ID;
use crate::schemas::{Named, add};

/// 2026-11-23T12:00:00Z.
const NOON: EpochMillis = EpochMillis::new(1_795_435_200_000);

/// What the document says of one operation and of no other.
pub(crate) struct Entry {
    pub(crate) documentation: Documentation,
    pub(crate) query_parameters: Vec<Parameter>,
    /// The body of a command: its schema's name, and an example.
    pub(crate) request: Option<(String, Value)>,
    /// The body of a 200.
    pub(crate) answer: (String, Value),
    /// What the aggregate may refuse it for.
    pub(crate) refusals: Vec<Problem>,
    /// The schemas of its bodies.
    pub(crate) schemas: Named,
}

pub(crate) fn entry(route: Route) -> Entry {
    let story = Story::tell();
    let (keys, next_cursor) = (vec![story.key.clone()], None);
    match route {
        Route::AddPhysicalKey => command::<AddPhysicalKeyRecipe>(&story.before, None, &[]),
        Route::RemovePhysicalKey => {
            let refusals = [Refusal::PhysicalKeyNotFound];
            command::<RemovePhysicalKeyRecipe>(&story.after, Some(&story.key), &refusals)
        }
        Route::ListPhysicalKeys => {
            let mut parameters = vec![
                in_query("orgId", "Exactly this issuer.", OrgId::schema()),
                in_query("orgName", "Exactly this display name.", OrgName::schema()),
                in_query("q", "This text somewhere in the note, whatever its case.", Note::schema()),
            ];
            parameters.extend(page());
            let answer = PhysicalKeys { keys, total: Some(1), next_cursor };
            query(list_physical_keys::DOCUMENTATION, parameters, &answer)
        }
        Route::GetPhysicalKey => {
            let refusals = vec![Problem::from(Refusal::PhysicalKeyNotFound)];
            Entry { refusals, ..query(get_physical_key::DOCUMENTATION, Vec::new(), &story.key) }
        }
        Route::ListPhysicalKeyEvents => {
            let answer = PhysicalKeyEvents { events: vec![story.added], next_cursor };
            query(list_physical_key_events::DOCUMENTATION, page().into(), &answer)
        }
        Route::ListOrgPhysicalKeys => {
            let held = HeldKey { user_id: story.before.state.id, key: story.key };
            let answer = OrgPhysicalKeys { keys: vec![IssuedPhysicalKey::from(held)], next_cursor };
            query(list_org_physical_keys::DOCUMENTATION, page().into(), &answer)
        }
    }
}

/// The entry of a command; its example is carried out in this state.
fn command<R>(state: &Snapshot<User>, held: Option<&PhysicalKey>, refusals: &[Refusal]) -> Entry
where
    R: CommandRecipe,
    R::Command: ToSchema,
    R::Answer<'static>: ToSchema,
{
    let decided = example::<R>().decide(&state.state, held, NOON).expect("a decision");
    let event = decided.happened.clone().into();
    let version = state.state.version.next();
    let mut schemas = Named::new();
    add::<R::Command>(&mut schemas);
    add::<R::Answer<'static>>(&mut schemas);
    Entry {
        documentation: R::DOCUMENTATION,
        query_parameters: Vec::new(),
        request: Some((R::Command::name().into(), body::<R>())),
        answer: (R::Answer::name().into(), json!(R::answer(&decided.happened, &event, version))),
        refusals: refusals.iter().map(|refusal| Problem::Refused(*refusal, R::pointer(*refusal))).collect(),
        schemas,
    }
}

/// The entry of a query that gives this answer.
fn query<A: ToSchema + Serialize>(
    documentation: Documentation,
    query_parameters: Vec<Parameter>,
    answer: &A,
) -> Entry {
    let mut schemas = Named::new();
    add::<A>(&mut schemas);
    let answer = (A::name().into(), json!(answer));
    Entry { documentation, query_parameters, request: None, answer, refusals: Vec::new(), schemas }
}

/// A history of one event: the example of an addition.
struct Story {
    before: Snapshot<User>,
    key: PhysicalKey,
    added: PhysicalKeyEvent,
    after: Snapshot<User>,
}

impl Story {
    fn tell() -> Self {
        let before = Snapshot::new(User::new(UserId::parse("demo-user").expect("an id")));
        let addition = example::<AddPhysicalKeyRecipe>().decide(&before.state, None, NOON);
        let Decision { happened, issuer } = addition.expect("a decision");
        let key = PhysicalKey::from(&happened);
        let (added, after) = before.append(&happened.into(), Some(issuer), circumstances());
        let added = PhysicalKeyEvent::of(added).expect("an event of a user's");
        Self { before, key, added, after }
    }
}

fn body<R: CommandRecipe>() -> Value {
    serde_json::from_str(R::EXAMPLE).expect("a body")
}

/// The example of a command, read as the function reads it.
fn example<R: CommandRecipe>() -> R::Command {
    let mut body = BodyObject::read(R::EXAMPLE.as_bytes()).expect("an object");
    R::read(&mut body).expect("a command")
}

fn circumstances() -> Circumstances {
    let actor = Actor {
        kind: ActorKind::User,
        iss: Some("https://issuer.example".to_owned()),
        id: Subject::parse("demo-user").ok(),
        org_id: OrgId::parse("demo-org").ok(),
        api_key_id: Some("g8lj7bc70s3ge1o70s3ge1o70s3ge1o7".to_owned()),
    };
    let salts = Salts::new([7; RANDOM_BYTES]);
    Circumstances { actor, request_id: REQUEST_ID.to_owned(), recorded_at: NOON, salts }
}

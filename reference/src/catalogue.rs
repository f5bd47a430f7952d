//! What is particular to each operation, as the operation itself tells it: the one place of the document that knows them by
//! name.

#![expect(
    clippy::expect_used,
    reason = "Examples are made of constants. One that could not be made would fail every test."
)]

use add_physical_key::AddPhysicalKeyRecipe;
use api::execute::CommandRecipe;
use api::http::lists::{
    IssuedPhysicalKey, OrgPhysicalKeys, PhysicalKeyEvent, PhysicalKeyEvents, PhysicalKeys,
};
use api::http::problem::Problem;
use api::http::routes::{Documentation, Route};
use domain::history::Snapshot;
use domain::user::{Command, PhysicalKey, Refusal, User};
use domain::values::{Note, OrgId, OrgName};
use remove_physical_key::RemovePhysicalKeyRecipe;
use serde::Serialize;
use serde_json::{Value, json};
use store::HeldKey;
use utoipa::openapi::path::Parameter;
use utoipa::{PartialSchema, ToSchema};

use crate::parameters::{in_query, page};
use crate::schemas::{Named, add};
use crate::story::{NOON, Story, example};

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
            command::<RemovePhysicalKeyRecipe>(&story.between, Some(&story.key), &refusals)
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
            let events =
                [story.added, story.removed].map(|kept| PhysicalKeyEvent::of(kept).expect("a user's event"));
            let answer = PhysicalKeyEvents { events: events.into(), next_cursor };
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

fn body<R: CommandRecipe>() -> Value {
    serde_json::from_str(R::EXAMPLE).expect("a body")
}

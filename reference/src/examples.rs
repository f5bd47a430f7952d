//! Examples of requests and of answers: the demo user gets a physical key and gives it back, by the functions' own
//! code.

use add_physical_key::AddPhysicalKeyRecipe;
use api::execute::CommandRecipe;
use api::http::body::BodyObject;
use api::http::lists::{IssuedPhysicalKey, OrgPhysicalKeys, PhysicalKeyEvents, PhysicalKeys};
use api::http::routes::Route;
use domain::history::{Actor, ActorKind, Circumstances, Snapshot};
use domain::user::{Command, PhysicalKey};
use domain::values::{EpochMillis, OrgId, Subject, UserId};
use remove_physical_key::RemovePhysicalKeyRecipe;
use serde_json::{Value, json};
use store::HeldKey;

/// 2026-11-23T12:00:00Z.
const NOON: EpochMillis = EpochMillis::new(1_795_435_200_000);

pub(crate) fn request(route: Route) -> Value {
    match route {
        Route::AddPhysicalKey => add_physical_key::example(),
        Route::RemovePhysicalKey => remove_physical_key::example(),
        Route::ListPhysicalKeys
        | Route::GetPhysicalKey
        | Route::ListPhysicalKeyEvents
        | Route::ListOrgPhysicalKeys => Value::Null,
    }
}

pub(crate) fn answer(route: Route) -> Value {
    answered(route).unwrap_or_default()
}

fn answered(route: Route) -> Option<Value> {
    let user_id = UserId::parse("demo-user").ok()?;
    let before = Snapshot::new(user_id.clone());
    let addition = example::<AddPhysicalKeyRecipe>()?.decide(&before.user, None, NOON).ok()?.happened;
    let key = PhysicalKey::from(&addition);
    let (added, after) = before.append(addition.clone().into(), circumstances());
    let (keys, next_cursor) = (vec![key.clone()], None);
    Some(match route {
        Route::AddPhysicalKey => json!(AddPhysicalKeyRecipe::answer(&addition, &added)),
        Route::RemovePhysicalKey => {
            let removal =
                example::<RemovePhysicalKeyRecipe>()?.decide(&after.user, Some(&key), NOON).ok()?.happened;
            let (removed, _) = after.append(removal.clone().into(), circumstances());
            json!(RemovePhysicalKeyRecipe::answer(&removal, &removed))
        }
        Route::ListPhysicalKeys => json!(PhysicalKeys { keys, total: Some(1), next_cursor }),
        Route::GetPhysicalKey => json!(key),
        Route::ListPhysicalKeyEvents => json!(PhysicalKeyEvents { events: vec![added], next_cursor }),
        Route::ListOrgPhysicalKeys => {
            let keys = vec![IssuedPhysicalKey::from(HeldKey { user_id, key })];
            json!(OrgPhysicalKeys { keys, next_cursor })
        }
    })
}

/// The example of a command, read as the function reads it; were it not valid, what is shown of it would be missing.
fn example<R: CommandRecipe>() -> Option<R::Command> {
    let body = request(R::ROUTE).to_string();
    let mut body = BodyObject::read(body.as_bytes()).ok()?;
    R::read(&mut body)
}

fn circumstances() -> Circumstances {
    let actor = Actor {
        kind: ActorKind::User,
        iss: Some("https://issuer.example".to_owned()),
        id: Subject::parse("demo-user").ok(),
        org_id: OrgId::parse("demo-org").ok(),
        api_key_id: Some("g8lj7bc70s3ge1o70s3ge1o70s3ge1o7".to_owned()),
    };
    Circumstances { actor, request_id: crate::refusals::REQUEST_ID.to_owned(), recorded_at: NOON }
}

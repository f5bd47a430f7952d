//! Examples of requests and of answers: the demo user gets a physical key and gives it back, by the functions' own
//! code.

use api::http::answer::Answer;
use api::http::lists::{IssuedPhysicalKey, OrgPhysicalKeys, PhysicalKeyEvents, PhysicalKeys};
use api::http::routes::Route;
use domain::history::{Actor, ActorKind, ChainedRecord, Circumstances, Snapshot};
use domain::user::{AddPhysicalKey, Event, PhysicalKey, RemovePhysicalKey};
use domain::values::{EpochMillis, KeyNumber, Note, OrgId, OrgName, Subject, UserId};
use serde_json::{Value, json};
use store::HeldKey;

/// 2026-11-23T12:00:00Z.
const NOON: EpochMillis = EpochMillis::new(1_795_435_200_000);

/// The names are valid by the tests of this package; were one not, its example would be missing.
fn names() -> Option<(UserId, AddPhysicalKey)> {
    let command = AddPhysicalKey {
        org_id: OrgId::parse("demo-org").ok()?,
        org_name: Some(OrgName::parse("Demo Organisation").ok()?),
        note: Some(Note::parse("Front door").ok()?),
    };
    Some((UserId::parse("demo-user").ok()?, command))
}

pub(crate) fn request(route: Route) -> Value {
    match route {
        Route::AddPhysicalKey => json!(names().map(|(_, command)| command)),
        Route::RemovePhysicalKey => json!(RemovePhysicalKey { number: KeyNumber::FIRST }),
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
    let (user_id, command) = names()?;
    let before = Snapshot::new(user_id.clone());
    let added = before.user.add(command, NOON);
    let Event::PhysicalKeyAdded(data) = &added else { return None };
    let key = PhysicalKey::from(data);
    let (addition, after) = before.append(added, circumstances());
    let (keys, next_cursor) = (vec![key.clone()], None);
    Some(match route {
        Route::AddPhysicalKey => body(&addition)?,
        Route::RemovePhysicalKey => {
            let removed = after.user.remove(Some(&key), NOON).ok()?;
            body(&after.append(removed, circumstances()).0)?
        }
        Route::ListPhysicalKeys => json!(PhysicalKeys { keys, total: Some(1), next_cursor }),
        Route::GetPhysicalKey => json!(key),
        Route::ListPhysicalKeyEvents => json!(PhysicalKeyEvents { events: vec![addition], next_cursor }),
        Route::ListOrgPhysicalKeys => {
            let keys = vec![IssuedPhysicalKey::from(HeldKey { user_id, key })];
            json!(OrgPhysicalKeys { keys, next_cursor })
        }
    })
}

fn body(recorded: &ChainedRecord) -> Option<Value> {
    serde_json::from_str(&Answer::new(recorded).body).ok()
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

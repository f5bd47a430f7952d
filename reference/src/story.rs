//! The examples are one story: the demo user gets a physical key and gives it back, by the functions' own code.

#![expect(
    clippy::expect_used,
    reason = "The story is told of constants. One that could not be told would fail every test."
)]

use add_physical_key::AddPhysicalKeyRecipe;
use api::execute::CommandRecipe;
use api::http::body::BodyObject;
use domain::history::{Actor, ActorKind, Circumstances, KeptRecord, RANDOM_BYTES, Salts, Snapshot};
use domain::user::{Command, Decision, PhysicalKey, User};
use domain::values::{EpochMillis, OrgId, Subject, UserId};
use remove_physical_key::RemovePhysicalKeyRecipe;

use crate::refusals::REQUEST_ID;

/// 2026-11-23T12:00:00Z.
pub(crate) const NOON: EpochMillis = EpochMillis::new(1_795_435_200_000);
/// An hour and a half later.
const RETURNED: EpochMillis = EpochMillis::new(1_795_440_600_000);

/// A history of two events.
pub(crate) struct Story {
    pub(crate) before: Snapshot<User>,
    pub(crate) key: PhysicalKey,
    pub(crate) added: KeptRecord,
    pub(crate) between: Snapshot<User>,
    pub(crate) removed: KeptRecord,
}

impl Story {
    pub(crate) fn tell() -> Self {
        let before = Snapshot::new(User::new(UserId::parse("demo-user").expect("an id")));
        let addition = example::<AddPhysicalKeyRecipe>().decide(&before.state, None, NOON);
        let Decision { happened, issuer } = addition.expect("a decision");
        let key = PhysicalKey::from(&happened);
        let (added, between) = before.append(&happened.into(), Some(issuer), circumstances(NOON));
        let removal = example::<RemovePhysicalKeyRecipe>().decide(&between.state, Some(&key), RETURNED);
        let Decision { happened, issuer } = removal.expect("a decision");
        let (removed, _) = between.append(&happened.into(), Some(issuer), circumstances(RETURNED));
        Self { before, key, added, between, removed }
    }
}

/// The example of a command, read as the function reads it.
pub(crate) fn example<R: CommandRecipe>() -> R::Command {
    let mut body = BodyObject::read(R::EXAMPLE.as_bytes()).expect("an object");
    R::read(&mut body).expect("a command")
}

fn circumstances(recorded_at: EpochMillis) -> Circumstances {
    let actor = Actor {
        kind: ActorKind::User,
        iss: Some("https://issuer.example".to_owned()),
        id: Subject::parse("demo-user").ok(),
        org_id: OrgId::parse("demo-org").ok(),
        api_key_id: Some("g8lj7bc70s3ge1o70s3ge1o70s3ge1o7".to_owned()),
    };
    let salts = Salts::new([7; RANDOM_BYTES]);
    Circumstances { actor, request_id: REQUEST_ID.to_owned(), recorded_at, salts }
}

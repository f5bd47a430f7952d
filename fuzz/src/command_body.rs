//! The bodies of the commands.

use std::collections::BTreeMap;

use add_physical_key::AddPhysicalKeyRecipe;
use api::execute::CommandRecipe;
use api::http::body::BodyObject;
use api::http::routes::Route;
use domain::user::{AddPhysicalKey, RemovePhysicalKey};
use domain::values::{KeyNumber, Note, OrgName};
use remove_physical_key::RemovePhysicalKeyRecipe;
use serde_json::value::RawValue;

/// Most faults of one answer: a hundred, and how many there are beyond.
const MOST_FAULTS: usize = 101;

/// The body of each command. What is accepted, `serde_json` and the standard library read the same.
pub fn command_body(bytes: &[u8]) {
    for route in Route::ALL {
        match route {
            Route::AddPhysicalKey => add_physical_key(bytes),
            Route::RemovePhysicalKey => remove_physical_key(bytes),
            Route::ListPhysicalKeys
            | Route::GetPhysicalKey
            | Route::ListPhysicalKeyEvents
            | Route::ListOrgPhysicalKeys => {}
        }
    }
}

fn add_physical_key(bytes: &[u8]) {
    if let Some(AddPhysicalKey { org_id, org_name, note }) = accepted::<AddPhysicalKeyRecipe>(bytes) {
        let members = Members::of(bytes);
        assert_eq!(Some(org_id.as_str()), members.text("orgId").as_deref());
        assert_eq!(org_name.as_ref().map(OrgName::as_str), members.text("orgName").as_deref());
        assert_eq!(note.as_ref().map(Note::as_str), members.text("note").as_deref());
        members.are(1 + usize::from(org_name.is_some()) + usize::from(note.is_some()));
    }
}

fn remove_physical_key(bytes: &[u8]) {
    if let Some(RemovePhysicalKey { number }) = accepted::<RemovePhysicalKeyRecipe>(bytes) {
        let members = Members::of(bytes);
        check_number(number, members.0["number"].get());
        members.are(1);
    }
}

fn accepted<R: CommandRecipe>(bytes: &[u8]) -> Option<R::Command> {
    let mut object = BodyObject::read(bytes).ok()?;
    let command = R::read(&mut object);
    let faults = object.finish();
    assert!(faults.len() <= MOST_FAULTS && faults.iter().all(|fault| !fault.message.is_empty()));
    faults.is_empty().then(|| command.expect("a command, where nothing is wrong"))
}

/// The members as `serde_json` finds them.
struct Members(BTreeMap<String, Box<RawValue>>);

impl Members {
    fn of(bytes: &[u8]) -> Self {
        Self(serde_json::from_slice(bytes).expect("an object"))
    }

    fn text(&self, name: &str) -> Option<String> {
        self.0.get(name).map(|raw| serde_json::from_str(raw.get()).expect("text"))
    }

    fn are(&self, known: usize) {
        assert_eq!(self.0.len(), known, "what nobody asked for is a fault");
    }
}

/// The same number, as exactly as a float tells; beyond what is counted, the largest there is.
fn check_number(ours: KeyNumber, text: &str) {
    let theirs: f64 = text.parse().expect("a number");
    #[expect(clippy::cast_precision_loss, reason = "Both are rounded to the nearest float.")]
    let rounded = ours.get() as f64;
    assert!(
        rounded.to_bits() == theirs.to_bits() || ours.get() == u64::MAX && theirs >= rounded,
        "{ours} {text}"
    );
}

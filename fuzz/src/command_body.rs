//! The bodies of the commands.

use std::collections::BTreeMap;

use api::http::body::BodyObject;
use domain::user::Command;
use domain::values::KeyNumber;
use serde_json::value::RawValue;

/// Most faults of one answer: a hundred, and how many there are beyond.
const MOST_FAULTS: usize = 101;

/// The body of either command. What is accepted, `serde_json` and the standard library read the same.
pub fn command_body(bytes: &[u8]) {
    for read in [add_physical_key::read, remove_physical_key::read] {
        let Ok(mut object) = BodyObject::read(bytes) else { continue };
        let command = read(&mut object);
        let faults = object.finish();
        assert!(faults.len() <= MOST_FAULTS && faults.iter().all(|fault| !fault.message.is_empty()));
        if faults.is_empty() {
            check(&command.expect("a command, where nothing is wrong"), bytes);
        }
    }
}

fn check(command: &Command, bytes: &[u8]) {
    let members: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(bytes).expect("an object");
    let text =
        |name: &str| members.get(name).map(|raw| serde_json::from_str::<String>(raw.get()).expect("text"));
    let known = match command {
        Command::AddPhysicalKey(add) => {
            assert_eq!(Some(add.org_id.as_str()), text("orgId").as_deref());
            assert_eq!(
                add.org_name.as_ref().map(domain::values::OrgName::as_str),
                text("orgName").as_deref()
            );
            assert_eq!(add.note.as_ref().map(domain::values::Note::as_str), text("note").as_deref());
            1 + usize::from(add.org_name.is_some()) + usize::from(add.note.is_some())
        }
        Command::RemovePhysicalKey(remove) => {
            check_number(remove.number, members["number"].get());
            1
        }
    };
    assert_eq!(members.len(), known, "what nobody asked for is a fault");
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

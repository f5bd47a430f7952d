//! The idempotency key of an imported row.
//!
//! It is what the row means and which such addition of the user's history it asks for, never where it was read: an import that
//! was cut off, by another release or from a copy of the file, asks for the same. The API keeps it for 30 days; the history
//! is for ever.

use domain::values::{Note, OrgId, OrgName, Sha256Hash, UserId};
use serde::Serialize;

/// What makes two rows the same physical key, but for how many of them there are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    pub(super) user: UserId,
    pub(super) org_name: Option<OrgName>,
    pub(super) note: Option<Note>,
}

/// How the identity is spelled for its digest: as an array, so that no name of a field is part of it.
#[derive(Debug, Serialize)]
struct Spelling<'a>(&'a OrgId, &'a UserId, Option<&'a OrgName>, Option<&'a Note>, usize);

impl Identity {
    /// The idempotency key of the addition that is the `addition`-th of this identity, from 1, in the user's history.
    pub(super) fn row_key(&self, org_id: &OrgId, addition: usize) -> String {
        let spelling = Spelling(org_id, &self.user, self.org_name.as_ref(), self.note.as_ref(), addition);
        let spelling = serde_json::json!(spelling).to_string();
        format!("import-{}", Sha256Hash::of(spelling))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(note: Option<&str>, addition: usize) -> String {
        let identity = Identity {
            user: UserId::parse("alice").unwrap(),
            org_name: OrgName::parse("Büro").ok(),
            note: note.map(|note| Note::parse(note).unwrap()),
        };
        identity.row_key(&OrgId::parse("acme").unwrap(), addition)
    }

    #[test]
    fn rows_have_the_keys_that_they_always_had() {
        let expected = [
            "import-a417fa098a2b412566fdc3a1ba8e82a86299e144c36373d7938d9f181a9d5f5d",
            "import-9b809fc441a38347883043fa14fdb676071a19cae09c4f88a694100c0c40db7c",
            "import-778d7963fd148a00a8ed8b6b2f7fe4e164f50643c26e0289ef0aeb661d99b36d",
        ];
        assert_eq!([key(None, 1), key(Some("Tür \"3\""), 1), key(None, 2)], expected);
    }
}

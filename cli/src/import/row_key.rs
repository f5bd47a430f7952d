//! The idempotency key of an imported row.
//!
//! The API keeps it for 30 days, and an import that was cut off is run again perhaps by another release: a row whose key has
//! changed would be added twice. So its spelling is pinned, and a column that is new must not be in it where it is empty.

use std::collections::HashMap;

use domain::values::{Note, OrgName, Sha256Hash};
use serde::Serialize;

use crate::spreadsheet::Row;

/// What makes a row the same in every run: a JSON array in this order, which is hashed.
#[derive(Debug, Serialize)]
struct RowSpelling<'a>(
    /// The import's name.
    &'a str,
    /// The organisation.
    &'a str,
    /// The user.
    &'a str,
    /// The organisation's display name, or `null`.
    Option<&'a str>,
    /// The note, or `null`.
    Option<&'a str>,
    /// Which of the rows with the same content it is, from 1.
    u64,
);

/// One idempotency key for each row, the same in every run. Lines may be moved or added between runs.
pub(super) fn row_keys(name: &str, org_id: &str, rows: &[Row]) -> Vec<String> {
    let mut seen = HashMap::new();
    let keys = rows.iter().map(|row| {
        let content = (&row.user, &row.org_name, &row.note);
        let nth = seen.entry(content).and_modify(|nth| *nth += 1).or_insert(1_u64);
        let spelling = RowSpelling(
            name,
            org_id,
            row.user.as_str(),
            row.org_name.as_ref().map(OrgName::as_str),
            row.note.as_ref().map(Note::as_str),
            *nth,
        );
        let spelling = serde_json::json!(spelling).to_string();
        format!("import-{}", Sha256Hash::of(spelling))
    });
    keys.collect()
}

#[cfg(test)]
mod tests {
    use domain::values::UserId;

    use super::*;

    fn row(note: Option<&str>) -> Row {
        Row {
            line: 2,
            user: UserId::parse("alice").unwrap(),
            org_name: OrgName::parse("Büro").ok(),
            note: note.map(|note| Note::parse(note).unwrap()),
        }
    }

    #[test]
    fn rows_have_the_keys_that_they_always_had() {
        let rows = [row(None), row(Some("Tür \"3\"")), row(None)];
        let expected = [
            "import-78adb167ee7b3a8a85751061f89d6ce35aabaa47677da7fefa97f90362a64ed4",
            "import-e08932b46e52505fcba27dc1feb11bcfc34c78752af83697286a992a3b0051bf",
            "import-5d632ee919c1ba588548e847e774a89d84c44b8534623e1f801f9767ab82162c",
        ];
        assert_eq!(row_keys("keys.csv", "acme", &rows), expected);
    }
}

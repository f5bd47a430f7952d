//! Ids that people read as the same one.

use std::collections::{BTreeMap, HashMap};

use domain::values::UserId;
use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizer;

use crate::row::Row;

/// Ids that are equal but for upper and lower case, for the way accents are written, and for spaces. They are different persons
/// to the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookalikes(pub Vec<Spelling>);

/// One spelling of an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spelling {
    /// As it is spelled.
    pub user: UserId,
    /// The first line that has it.
    pub line: u64,
    /// How many lines have it.
    pub rows: usize,
}

/// A text without what people do not see in it: case folded (Unicode, section 3.13), in normalisation form C, without spaces.
pub(crate) fn folded(text: &str) -> String {
    if text.is_ascii() {
        let bare = text.chars().filter(|character| !character.is_ascii_whitespace());
        return bare.map(|character| character.to_ascii_lowercase()).collect();
    }
    let folded = CaseMapper::new().fold_string(text);
    let bare: String = folded.chars().filter(|character| !character.is_whitespace()).collect();
    ComposingNormalizer::new_nfc().normalize(&bare).into_owned()
}

/// All users of these rows that look like another one, in the order of their first lines.
pub(crate) fn lookalikes(rows: &[Row]) -> Vec<Lookalikes> {
    let mut spellings: HashMap<&UserId, Spelling> = HashMap::new();
    for row in rows {
        let first = || Spelling { user: row.user.clone(), line: row.line, rows: 0 };
        spellings.entry(&row.user).or_insert_with(first).rows += 1;
    }
    let mut alike: BTreeMap<String, Vec<Spelling>> = BTreeMap::new();
    for spelling in spellings.into_values() {
        alike.entry(folded(spelling.user.as_str())).or_default().push(spelling);
    }
    let mut alike: Vec<_> = alike.into_values().filter(|spellings| spellings.len() > 1).collect();
    for spellings in &mut alike {
        spellings.sort_unstable_by_key(|spelling| spelling.line);
    }
    alike.sort_unstable_by_key(|spellings| spellings[0].line);
    alike.into_iter().map(Lookalikes).collect()
}

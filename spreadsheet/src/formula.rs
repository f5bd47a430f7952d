//! Cells that no spreadsheet takes for a formula or for an error, and the exact way back to the texts.
//!
//! An apostrophe goes before whatever would begin a formula (OWASP, "CSV Injection"), wherever a reader may begin a cell: at
//! the start of a text, and after everything that is a separator to somebody, because a reader who takes `;` for one also
//! splits within quotation marks that stand elsewhere. What already has an apostrophe there gets one more, so taking
//! one away again gives the text that was.

use std::borrow::Cow;

/// What some reader begins a cell after.
const SEPARATORS: [char; 5] = [',', ';', '\t', '\r', '\n'];
/// What begins a formula; in full width as well, which spreadsheets in East Asia take for the same.
const BEGINNINGS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
/// What a reader may pass over before that.
const PASSED_OVER: [char; 5] = ['\'', '"', ' ', '\0', '\u{a0}'];
/// What spreadsheets write where a formula has no value.
const ERRORS: [&str; 11] = [
    "#N/A",
    "#REF!",
    "#VALUE!",
    "#DIV/0!",
    "#NAME?",
    "#NULL!",
    "#NUM!",
    "#SPILL!",
    "#CALC!",
    "#GETTING_DATA",
    "#DATA!",
];

/// Whether a cell is an error of a spreadsheet rather than a text.
pub(crate) fn is_error(text: &str) -> bool {
    ERRORS.contains(&text)
}

/// Whether the rest of a text, where a cell may begin, has to be guarded: it is nothing that an apostrophe in front would
/// change.
fn is_taken(rest: &str, is_start: bool) -> bool {
    if rest.trim_start_matches(PASSED_OVER).starts_with(BEGINNINGS) {
        return true;
    }
    // A text without characters has one apostrophe, and an error would be one that somebody wrote.
    let bare = rest.trim_start_matches('\'');
    is_start && (bare.is_empty() || is_error(bare))
}

/// Where cells may begin in a text: at its start and after each separator.
fn beginnings(text: &str) -> impl Iterator<Item = usize> {
    let after = text.match_indices(SEPARATORS).map(|(place, separator)| place + separator.len());
    std::iter::once(0).chain(after)
}

/// A text that was given as a cell. One without characters is told from none by an apostrophe.
pub(crate) fn given(text: &str) -> Cow<'_, str> {
    if text.is_empty() { Cow::Borrowed("'") } else { guarded(text) }
}

/// A text as a cell that is no formula, whatever its reader's separator. No text is no cell.
#[must_use]
pub fn guarded(text: &str) -> Cow<'_, str> {
    if text.is_empty() {
        return Cow::Borrowed(text);
    }
    let places = beginnings(text).filter(|place| is_taken(&text[*place..], *place == 0));
    let mut cell = String::new();
    let mut copied = 0;
    for place in places {
        cell.push_str(&text[copied..place]);
        cell.push('\'');
        copied = place;
    }
    if cell.is_empty() {
        return Cow::Borrowed(text);
    }
    cell.push_str(&text[copied..]);
    Cow::Owned(cell)
}

/// The text that [`given`] made a cell of.
pub(crate) fn unguarded(cell: &str) -> Cow<'_, str> {
    let added =
        |place: &usize| cell[*place..].strip_prefix('\'').is_some_and(|rest| is_taken(rest, *place == 0));
    let mut text = String::new();
    let mut copied = 0;
    for place in beginnings(cell).filter(added) {
        text.push_str(&cell[copied..place]);
        copied = place + 1;
    }
    if copied == 0 {
        return Cow::Borrowed(cell);
    }
    text.push_str(&cell[copied..]);
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::*;

    #[track_caller]
    fn check(text: &str, cell: &str) {
        assert_eq!(given(text), cell);
        assert_eq!(unguarded(cell), text);
    }

    #[test]
    fn what_begins_a_formula_gets_an_apostrophe() {
        for beginning in BEGINNINGS {
            check(&format!("{beginning}1+1"), &format!("'{beginning}1+1"));
        }
        check("-cmd|' /C calc'!A0", "'-cmd|' /C calc'!A0");
        check(" =1", "' =1");
        check("\0=1", "'\0=1");
        check("\"=1", "'\"=1");
        check("#N/A", "'#N/A");
        check("", "'");
        assert_eq!(guarded(""), "");
    }

    #[test]
    fn a_separator_of_another_reader_begins_a_cell() {
        check("Key 7;=1+2;x", "Key 7;'=1+2;x");
        check("a\t=1+4\tx", "a\t'=1+4\tx");
        check("two,\n-lines", "two,'\n'-lines");
        check("a;b\r\n=1", "a;b\r'\n'=1");
    }

    #[test]
    fn an_apostrophe_that_was_there_stays() {
        check("'=1+1", "''=1+1");
        check("''", "'''");
        check("'#REF!", "''#REF!");
        for text in ["Front door", "1=1", "'t Hooft", "a - b", "Süd #3", "Room 1, 2; 3"] {
            check(text, text);
        }
    }

    /// Each character of both tables, apostrophes and a letter, in every order that chance finds.
    #[test]
    fn taking_it_away_gives_the_text_that_was() {
        let seed = Rng::new().u64(..);
        println!("seed {seed}");
        let mut random = Rng::with_seed(seed);
        let characters: Vec<char> =
            [&SEPARATORS[..], &BEGINNINGS, &PASSED_OVER, &['a', '#', '\'', '\'']].concat();
        for _ in 0..200_000 {
            let text: String =
                (0..random.usize(..8)).map(|_| characters[random.usize(..characters.len())]).collect();
            let cell = given(&text);
            assert_eq!(unguarded(&cell), text, "{text:?} became {cell:?}");
            for part in cell.split(SEPARATORS) {
                assert!(
                    !part.trim_start_matches(['"', ' ', '\0', '\u{a0}']).starts_with(BEGINNINGS),
                    "{cell:?}"
                );
            }
        }
    }
}

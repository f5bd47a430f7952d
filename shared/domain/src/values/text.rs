//! Text values: the ids of users and organisations, an organisation's display name, a note.

use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;
use serde::{Deserialize, Serialize};

/// Why a text is not the value it should be. `Display` is a predicate for a sentence: "must be …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextFault {
    /// No characters at all.
    #[error("must not be empty")]
    Empty,
    /// More characters (Unicode scalar values) than the value may have.
    #[error("must be at most {limit} characters long")]
    TooLong {
        /// The most characters allowed.
        limit: usize,
    },
    /// A control character anywhere.
    #[error("must not contain control characters")]
    ControlCharacter,
    /// A character that nobody sees: of the general categories `Cf`, `Zl` and `Zp`.
    #[error("must not contain invisible characters")]
    InvisibleCharacter,
    /// A path segment that stands for another one (RFC 3986, section 3.3): no URL can carry it.
    #[error("must not be `.` or `..`")]
    DotSegment,
    /// White space as the first or the last character.
    #[error("must not begin or end with white space")]
    SurroundingWhiteSpace,
}

pub(super) const ID_LIMIT: usize = 128;
pub(super) const ORG_NAME_LIMIT: usize = 200;
pub(super) const NOTE_LIMIT: usize = 500;
pub(super) const REASON_LIMIT: usize = 200;

fn within(text: &str, limit: usize) -> Result<(), TextFault> {
    // A byte count within the limit is a character count within it: most texts are not counted at all.
    if text.len() > limit && text.chars().count() > limit {
        return Err(TextFault::TooLong { limit });
    }
    Ok(())
}

/// The rule for ids: 1 to 128 characters of any script, none of them invisible, no white space at either end, and not
/// `.` or `..` (contract, "Commands").
fn id(text: &str) -> Result<(), TextFault> {
    if text.is_empty() {
        return Err(TextFault::Empty);
    }
    within(text, ID_LIMIT)?;
    if text.chars().any(char::is_control) {
        return Err(TextFault::ControlCharacter);
    }
    if text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) {
        return Err(TextFault::SurroundingWhiteSpace);
    }
    // Nearly all ids are ASCII, of which every character but the control characters can be seen.
    if !text.is_ascii() && text.chars().any(is_invisible) {
        return Err(TextFault::InvisibleCharacter);
    }
    if matches!(text, "." | "..") {
        return Err(TextFault::DotSegment);
    }
    Ok(())
}

/// Whether nobody sees a character, though it is no control character: two ids that look alike would be two persons, and a
/// terminal that shows a line from right to left shows another one.
#[must_use]
pub fn is_invisible(character: char) -> bool {
    let category = CodePointMapData::<GeneralCategory>::new().get(character);
    matches!(
        category,
        GeneralCategory::Format | GeneralCategory::LineSeparator | GeneralCategory::ParagraphSeparator
    )
}

/// Declares a text with one rule. Stored items come back through the same rule as requests.
macro_rules! text_value {
    ($(#[$doc:meta])* $name:ident, $rule:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl $name {
            /// Parses the text, unchanged, into the value.
            pub fn parse(text: impl Into<String>) -> Result<Self, TextFault> {
                let text = text.into();
                let rule: fn(&str) -> Result<(), TextFault> = $rule;
                rule(&text).map(|()| Self(text))
            }

            /// The text as it was given.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = TextFault;

            fn try_from(text: String) -> Result<Self, TextFault> {
                Self::parse(text)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

text_value! {
    /// A user's id: 1 to 128 characters of any script, without control or invisible characters, without white space at
    /// either end, and not `.` or `..` (contract, "Commands").
    UserId, id
}
text_value! {
    /// An issuing organisation's id, under the same rule as [`UserId`].
    OrgId, id
}
text_value! {
    /// Whom a token names: a person's user id, or a service's under the same rule. It is recorded for ever.
    Subject, id
}
text_value! {
    /// An organisation's display name as the caller gave it: at most 200 characters.
    OrgName, |text| within(text, ORG_NAME_LIMIT)
}
text_value! {
    /// Free text about a physical key: at most 500 characters.
    Note, |text| within(text, NOTE_LIMIT)
}

text_value! {
    /// Why texts are erased: 1 to 200 characters.
    ErasureReason, |text| if text.trim().is_empty() { Err(TextFault::Empty) } else { within(text, REASON_LIMIT) }
}

impl From<Subject> for UserId {
    fn from(subject: Subject) -> Self {
        Self(subject.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<(), TextFault>) {
        assert_eq!(UserId::parse(text).map(|_| ()), expected, "user id {text:?}");
        assert_eq!(OrgId::parse(text).map(|_| ()), expected, "organisation id {text:?}");
    }

    #[test]
    fn ids_take_any_script_up_to_128_characters() {
        check("a", Ok(()));
        check("münchen/1 50% #?", Ok(()));
        check("鍵".repeat(128).as_str(), Ok(()));
        check("🗝".repeat(129).as_str(), Err(TextFault::TooLong { limit: 128 }));
    }

    #[test]
    fn ids_refuse_what_cannot_be_seen() {
        check("", Err(TextFault::Empty));
        check("a\u{0}b", Err(TextFault::ControlCharacter));
        check("a\u{85}b", Err(TextFault::ControlCharacter));
        check("a\u{9f}b", Err(TextFault::ControlCharacter));
        // A soft hyphen, a zero-width space and joiner, marks of direction, a byte order mark, a tag; and separators.
        for invisible in [
            '\u{ad}',
            '\u{200b}',
            '\u{200d}',
            '\u{200e}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{feff}',
            '\u{e0041}',
            '\u{61c}',
            '\u{2028}',
            '\u{2029}',
        ] {
            check(&format!("a{invisible}b"), Err(TextFault::InvisibleCharacter));
        }
        check(" a", Err(TextFault::SurroundingWhiteSpace));
        check("a\u{2003}", Err(TextFault::SurroundingWhiteSpace));
    }

    #[test]
    fn ids_are_no_path_segments_that_stand_for_others() {
        check(".", Err(TextFault::DotSegment));
        check("..", Err(TextFault::DotSegment));
        check("...", Ok(()));
        check(".a", Ok(()));
    }

    #[test]
    fn notes_and_names_are_counted_in_characters_not_bytes() {
        assert!(Note::parse("ß".repeat(500)).is_ok());
        assert_eq!(Note::parse("ß".repeat(501)), Err(TextFault::TooLong { limit: 500 }));
        assert!(Note::parse("").is_ok());
        assert!(OrgName::parse("🏢".repeat(200)).is_ok());
        assert_eq!(OrgName::parse("x".repeat(201)), Err(TextFault::TooLong { limit: 200 }));
    }

    #[test]
    fn a_stored_text_that_breaks_the_rule_does_not_come_back() {
        assert!(serde_json::from_str::<UserId>("\" a\"").is_err());
        assert_eq!(serde_json::from_str::<UserId>("\"a\"").unwrap().as_str(), "a");
    }
}

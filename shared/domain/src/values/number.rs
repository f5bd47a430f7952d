//! Numeric values: a physical key's number, a history's version.

use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

/// The number the server gave a physical key, per user: 1, 2, 3, … in commit order, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyNumber(NonZeroU64);

impl KeyNumber {
    /// The number of the first physical key of a user.
    pub const FIRST: Self = Self(NonZeroU64::MIN);

    /// The number, if it is one that can be issued; 0 is not.
    #[must_use]
    pub const fn new(number: u64) -> Option<Self> {
        match NonZeroU64::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// The number after this one. The last is never reached: it would take one key per nanosecond for 584 years.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The number as an integer.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0.get()
    }

    /// Parses decimal digits, as in a path: one spelling for each number, so no sign and no leading zeros. Numbers
    /// that no counter reaches saturate.
    pub fn parse_digits(text: &str) -> Result<Self, NotAKeyNumber> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NotAKeyNumber::NotAnInteger);
        }
        match text.as_bytes() {
            [b'0'] => Err(NotAKeyNumber::NotPositive),
            [b'0', ..] => Err(NotAKeyNumber::NotAnInteger),
            _ => Ok(Self(text.parse().unwrap_or(NonZeroU64::MAX))),
        }
    }

    /// Parses a JSON number's text as JSON Schema reads `integer`: `42`, `42.0` and `4.2e1` are the same number
    /// (JSON Schema Validation 2020-12, section 6.1.1). Numbers that no counter reaches saturate: they are
    /// numbers of physical keys that do not exist, not faults.
    pub fn parse_json(text: &str) -> Result<Self, NotAKeyNumber> {
        let (negative, magnitude) = match text.strip_prefix('-') {
            Some(magnitude) => (true, magnitude),
            None => (false, text),
        };
        let (mantissa, exponent) = match magnitude.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)),
            None => (magnitude, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        let significant = digits.trim_end_matches('0');
        if significant.is_empty() {
            return Err(NotAKeyNumber::NotPositive);
        }
        // The value is 0.DIGITS × 10^point: it is an integer when no significant digit lies behind the point.
        let length = |text: &str| i64::try_from(text.len()).unwrap_or(i64::MAX);
        let point = length(whole).saturating_add(exponent);
        if length(significant) > point {
            return Err(NotAKeyNumber::NotAnInteger);
        }
        if negative {
            return Err(NotAKeyNumber::NotPositive);
        }
        // With 20 zeros it is beyond any counter, whatever is before them.
        let zeros = usize::try_from((point - length(significant)).min(20)).unwrap_or_default();
        let number = format!("{significant}{}", "0".repeat(zeros)).parse().unwrap_or(NonZeroU64::MAX);
        Ok(Self(number))
    }
}

/// Exponents beyond the range of `i64` are as good as its ends.
fn parse_exponent(text: &str) -> i64 {
    let end = if text.starts_with('-') { i64::MIN } else { i64::MAX };
    text.strip_prefix('+').unwrap_or(text).parse().unwrap_or(end)
}

impl std::fmt::Display for KeyNumber {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Why a JSON number is not the number of a physical key. `Display` is a predicate: "must be …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAKeyNumber {
    /// It is no whole number, or not spelled as one.
    #[error("must be an integer")]
    NotAnInteger,
    /// It is zero or below.
    #[error("must be greater than 0")]
    NotPositive,
}

/// The number of events in a user's history; 0 before the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(u64);

impl Version {
    /// The version of a history without events.
    pub const NONE: Self = Self(0);

    /// The version of a history of this many events.
    #[must_use]
    pub const fn new(events: u64) -> Self {
        Self(events)
    }

    /// The version after one more event.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The version as an integer.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<u64, NotAKeyNumber>) {
        assert_eq!(KeyNumber::parse_json(text).map(KeyNumber::get), expected, "{text}");
    }

    #[test]
    fn integers_are_read_in_every_spelling_json_has_for_them() {
        check("42", Ok(42));
        check("42.0", Ok(42));
        check("42.000", Ok(42));
        check("4.2e1", Ok(42));
        check("4.2E+1", Ok(42));
        check("4200e-2", Ok(42));
        check("0.00042e5", Ok(42));
        check("1e3", Ok(1_000));
        check("18446744073709551615", Ok(u64::MAX));
        check("0.0000000000000000000000000000001e31", Ok(1));
        check("0.00000000000000000000000000000123456789012345e44", Ok(123_456_789_012_345));
        check("10000000000000000000", Ok(10_000_000_000_000_000_000));
        check("1e19", Ok(10_000_000_000_000_000_000));
    }

    #[test]
    fn numbers_beyond_any_counter_saturate() {
        check("18446744073709551616", Ok(u64::MAX));
        check("1e20", Ok(u64::MAX));
        check("1e21", Ok(u64::MAX));
        check("1e400", Ok(u64::MAX));
        check("1e99999999999999999999", Ok(u64::MAX));
        check(&"9".repeat(10_000), Ok(u64::MAX));
    }

    #[test]
    fn what_is_not_a_positive_integer_is_refused() {
        check("0", Err(NotAKeyNumber::NotPositive));
        check("-0", Err(NotAKeyNumber::NotPositive));
        check("0.0e9", Err(NotAKeyNumber::NotPositive));
        check("-1", Err(NotAKeyNumber::NotPositive));
        check("-1e400", Err(NotAKeyNumber::NotPositive));
        check("1.5", Err(NotAKeyNumber::NotAnInteger));
        check("-1.5", Err(NotAKeyNumber::NotAnInteger));
        check("42e-1", Err(NotAKeyNumber::NotAnInteger));
        check("1e-99999999999999999999", Err(NotAKeyNumber::NotAnInteger));
    }

    #[test]
    fn numbers_and_versions_are_written_as_digits() {
        assert_eq!(KeyNumber::FIRST.next().to_string(), "2");
        assert_eq!((Version::NONE.get(), Version::NONE.next().next().get()), (0, 2));
        assert_eq!(Version::new(7).to_string(), "7");
    }

    #[test]
    fn digits_spell_a_number_in_one_way() {
        for (text, number) in
            [("1", 1), ("42", 42), ("18446744073709551615", u64::MAX), ("99999999999999999999", u64::MAX)]
        {
            assert_eq!(KeyNumber::parse_digits(text).map(KeyNumber::get), Ok(number), "{text}");
        }
        assert_eq!(KeyNumber::parse_digits("0"), Err(NotAKeyNumber::NotPositive));
        for text in ["", "-1", "+1", "01", "00", "1.0", "1e3", "seven", "１", " 1"] {
            assert_eq!(KeyNumber::parse_digits(text), Err(NotAKeyNumber::NotAnInteger), "{text}");
        }
    }
}

//! The name of a log.

use serde::{Deserialize, Serialize};

/// The name of a log, and of the signing keys that sign its checkpoints: of the characters that C2SP `signed-note` has for names,
/// ASCII that can be seen, without `+`, at most 255 of them. Such as `keys.example.com/audit`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin(String);

/// A text that is no name of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 255 characters of ASCII without spaces and without +, such as keys.example.com/audit")]
pub struct NotAnOrigin;

impl Origin {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Origin {
    type Error = NotAnOrigin;

    fn try_from(text: String) -> Result<Self, NotAnOrigin> {
        let is_good = |byte: u8| byte.is_ascii_graphic() && byte != b'+';
        if matches!(text.len(), 1..=255) && text.bytes().all(is_good) {
            Ok(Self(text))
        } else {
            Err(NotAnOrigin)
        }
    }
}

impl std::str::FromStr for Origin {
    type Err = NotAnOrigin;

    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        text.to_owned().try_into()
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.0
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_a_name_that_can_be_signed_under() {
        for good in ["keys.example.com/audit", "local/0f1e2d3c4b5a6978", &"a".repeat(255)] {
            assert_eq!(good.parse::<Origin>().map(|origin| origin.to_string()), Ok(good.to_owned()));
        }
        for bad in ["", "a b", "a+b", "a\nb", "schlüssel", &"a".repeat(256), "a\u{7f}"] {
            assert_eq!(bad.parse::<Origin>(), Err(NotAnOrigin), "{bad:?}");
        }
    }
}

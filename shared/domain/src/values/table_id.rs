//! The name of a table that no other table ever has.

use serde::{Deserialize, Serialize};

/// Which table it is: the id that DynamoDB gives it, or random digits where an engine has none. At most 64 letters, digits and
/// hyphens of ASCII.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TableId(String);

/// A text that is no table's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 64 letters, digits and hyphens of ASCII")]
pub struct NotATableId;

impl TableId {
    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for TableId {
    type Error = NotATableId;

    fn try_from(text: String) -> Result<Self, NotATableId> {
        let is_good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if matches!(text.len(), 1..=64) && text.bytes().all(is_good) {
            Ok(Self(text))
        } else {
            Err(NotATableId)
        }
    }
}

impl From<TableId> for String {
    fn from(id: TableId) -> Self {
        id.0
    }
}

impl std::fmt::Display for TableId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_id_is_what_dynamodb_gives_or_random_digits() {
        for good in
            ["12345678-0123-4567-8901-123456789012", "0f1e2d3c4b5a69788796a5b4c3d2e1f0", &"a".repeat(64)]
        {
            assert_eq!(TableId::try_from(good.to_owned()).map(String::from), Ok(good.to_owned()));
        }
        for bad in ["", "a b", "a_b", "é", &"a".repeat(65)] {
            assert_eq!(TableId::try_from(bad.to_owned()), Err(NotATableId), "{bad:?}");
        }
    }
}

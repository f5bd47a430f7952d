//! The heads of histories: where each stands.

use domain::history::{EventHash, FORMAT, Snapshot};
use domain::organisation::Organisation;
use domain::user::User;
use domain::values::{KeyNumber, UserId, Version};
use serde::{Deserialize, Serialize};

use super::{Item, shape};
use crate::fault::StoreFault;

/// The format of the records of a history, which its head says: whoever does not know it must not go on with the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "u32", try_from = "u32")]
pub(crate) struct HeadFormat;

/// The attribute of a head that says the format of its history.
const FORMAT_NAME: &str = "format";

impl From<HeadFormat> for u32 {
    fn from(HeadFormat: HeadFormat) -> Self {
        FORMAT
    }
}

impl TryFrom<u32> for HeadFormat {
    type Error = &'static str;

    fn try_from(format: u32) -> Result<Self, Self::Error> {
        if format == FORMAT { Ok(Self) } else { Err("a format of histories that is not known here") }
    }
}

/// Reads the head of a history. One of another format is told from one that cannot be read: a table of before, or one that a
/// newer release has written to.
pub(crate) fn head<T: for<'de> Deserialize<'de>>(item: Item) -> Result<T, StoreFault> {
    let format = item.get(FORMAT_NAME).and_then(|format| format.as_n().ok());
    if format.and_then(|format| format.parse().ok()) == Some(FORMAT) {
        return shape(item);
    }
    Err(StoreFault::OtherFormat { found: format.cloned().unwrap_or_else(|| "1".to_owned()), known: FORMAT })
}

/// The user item: where a user's history stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserShape {
    format: HeadFormat,
    user_id: UserId,
    version: Version,
    last_number: KeyNumber,
    active_keys: u64,
    head_hash: EventHash,
}

impl UserShape {
    /// What is stored of a snapshot; none for a history that has not begun.
    pub(crate) fn of(snapshot: &Snapshot<User>) -> Option<Self> {
        // Every field is named: one that is new has to be thought about here.
        let Snapshot { state: User { id, version, last_number, active_keys }, head } = snapshot.clone();
        let last_number = last_number?;
        Some(Self { format: HeadFormat, user_id: id, version, last_number, active_keys, head_hash: head })
    }
}

impl From<UserShape> for Snapshot<User> {
    fn from(shape: UserShape) -> Self {
        let UserShape { format: HeadFormat, user_id, version, last_number, active_keys, head_hash } = shape;
        let user = User { id: user_id, version, last_number: Some(last_number), active_keys };
        Self { state: user, head: head_hash }
    }
}

/// The organisation item: where an organisation's history stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrganisationShape {
    format: HeadFormat,
    #[serde(flatten)]
    organisation: Organisation,
    head_hash: EventHash,
}

impl From<&Snapshot<Organisation>> for OrganisationShape {
    fn from(snapshot: &Snapshot<Organisation>) -> Self {
        let Snapshot { state, head } = snapshot.clone();
        Self { format: HeadFormat, organisation: state, head_hash: head }
    }
}

impl From<OrganisationShape> for Snapshot<Organisation> {
    fn from(shape: OrganisationShape) -> Self {
        let OrganisationShape { format: HeadFormat, organisation, head_hash } = shape;
        Self { state: organisation, head: head_hash }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;

    use super::*;

    #[test]
    fn a_head_of_another_format_is_told_from_one_that_cannot_be_read() {
        let number = |number: &str| AttributeValue::N(number.to_owned());
        let mut item = Item::from([("version".to_owned(), number("1"))]);
        let of = |found: &str| StoreFault::OtherFormat { found: found.to_owned(), known: 2 };
        assert_eq!(head::<UserShape>(item.clone()), Err(of("1")));
        item.insert(FORMAT_NAME.to_owned(), number("3"));
        assert_eq!(head::<UserShape>(item.clone()), Err(of("3")));
        item.insert(FORMAT_NAME.to_owned(), number("2"));
        assert!(matches!(head::<UserShape>(item), Err(StoreFault::Corrupt(_))));
    }
}

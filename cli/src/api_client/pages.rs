//! A list of the API, page after page.

use serde_json::Value;

use super::{ApiClient, ApiFault};

/// A list that is read from its beginning to its end.
pub(crate) struct Pages<'a> {
    client: &'a ApiClient,
    path: [&'a str; 3],
    /// The member of an answer that has the list's entries.
    member: &'static str,
    place: Place,
}

/// Where a list is to be read next.
enum Place {
    Beginning,
    Cursor(String),
    End,
}

impl<'a> Pages<'a> {
    pub(crate) const fn of(client: &'a ApiClient, path: [&'a str; 3], member: &'static str) -> Self {
        Self { client, path, member, place: Place::Beginning }
    }

    /// The entries of the next page; `None` after the last one.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Value>>, ApiFault> {
        let mut page = match &self.place {
            Place::Beginning => self.client.get(&self.path, &[]).await?,
            Place::Cursor(cursor) => self.client.get(&self.path, &[("cursor", cursor)]).await?,
            Place::End => return Ok(None),
        };
        self.place = match page["nextCursor"].take() {
            Value::String(cursor) => Place::Cursor(cursor),
            _ => Place::End,
        };
        match page[self.member].take() {
            Value::Array(entries) => Ok(Some(entries)),
            _ => Err(ApiFault::Unusable(format!("The API's answer has no `{}`.", self.member))),
        }
    }
}

//! A list of the API, page after page.

use serde_json::Value;

use super::{ApiClient, ApiFault};

/// A list that is read from its beginning to its end.
pub(crate) struct Pages<'a> {
    client: &'a ApiClient,
    path: [&'a str; 3],
    /// The member of an answer that has the list's entries.
    member: &'static str,
    parameters: Vec<(&'static str, String)>,
    place: Place,
    total: Option<u64>,
}

/// Where a list is to be read next.
enum Place {
    Beginning,
    Cursor(String),
    End,
}

impl<'a> Pages<'a> {
    pub(crate) const fn of(client: &'a ApiClient, path: [&'a str; 3], member: &'static str) -> Self {
        Self { client, path, member, parameters: Vec::new(), place: Place::Beginning, total: None }
    }

    /// The same with these parameters in every request.
    pub(crate) fn with(self, parameters: Vec<(&'static str, String)>) -> Self {
        Self { parameters, ..self }
    }

    /// The same with pages of at most so many entries.
    pub(crate) fn with_limit(mut self, limit: u64) -> Self {
        self.parameters.push(("limit", limit.to_string()));
        self
    }

    /// Whether the last page was read.
    pub(crate) const fn is_at_end(&self) -> bool {
        matches!(self.place, Place::End)
    }

    /// How many entries there are in all, if a page has said it.
    pub(crate) const fn total(&self) -> Option<u64> {
        self.total
    }

    /// The entries of the next page; `None` after the last one.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Value>>, ApiFault> {
        let mut parameters: Vec<_> =
            self.parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
        match &self.place {
            Place::Beginning => {}
            Place::Cursor(cursor) => parameters.push(("cursor", cursor)),
            Place::End => return Ok(None),
        }
        let mut page = self.client.get(&self.path, &parameters).await?;
        self.total = page["total"].as_u64().or(self.total);
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

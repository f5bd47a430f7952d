//! The members of an event's objects, of whatever type they turn out to be.

use serde_json::{Map, Value};

/// A JSON object; none at all is one without members. `null` is the same as a member that is not there: API Gateway
/// writes it for what there is none of. A member of another type than the one that is asked for is an `Err`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Members<'a>(Option<&'a Map<String, Value>>);

impl<'a> Members<'a> {
    pub(super) const fn of(object: &'a Map<String, Value>) -> Self {
        Self(Some(object))
    }

    fn get(self, name: &str) -> Option<&'a Value> {
        self.0?.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn object(self, name: &str) -> Result<Self, ()> {
        match self.get(name) {
            None => Ok(Self(None)),
            Some(Value::Object(object)) => Ok(Self(Some(object))),
            Some(_) => Err(()),
        }
    }

    pub(super) fn text(self, name: &str) -> Result<Option<&'a str>, ()> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(()),
        }
    }

    pub(super) fn flag(self, name: &str) -> Result<bool, ()> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(()),
        }
    }

    /// All members as texts.
    pub(super) fn texts<C: FromIterator<(String, String)>>(self) -> Result<C, ()> {
        let text =
            |(name, value): (&String, &Value)| Ok((name.clone(), value.as_str().ok_or(())?.to_owned()));
        self.0.into_iter().flatten().map(text).collect()
    }

    /// All members as lists of texts; a text is a list of one.
    pub(super) fn lists(self) -> Result<Vec<(&'a str, Vec<&'a str>)>, ()> {
        let members = self.0.into_iter().flatten();
        members.map(|(name, value)| Ok((name.as_str(), list(value)?))).collect()
    }
}

/// A list of nothing would say that a header or a parameter was sent, and not what it was.
fn list(value: &Value) -> Result<Vec<&str>, ()> {
    match value {
        Value::String(text) => Ok(vec![text]),
        Value::Array(values) if values.is_empty() => Err(()),
        Value::Array(values) => values.iter().map(|value| value.as_str().ok_or(())).collect(),
        _ => Err(()),
    }
}

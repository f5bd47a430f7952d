//! The parameters of a query string, read strictly, with all their faults at once: a filter that is spelled wrong
//! would otherwise answer more than was asked for.

use domain::values::TextFault;
use lambda_http::{Request, RequestExt};

use super::{CALLER_ORG_ID, CALLER_ORG_ID_MESSAGE, Fault};

/// Most faults that are named in one answer.
const MOST_FAULTS: usize = 100;

/// The parameters of a query string, each taken out when it is read. What is left at the end is unknown.
#[derive(Debug)]
pub struct QueryParameters {
    parameters: Vec<(String, String)>,
    faults: Vec<Fault>,
}

impl QueryParameters {
    /// Reads the query string, percent-decoded once.
    #[must_use]
    pub fn read(request: &Request) -> Self {
        let given = request.query_string_parameters();
        let parameters = given.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { parameters, faults: Vec::new() }
    }

    /// The fault of a query that tries to say who the caller is. It is the only one that a command looks for.
    #[must_use]
    pub fn caller_organisation(&self) -> Option<Fault> {
        let is_there = self.parameters.iter().any(|(name, _)| name == CALLER_ORG_ID);
        is_there.then(|| Fault::outside(CALLER_ORG_ID_MESSAGE))
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let mut taken = self.parameters.extract_if(.., |(present, _)| present == name);
        let (first, more) = (taken.next(), taken.next().is_some());
        drop(taken);
        if more {
            self.faults.push(Fault::outside(format!("The query parameter `{name}` appears more than once.")));
            return None;
        }
        first.map(|(_, value)| value)
    }

    /// Names a fault of a parameter.
    pub fn fault(&mut self, name: &str, predicate: impl std::fmt::Display) {
        self.faults.push(Fault::outside(format!("The query parameter `{name}` {predicate}.")));
    }

    /// A text that may be left out.
    pub fn text<T>(&mut self, name: &str, parse: fn(String) -> Result<T, TextFault>) -> Option<T> {
        let text = self.take(name)?;
        parse(text).map_err(|fault| self.fault(name, fault)).ok()
    }

    /// Any value, as it was given.
    pub fn verbatim(&mut self, name: &str) -> Option<String> {
        self.take(name)
    }

    /// All the faults, the parameters that nobody asked for among them.
    #[must_use]
    pub fn finish(mut self) -> Vec<Fault> {
        let mut unknown: Vec<_> =
            std::mem::take(&mut self.parameters).into_iter().map(|(name, _)| name).collect();
        unknown.sort_unstable();
        unknown.dedup();
        for name in unknown {
            if name == CALLER_ORG_ID {
                self.faults.push(Fault::outside(CALLER_ORG_ID_MESSAGE));
            } else {
                self.fault(&name, "is not one of this query");
            }
        }
        self.faults.truncate(MOST_FAULTS);
        self.faults
    }
}

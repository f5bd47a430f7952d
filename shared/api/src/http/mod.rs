//! The HTTP edge: from an API Gateway request to parsed values, and from an outcome to a response.

pub mod answer;
pub mod body;
mod challenge;
pub mod command;
pub mod command_headers;
pub mod cursor;
pub mod exchange;
pub mod gateway;
pub mod lists;
pub mod parameters;
pub mod problem;
pub mod query;
pub mod routes;
#[cfg(feature = "openapi")]
pub mod schemas;
pub mod target;
mod told;
pub mod trail;

/// The field that only the server fills in.
const CALLER_ORG_ID: &str = "_callerOrgId";
/// Why it is refused, in a body and in a query.
const CALLER_ORG_ID_MESSAGE: &str = "`_callerOrgId` is set by the server from the API key; leave it out.";

/// One thing that is wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong, and the mend.
    pub message: String,
    /// Where in the body, as a JSON pointer (RFC 6901); none for a fault outside of it.
    pub pointer: Option<String>,
}

impl Fault {
    /// A fault outside of the body.
    #[must_use]
    pub fn outside(message: impl Into<String>) -> Self {
        Self { message: message.into(), pointer: None }
    }

    /// A fault of one member of the body's object.
    #[must_use]
    pub fn of_member(name: &str, message: impl Into<String>) -> Self {
        let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        Self { message: message.into(), pointer: Some(pointer) }
    }

    /// A fault of the body as a whole.
    #[must_use]
    pub fn of_body(message: impl Into<String>) -> Self {
        Self { message: message.into(), pointer: Some(String::new()) }
    }
}

//! Why an event is no request.

/// The first thing about an event that makes it unusable. `Display` is a sentence without its full stop, for whoever
/// sent the request; it repeats nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// It is not a JSON object.
    #[error("The request did not come as an event of API Gateway")]
    NotAnEvent,
    /// It is of a payload format that is not known here.
    #[error("The request came in a payload format that is not understood")]
    Version,
    /// There is no method, or what is there is none (RFC 9110, section 9.1).
    #[error("The request's method is missing or not usable")]
    Method,
    /// The path is no text.
    #[error("The request's path is not usable")]
    Path,
    /// The parameters of the path are no texts.
    #[error("The parameters of the request's path are not usable")]
    PathParameters,
    /// The query is no text, or its parameters are none.
    #[error("The request's query is not usable")]
    Query,
    /// The headers are no texts.
    #[error("The request's headers are not usable")]
    Headers,
    /// A header's name is none (RFC 9110, section 5.1).
    #[error("The name of one of the request's headers is not usable")]
    HeaderName,
    /// A header's value has control characters in it (RFC 9110, section 5.5).
    #[error("The value of one of the request's headers has control characters in it")]
    HeaderValue,
    /// There are more headers than a request can have.
    #[error("The request has too many headers")]
    TooManyHeaders,
    /// The body is no text.
    #[error("The request's body is not usable")]
    Body,
    /// The body is said to be Base64, and is not.
    #[error("The request's body did not come as the Base64 that it was said to be")]
    Base64,
}

//! What a gateway says about a request besides the request itself.

/// What kind of gateway an event comes from, and in which format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload {
    /// An HTTP API, payload format 2.0: paths come decoded, repeated headers joined by commas.
    HttpApi2,
    /// An HTTP API, payload format 1.0: paths come decoded, repeated headers as a list.
    HttpApi1,
    /// A REST API, whose events do not say a version: paths come as they were sent, repeated headers as a list.
    RestApi,
}

/// What the gateway says about a request besides the request itself. It is an extension of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gateway {
    /// Where the request comes from.
    pub payload: Payload,
    /// The gateway's id of the request, which its access log has too.
    pub request_id: Option<String>,
    /// Whether the client spoke TLS with the gateway.
    pub is_https: bool,
    /// What an investigator asks first.
    pub origin: Origin,
}

/// Where a request came from, and what route it took. Of these, the gateway itself knows the route and the address; the
/// user agent is the client's word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// Method and path, the parameters in braces.
    pub route: Option<String>,
    /// The address that the connection came from.
    pub source_address: Option<String>,
    /// The client's `User-Agent`, cut off where it is too long.
    pub user_agent: Option<String>,
}

impl Payload {
    /// Whether the gateway has percent-decoded the path and its parameters.
    #[must_use]
    pub const fn has_decoded_path(self) -> bool {
        match self {
            Self::HttpApi2 | Self::HttpApi1 => true,
            Self::RestApi => false,
        }
    }
}

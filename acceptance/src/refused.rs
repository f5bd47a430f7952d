//! A refusal as a whole: its status, every header and every member of its body (contract, "Refusals"), and that
//! nothing was written.

use std::collections::BTreeMap;
use std::panic::Location;

use lambda_http::http::StatusCode;
use serde_json::{Value, json};

use crate::{Reply, RequestBuilder, Stage};

/// The challenges of a 401 (RFC 9110, section 11.6.1).
pub const BEARER: &str = "Bearer realm=\"physical-keys\"";
/// See [`BEARER`].
pub const API_KEY: &str = "ApiKey realm=\"physical-keys\"";

/// The challenge to a bearer token that is refused for a reason (RFC 6750, section 3).
#[must_use]
pub fn invalid_token(reason: &str) -> String {
    format!("{BEARER}, error=\"invalid_token\", error_description=\"{reason}\"")
}

/// What a refusal has to be.
#[derive(Debug, Clone)]
pub struct Refused {
    status: u16,
    code: &'static str,
    message: String,
    errors: Vec<Value>,
    headers: BTreeMap<String, String>,
}

impl Refused {
    /// A refusal with one thing wrong, which is not at a place in the body.
    #[must_use]
    pub fn new(status: u16, code: &'static str, message: &str) -> Self {
        let headers = [
            ("cache-control", "no-store"),
            ("content-type", "application/json"),
            ("x-content-type-options", "nosniff"),
        ];
        Self {
            status,
            code,
            message: message.to_owned(),
            errors: vec![json!({"code": status, "message": message})],
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        }
    }

    /// A 400 that names these faults in this order: the JSON pointer, for a fault of the body, and the words.
    #[must_use]
    pub fn invalid(faults: &[(Option<&str>, &str)]) -> Self {
        let message = match faults {
            [(_, only)] => only,
            _ => "The request is not valid; see `errors`.",
        };
        let error = |(pointer, message): &(Option<&str>, &str)| match pointer {
            Some(pointer) => json!({"code": 400, "message": message, "pointer": pointer}),
            None => json!({"code": 400, "message": message}),
        };
        let errors = faults.iter().map(error).collect();
        Self { errors, ..Self::new(400, "invalid_request", message) }
    }

    /// A 401 for these reasons, with these challenges.
    #[must_use]
    pub fn unauthenticated(code: &'static str, reasons: &[&str], challenges: &str) -> Self {
        let message = match reasons {
            [only] => only,
            _ => "The credentials are missing or refused; see `errors`.",
        };
        let errors = reasons.iter().map(|reason| json!({"code": 401, "message": reason})).collect();
        let refused = Self { errors, ..Self::new(401, code, message) };
        refused.with_header("www-authenticate", challenges)
    }

    /// The 401 of a caller who shows neither credential where both are required.
    #[must_use]
    pub fn without_credentials() -> Self {
        let reasons = [
            "A bearer token is required: `Authorization: Bearer <JWT>`.",
            "An API key is required: `X-API-Key: <API key>`.",
        ];
        let challenges = format!("{BEARER}, {API_KEY}");
        Self::unauthenticated("credentials_missing", &reasons, &challenges)
    }

    /// The 401 of a bearer token that is refused, beside a good API key.
    #[must_use]
    pub fn bearer_token(reason: &str) -> Self {
        Self::unauthenticated("credentials_refused", &[reason], &invalid_token(reason))
    }

    /// The 401 of an API key that is refused, beside a good bearer token.
    #[must_use]
    pub fn api_key(reason: &str) -> Self {
        Self::unauthenticated("credentials_refused", &[reason], API_KEY)
    }

    /// The same about a member of the body, by its JSON pointer.
    #[must_use]
    pub fn at(mut self, pointer: &str) -> Self {
        for error in &mut self.errors {
            error["pointer"] = json!(pointer);
        }
        self
    }

    /// One more header, or another value of one that every refusal has.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Checks that a reply is this refusal, and nothing besides.
    #[track_caller]
    pub fn check(&self, reply: &Reply) {
        self.check_answer_to("the request", reply);
    }

    #[track_caller]
    fn check_answer_to(&self, request: &str, reply: &Reply) {
        let title = StatusCode::from_u16(self.status).ok().and_then(|status| status.canonical_reason());
        let request_id = reply.request_id();
        let mut expected_headers = self.headers.clone();
        expected_headers.insert("x-request-id".to_owned(), request_id.to_owned());
        let expected = json!({
            "status": self.status,
            "headers": expected_headers,
            "body": {
                "success": false, "error": self.code, "message": self.message,
                "type": "about:blank", "title": title, "status": self.status, "detail": self.message,
                "requestId": request_id,
                "errors": self.errors,
            },
        });
        let actual = json!({"status": reply.status(), "headers": headers(reply), "body": reply.json()});
        assert!(actual == expected, "{request} was answered\n{actual:#}\nand should have been\n{expected:#}");
    }
}

/// Every header of a reply; the values of one that is there more than once are all shown.
fn headers(reply: &Reply) -> BTreeMap<&str, String> {
    let mut shown = BTreeMap::<_, String>::new();
    for (name, value) in reply.response.headers() {
        let value = value.to_str().expect("an ASCII header");
        shown
            .entry(name.as_str())
            .and_modify(|values| *values = format!("{values} | {value}"))
            .or_insert_with(|| value.to_owned());
    }
    shown
}

impl Stage {
    /// Sends a request that has to be refused like this, and checks that it writes nothing. A failure names the line
    /// of the caller, which a back trace through a future does not.
    #[track_caller]
    pub fn refuses(&self, request: RequestBuilder, refused: Refused) -> impl Future<Output = Reply> {
        let caller = Location::caller();
        async move {
            let before = self.stored().await;
            let reply = request.send(self).await;
            refused.check_answer_to(&format!("{request:?} at {caller}"), &reply);
            assert!(self.stored().await == before, "a refusal wrote something: {request:?} at {caller}");
            reply
        }
    }
}

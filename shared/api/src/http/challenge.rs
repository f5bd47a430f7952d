//! The challenges of a 401: what `WWW-Authenticate` says (RFC 9110, section 11.6.1; RFC 6750, section 3).

use lambda_http::http::HeaderValue;

use crate::auth::CredentialFault;

const BEARER: &str = "Bearer realm=\"physical-keys\"";
const API_KEY: &str = "ApiKey realm=\"physical-keys\"";

/// One challenge for each way in that `faults` closes, in their order.
pub(super) fn challenges(faults: &[CredentialFault]) -> HeaderValue {
    let told: Vec<String> = faults.iter().flat_map(challenges_of).collect();
    HeaderValue::from_str(&told.join(", ")).unwrap_or(HeaderValue::from_static(BEARER))
}

fn challenges_of(fault: &CredentialFault) -> Vec<String> {
    match fault {
        CredentialFault::ApiKeyMissing | CredentialFault::ApiKey(_) => vec![API_KEY.to_owned()],
        CredentialFault::TokenMissing => vec![BEARER.to_owned()],
        CredentialFault::BothMissing => vec![BEARER.to_owned(), API_KEY.to_owned()],
        CredentialFault::NotABearerToken | CredentialFault::Token(_) => {
            vec![format!("{BEARER}, error=\"invalid_token\"{}", described(&fault.to_string()))]
        }
    }
}

/// The `error_description`, or nothing where RFC 6750 allows none: it may hold printable ASCII without `"` and `\`,
/// and a description can name a configured claim that is not.
fn described(description: &str) -> String {
    let allowed = |c: char| matches!(c, ' '..='~') && !matches!(c, '"' | '\\');
    if description.chars().all(allowed) {
        format!(", error_description=\"{description}\"")
    } else {
        String::new()
    }
}

//! The configuration of bearer tokens: which are taken, and whom they name.

use std::time::Duration;

use domain::loopback::is_loopback;
use lambda_http::http::Uri;
use process::environment::{ConfigFault, optional, required};
use process::sam_local::StandIns;

use crate::auth::claims::ClaimRules;
use crate::auth::conditions::Conditions;
use crate::auth::identity::IdentityRules;
use crate::auth::signing_keys::SigningKeys;

/// The variables that say how bearer tokens are verified.
pub const TOKEN_VARIABLES: [&str; 9] = [
    "JWT_ISSUER",
    "JWT_AUDIENCE",
    "JWT_CLIENTS",
    "JWT_JWKS_URL",
    "JWT_USER_CLAIM",
    "JWT_ORG_CLAIM",
    "JWT_SERVICE_CLAIM",
    "JWT_MANAGER_CLAIM",
    "JWT_LONGEST_LIFETIME_HOURS",
];

/// How far ahead a token's `exp` may be, unless the deployment says otherwise, in hours.
const LONGEST_LIFETIME: u64 = 24;
/// Most hours that a deployment may say: a month.
const LONGEST_LIFETIME_EVER: u64 = 744;
/// Claims that issuers give to somebody else one day: an address of a person who has left, a name that was changed.
const REASSIGNED: [&str; 6] = ["email", "preferred_username", "upn", "unique_name", "name", "nickname"];
/// An issuer whose tokens any of its customers' services can get for any audience.
const GOOGLE: [&str; 2] = ["accounts.google.com", "https://accounts.google.com"];

/// How bearer tokens are verified.
#[derive(Debug)]
pub struct TokenConfig {
    /// `JWT_JWKS_URL`; under `sam local` the inline key set of the local issuer.
    pub signing_keys: SigningKeyConfig,
    /// Which tokens are taken.
    pub claims: ClaimRules,
    /// Whom a token names.
    pub identity: IdentityRules,
}

/// Where the issuer's signing keys come from.
#[derive(Debug)]
pub enum SigningKeyConfig {
    /// From the JSON Web Key Set at this URL.
    Url(String),
    /// A set that is at hand: the local issuer's, which has no URL.
    Inline(SigningKeys),
    /// From nowhere, so that no signature can be verified.
    Unasked,
}

impl TokenConfig {
    /// Reads the configuration by looking up variables.
    pub fn read(lookup: &impl Fn(&str) -> Option<String>) -> Result<Self, ConfigFault> {
        let rules = Self::read_rules(lookup)?;
        Ok(Self { signing_keys: signing_keys(lookup)?, ..rules })
    }

    /// Reads everything but where the signing keys come from.
    pub fn read_rules(lookup: &impl Fn(&str) -> Option<String>) -> Result<Self, ConfigFault> {
        let listed = |name: &str| optional(lookup, name).map(|text| names(&text)).unwrap_or_default();
        let (audiences, clients) = (listed("JWT_AUDIENCE"), listed("JWT_CLIENTS"));
        if audiences.is_empty() && clients.is_empty() {
            return Err(ConfigFault::Missing("JWT_AUDIENCE"));
        }
        let claims = ClaimRules {
            issuer: required(lookup, "JWT_ISSUER")?,
            audiences,
            clients,
            longest_lifetime: longest_lifetime(lookup)?,
        };
        let identity = IdentityRules {
            user_claim: user_claim(lookup)?,
            org_claim: optional(lookup, "JWT_ORG_CLAIM").unwrap_or_else(|| "org_id".to_owned()),
            service: conditions(lookup, "JWT_SERVICE_CLAIM")?,
            key_manager: conditions(lookup, "JWT_MANAGER_CLAIM")?,
        };
        if identity.service.is_some() && GOOGLE.contains(&claims.issuer.as_str()) {
            return Err(ConfigFault::Wrong {
                name: "JWT_SERVICE_CLAIM",
                expected: "left out for accounts.google.com, which gives any service a token for any audience",
            });
        }
        Ok(Self { signing_keys: SigningKeyConfig::Unasked, claims, identity })
    }
}

/// Names separated by commas, without white space around them.
fn names(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn longest_lifetime(lookup: &impl Fn(&str) -> Option<String>) -> Result<Duration, ConfigFault> {
    let Some(text) = optional(lookup, "JWT_LONGEST_LIFETIME_HOURS") else {
        return Ok(Duration::from_hours(LONGEST_LIFETIME));
    };
    let hours = text.trim().parse().ok().filter(|hours| (1..=LONGEST_LIFETIME_EVER).contains(hours));
    let expected = "a number of hours from 1 to 744";
    hours.map(Duration::from_hours).ok_or(ConfigFault::Wrong { name: "JWT_LONGEST_LIFETIME_HOURS", expected })
}

fn user_claim(lookup: &impl Fn(&str) -> Option<String>) -> Result<String, ConfigFault> {
    let claim = optional(lookup, "JWT_USER_CLAIM").unwrap_or_else(|| "sub".to_owned());
    if REASSIGNED.contains(&claim.as_str()) {
        let expected = "a claim that is never given to somebody else, such as `sub`";
        return Err(ConfigFault::Wrong { name: "JWT_USER_CLAIM", expected });
    }
    Ok(claim)
}

fn conditions(
    lookup: &impl Fn(&str) -> Option<String>,
    name: &'static str,
) -> Result<Option<Conditions>, ConfigFault> {
    let Some(text) = optional(lookup, name) else { return Ok(None) };
    let expected = "conditions `name=value` separated by commas; in a value, `{org}` and `{name}` stand for the \
                    token's organisation and its claim of that name";
    Conditions::parse(&text).map(Some).ok_or(ConfigFault::Wrong { name, expected })
}

fn inline(key_set: &str) -> Result<SigningKeys, ConfigFault> {
    let keys = SigningKeys::parse(key_set.as_bytes());
    keys.map_err(|fault| ConfigFault::Unusable { name: "LOCAL_JWT_JWKS", why: fault.to_string() })
}

fn signing_keys(lookup: &impl Fn(&str) -> Option<String>) -> Result<SigningKeyConfig, ConfigFault> {
    if let Some(key_set) = StandIns::read(lookup).key_set {
        return Ok(SigningKeyConfig::Inline(inline(&key_set)?));
    }
    let url = required(lookup, "JWT_JWKS_URL")?;
    let expected = "an https URL (http only for this machine)";
    if is_safe(&url) {
        Ok(SigningKeyConfig::Url(url))
    } else {
        Err(ConfigFault::Wrong { name: "JWT_JWKS_URL", expected })
    }
}

/// Whoever can change the keys on their way can sign tokens, so they travel over TLS or not at all.
fn is_safe(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else { return false };
    match (uri.scheme_str(), uri.host()) {
        (Some("https"), Some(host)) => !host.is_empty(),
        (Some("http"), Some(host)) => is_loopback(host),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::changed;
    use super::*;

    fn read(changes: &[(&str, &str)]) -> Result<TokenConfig, ConfigFault> {
        TokenConfig::read(&changed(changes))
    }

    #[track_caller]
    fn check(changes: &[(&str, &str)], expected: &str) {
        assert_eq!(read(changes).unwrap_err().to_string(), expected);
    }

    #[test]
    fn nobody_is_a_service_or_a_key_manager_unless_it_is_said_by_what() {
        let TokenConfig { claims, identity, .. } = read(&[]).unwrap();
        assert_eq!((identity.service, identity.key_manager), (None, None));
        assert_eq!((identity.user_claim.as_str(), identity.org_claim.as_str()), ("sub", "org_id"));
        assert_eq!(claims.longest_lifetime, Duration::from_hours(24));
        assert!(claims.clients.is_empty());
    }

    #[test]
    fn audiences_and_clients_are_lists() {
        let lists = [("JWT_AUDIENCE", "a, b,"), ("JWT_CLIENTS", " c ,d")];
        let claims = read(&lists).unwrap().claims;
        assert_eq!((claims.audiences, claims.clients), (names("a,b"), names("c,d")));
        check(&[("JWT_AUDIENCE", "")], "JWT_AUDIENCE is not set");
        // Cognito's access tokens have a client only.
        assert!(read(&[("JWT_AUDIENCE", ""), ("JWT_CLIENTS", "c")]).is_ok());
    }

    #[test]
    fn a_user_claim_that_is_reassigned_is_refused() {
        for claim in REASSIGNED {
            let expected =
                "JWT_USER_CLAIM must be a claim that is never given to somebody else, such as `sub`";
            check(&[("JWT_USER_CLAIM", claim)], expected);
        }
        for claim in ["oid", "uid", "https://keys.example/user"] {
            assert!(read(&[("JWT_USER_CLAIM", claim)]).is_ok());
        }
    }

    #[test]
    fn conditions_are_read_at_start() {
        for name in ["JWT_SERVICE_CLAIM", "JWT_MANAGER_CLAIM"] {
            assert!(read(&[(name, "gty=client-credentials,groups=key-managers/{org}")]).is_ok());
            for text in ["gty", "a={", "sub={sub}"] {
                let fault = read(&[(name, text)]).unwrap_err().to_string();
                assert!(fault.starts_with(&format!("{name} must be conditions")), "{fault}");
            }
        }
    }

    #[test]
    fn google_issues_no_tokens_of_services() {
        for issuer in GOOGLE {
            let fault = read(&[("JWT_ISSUER", issuer), ("JWT_SERVICE_CLAIM", "sub={azp}")]).unwrap_err();
            assert!(fault.to_string().starts_with("JWT_SERVICE_CLAIM must be left out"), "{fault}");
            assert!(read(&[("JWT_ISSUER", issuer)]).is_ok());
        }
    }

    #[test]
    fn the_longest_lifetime_is_a_number_of_hours() {
        let hours = |text| read(&[("JWT_LONGEST_LIFETIME_HOURS", text)]);
        assert_eq!(hours("744").unwrap().claims.longest_lifetime, Duration::from_hours(744));
        for text in ["0", "745", "-1", "1h"] {
            let expected = "JWT_LONGEST_LIFETIME_HOURS must be a number of hours from 1 to 744";
            assert_eq!(hours(text).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn an_inline_key_set_counts_under_sam_local_only() {
        // The public key of RFC 8037, appendix A.2.
        const KEY_SET: &str = r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "a", "alg": "EdDSA",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
        let inline = ("LOCAL_JWT_JWKS", KEY_SET);
        let under_sam = read(&[("AWS_SAM_LOCAL", "true"), inline]).unwrap();
        assert!(matches!(under_sam.signing_keys, SigningKeyConfig::Inline(_)));
        let deployed = read(&[inline]).unwrap();
        assert!(matches!(deployed.signing_keys, SigningKeyConfig::Url(_)));
        let empty = read(&[("AWS_SAM_LOCAL", "true"), ("LOCAL_JWT_JWKS", "")]).unwrap();
        assert!(matches!(empty.signing_keys, SigningKeyConfig::Url(_)));
        let wrong = [("AWS_SAM_LOCAL", "true"), ("LOCAL_JWT_JWKS", "{}")];
        check(&wrong, "LOCAL_JWT_JWKS is not a JSON Web Key Set");
    }

    #[test]
    fn keys_travel_over_tls_or_within_this_machine() {
        for url in ["http://127.0.0.1:1/a", "http://localhost/a", "http://[::1]:1/a", "https://a.example"] {
            assert!(read(&[("JWT_JWKS_URL", url)]).is_ok(), "{url}");
        }
        for url in
            ["http://issuer.example/jwks.json", "file:///jwks.json", "jwks.json", "https://", "ftp://a"]
        {
            let expected = "JWT_JWKS_URL must be an https URL (http only for this machine)";
            check(&[("JWT_JWKS_URL", url)], expected);
        }
    }
}

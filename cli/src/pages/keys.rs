//! The page for people who manage physical keys: its files, what is configured, and the policy that follows from it. What the local
//! server serves and what `physical-keys page` writes for another host is the same.

use axum::http::HeaderValue;
use reqwest::Url;
use serde_json::{Value, json};

use super::{SCRIPT, STYLE, TEXT};
use crate::arguments::page::SignInArguments;
use crate::output::Failure;

const INDEX: &str = include_str!("../../../pages/keys/index.html");
/// The two places of the page that are written.
const CONFIGURATION: &str = r#"content="{}""#;
const POLICY: &str = r#"content="default-src 'none'""#;

page_files! {
    "keys":
    STYLE "keys.css", STYLE "parts.css", STYLE "views.css",
    SCRIPT "adding.js", SCRIPT "addresses.js", SCRIPT "api.js", SCRIPT "asking.js", SCRIPT "choosing.js", SCRIPT "configuration.js",
    SCRIPT "downloads.js", SCRIPT "drafts.js", SCRIPT "elements.js", SCRIPT "inventory.js", SCRIPT "issuer.js", SCRIPT "keys.js",
    SCRIPT "listing.js", SCRIPT "messages.js", SCRIPT "organisation.js", SCRIPT "person.js", SCRIPT "receipt.js", SCRIPT "rows.js",
    SCRIPT "sentences.js", SCRIPT "session.js", SCRIPT "story.js", SCRIPT "taking-back.js",
    TEXT "vendor/licences.txt", SCRIPT "vendor/oauth4webapi-3.8.8.js", SCRIPT "vendor/write-excel-file-4.1.1.js",
}

/// What the page is told.
#[derive(Debug, Clone)]
pub(crate) struct Configuration {
    api: Option<Url>,
    sign_in: Option<SignIn>,
    organisation_claim: String,
    demo: bool,
}

/// How people sign in: `OpenID` Connect, authorization code with PKCE.
#[derive(Debug, Clone)]
struct SignIn {
    issuer: Url,
    asked: SignInArguments,
}

impl Configuration {
    /// As it is asked for; the issuer and its claim are those that functions read from the same environment.
    pub(crate) fn read(
        api: Option<Url>,
        arguments: &SignInArguments,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Failure> {
        let sign_in = match &arguments.client {
            None => None,
            Some(_) => Some(SignIn {
                issuer: issuer(&lookup("JWT_ISSUER").unwrap_or_default())?,
                asked: arguments.clone(),
            }),
        };
        let claim = lookup("JWT_ORG_CLAIM").filter(|claim| !claim.is_empty());
        let organisation_claim = claim.unwrap_or_else(|| "org_id".to_owned());
        Ok(Self { api, sign_in, organisation_claim, demo: false })
    }

    /// The same, beside a server that has a demo's credentials.
    pub(crate) fn with_demo(self) -> Self {
        Self { demo: true, ..self }
    }

    /// As `configuration.js` reads it.
    fn json(&self) -> Value {
        let sign_in = self.sign_in.as_ref().map(|SignIn { issuer, asked }| {
            json!({
                "issuer": issuer.as_str(),
                "clientId": asked.client,
                "scope": asked.scope,
                "audience": asked.audience,
                "resource": asked.resource,
            })
        });
        json!({
            "api": self.api.as_ref().map(Url::as_str),
            "signIn": sign_in,
            "organisationClaim": self.organisation_claim,
            "demo": self.demo,
        })
    }

    /// What the page may do: call the API and the issuer, and nothing else. A `meta` element cannot say who may frame the page, so the
    /// header says that as well.
    fn policy(&self) -> String {
        let issuers = self.sign_in.iter();
        let issuers =
            issuers.flat_map(|sign_in| std::iter::once(&sign_in.issuer).chain(&sign_in.asked.origins));
        let here = self.api.is_none().then(|| "'self'".to_owned());
        let mut called = Vec::from_iter(here);
        for url in self.api.iter().chain(issuers) {
            let origin = url.origin().ascii_serialization();
            if !called.contains(&origin) {
                called.push(origin);
            }
        }
        format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src {}; img-src data:; base-uri 'none'; \
             form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
            called.join(" "),
        )
    }
}

/// The page as it is configured.
#[derive(Debug)]
pub(crate) struct KeysPage {
    /// `index.html`.
    pub(crate) html: String,
    /// The `Content-Security-Policy` that its host should send.
    pub(crate) policy: HeaderValue,
}

impl KeysPage {
    pub(crate) fn of(configuration: &Configuration) -> Result<Self, Failure> {
        let written = configuration.json().to_string();
        let policy = configuration.policy();
        let html = INDEX
            .replacen(CONFIGURATION, &format!("content=\"{}\"", in_attribute(&written)), 1)
            .replacen(POLICY, &format!("content=\"{}\"", in_attribute(&policy)), 1);
        let policy = HeaderValue::from_str(&format!("{policy}; frame-ancestors 'none'"));
        Ok(Self { html, policy: policy.map_err(|error| Failure::because("The page's policy", error))? })
    }
}

fn in_attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

/// The issuer as the page calls it.
fn issuer(text: &str) -> Result<Url, Failure> {
    if text.is_empty() {
        return Err(Failure(
            "Set JWT_ISSUER to the issuer at which --sign-in-client is a client.".to_owned(),
        ));
    }
    crate::arguments::api::api(text).map_err(|fault| Failure(format!("JWT_ISSUER {fault}.")))
}

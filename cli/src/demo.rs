//! What a first visitor needs: a demo organisation, its API key, a token, and two curl lines that work when pasted.

use std::time::{Duration, Instant};

use domain::api_key::{ApiKeyTerms, PresentedApiKey};
use domain::organisation::OrganisationCommand;
use domain::values::{EpochMillis, KeyNumber, OrgId, OrgName, Subject, TextFault, UserId};
use local_inventory::issuer::{Bearer, LocalIssuer};
use local_inventory::private_files;
use process::chance::Chance;
use process::clock::Clock;
use process::retry::Backoff;
use serde_json::{Value, json};
use store::{CredentialLookup, Lookup, Operator, Table};

use crate::folder::LockedFolder;
use crate::organisations::{issue, operator};
use crate::output::Failure;

const TOKEN_VALID_FOR: Duration = Duration::from_hours(24);
const READ_TIME: Duration = Duration::from_secs(5);

/// The demo's names and credentials.
#[derive(Debug)]
pub(crate) struct Demo {
    issuer: LocalIssuer,
    org_id: OrgId,
    user_id: UserId,
    api_key: String,
    next_number: KeyNumber,
}

impl Demo {
    /// Registers the demo organisation, unless it is, and gets credentials ready.
    pub(crate) async fn prepare(
        table: &Table,
        clock: &Clock,
        issuer: LocalIssuer,
        folder: Option<&LockedFolder>,
    ) -> Result<Self, Failure> {
        let (org_id, org_name, user_id) =
            names().map_err(|fault| Failure::because("The demo's names", fault))?;
        // It is nobody in particular who starts the server.
        let operator = operator(Subject::parse("physical-keys serve").ok())?;
        let command = OrganisationCommand::Register { name: Some(org_name) };
        let registered = table.command_organisation(&org_id, &command, &operator).await;
        registered.map_err(|fault| Failure::because("The demo organisation was not registered", fault))?;
        let api_key = api_key(table, &operator, &org_id, folder).await?;
        let next_number = next_number(table, &user_id, clock).await?;
        Ok(Self { issuer, org_id, user_id, api_key, next_number })
    }

    /// The curl lines: a physical key is added, and the same one removed.
    pub(crate) fn curl_lines(&self, address: &str, now: EpochMillis) -> Result<[String; 2], Failure> {
        let token = self.user_token(&self.user_id, now)?;
        let add = json!({"orgId": self.org_id, "orgName": "Demo Organisation", "note": "Front door"});
        let remove = json!({"number": self.next_number});
        Ok([("AddPhysicalKey", add), ("RemovePhysicalKey", remove)].map(|(command, body)| {
            format!(
                "curl -sS -X POST 'http://{address}/users/{}/{command}' -H 'Authorization: Bearer {}' \
                 -H 'X-API-Key: {}' -H 'Content-Type: application/json' -d '{body}'",
                self.user_id, token, self.api_key,
            )
        }))
    }

    /// What the reference fills in: the credentials of a service of the demo organisation, for which
    /// everything that the reference can do is allowed.
    pub(crate) fn credentials(&self, now: EpochMillis) -> Result<Value, Failure> {
        Ok(json!({
            "token": self.service_token(now)?,
            "apiKey": self.api_key,
            "orgId": self.org_id,
            "userId": self.user_id,
        }))
    }

    /// The credentials of a key manager of the demo organisation, which suffice by themselves.
    pub(crate) fn manager(&self, now: EpochMillis) -> Result<Value, Failure> {
        let manager =
            UserId::parse("demo-manager").map_err(|fault| Failure::because("The demo's names", fault))?;
        Ok(json!({"token": self.token(&Bearer::KeyManager(manager, self.org_id.clone()), now)?}))
    }

    /// The user whom the demo is about.
    pub(crate) const fn user_id(&self) -> &UserId {
        &self.user_id
    }

    /// The demo organisation's API key.
    pub(crate) fn api_key(&self) -> &str {
        &self.api_key
    }

    /// The key set of the demo's tokens.
    pub(crate) fn key_set(&self) -> Value {
        self.issuer.key_set()
    }

    /// A token of the demo organisation's service.
    pub(crate) fn service_token(&self, now: EpochMillis) -> Result<String, Failure> {
        self.token(&Bearer::Service(self.org_id.clone()), now)
    }

    /// A token of a user.
    pub(crate) fn user_token(&self, user_id: &UserId, now: EpochMillis) -> Result<String, Failure> {
        self.token(&Bearer::Person(user_id.clone(), None), now)
    }

    fn token(&self, bearer: &Bearer, now: EpochMillis) -> Result<String, Failure> {
        let token = self.issuer.token(bearer, now, TOKEN_VALID_FOR);
        token.map_err(|fault| Failure::because("The demo token cannot be signed", fault))
    }
}

fn names() -> Result<(OrgId, OrgName, UserId), TextFault> {
    Ok((OrgId::parse("demo-org")?, OrgName::parse("Demo Organisation")?, UserId::parse("demo-user")?))
}

/// The demo organisation's API key. A folder keeps it, so that starting again does not issue another one.
async fn api_key(
    table: &Table,
    operator: &Operator,
    org_id: &OrgId,
    folder: Option<&LockedFolder>,
) -> Result<String, Failure> {
    if let Some(kept) = folder.and_then(|folder| std::fs::read_to_string(folder.demo_api_key()).ok()) {
        let kept = kept.trim().to_owned();
        if let Ok(presented) = PresentedApiKey::parse(&kept) {
            let stored = table.api_keys_of(org_id).await;
            let stored =
                stored.map_err(|fault| Failure::because("The demo's API key cannot be read", fault))?;
            let stored = stored.iter().find(|stored| stored.api_key_id == *presented.id());
            if presented.verify(stored, operator.clock.now()).is_ok() {
                return Ok(kept);
            }
        }
    }
    let terms = ApiKeyTerms::of(org_id.clone(), operator.clock.now());
    let (text, _) = issue(table, terms, operator).await?;
    if let Some(folder) = folder {
        let kept = private_files::write(&folder.demo_api_key(), text.as_bytes());
        kept.map_err(|error| Failure::because("The demo's API key cannot be kept", error))?;
    }
    Ok(text)
}

/// The number that the demo user's next physical key will get.
async fn next_number(table: &Table, user_id: &UserId, clock: &Clock) -> Result<KeyNumber, Failure> {
    let credentials = CredentialLookup { api_key: None, organisation: None };
    let lookup = Lookup { credentials, user_id, number: None, mark: false, request_hash: None };
    let waits = Backoff::new(Chance::system().for_waits());
    let state = table.look_up(&lookup, clock.now(), waits, Instant::now() + READ_TIME).await;
    let state = state.map_err(|fault| Failure::because("The demo user cannot be read", fault))?;
    Ok(state.snapshot.state.last_number.map_or(KeyNumber::FIRST, KeyNumber::next))
}

//! What a first visitor needs: a demo organisation, its API key, a token, and two curl lines that work when pasted.

use std::io::Write;
use std::time::{Duration, Instant};

use key_inventory::auth::api_key::PresentedApiKey;
use key_inventory::backend::Backend;
use key_inventory::table::{Lookup, Table};
use key_inventory::values::{EpochMillis, KeyNumber, OrgId, OrgName, TextFault, UserId};
use local_inventory::issuer::{LocalIssuer, Subject};
use serde_json::{Value, json};

use crate::folder::LockedFolder;
use crate::organisations::issue;
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
        backend: &Backend,
        issuer: LocalIssuer,
        folder: Option<&LockedFolder>,
    ) -> Result<Self, Failure> {
        let (org_id, org_name, user_id) =
            names().map_err(|fault| Failure::because("The demo's names", fault))?;
        let now = backend.clock.now();
        let registered = backend.table.register_organisation(&org_id, Some(&org_name), now).await;
        registered.map_err(|fault| Failure::because("The demo organisation was not registered", fault))?;
        let api_key = api_key(backend, &org_id, folder).await?;
        let next_number = next_number(&backend.table, &user_id, backend).await?;
        Ok(Self { issuer, org_id, user_id, api_key, next_number })
    }

    /// The curl lines: a physical key is added, and the same one removed.
    pub(crate) fn curl_lines(&self, address: &str, now: EpochMillis) -> Result<[String; 2], Failure> {
        let token = self.token(&Subject::User(self.user_id.clone()), now)?;
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

    /// What a page of this server fills in: the credentials of a service of the demo organisation, for which
    /// everything that the pages can do is allowed.
    pub(crate) fn credentials(&self, now: EpochMillis) -> Result<Value, Failure> {
        Ok(json!({
            "token": self.token(&Subject::Service(self.org_id.clone()), now)?,
            "apiKey": self.api_key,
            "orgId": self.org_id,
            "userId": self.user_id,
        }))
    }

    fn token(&self, subject: &Subject, now: EpochMillis) -> Result<String, Failure> {
        let token = self.issuer.token(subject, now, TOKEN_VALID_FOR);
        token.map_err(|fault| Failure::because("The demo token cannot be signed", fault))
    }
}

fn names() -> Result<(OrgId, OrgName, UserId), TextFault> {
    Ok((OrgId::parse("demo-org")?, OrgName::parse("Demo Organisation")?, UserId::parse("demo-user")?))
}

/// The demo organisation's API key. A folder keeps it, so that starting again does not issue another one.
async fn api_key(
    backend: &Backend,
    org_id: &OrgId,
    folder: Option<&LockedFolder>,
) -> Result<String, Failure> {
    let now = backend.clock.now();
    if let Some(kept) = folder.and_then(|folder| std::fs::read_to_string(folder.demo_api_key()).ok()) {
        let kept = kept.trim().to_owned();
        if let Ok(presented) = PresentedApiKey::parse(&kept) {
            let stored = backend.table.api_keys_of(org_id).await;
            let stored =
                stored.map_err(|fault| Failure::because("The demo's API key cannot be read", fault))?;
            let stored = stored.iter().find(|stored| stored.api_key_id == *presented.id());
            if presented.verify(stored, now).is_ok() {
                return Ok(kept);
            }
        }
    }
    let (text, _) = issue(&backend.table, org_id.clone(), None, &backend.clock).await?;
    if let Some(folder) = folder {
        keep(folder, &text).map_err(|error| Failure::because("The demo's API key cannot be kept", error))?;
    }
    Ok(text)
}

/// Writes the API key for its owner's eyes only.
fn keep(folder: &LockedFolder, api_key: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(folder.demo_api_key())?.write_all(api_key.as_bytes())
}

/// The number that the demo user's next physical key will get.
async fn next_number(table: &Table, user_id: &UserId, backend: &Backend) -> Result<KeyNumber, Failure> {
    let lookup = Lookup { user_id, api_key: None, number: None, request_hash: None };
    let state = table.read_for_command(&lookup, backend.clock.now(), Instant::now() + READ_TIME).await;
    let state = state.map_err(|fault| Failure::because("The demo user cannot be read", fault))?;
    Ok(state.snapshot.user.last_number.map_or(KeyNumber::FIRST, KeyNumber::next))
}

//! What SAM is handed: variables, events with credentials filled in, and curl's configuration.

use std::path::{Path, PathBuf};

use api::http::target::percent_decoded;
use domain::values::{EpochMillis, UserId, VerifierKey};
use local_inventory::dynamodb::AccessKeyId;
use local_inventory::issuer::{LOCAL_AUDIENCE, LOCAL_ISSUER, LOCAL_MANAGER_CLAIM, LOCAL_SERVICE_CLAIM};
use local_inventory::private_files;
use serde_json::{Value, json};

use crate::demo::Demo;
use crate::folder::Folder;
use crate::output::Failure;
use crate::serve::cursor_secret;
use crate::store::LOCAL_TABLE;

/// What the key of the folder's KMS is called: it has one.
const LOCAL_KMS_KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/local";

/// The folder's part for SAM.
#[derive(Debug)]
pub(crate) struct SamFolder(PathBuf);

/// What differs from one run to another.
#[derive(Debug)]
pub(crate) struct Variables {
    pub(crate) key_set: Value,
    pub(crate) aws_endpoint: String,
    pub(crate) access_key_id: AccessKeyId,
    pub(crate) s3_endpoint: Option<String>,
    pub(crate) audit_export_url: String,
    pub(crate) verifier_key: VerifierKey,
}

impl SamFolder {
    pub(crate) fn make(folder: &Folder) -> Result<Self, Failure> {
        let sam = Self(folder.path().join("sam-local"));
        for path in [sam.0.clone(), sam.0.join("events")] {
            private_files::make_folder(&path).map_err(|error| {
                Failure::because(format!("The folder {} cannot be written", path.display()), error)
            })?;
        }
        Ok(sam)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The file in which the bus is recorded, from nothing.
    pub(crate) fn bus(&self) -> Result<PathBuf, Failure> {
        self.write("events-on-the-bus.ndjson", "")
    }

    /// `--env-vars` of SAM: values for variables that the template declares, for all functions.
    pub(crate) fn write_variables(&self, variables: &Variables) -> Result<(), Failure> {
        let values = json!({"Parameters": {
            "TABLE_NAME": LOCAL_TABLE,
            "JWT_ISSUER": LOCAL_ISSUER,
            "JWT_AUDIENCE": LOCAL_AUDIENCE,
            "JWT_SERVICE_CLAIM": LOCAL_SERVICE_CLAIM,
            "JWT_MANAGER_CLAIM": LOCAL_MANAGER_CLAIM,
            "CURSOR_SECRET": cursor_secret(),
            "AUDIT_EXPORT_URL": variables.audit_export_url,
            "AUDIT_DISCLOSURES_URL": format!("{}-disclosures", variables.audit_export_url.trim_end_matches('/')),
            "AUDIT_SIGNING_KEY": LOCAL_KMS_KEY,
            "AUDIT_VERIFIER_KEY": variables.verifier_key,
            "DEAD_LETTER_QUEUE_URL": format!("{}/dead-letters", variables.aws_endpoint),
            "LOCAL_JWT_JWKS": variables.key_set.to_string(),
            "LOCAL_AWS_ENDPOINT": variables.aws_endpoint,
            "LOCAL_AWS_ACCESS_KEY_ID": variables.access_key_id.as_str(),
            "LOCAL_S3_ENDPOINT": variables.s3_endpoint.as_deref().unwrap_or_default(),
        }});
        self.write("variables.json", &format!("{values:#}\n")).map(drop)
    }

    /// Every sample event with credentials: `${TOKEN}` becomes one of the user that the event's path names.
    pub(crate) fn write_events(&self, samples: &Path, demo: &Demo, now: EpochMillis) -> Result<(), Failure> {
        let cannot = |error| {
            Failure::because(format!("The sample events in {} cannot be read", samples.display()), error)
        };
        for entry in std::fs::read_dir(samples).map_err(cannot)? {
            let path = entry.map_err(cannot)?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let event = std::fs::read_to_string(&path).map_err(cannot)?;
            let event = event
                .replace("${TOKEN}", &demo.user_token(&user_of(&event, demo), now)?)
                .replace("${SERVICE_TOKEN}", &demo.service_token(now)?)
                .replace("${API_KEY}", demo.api_key());
            self.write(&format!("events/{name}"), &event)?;
        }
        Ok(())
    }

    /// `--config` of curl: the headers of the demo organisation's service.
    pub(crate) fn write_curl(&self, demo: &Demo, now: EpochMillis) -> Result<(), Failure> {
        let headers = [
            format!("Authorization: Bearer {}", demo.service_token(now)?),
            format!("X-API-Key: {}", demo.api_key()),
            "Content-Type: application/json".to_owned(),
        ];
        let lines = headers.map(|header| format!("header = \"{header}\"\n"));
        self.write("curl", &lines.concat()).map(drop)
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf, Failure> {
        let path = self.0.join(name);
        private_files::write(&path, text.as_bytes())
            .map_err(|error| Failure::because(format!("{} cannot be written", path.display()), error))?;
        Ok(path)
    }
}

/// The user that an event's path names, decoded as the functions do; the demo's if it names none.
fn user_of(event: &str, demo: &Demo) -> UserId {
    let event: Value = serde_json::from_str(event).unwrap_or_default();
    let id = event["pathParameters"]["id"].as_str().unwrap_or_default();
    // Events of REST APIs say no version, and only their paths come encoded.
    let is_decoded = event["version"].is_string();
    let id = if is_decoded { Some(id.into()) } else { percent_decoded(id) };
    id.and_then(|id| UserId::parse(id.into_owned()).ok()).unwrap_or_else(|| demo.user_id().clone())
}

//! The scheduled export of the audit trail: every closed hour that is not exported yet, until the deadline is near; and the
//! daily sweep, which finds who the export has missed.
//!
//! Which hours are due is told by the table's checkpoint and the clock, not by the schedule's event.

mod adopt;
mod destination;
mod disclose;
pub mod export;
mod hour;
mod listing;
mod log_end;
mod plan;
pub mod signing;
pub mod sweep;

use std::time::{Duration, Instant};

use aws_types::SdkConfig;
use domain::values::{EpochMillis, Hour};
use process::chance::Chance;
use process::clock::Clock;
use process::environment::{ConfigFault, optional, required};
use process::sam_local::StandIns;
use serde::{Deserialize, Serialize};
use store::{AuditShards, Table};
use trail::archive::{Archive, ArchiveFault};
use trail::calendar;
use url::Url;

pub use self::destination::DestinationFault;
use crate::export::{ExportFault, Exporter, Report, Settings};
use crate::signing::{SigningKey, SigningKeyFault, SigningKeys, TwoNames};
use crate::sweep::{SweepReport, Sweeper};

/// Time for the answer after the last hour.
const MARGIN: Duration = Duration::from_secs(2);

const EXPORT_URL: &str = "AUDIT_EXPORT_URL";
const DISCLOSURES_URL: &str = "AUDIT_DISCLOSURES_URL";
const FIRST_HOUR: &str = "AUDIT_EXPORT_FIRST_HOUR";
const SIGNING_KEY: &str = "AUDIT_SIGNING_KEY";
const VERIFIER_KEY: &str = "AUDIT_VERIFIER_KEY";
const NEXT_SIGNING_KEY: &str = "AUDIT_NEXT_SIGNING_KEY";
const NEXT_VERIFIER_KEY: &str = "AUDIT_NEXT_VERIFIER_KEY";

/// The configuration of the export.
#[derive(Debug, PartialEq, Eq)]
pub struct ExportConfig {
    /// `TABLE_NAME`: the inventory's table.
    pub table_name: String,
    /// `AUDIT_EXPORT_URL`: where exports are kept, `s3://bucket/prefix` or `file:///dir`.
    pub url: Url,
    /// `AUDIT_DISCLOSURES_URL`: where is kept what discloses the texts of the exported events, in another place than the export; in
    /// the table only unless given.
    pub disclosures_url: Option<Url>,
    /// `AUDIT_EXPORT_FIRST_HOUR`: the first hour of an export that has not begun, such as `2026-11-23T12:00:00Z`; the
    /// one of the table's creation unless given.
    pub first_hour: Option<Hour>,
    /// `AUDIT_SIGNING_KEY` and `AUDIT_VERIFIER_KEY`: who signs the export, and the name of the log.
    pub signing_key: KeyConfig,
    /// `AUDIT_NEXT_SIGNING_KEY` and `AUDIT_NEXT_VERIFIER_KEY`: who is to sign it, while one key follows another.
    pub next_signing_key: Option<KeyConfig>,
}

/// Where a signing key is, and by which its signatures are verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyConfig {
    /// The ARN of a key in KMS, or the path of a file.
    pub place: String,
    /// Its verifier key; one in a file says it itself.
    pub verifier_key: Option<String>,
}

/// What a schedule asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Job {
    /// The export.
    #[default]
    Export,
    /// The sweep.
    Sweep,
}

/// A schedule's event. One that says nothing of a job is for the export.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Scheduled {
    /// What is to be done.
    #[serde(default)]
    pub job: Job,
    /// Whether the hour that it is now is exported, too: an operator asks for it before a table is given up.
    #[serde(default)]
    pub through_now: bool,
}

/// What a run has come to: the function's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Outcome {
    /// Of an export.
    Exported(Report),
    /// Of a sweep.
    Swept(SweepReport),
}

impl ExportConfig {
    /// Reads the configuration by looking up variables.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigFault> {
        let table_name = required(&lookup, "TABLE_NAME")?;
        let url = archive_url(EXPORT_URL, &required(&lookup, EXPORT_URL)?)?;
        let disclosures_url = optional(&lookup, DISCLOSURES_URL);
        let disclosures_url = disclosures_url.map(|text| archive_url(DISCLOSURES_URL, &text)).transpose()?;
        if disclosures_url.as_ref() == Some(&url) {
            let expected = "another place than AUDIT_EXPORT_URL";
            return Err(ConfigFault::Wrong { name: DISCLOSURES_URL, expected });
        }
        let first_hour = match optional(&lookup, FIRST_HOUR) {
            None => None,
            Some(text) => Some(calendar::parse(&text).ok_or(ConfigFault::Wrong {
                name: FIRST_HOUR,
                expected: "the beginning of a UTC hour, such as 2026-11-23T12:00:00Z",
            })?),
        };
        let signing_key = KeyConfig {
            place: required(&lookup, SIGNING_KEY)?,
            verifier_key: optional(&lookup, VERIFIER_KEY),
        };
        let next_signing_key = optional(&lookup, NEXT_SIGNING_KEY)
            .map(|place| KeyConfig { place, verifier_key: optional(&lookup, NEXT_VERIFIER_KEY) });
        Ok(Self { table_name, url, disclosures_url, first_hour, signing_key, next_signing_key })
    }
}

/// The URL of an archive.
fn archive_url(name: &'static str, text: &str) -> Result<Url, ConfigFault> {
    let wrong = ConfigFault::Wrong { name, expected: "s3://bucket/prefix or file:///dir" };
    let url = Url::parse(text).map_err(|_| wrong.clone())?;
    if matches!(url.scheme(), "s3" | "file") { Ok(url) } else { Err(wrong) }
}

impl KeyConfig {
    fn open(&self, environment: &SdkConfig) -> Result<SigningKey, SigningKeyFault> {
        SigningKey::open(&self.place, self.verifier_key.as_deref(), environment)
    }
}

/// Why an export cannot be wired as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum ConnectFault {
    /// The archive cannot be used.
    #[error("AUDIT_EXPORT_URL cannot be used: {0}")]
    Archive(#[from] ArchiveFault),
    /// A signing key cannot be used.
    #[error("AUDIT_SIGNING_KEY cannot be used: {0}")]
    SigningKey(#[from] SigningKeyFault),
    /// The signing keys do not sign one log.
    #[error("AUDIT_NEXT_SIGNING_KEY cannot be used: {0}")]
    TwoNames(#[from] TwoNames),
}

/// What an export is wired with.
#[derive(Debug)]
pub struct Export {
    /// The inventory's table.
    pub table: Table,
    /// Where exports are kept.
    pub archive: Archive,
    /// Where is kept what discloses the texts of their events.
    pub disclosures: Option<Archive>,
    /// Who signs them.
    pub signing: SigningKeys,
    /// The time.
    pub clock: Clock,
    /// Chance.
    pub chance: Chance,
    /// How it is set up.
    pub settings: Settings,
}

impl Export {
    /// An export as configured.
    pub fn connect(
        environment: &SdkConfig,
        config: ExportConfig,
        clock: Clock,
        chance: Chance,
    ) -> Result<Self, ConnectFault> {
        let ExportConfig { table_name, url, disclosures_url, first_hour, signing_key, next_signing_key } =
            config;
        let first = signing_key.open(environment)?;
        let next = next_signing_key.map(|next| next.open(environment)).transpose()?;
        let signing = SigningKeys::new(first, next)?;
        let stand_in = StandIns::of_process().s3_endpoint;
        let archive = Archive::open_at(&url, stand_in.clone())?;
        let disclosures = disclosures_url.map(|url| Archive::open_at(&url, stand_in)).transpose()?;
        // The shards are the writers' business: an export reads all that there can be.
        let table = Table::over(environment, table_name, AuditShards::DEFAULT);
        Ok(Self {
            table,
            archive,
            disclosures,
            signing,
            clock,
            chance,
            settings: Settings { first_hour, ..Settings::default() },
        })
    }

    /// Does what a schedule asks for, until nothing is left or until shortly before the invocation ends.
    pub async fn handle(
        &self,
        Scheduled { job, through_now }: Scheduled,
        invocation_ends: EpochMillis,
    ) -> Result<Outcome, ExportFault> {
        let began = Instant::now();
        let time = invocation_ends.since(self.clock.now()).saturating_sub(MARGIN);
        let Self { table, archive, disclosures, signing, clock, chance, settings } = self;
        let disclosures = disclosures.as_ref();
        let settings = &Settings { through_now, ..settings.clone() };
        let outcome = match job {
            Job::Export => {
                let exporter = Exporter { table, archive, disclosures, signing, clock, chance, settings };
                exporter.export(began + time, |_| {}).await.map(Outcome::Exported)
            }
            Job::Sweep => {
                let swept = Sweeper { table, clock }.sweep(began + time).await;
                swept.map(Outcome::Swept).map_err(ExportFault::from)
            }
        };
        let duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        match &outcome {
            Ok(Outcome::Exported(report)) => {
                let Report { hours, events, through, behind_hours, ahead_hours, left_behind, set_aside } =
                    report;
                if *ahead_hours > 0 {
                    tracing::error!(
                        ahead_hours,
                        "the checkpoint is ahead of the clock, so a clock is wrong or was"
                    );
                }
                tracing::info!(
                    hours,
                    events,
                    through,
                    behind_hours,
                    ahead_hours,
                    left_behind,
                    set_aside,
                    duration_ms,
                    "exported"
                );
            }
            Ok(Outcome::Swept(report)) => {
                let SweepReport { looked_at, left_behind, greatest_lateness_hours, is_through } = report;
                tracing::info!(
                    looked_at,
                    left_behind,
                    greatest_lateness_hours,
                    is_through,
                    duration_ms,
                    "swept"
                );
            }
            Err(fault) => tracing::error!(cause = %fault, duration_ms, "not exported"),
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(table: &str, url: &str) -> Result<ExportConfig, String> {
        read_with(table, url, "")
    }

    fn read_with(table: &str, url: &str, first_hour: &str) -> Result<ExportConfig, String> {
        let config = ExportConfig::read(|name| match name {
            FIRST_HOUR => Some(first_hour.to_owned()),
            "TABLE_NAME" => Some(table.to_owned()),
            "AUDIT_EXPORT_URL" => Some(url.to_owned()),
            SIGNING_KEY => Some("signing-key".to_owned()),
            _ => None,
        });
        config.map_err(|fault| fault.to_string())
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        assert_eq!(read("", "s3://bucket").unwrap_err(), "TABLE_NAME is not set");
        assert_eq!(read("t", " ").unwrap_err(), "AUDIT_EXPORT_URL is not set");
        for url in ["bucket", "https://bucket.example", "gs://bucket"] {
            let expected = "AUDIT_EXPORT_URL must be s3://bucket/prefix or file:///dir";
            assert_eq!(read("t", url).unwrap_err(), expected);
        }
        let fault = read_with("t", "s3://bucket", "2026-11-23T12:30:00Z").unwrap_err();
        let same = ExportConfig::read(|name| match name {
            "TABLE_NAME" => Some("t".to_owned()),
            EXPORT_URL | DISCLOSURES_URL => Some("s3://bucket/audit".to_owned()),
            SIGNING_KEY => Some("signing-key".to_owned()),
            _ => None,
        });
        let expected = "AUDIT_DISCLOSURES_URL must be another place than AUDIT_EXPORT_URL";
        assert_eq!(same.unwrap_err().to_string(), expected);
        let expected =
            "AUDIT_EXPORT_FIRST_HOUR must be the beginning of a UTC hour, such as 2026-11-23T12:00:00Z";
        assert_eq!(fault, expected);
        let config = read_with("t", "s3://bucket", "2026-11-23T12:00:00Z").unwrap();
        assert_eq!(config.first_hour, calendar::parse("2026-11-23T12:00:00Z"));
        assert_eq!(read("t", "s3://bucket/audit").unwrap().url.as_str(), "s3://bucket/audit");
    }
}

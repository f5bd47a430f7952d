//! One event as it is recorded and hashed: format 2, canonical JSON (RFC 8785).
//!
//! A field's name, presence and meaning never change within a format. Optional fields may be added, absent when not given;
//! whatever could be read in two ways, or changes a meaning, is another format.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Actor;
use super::happening::{AggregateType, EventType, Happening, SaysIssuer};
use crate::audit_log;
use crate::organisation;
use crate::user;
use crate::values::{EpochMillis, OrgId, Version};

/// The format of records that this release writes and reads.
pub const FORMAT: u32 = 2;

/// One event with everything an auditor asks about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRecord {
    /// What happened, and in whose history.
    pub happening: Happening,
    /// Its place in that history, from 1, without gaps.
    pub version: Version,
    /// The organisation that it concerns: of a physical key, who issued it. A log's event concerns none.
    pub issuer: Option<OrgId>,
    /// When the attempt that wrote it began.
    pub recorded_at: EpochMillis,
    /// Who did it.
    pub actor: Actor,
    /// The request that it answered.
    pub request_id: String,
}

/// Why a text is not the record of an event. `Display` is a predicate for a sentence: "it …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotARecord {
    /// It is of a format that this release does not know.
    #[error("is a record of format {0}, and this release reads format {FORMAT}")]
    OfFormat(u32),
    /// It is not the JSON of an event that there is.
    #[error("is not the record of an event")]
    Malformed,
    /// The event is not one of the history that it is said to belong to.
    #[error("names one history and is an event of another")]
    OfAnotherHistory,
    /// The event says another issuer than the record.
    #[error("names one issuer and is an event of another's")]
    OfAnotherIssuer,
}

/// A record as it is written: the members in the order of RFC 8785.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    actor: &'a Actor,
    aggregate_id: &'a str,
    aggregate_type: &'a str,
    data: Data<'a>,
    format: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<&'a OrgId>,
    recorded_at: EpochMillis,
    request_id: &'a str,
    r#type: &'a str,
    version: Version,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Data<'a> {
    Added(&'a user::RecordedAddition),
    Removed(&'a user::PhysicalKeyRemoved),
    Erased(&'a user::RecordedErasure),
    Registered(&'a organisation::RecordedRegistration),
    Renamed(&'a organisation::RecordedRenaming),
    Closed(&'a organisation::OrganisationClosed),
    Issued(&'a organisation::ApiKeyIssued),
    Revoked(&'a organisation::ApiKeyRevoked),
    SigningKeyChanged(&'a audit_log::SigningKeyChanged),
    LogClaimed(&'a audit_log::LogClaimed),
}

impl<'a> From<&'a Happening> for Data<'a> {
    fn from(happening: &'a Happening) -> Self {
        match happening {
            Happening::User(user::RecordedEvent::PhysicalKeyAdded(added)) => Self::Added(added),
            Happening::User(user::RecordedEvent::PhysicalKeyRemoved(removed)) => Self::Removed(removed),
            Happening::User(user::RecordedEvent::PhysicalKeyTextsErased(erased)) => Self::Erased(erased),
            Happening::Organisation(event) => match event {
                organisation::RecordedEvent::OrganisationRegistered(event) => Self::Registered(event),
                organisation::RecordedEvent::OrganisationRenamed(event) => Self::Renamed(event),
                organisation::RecordedEvent::OrganisationClosed(event) => Self::Closed(event),
                organisation::RecordedEvent::ApiKeyIssued(event) => Self::Issued(event),
                organisation::RecordedEvent::ApiKeyRevoked(event) => Self::Revoked(event),
            },
            Happening::AuditLog(audit_log::Event::SigningKeyChanged(event)) => Self::SigningKeyChanged(event),
            Happening::AuditLog(audit_log::Event::LogClaimed(event)) => Self::LogClaimed(event),
        }
    }
}

/// A record as it is read. Members that are not known are passed over: whether there are any, [`EventRecord::canonical`]
/// tells, which does not have them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Read<'a> {
    actor: Actor,
    #[serde(borrow)]
    aggregate_id: Cow<'a, str>,
    aggregate_type: AggregateType,
    #[serde(borrow)]
    data: &'a RawValue,
    format: u32,
    #[serde(default)]
    issuer: Option<OrgId>,
    recorded_at: EpochMillis,
    request_id: String,
    r#type: EventType,
    version: Version,
}

impl EventRecord {
    /// Its canonical JSON, which is what is hashed.
    #[must_use]
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "Serialising fails for maps with keys that are no strings and for failing writers; a record has \
                  neither."
    )]
    pub fn canonical(&self) -> String {
        let written = Written {
            actor: &self.actor,
            aggregate_id: self.happening.aggregate_id(),
            aggregate_type: self.happening.aggregate_type(),
            data: Data::from(&self.happening),
            format: FORMAT,
            issuer: self.issuer.as_ref(),
            recorded_at: self.recorded_at,
            request_id: &self.request_id,
            r#type: self.happening.name(),
            version: self.version,
        };
        serde_json_canonicalizer::to_string(&written).expect("an event record is JSON")
    }

    /// The record that a text spells.
    pub fn parse(text: &str) -> Result<Self, NotARecord> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let read: Read<'_> = match serde_json::from_str(text) {
            Ok(read) => read,
            // Only now: nearly every record is of the one format.
            Err(_) => {
                return Err(match serde_json::from_str(text) {
                    Ok(Format { format }) if format != FORMAT => NotARecord::OfFormat(format),
                    _ => NotARecord::Malformed,
                });
            }
        };
        let Read { actor, aggregate_id, aggregate_type, data, format, issuer, recorded_at, .. } = read;
        if format != FORMAT {
            return Err(NotARecord::OfFormat(format));
        }
        let happening = Happening::read(read.r#type, data).map_err(|_| NotARecord::Malformed)?;
        if !happening.has_its_own_texts() {
            return Err(NotARecord::Malformed);
        }
        if happening.aggregate_type() != aggregate_type.as_str() || happening.aggregate_id() != aggregate_id {
            return Err(NotARecord::OfAnotherHistory);
        }
        match (happening.says_issuer(), &issuer) {
            (SaysIssuer::This(said), Some(issuer)) if said != issuer => {
                return Err(NotARecord::OfAnotherIssuer);
            }
            (SaysIssuer::This(_) | SaysIssuer::Some, Some(_)) | (SaysIssuer::None, None) => {}
            (SaysIssuer::This(_) | SaysIssuer::Some, None) | (SaysIssuer::None, Some(_)) => {
                return Err(NotARecord::Malformed);
            }
        }
        let (version, request_id) = (read.version, read.request_id);
        Ok(Self { happening, version, issuer, recorded_at, actor, request_id })
    }
}

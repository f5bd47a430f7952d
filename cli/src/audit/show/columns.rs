//! Events as rows: of a spreadsheet, or of a table on a terminal.

use domain::history::{Actor, EventRecord, Happening};
use domain::user::RecordedEvent;
use domain::values::{KeyNumber, OrgId, Subject};
use spreadsheet::guarded;
use trail::select::Selected;

/// The columns of a spreadsheet. Texts that people typed are not in an export: it has their digests.
pub(super) const NAMES: [&str; 14] = [
    "recordedAt",
    "aggregateType",
    "aggregateId",
    "version",
    "type",
    "number",
    "issuer",
    "actorType",
    "actorIss",
    "actorId",
    "actorOrgId",
    "actorApiKeyId",
    "requestId",
    "hash",
];
/// The columns of a table on a terminal, by their place in the spreadsheet's.
pub(super) const ON_TERMINAL: [(&str, usize); 7] =
    [("RECORDED AT", 0), ("OF", 2), ("VERSION", 3), ("EVENT", 4), ("NUMBER", 5), ("ISSUER", 6), ("BY", BY)];
/// The place of whoever did it, which a table spells by itself.
const BY: usize = 9;

/// One event, a text for each of [`NAMES`].
pub(super) struct Columns([String; 14]);

impl Columns {
    pub(super) fn of(selected: &Selected) -> Self {
        // Every field is named: one that is new has to be thought about here.
        let EventRecord { happening, version, issuer, recorded_at, actor, request_id } =
            selected.event.record();
        let Actor { kind: actor_kind, iss, id: actor_id, org_id: actor_org_id, api_key_id } = actor;
        let number = match happening {
            Happening::User(RecordedEvent::PhysicalKeyAdded(added)) => Some(added.number),
            Happening::User(RecordedEvent::PhysicalKeyRemoved(removed)) => Some(removed.number),
            Happening::User(RecordedEvent::PhysicalKeyTextsErased(erased)) => Some(erased.number),
            Happening::Organisation(_) | Happening::AuditLog(_) => None,
        };
        let history = happening.history();
        Self([
            recorded_at.to_rfc3339(),
            history.aggregate_type().to_owned(),
            history.aggregate_id().to_owned(),
            version.to_string(),
            happening.name().to_owned(),
            number.as_ref().map(KeyNumber::to_string).unwrap_or_default(),
            issuer.as_ref().map(OrgId::to_string).unwrap_or_default(),
            actor_kind.as_str().to_owned(),
            iss.clone().unwrap_or_default(),
            actor_id.as_ref().map(Subject::to_string).unwrap_or_default(),
            actor_org_id.as_ref().map(OrgId::to_string).unwrap_or_default(),
            api_key_id.clone().unwrap_or_default(),
            request_id.clone(),
            selected.event.hash().to_string(),
        ])
    }

    /// As cells that no spreadsheet takes for formulas.
    pub(super) fn cells(&self) -> [String; 14] {
        self.0.each_ref().map(|text| guarded(text).into_owned())
    }

    /// As columns on a terminal.
    pub(super) fn on_terminal(&self) -> [String; 7] {
        ON_TERMINAL.map(|(_, place)| {
            match (place, self.0.as_slice()) {
                // Whoever did it: a person or a service by id, an organisation by its own.
                (BY, [.., kind, _, id, org, _, _, _]) => {
                    format!("{kind} {}", if id.is_empty() { org } else { id })
                }
                (_, texts) => texts.get(place).cloned().unwrap_or_default(),
            }
        })
    }
}

//! Whether what a history tells could have happened: numbers in order and once, removals of what was there, by whoever may. A log that
//! nobody changed can still tell nonsense, if whoever wrote the table did.

use std::collections::HashMap;

use domain::api_key::ApiKeyId;
use domain::audit_log;
use domain::history::{ActorKind, ChainedRecord, EventRecord, Happening};
use domain::organisation::{ApiKeyIssued, ApiKeyRevoked, RecordedEvent as OfOrganisation};
use domain::user::{PhysicalKeyRemoved, RecordedAddition, RecordedErasure, RecordedEvent as OfUser};
use domain::values::{EpochMillis, KeyNumber, OrgId, OrgTag, TableId, VerifierKey, Version};

use crate::examination::Event;
use crate::held::{Held, Issuers};

/// What the next event of a history has to fit. There are millions of them: what few have is in boxes.
#[derive(Debug, Default)]
pub(crate) enum Story {
    /// Nothing has happened yet.
    #[default]
    Untold,
    /// A user's: the number given last, and who issued each physical key that is out.
    User { last_number: Option<KeyNumber>, held: Held },
    /// An organisation's: whether it is closed, and whether each of its API keys was revoked.
    Organisation { is_closed: bool, api_keys: Option<Box<ApiKeys>> },
    /// The log's.
    AuditLog(Box<OfLog>),
}

/// What the log's history has told: the key that it named last, and the table that claimed it last.
#[derive(Debug, Default)]
pub(crate) struct OfLog {
    named: Option<VerifierKey>,
    claimed: Option<TableId>,
}

/// Whether each API key was revoked.
type ApiKeys = HashMap<ApiKeyId, bool>;

/// What does not make sense about an event, each half a sentence.
pub(crate) type Nonsense = Vec<String>;

/// What does not make sense about a history, by version, each half a sentence.
pub fn nonsense<'a>(events: impl Iterator<Item = &'a ChainedRecord>) -> Vec<(Version, String)> {
    let (mut story, mut issuers, mut all) = (Story::default(), Issuers::default(), Vec::new());
    for event in events {
        let told = story.go_on(&Event::of(event), &mut issuers);
        all.extend(told.into_iter().map(|shows| (event.record().version, shows)));
    }
    all
}

impl Story {
    /// Goes on with the next event, and says what about it does not make sense, by itself and after those before.
    pub(crate) fn go_on(&mut self, record: &Event, issuers: &mut Issuers) -> Nonsense {
        let mut nonsense = record.nonsense.clone();
        if matches!(self, Self::Untold) {
            *self = match &record.happening {
                Happening::User(_) => Self::User { last_number: None, held: Held::default() },
                Happening::Organisation(event) => {
                    if !matches!(event, OfOrganisation::OrganisationRegistered(_)) {
                        nonsense.push("the organisation is not registered yet".to_owned());
                    }
                    Self::Organisation { is_closed: false, api_keys: None }
                }
                Happening::AuditLog(_) => Self::AuditLog(Box::default()),
            };
            self.tell(record, true, issuers, &mut nonsense);
        } else {
            self.tell(record, false, issuers, &mut nonsense);
        }
        nonsense
    }

    fn tell(&mut self, record: &Event, is_first: bool, issuers: &mut Issuers, nonsense: &mut Nonsense) {
        match (self, &record.happening) {
            (Self::User { last_number, held }, Happening::User(OfUser::PhysicalKeyAdded(added))) => {
                add(last_number, added, nonsense);
                held.insert(added.number, issuers.place(&added.org_id));
                is_of(record, added.added_at, nonsense);
            }
            (Self::User { held, .. }, Happening::User(OfUser::PhysicalKeyRemoved(removed))) => {
                let issuer = held.remove(removed.number).map(|issuer| issuers.org_id(issuer));
                remove(removed, issuer, record.issuer.as_ref(), nonsense);
                is_of(record, removed.removed_at, nonsense);
            }
            (Self::User { last_number, held }, Happening::User(OfUser::PhysicalKeyTextsErased(erased))) => {
                let issuer = held.issuer(erased.number).map(|issuer| issuers.org_id(issuer));
                erase(erased, *last_number, issuer, record.issuer.as_ref(), nonsense);
                is_of(record, erased.erased_at, nonsense);
            }
            (Self::Organisation { is_closed, api_keys }, Happening::Organisation(event)) => {
                if let Some(at) = organisation(is_closed, api_keys, event, is_first, nonsense) {
                    is_of(record, at, nonsense);
                }
            }
            (Self::AuditLog(log), Happening::AuditLog(audit_log::Event::SigningKeyChanged(changed))) => {
                if log.named.replace(changed.verifier_key.clone()).as_ref() == Some(&changed.verifier_key) {
                    nonsense.push("it names the signing key that was named already".to_owned());
                }
                is_of(record, changed.changed_at, nonsense);
            }
            (Self::AuditLog(log), Happening::AuditLog(audit_log::Event::LogClaimed(claims))) => {
                if log.claimed.replace(claims.table_id.clone()).as_ref() == Some(&claims.table_id) {
                    nonsense.push("a table claims the log that has claimed it already".to_owned());
                }
                is_of(record, claims.claimed_at, nonsense);
            }
            // A history is of one kind: its id says so.
            _ => {}
        }
    }
}

/// Who may have done it: what an event says of that by itself.
pub(crate) fn of_actor(record: &EventRecord) -> Nonsense {
    let actor = &record.actor;
    let mut nonsense = Nonsense::new();
    let is_operators = match &record.happening {
        Happening::User(event) => matches!(event, OfUser::PhysicalKeyTextsErased(_)),
        Happening::Organisation(_) | Happening::AuditLog(_) => true,
    };
    if is_operators != (actor.kind == ActorKind::Operator) {
        nonsense.push(format!("{} is nobody who does that", actor.kind.as_str()));
    }
    if matches!(actor.kind, ActorKind::Service | ActorKind::Organisation) && actor.org_id.is_none() {
        nonsense.push(format!("{} acts for no organisation", actor.kind.as_str()));
    }
    if let (Some(acts_for), Some(issuer)) = (&actor.org_id, &record.issuer)
        && acts_for != issuer
    {
        let (acts_for, issuer) = (acts_for.as_str(), issuer.as_str());
        nonsense.push(format!("whoever acts for {acts_for:?} did it for {issuer:?}"));
    }
    if let (Some(acts_for), Some(api_key)) = (&actor.org_id, &actor.api_key_id) {
        let tag = ApiKeyId::parse(api_key).and_then(|id| id.organisation_tag());
        if tag != Some(OrgTag::of(acts_for)) {
            nonsense.push("the API key is not one of the organisation that it acts for".to_owned());
        }
    }
    nonsense
}

/// That an event was decided when it was recorded.
fn is_of(record: &Event, decided: EpochMillis, nonsense: &mut Nonsense) {
    if decided != record.recorded_at {
        let (decided, recorded) = (decided.to_rfc3339(), record.recorded_at.to_rfc3339());
        nonsense
            .push(format!("it says that it happened at {decided}, and that it was recorded at {recorded}"));
    }
}

fn add(last_number: &mut Option<KeyNumber>, added: &RecordedAddition, nonsense: &mut Nonsense) {
    let next = last_number.map_or(KeyNumber::FIRST, KeyNumber::next);
    if added.number != next {
        nonsense.push(format!("number {} is given, and the next one is {next}", added.number));
    }
    *last_number = (*last_number).max(Some(added.number));
}

fn remove(removed: &PhysicalKeyRemoved, issuer: Option<&OrgId>, by: Option<&OrgId>, nonsense: &mut Nonsense) {
    let number = removed.number;
    match (issuer, by) {
        (None, _) => nonsense.push(format!("number {number} is taken back, and the user does not have it")),
        (Some(issuer), Some(by)) if issuer != by => {
            let (issuer, by) = (issuer.as_str(), by.as_str());
            nonsense.push(format!("number {number} is taken back for {by:?}, and {issuer:?} issued it"));
        }
        _ => {}
    }
}

/// Texts may be erased long after the physical key was taken back; who issued it then is not remembered here.
fn erase(
    erased: &RecordedErasure,
    last_number: Option<KeyNumber>,
    issuer: Option<&OrgId>,
    concerns: Option<&OrgId>,
    nonsense: &mut Nonsense,
) {
    let number = erased.number;
    if Some(number) > last_number {
        nonsense.push(format!("the texts of number {number} are erased, and it was never given"));
    }
    if let (Some(issuer), Some(concerns)) = (issuer, concerns)
        && issuer != concerns
    {
        let (issuer, concerns) = (issuer.as_str(), concerns.as_str());
        nonsense.push(format!(
            "the texts of number {number} are erased for {concerns:?}, and {issuer:?} issued it"
        ));
    }
}

/// What happened to an organisation. Gives when it was decided, as far as the event says so: an API key is made before it is recorded.
fn organisation(
    is_closed: &mut bool,
    api_keys: &mut Option<Box<ApiKeys>>,
    event: &OfOrganisation,
    is_first: bool,
    nonsense: &mut Nonsense,
) -> Option<EpochMillis> {
    if *is_closed && !matches!(event, OfOrganisation::ApiKeyRevoked(_)) {
        nonsense.push("the organisation is closed".to_owned());
    }
    match event {
        OfOrganisation::OrganisationRegistered(registered) => {
            if !is_first {
                nonsense.push("the organisation is registered already".to_owned());
            }
            Some(registered.registered_at)
        }
        OfOrganisation::OrganisationRenamed(renamed) => Some(renamed.renamed_at),
        OfOrganisation::OrganisationClosed(closed) => {
            *is_closed = true;
            Some(closed.closed_at)
        }
        OfOrganisation::ApiKeyIssued(ApiKeyIssued { org_id, api_key_id, .. }) => {
            if api_keys.get_or_insert_default().insert(api_key_id.clone(), false).is_some() {
                nonsense.push(format!("the API key {} is issued a second time", api_key_id.as_str()));
            }
            if api_key_id.organisation_tag() != Some(OrgTag::of(org_id)) {
                nonsense.push(format!("the API key {} is another organisation's", api_key_id.as_str()));
            }
            None
        }
        OfOrganisation::ApiKeyRevoked(ApiKeyRevoked { api_key_id, revoked_at, .. }) => {
            match api_keys.get_or_insert_default().insert(api_key_id.clone(), true) {
                Some(false) => {}
                Some(true) => {
                    nonsense.push(format!("the API key {} is revoked a second time", api_key_id.as_str()));
                }
                None => {
                    nonsense.push(format!(
                        "the API key {} is revoked, and was never issued",
                        api_key_id.as_str()
                    ));
                }
            }
            Some(*revoked_at)
        }
    }
}

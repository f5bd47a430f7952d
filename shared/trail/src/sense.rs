//! Whether what a history tells could have happened: numbers in order and once, removals of what was there, by whoever may. A log that
//! nobody changed can still tell nonsense, if whoever wrote the table did.

use std::collections::{BTreeMap, HashMap};

use domain::api_key::ApiKeyId;
use domain::audit_log;
use domain::history::{ActorKind, EventRecord, Happening};
use domain::organisation::{ApiKeyIssued, ApiKeyRevoked, RecordedEvent as OfOrganisation};
use domain::user::{PhysicalKeyRemoved, RecordedAddition, RecordedEvent as OfUser};
use domain::values::{EpochMillis, KeyNumber, OrgId, OrgTag, TableId, VerifierKey, Version};

/// What the next event of a history has to fit.
#[derive(Debug, Default)]
pub(crate) enum Story {
    /// Nothing has happened yet.
    #[default]
    Untold,
    /// A user's: the number given last, and who issued each physical key that is out.
    User { last_number: Option<KeyNumber>, held: BTreeMap<KeyNumber, OrgId> },
    /// An organisation's: whether it is closed, and whether each of its API keys was revoked.
    Organisation { is_closed: bool, api_keys: HashMap<ApiKeyId, bool> },
    /// The log's: the key that it named last, and the table that claimed it last.
    AuditLog { named: Option<VerifierKey>, claimed: Option<TableId> },
}

/// What does not make sense about an event, each half a sentence.
type Nonsense = Vec<String>;

/// What does not make sense about a history, by version, each half a sentence.
pub fn nonsense<'a>(records: impl Iterator<Item = &'a EventRecord>) -> Vec<(Version, String)> {
    let mut story = Story::default();
    records.flat_map(|record| story.go_on(record).into_iter().map(|shows| (record.version, shows))).collect()
}

impl Story {
    /// Goes on with the next event, and says what about it does not make sense.
    pub(crate) fn go_on(&mut self, record: &EventRecord) -> Nonsense {
        let mut nonsense = of_actor(record);
        if matches!(self, Self::Untold) {
            *self = match &record.happening {
                Happening::User(_) => Self::User { last_number: None, held: BTreeMap::new() },
                Happening::Organisation(event) => {
                    if !matches!(event, OfOrganisation::OrganisationRegistered(_)) {
                        nonsense.push("the organisation is not registered yet".to_owned());
                    }
                    Self::Organisation { is_closed: false, api_keys: HashMap::new() }
                }
                Happening::AuditLog(_) => Self::AuditLog { named: None, claimed: None },
            };
            self.tell(record, true, &mut nonsense);
        } else {
            self.tell(record, false, &mut nonsense);
        }
        nonsense
    }

    fn tell(&mut self, record: &EventRecord, is_first: bool, nonsense: &mut Nonsense) {
        match (self, &record.happening) {
            (Self::User { last_number, held }, Happening::User(OfUser::PhysicalKeyAdded(added))) => {
                add(last_number, held, added, nonsense);
                is_of(record, added.added_at, nonsense);
            }
            (Self::User { held, .. }, Happening::User(OfUser::PhysicalKeyRemoved(removed))) => {
                remove(held, removed, record.issuer.as_ref(), nonsense);
                is_of(record, removed.removed_at, nonsense);
            }
            (Self::Organisation { is_closed, api_keys }, Happening::Organisation(event)) => {
                if let Some(at) = organisation(is_closed, api_keys, event, is_first, nonsense) {
                    is_of(record, at, nonsense);
                }
            }
            (
                Self::AuditLog { named, .. },
                Happening::AuditLog(audit_log::Event::SigningKeyChanged(changed)),
            ) => {
                if named.replace(changed.verifier_key.clone()).as_ref() == Some(&changed.verifier_key) {
                    nonsense.push("it names the signing key that was named already".to_owned());
                }
                is_of(record, changed.changed_at, nonsense);
            }
            (Self::AuditLog { claimed, .. }, Happening::AuditLog(audit_log::Event::LogClaimed(claims))) => {
                if claimed.replace(claims.table_id.clone()).as_ref() == Some(&claims.table_id) {
                    nonsense.push("a table claims the log that has claimed it already".to_owned());
                }
                is_of(record, claims.claimed_at, nonsense);
            }
            // A history is of one kind: its id says so.
            _ => {}
        }
    }
}

/// Who may have done it.
fn of_actor(record: &EventRecord) -> Nonsense {
    let actor = &record.actor;
    let mut nonsense = Nonsense::new();
    let is_operators = !matches!(record.happening, Happening::User(_));
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
fn is_of(record: &EventRecord, decided: EpochMillis, nonsense: &mut Nonsense) {
    if decided != record.recorded_at {
        let (decided, recorded) = (decided.to_rfc3339(), record.recorded_at.to_rfc3339());
        nonsense
            .push(format!("it says that it happened at {decided}, and that it was recorded at {recorded}"));
    }
}

fn add(
    last_number: &mut Option<KeyNumber>,
    held: &mut BTreeMap<KeyNumber, OrgId>,
    added: &RecordedAddition,
    nonsense: &mut Nonsense,
) {
    let next = last_number.map_or(KeyNumber::FIRST, KeyNumber::next);
    if added.number != next {
        nonsense.push(format!("number {} is given, and the next one is {next}", added.number));
    }
    *last_number = (*last_number).max(Some(added.number));
    held.insert(added.number, added.org_id.clone());
}

fn remove(
    held: &mut BTreeMap<KeyNumber, OrgId>,
    removed: &PhysicalKeyRemoved,
    by: Option<&OrgId>,
    nonsense: &mut Nonsense,
) {
    let number = removed.number;
    match (held.remove(&number), by) {
        (None, _) => nonsense.push(format!("number {number} is taken back, and the user does not have it")),
        (Some(issuer), Some(by)) if issuer != *by => {
            let (issuer, by) = (issuer.as_str(), by.as_str());
            nonsense.push(format!("number {number} is taken back for {by:?}, and {issuer:?} issued it"));
        }
        _ => {}
    }
}

/// What happened to an organisation. Gives when it was decided, as far as the event says so: an API key is made before it is recorded.
fn organisation(
    is_closed: &mut bool,
    api_keys: &mut HashMap<ApiKeyId, bool>,
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
            if api_keys.insert(api_key_id.clone(), false).is_some() {
                nonsense.push(format!("the API key {} is issued a second time", api_key_id.as_str()));
            }
            if api_key_id.organisation_tag() != Some(OrgTag::of(org_id)) {
                nonsense.push(format!("the API key {} is another organisation's", api_key_id.as_str()));
            }
            None
        }
        OfOrganisation::ApiKeyRevoked(ApiKeyRevoked { api_key_id, revoked_at, .. }) => {
            match api_keys.insert(api_key_id.clone(), true) {
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

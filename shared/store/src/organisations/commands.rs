//! What an operator does: one read, one decision, one write on condition of the version that was read, and again after a
//! race. Nothing else writes organisations and API keys.

use std::time::Instant;

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use data_encoding::BASE64URL_NOPAD;
use domain::api_key::StoredApiKey;
use domain::history::{Actor, Circumstances, HistoryId, KeptRecord, Salts, Snapshot};
use domain::organisation::{ApiKeyRevoked, Decision, Event, Organisation, OrganisationCommand, Refusal};
use domain::values::{OrgId, OrgTag, Subject, Version};
use process::chance::Chance;
use process::clock::Clock;
use process::retry::Backoff;

use super::super::Table;
use super::super::fault::StoreFault;
use super::super::items::{ApiKeyOfOrganisationShape, ApiKeyShape, OrganisationShape, Place, head, shape};
use super::super::read::Writer;
use super::super::schema::PK;
use super::super::sending::SendingFault;
use super::super::write::{AttemptToken, Raced, Write, number, unbuilt};
use super::OPERATORS_PATIENCE;

/// Who runs an operator's commands, when, and by what chance.
#[derive(Debug, Clone)]
pub struct Operator {
    /// Who they say they are. It is recorded for ever.
    pub id: Subject,
    /// The time.
    pub clock: Clock,
    /// Chance: ids of requests, salts, names of attempts, waits.
    pub chance: Chance,
}

/// What an operator's command has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It is carried out, from the next request on.
    Now,
    /// It was as it was asked for already: nothing is written.
    Before,
}

/// Why an operator's command was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrganisationFault {
    /// The organisation is not one that it can be done to.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Others went on changing it for longer than anybody waits.
    #[error("others are changing the organisation at the same time; nothing was written")]
    Contention,
    /// Another organisation has the same tag, which is to be expected after a million millions of them.
    #[error("an organisation with the same tag is registered; this one needs another id")]
    TagTaken,
    /// The store could not be used.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

/// One decision on its way into the table.
struct Attempt {
    token: AttemptToken,
    before: Version,
    write: Write,
    /// Why it is not known what became of a sending, if there is one of which it is not.
    unanswered: Option<String>,
}

impl Attempt {
    /// Why it is given up.
    fn fault(&self, last: Option<StoreFault>) -> OrganisationFault {
        let unknown = self.unanswered.clone().map(StoreFault::OutcomeUnknown);
        unknown.or(last).map_or(OrganisationFault::Contention, OrganisationFault::Store)
    }
}

/// What has become of an attempt whose version is gone.
enum Fate {
    /// It was carried out.
    Ours,
    /// Somebody else took its version.
    Dead,
    /// The event that took its version does not show yet.
    NotYet(Attempt),
}

/// What the table held at the time of the read.
struct State {
    snapshot: Snapshot<Organisation>,
    api_key: Option<StoredApiKey>,
}

impl Table {
    /// Carries out a command of an operator on an organisation. Whoever loses a race reads again, and writes only what the
    /// organisation does not say yet.
    pub async fn command_organisation(
        &self,
        org_id: &OrgId,
        command: &OrganisationCommand,
        operator: &Operator,
    ) -> Result<Done, OrganisationFault> {
        let until = Instant::now() + OPERATORS_PATIENCE;
        let request_id = format!("operator.{}", BASE64URL_NOPAD.encode(&operator.chance.bytes::<16>()));
        let mut waits = Backoff::new(operator.chance.for_waits());
        let mut attempt: Option<Attempt> = None;
        loop {
            let state = self.state_of(org_id, command, operator, until).await;
            let state = state.map_err(|fault| match (&attempt, fault) {
                (Some(attempt), OrganisationFault::Store(fault)) => attempt.fault(Some(fault)),
                (_, fault) => fault,
            })?;
            if attempt.as_ref().is_some_and(|attempt| attempt.before != state.snapshot.state.version) {
                match self.fate(org_id, attempt.take(), operator, until).await? {
                    Fate::Ours => return Ok(Done::Now),
                    Fate::Dead => {}
                    Fate::NotYet(open) if waits.wait(until).await.is_ok() => {
                        attempt = Some(open);
                        continue;
                    }
                    Fate::NotYet(open) => return Err(open.fault(None)),
                }
            }
            let attempt = match &mut attempt {
                Some(attempt) => attempt,
                None => match self.attempt_of(&state, command, &request_id, operator)? {
                    None => return Ok(Done::Before),
                    Some(decided) => attempt.insert(decided),
                },
            };
            let fault = match self.send(&attempt.write, until).await {
                Ok(()) => return Ok(Done::Now),
                Err(SendingFault::Contention) => None,
                Err(SendingFault::NotCarriedOut(fault)) => Some(fault),
                Err(SendingFault::Unanswered(cause)) => {
                    attempt.unanswered.get_or_insert(cause);
                    None
                }
            };
            let may_pass = matches!(fault, None | Some(StoreFault::Throttled | StoreFault::Unreachable(_)));
            if !may_pass || waits.wait(until).await.is_err() {
                return Err(attempt.fault(fault));
            }
        }
    }

    /// Reads where the organisation's history stands, and the API key that the command concerns.
    async fn state_of(
        &self,
        org_id: &OrgId,
        command: &OrganisationCommand,
        operator: &Operator,
        until: Instant,
    ) -> Result<State, OrganisationFault> {
        let waits = || Backoff::new(operator.chance.for_waits());
        let api_key = match command.concerns() {
            None => None,
            Some(id) => {
                self.get(&Place::api_key(id), waits(), until).await?.map(shape::<ApiKeyShape>).transpose()?
            }
        };
        let place = Place::organisation(OrgTag::of(org_id));
        let snapshot = match self.get(&place, waits(), until).await? {
            None => Snapshot::new(Organisation::new(org_id.clone())),
            Some(item) => head::<OrganisationShape>(item)?.into(),
        };
        if snapshot.state.org_id != *org_id {
            return Err(match command {
                OrganisationCommand::Register { .. } => OrganisationFault::TagTaken,
                _ => Refusal::NotRegistered.into(),
            });
        }
        Ok(State { snapshot, api_key: api_key.filter(|api_key| api_key.org_id == *org_id) })
    }

    /// Decides, and makes an attempt of the decision; none if nothing is to be done.
    fn attempt_of(
        &self,
        state: &State,
        command: &OrganisationCommand,
        request_id: &str,
        operator: &Operator,
    ) -> Result<Option<Attempt>, OrganisationFault> {
        let State { snapshot, api_key } = state;
        let now = operator.clock.now();
        let event = match command.decide(&snapshot.state, api_key.as_ref(), now)? {
            Decision::Happens(event) => event,
            Decision::Before => return Ok(None),
        };
        let circumstances = Circumstances {
            actor: Actor::operator(operator.id.clone()),
            request_id: request_id.to_owned(),
            recorded_at: now,
            salts: Salts::new(operator.chance.bytes()),
        };
        let issuer = snapshot.state.org_id.clone();
        let (record, after) = snapshot.append(&event, issuer, circumstances);
        let token = AttemptToken::new(operator.chance.bytes());
        let write = self.write_of_organisation(snapshot, &after, &event, &record, &token)?;
        Ok(Some(Attempt { token, before: snapshot.state.version, write, unanswered: None }))
    }

    /// What has become of an attempt whose version is gone.
    async fn fate(
        &self,
        org_id: &OrgId,
        attempt: Option<Attempt>,
        operator: &Operator,
        until: Instant,
    ) -> Result<Fate, StoreFault> {
        let Some(attempt) = attempt.filter(|attempt| attempt.unanswered.is_some()) else {
            return Ok(Fate::Dead);
        };
        let history = HistoryId::Organisation(org_id.clone());
        let waits = Backoff::new(operator.chance.for_waits());
        Ok(match self.read_writer(&history, attempt.before.next(), waits, until).await? {
            Writer::Attempt(token) if token == attempt.token => Fate::Ours,
            Writer::Attempt(_) => Fate::Dead,
            Writer::Nobody => Fate::NotYet(attempt),
        })
    }

    /// What writes an organisation's event and the state it leads to in one transaction.
    fn write_of_organisation(
        &self,
        before: &Snapshot<Organisation>,
        after: &Snapshot<Organisation>,
        event: &Event,
        record: &KeptRecord,
        token: &AttemptToken,
    ) -> Result<Write, StoreFault> {
        let place = Place::organisation(OrgTag::of(&after.state.org_id));
        let version = [("version", before.state.version.get())];
        let read: &[_] = if before.state.version == Version::NONE { &[] } else { &version };
        let mut items = vec![
            self.move_head(&place, &OrganisationShape::of(after, self.shards), read)?,
            self.put_event(record, token)?,
        ];
        let raced = match event {
            Event::OrganisationRegistered(_)
            | Event::OrganisationRenamed(_)
            | Event::OrganisationClosed(_) => Raced::ORGANISATION,
            Event::ApiKeyIssued(issued) => {
                let api_key = StoredApiKey::from(issued.clone());
                let listed = Place::api_key_of_organisation(OrgTag::of(&api_key.org_id), &api_key.api_key_id);
                let listing = ApiKeyOfOrganisationShape { api_key_id: api_key.api_key_id.clone() };
                items.push(self.put_new(&Place::api_key(&api_key.api_key_id), &api_key)?);
                items.push(self.put_new(&listed, &listing)?);
                Raced::ORGANISATION
            }
            Event::ApiKeyRevoked(revoked) => {
                items.push(self.revoke(revoked)?);
                Raced::REVOCATION
            }
        };
        Ok(Write::new(items, token.clone(), raced))
    }

    /// Notes in an API key's item that it is revoked, on condition that it is there and is not.
    fn revoke(&self, revoked: &ApiKeyRevoked) -> Result<TransactWriteItem, StoreFault> {
        let ApiKeyRevoked { org_id: _, api_key_id, revoked_at } = revoked;
        let update = Update::builder()
            .table_name(&self.name)
            .set_key(Some(Place::api_key(api_key_id).key()))
            .update_expression("SET #revokedAt = :now")
            .condition_expression("attribute_exists(#pk) AND attribute_not_exists(#revokedAt)")
            .expression_attribute_names("#revokedAt", "revokedAt")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_values(":now", number(revoked_at.get()))
            .build()
            .map_err(unbuilt)?;
        Ok(TransactWriteItem::builder().update(update).build())
    }
}

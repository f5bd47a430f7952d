//! What an operator does to organisations and their API keys. Nothing else writes them.

use std::time::Instant;

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use domain::api_key::StoredApiKey;
use domain::history::{Circumstances, HistoryId, KeptRecord, Snapshot};
use domain::organisation::{ApiKeyRevoked, Decision, Event, Organisation, OrganisationCommand, Refusal};
use domain::values::{OrgId, OrgTag, Version};
use process::retry::Backoff;

use super::super::Table;
use super::super::fault::StoreFault;
use super::super::items::{ApiKeyOfOrganisationShape, ApiKeyShape, OrganisationShape, Place, head, shape};
use super::super::operator::{Done, Operator, OperatorsCommand, OperatorsFault};
use super::super::schema::PK;
use super::super::write::{AttemptToken, Raced, Write, number, unbuilt};

/// Why an operator's command on an organisation was not carried out.
pub type OrganisationFault = OperatorsFault<Refusal>;

/// A command, and the organisation that it is for.
struct OfOrganisation<'a> {
    org_id: &'a OrgId,
    command: &'a OrganisationCommand,
}

/// What the table held at the time of the read.
struct State {
    snapshot: Snapshot<Organisation>,
    api_key: Option<StoredApiKey>,
}

impl OperatorsCommand for OfOrganisation<'_> {
    type State = State;
    type Refusal = Refusal;

    fn history(&self) -> HistoryId {
        HistoryId::Organisation(self.org_id.clone())
    }

    /// Reads where the organisation's history stands, and the API key that the command concerns.
    async fn read(
        &self,
        table: &Table,
        waits: impl Fn() -> Backoff,
        until: Instant,
    ) -> Result<State, OrganisationFault> {
        let Self { org_id, command } = *self;
        let api_key = match command.concerns() {
            None => None,
            Some(id) => {
                table.get(&Place::api_key(id), waits(), until).await?.map(shape::<ApiKeyShape>).transpose()?
            }
        };
        let place = Place::organisation(OrgTag::of(org_id));
        let snapshot = match table.get(&place, waits(), until).await? {
            None => Snapshot::new(Organisation::new(org_id.clone())),
            Some(item) => head::<OrganisationShape>(item)?.into(),
        };
        if snapshot.state.org_id != *org_id {
            return Err(OperatorsFault::Refused(match command {
                OrganisationCommand::Register { .. } => Refusal::TagTaken,
                _ => Refusal::NotRegistered,
            }));
        }
        Ok(State { snapshot, api_key: api_key.filter(|api_key| api_key.org_id == *org_id) })
    }

    fn version(state: &State) -> Version {
        state.snapshot.state.version
    }

    fn write(
        &self,
        table: &Table,
        state: &State,
        circumstances: Circumstances,
        token: &AttemptToken,
    ) -> Result<Option<Write>, OrganisationFault> {
        let State { snapshot, api_key } = state;
        let decided = self.command.decide(&snapshot.state, api_key.as_ref(), circumstances.recorded_at);
        let event = match decided.map_err(OperatorsFault::Refused)? {
            Decision::Happens(event) => event,
            Decision::Before => return Ok(None),
        };
        let issuer = snapshot.state.org_id.clone();
        let (record, after) = snapshot.append(&event, Some(issuer), circumstances);
        Ok(Some(table.write_of_organisation(snapshot, &after, &event, &record, token)?))
    }
}

impl Table {
    /// Carries out a command of an operator on an organisation.
    pub async fn command_organisation(
        &self,
        org_id: &OrgId,
        command: &OrganisationCommand,
        operator: &Operator,
    ) -> Result<Done, OrganisationFault> {
        self.carry_out(&OfOrganisation { org_id, command }, operator).await
    }

    /// What writes an organisation's event and the state it leads to in one transaction.
    pub(in super::super) fn write_of_organisation(
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
            | Event::OrganisationClosed(_) => Raced::HEAD,
            Event::ApiKeyIssued(issued) => {
                let api_key = StoredApiKey::from(issued.clone());
                let listed = Place::api_key_of_organisation(OrgTag::of(&api_key.org_id), &api_key.api_key_id);
                let listing = ApiKeyOfOrganisationShape { api_key_id: api_key.api_key_id.clone() };
                items.push(self.put_new(&Place::api_key(&api_key.api_key_id), &api_key)?);
                items.push(self.put_new(&listed, &listing)?);
                Raced::HEAD
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

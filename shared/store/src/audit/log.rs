//! The log itself, as its operator changes it: which key signs it, which table goes on with it.

use std::time::Instant;

use domain::audit_log::{AuditLog, Refusal, may_sign};
use domain::history::{Circumstances, HistoryId, KeptRecord, Snapshot};
use domain::values::{Origin, TableId, VerifierKey, Version};
use process::retry::Backoff;

use super::super::Table;
use super::super::fault::StoreFault;
use super::super::items::{AuditLogShape, LogShape, OfExport, Place, head, shape};
use super::super::operator::{Done, Operator, OperatorsCommand, OperatorsFault, operators_deadline};
use super::super::read::operators_waits;
use super::super::write::{AttemptToken, Raced, Write};
use super::CheckpointFault;

/// Why an operator's command on a log was not carried out.
pub type SigningKeyFault = OperatorsFault<Refusal>;

/// What an operator does to a log.
struct OfLog<'a> {
    origin: &'a Origin,
    command: LogCommand<'a>,
}

enum LogCommand<'a> {
    /// Another key is to sign it.
    ChangeSigningKey(&'a VerifierKey),
    /// A table goes on with it.
    Claim(&'a TableId),
}

impl OperatorsCommand for OfLog<'_> {
    type State = Snapshot<AuditLog>;
    type Refusal = Refusal;

    fn history(&self) -> HistoryId {
        HistoryId::AuditLog(self.origin.clone())
    }

    async fn read(
        &self,
        table: &Table,
        waits: impl Fn() -> Backoff,
        until: Instant,
    ) -> Result<Snapshot<AuditLog>, SigningKeyFault> {
        Ok(match table.get(&Place::audit_log(self.origin), waits(), until).await? {
            None => Snapshot::new(AuditLog::new(self.origin.clone())),
            Some(item) => head::<AuditLogShape>(item)?.into(),
        })
    }

    fn version(state: &Snapshot<AuditLog>) -> Version {
        state.state.version
    }

    fn write(
        &self,
        table: &Table,
        before: &Snapshot<AuditLog>,
        circumstances: Circumstances,
        token: &AttemptToken,
    ) -> Result<Option<Write>, SigningKeyFault> {
        let now = circumstances.recorded_at;
        let event = match self.command {
            LogCommand::ChangeSigningKey(verifier_key) => {
                before.state.change_signing_key(verifier_key, now).map_err(OperatorsFault::Refused)?
            }
            LogCommand::Claim(table_id) => before.state.claim(table_id, now),
        };
        let Some(event) = event else { return Ok(None) };
        let (record, after) = before.append(&event, None, circumstances);
        Ok(Some(table.write_of_log(before, &after, &record, token)?))
    }
}

impl Table {
    /// The name of the log that the table's histories are exported to, if it has one.
    pub async fn origin(&self) -> Result<Option<Origin>, StoreFault> {
        let place = Place::of_export(OfExport::Log);
        let kept = self.get(&place, operators_waits(), operators_deadline()).await?;
        let kept = kept.map(shape::<LogShape>).transpose()?;
        let parsed = kept.map(|LogShape { origin }| origin.parse()).transpose();
        parsed.map_err(|_| StoreFault::Corrupt("the name of the log".to_owned()))
    }

    /// Records that another key is to sign the log: the hours after the one in whose file that event comes to be.
    pub async fn change_signing_key(
        &self,
        origin: &Origin,
        verifier_key: &VerifierKey,
        operator: &Operator,
    ) -> Result<Done, SigningKeyFault> {
        self.carry_out(&OfLog { origin, command: LogCommand::ChangeSigningKey(verifier_key) }, operator).await
    }

    /// Records that a table goes on with the log. It is the last thing that a replay writes.
    pub async fn claim_log(
        &self,
        origin: &Origin,
        table_id: &TableId,
        operator: &Operator,
    ) -> Result<Done, SigningKeyFault> {
        self.carry_out(&OfLog { origin, command: LogCommand::Claim(table_id) }, operator).await
    }

    /// What writes an event of the log's own history and the state it leads to in one transaction.
    pub(in super::super) fn write_of_log(
        &self,
        before: &Snapshot<AuditLog>,
        after: &Snapshot<AuditLog>,
        record: &KeptRecord,
        token: &AttemptToken,
    ) -> Result<Write, StoreFault> {
        let version = [("version", before.state.version.get())];
        let read: &[_] = if before.state.version == Version::NONE { &[] } else { &version };
        let place = Place::audit_log(&after.state.origin);
        let items = vec![
            self.move_head(&place, &AuditLogShape::of(after, self.shards), read)?,
            self.put_event(record, token)?,
        ];
        Ok(Write::new(items, token.clone(), Raced::HEAD))
    }

    /// Notes that the key that signed is lost, and that another one signs from the next hour on. There is no event of it that the
    /// lost key could sign. Gives whether it was not so before; nothing is noted where no hour was exported yet.
    pub async fn replace_signing_key(
        &self,
        origin: &Origin,
        verifier_key: &VerifierKey,
    ) -> Result<Option<Done>, SigningKeyFault> {
        may_sign(verifier_key, origin).map_err(OperatorsFault::Refused)?;
        let Some(from) = self.audit_checkpoint().await?.checkpoint else { return Ok(None) };
        if from.next_key() == verifier_key {
            return Ok(Some(Done::Before));
        }
        let mut to = from.clone();
        to.replaced_by = Some(verifier_key.clone());
        match self.move_audit_checkpoint(Some(&from), &to).await {
            Ok(()) => Ok(Some(Done::Now)),
            Err(CheckpointFault::Moved) => Err(OperatorsFault::Contention),
            Err(CheckpointFault::Store(fault)) => Err(fault.into()),
        }
    }
}

//! Records that were written before, in a table that lacks them: each by the same conditional write as the command that it came
//! from, so that the table is whole after every one of them.

use std::collections::HashMap;
use std::time::Instant;

use domain::history::{EventHash, Head, HistoryId, KeptRecord, NotNext, Told};
use domain::user::Event;
use domain::values::OrgId;
use process::retry::Backoff;

use super::fault::StoreFault;
use super::items::{AuditLogShape, EventShape, OrganisationShape, Place, UserShape, head, shape};
use super::read::{BATCH, operators_waits};
use super::sending::SendingFault;
use super::write::{AttemptToken, Write};
use super::{Commit, Table};

/// Why a record was not appended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendFault {
    /// It is not the next one of the history.
    #[error(transparent)]
    NotNext(#[from] NotNext),
    /// Somebody else has written the version: the history has two continuations.
    #[error("the table has another event there")]
    Taken,
    /// The store could not be used.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

impl Table {
    /// Where histories stand, at most 100; one that has not begun stands at its beginning. Strongly consistent.
    pub async fn heads(&self, histories: &[HistoryId], deadline: Instant) -> Result<Vec<Head>, StoreFault> {
        let mut heads = Vec::with_capacity(histories.len());
        for histories in histories.chunks(BATCH) {
            let places = histories.iter().map(|history| Place::head(history).key()).collect();
            let mut found = HashMap::new();
            for item in self.batch_get(places, operators_waits(), deadline).await? {
                let place: Place = shape(item.clone())?;
                found.insert(place, item);
            }
            for history in histories {
                heads.push(match found.remove(&Place::head(history)) {
                    None => Head::new(history),
                    Some(item) => match history {
                        HistoryId::User(_) => Head::User(head::<UserShape>(item)?.into()),
                        HistoryId::Organisation(_) => {
                            Head::Organisation(head::<OrganisationShape>(item)?.into())
                        }
                        HistoryId::AuditLog(_) => Head::AuditLog(head::<AuditLogShape>(item)?.into()),
                    },
                });
            }
        }
        Ok(heads)
    }

    /// Appends the next record of a history, and gives where it stands then. A record that is there already is left as it is.
    pub async fn append(
        &self,
        before: &Head,
        kept: &KeptRecord,
        token: &AttemptToken,
        until: Instant,
    ) -> Result<Head, AppendFault> {
        let (told, after) = before.follow(kept)?;
        let write = self.write_of_record(before, &after, &told, kept, token)?;
        let mut waits: Backoff = operators_waits();
        loop {
            let fault = match self.send(&write, until).await {
                Ok(()) => return Ok(after),
                Err(SendingFault::Contention) => None,
                Err(SendingFault::Unanswered(cause)) => Some(StoreFault::OutcomeUnknown(cause)),
                Err(SendingFault::NotCarriedOut(fault)) => Some(fault),
            };
            match self.event_there(&after, until).await? {
                Some(hash) if hash == kept.chained.hash() => return Ok(after),
                Some(_) => return Err(AppendFault::Taken),
                None => {}
            }
            let may_pass = matches!(
                fault,
                None | Some(
                    StoreFault::Throttled | StoreFault::Unreachable(_) | StoreFault::OutcomeUnknown(_)
                )
            );
            if !may_pass || waits.wait(until).await.is_err() {
                return Err(fault.map_or(AppendFault::Taken, AppendFault::Store));
            }
        }
    }

    /// The hash of the event that has the version of a head.
    async fn event_there(&self, head: &Head, until: Instant) -> Result<Option<EventHash>, StoreFault> {
        let place = Place::event(&head.history(), head.position().version);
        let item = self.get(&place, operators_waits(), until).await?;
        item.map(|item| Ok(shape::<EventShape>(item)?.kept()?.chained.hash())).transpose()
    }

    fn write_of_record(
        &self,
        before: &Head,
        after: &Head,
        told: &Told,
        kept: &KeptRecord,
        token: &AttemptToken,
    ) -> Result<Write, AppendFault> {
        let record = kept.chained.record();
        let write = match (before, after, told) {
            (Head::User(before), Head::User(after), Told::User(event)) => {
                let nobodys = || StoreFault::Corrupt("an event of a user's that concerns nobody".to_owned());
                let issuer: &OrgId = record.issuer.as_ref().ok_or_else(nobodys)?;
                // The mark is put with every addition: whether it was the first of its issuer is not looked up.
                let is_first_of_issuer = matches!(event, Event::PhysicalKeyAdded(_));
                let request = None;
                let commit =
                    Commit { before, after, event, issuer, record: kept, is_first_of_issuer, request };
                self.write_of(&commit, token, record.recorded_at)?
            }
            (Head::Organisation(before), Head::Organisation(after), Told::Organisation(event)) => {
                self.write_of_organisation(before, after, event, kept, token)?
            }
            (Head::AuditLog(before), Head::AuditLog(after), Told::AuditLog(_)) => {
                self.write_of_log(before, after, kept, token)?
            }
            _ => return Err(NotNext::OfAnotherHistory(record.happening.history()).into()),
        };
        Ok(write)
    }
}

//! The one write of a command: the event, the state it leads to and the answer, all or nothing.

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use domain::history::{KeptRecord, Snapshot};
use domain::user::{Event, PhysicalKey, User};
use domain::values::{EpochMillis, OrgId, OrgTag};

use super::Table;
use super::fault::StoreFault;
use super::items::{EventShape, MarkShape, PhysicalKeyShape, Place, RequestShape, UserShape, item};
use super::requests::RequestRecord;
use super::schema::{EXPIRES_AT, PK};
use super::write::{AttemptToken, Raced, Write, number, unbuilt};

/// Everything one command writes.
#[derive(Debug, Clone)]
pub struct Commit<'a> {
    /// Where the history stood when it was decided upon. The write is conditional on it.
    pub before: &'a Snapshot<User>,
    /// Where it stands afterwards.
    pub after: &'a Snapshot<User>,
    /// What happened.
    pub event: &'a Event,
    /// The organisation that it concerns.
    pub issuer: &'a OrgId,
    /// Its record.
    pub record: &'a KeptRecord,
    /// Whether it is the first that its issuer does with this user, as far as was read.
    pub is_first_of_issuer: bool,
    /// The request's hash and its answer, if it has an idempotency key.
    pub request: Option<(&'a str, &'a RequestRecord)>,
}

impl Commit<'_> {
    fn issuers_tag(&self) -> OrgTag {
        OrgTag::of(self.issuer)
    }
}

impl Table {
    /// What writes a command's event, state and answer in one transaction.
    pub fn write_of(
        &self,
        commit: &Commit<'_>,
        token: &AttemptToken,
        now: EpochMillis,
    ) -> Result<Write, StoreFault> {
        let mut items = vec![self.move_user(commit)?];
        items.extend(self.change_physical_key(commit)?);
        items.push(self.put_event(commit.record, token)?);
        if let Some((hash, record)) = commit.request {
            items.push(self.put_request(commit, hash, record, now)?);
        }
        if commit.is_first_of_issuer {
            items.push(self.put_mark(commit)?);
        }
        Ok(Write::new(items, token.clone(), raced(commit.event)))
    }

    /// Puts the event that a history goes on with, where there must be none.
    pub(super) fn put_event(
        &self,
        record: &KeptRecord,
        token: &AttemptToken,
    ) -> Result<TransactWriteItem, StoreFault> {
        let of = record.chained.record();
        let place = Place::event(&of.happening.history(), of.version);
        self.put_new(&place, &EventShape::new(record, token.clone()))
    }

    /// Moves the user item, on condition that version and counter are the ones that were read.
    fn move_user(&self, commit: &Commit<'_>) -> Result<TransactWriteItem, StoreFault> {
        let unusable = || StoreFault::Unexpected("an event left a history without a number".to_owned());
        let after = UserShape::of(commit.after, self.shards).ok_or_else(unusable)?;
        let place = Place::user(&commit.after.state.id);
        let before = &commit.before.state;
        match before.last_number {
            None => self.move_head(&place, &after, &[]),
            Some(last_number) => {
                let read = [("version", before.version.get()), ("lastNumber", last_number.get())];
                self.move_head(&place, &after, &read)
            }
        }
    }

    /// Puts the item of a physical key that was added; deletes the one that was removed. What is erased is taken out of all items
    /// afterwards, wherever the erasure was recorded.
    fn change_physical_key(&self, commit: &Commit<'_>) -> Result<Option<TransactWriteItem>, StoreFault> {
        Ok(match commit.event {
            Event::PhysicalKeyAdded(added) => Some(self.put_new(
                &Place::physical_key(&added.user_id, commit.issuers_tag(), added.number),
                &PhysicalKeyShape::new(&added.user_id, PhysicalKey::from(added)),
            )?),
            Event::PhysicalKeyRemoved(removed) => {
                let place = Place::physical_key(&removed.user_id, commit.issuers_tag(), removed.number);
                let delete = Delete::builder()
                    .table_name(&self.name)
                    .set_key(Some(place.key()))
                    .condition_expression("attribute_exists(#pk)")
                    .expression_attribute_names("#pk", PK)
                    .build()
                    .map_err(unbuilt)?;
                Some(TransactWriteItem::builder().delete(delete).build())
            }
            Event::PhysicalKeyTextsErased(_) => None,
        })
    }

    /// Puts the mark of the issuer. It may be there by now, and then it is the same: `BatchGetItem` reads each item at a moment
    /// of its own, so there is no condition that it could break.
    fn put_mark(&self, commit: &Commit<'_>) -> Result<TransactWriteItem, StoreFault> {
        let org_id = commit.issuer.clone();
        let place = Place::mark(&commit.after.state.id, commit.issuers_tag());
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(item(&place, &MarkShape { org_id })?))
            .build()
            .map_err(unbuilt)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Puts the answer where there is none, or one that has expired: TTL deletion lags by days.
    fn put_request(
        &self,
        commit: &Commit<'_>,
        hash: &str,
        record: &RequestRecord,
        now: EpochMillis,
    ) -> Result<TransactWriteItem, StoreFault> {
        let place = Place::request(&commit.after.state.id, hash);
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(item(&place, &RequestShape::from(record))?))
            .condition_expression("attribute_not_exists(#pk) OR #expiresAt <= :now")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#expiresAt", EXPIRES_AT)
            .expression_attribute_values(":now", number(now.seconds()))
            .build()
            .map_err(unbuilt)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}

/// Which items of the write somebody else may have been first with: a physical key that is removed may have gone since it
/// was read.
const fn raced(event: &Event) -> Raced {
    match event {
        Event::PhysicalKeyAdded(_) => Raced::ADDITION,
        Event::PhysicalKeyRemoved(_) => Raced::REMOVAL,
        Event::PhysicalKeyTextsErased(_) => Raced::HEAD,
    }
}

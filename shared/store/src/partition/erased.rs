//! Texts that were erased, where they are kept nevertheless: an erasure is recorded first and carried out then, and whatever ends it
//! in between, or a backup that is restored, leaves some behind.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::user::TextsOfUser;
use domain::values::{EpochMillis, Version};

use super::super::Table;
use super::super::fault::{Kind, StoreFault};
use super::super::items::{Item, Place, RequestShape, TEXTS_OF_PHYSICAL_KEY, shape};
use super::super::requests::without_texts;
use super::super::schema::PK;
use super::super::write::number;
use super::Partition;

/// Something that is kept of a text that was erased. `Display` is half a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    place: Place,
    kept: Kept,
}

/// What it is kept in.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kept {
    /// Beside the record of an event.
    Event,
    /// In the item of a physical key.
    PhysicalKey,
    /// In the answer to the request that it came with; what is left of that without it.
    Answer { version: u64, body: String },
}

impl std::fmt::Display for Leftover {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Place { pk, sk } = &self.place;
        write!(formatter, "the item {pk:?} {sk:?} has texts that were erased")
    }
}

impl Partition {
    /// What its events tell of texts, whether or not they follow one another: a history that is at fault may have texts, too.
    pub(super) fn texts(&self) -> TextsOfUser {
        let mut texts = TextsOfUser::default();
        self.events
            .iter()
            .filter_map(|(_, kept)| kept.as_ref())
            .for_each(|kept| texts.tell(kept.chained.record()));
        texts
    }

    /// The events whose texts were erased, and when each was recorded.
    pub(crate) fn erased_events(&self, texts: &TextsOfUser) -> Vec<(Version, EpochMillis)> {
        let records = self.events.iter().filter_map(|(_, kept)| Some(kept.as_ref()?.chained.record()));
        let covered = records.filter(|record| texts.covers(record.version));
        covered.map(|record| (record.version, record.recorded_at)).collect()
    }

    /// What is kept of texts that were erased.
    pub(super) fn leftovers(&self, texts: &TextsOfUser) -> Vec<Leftover> {
        let mut leftovers = Vec::new();
        if !texts.has_erasures() {
            return leftovers;
        }
        for (place, kept) in &self.events {
            let Some(kept) = kept else { continue };
            if texts.covers(kept.chained.record().version) && !kept.disclosures.is_empty() {
                leftovers.push(Leftover { place: place.clone(), kept: Kept::Event });
            }
        }
        for (place, item) in &self.state {
            let has_texts = TEXTS_OF_PHYSICAL_KEY.iter().any(|name| item.contains_key(*name));
            if has_texts && place.physical_key_number().is_some_and(|number| texts.is_erased(number)) {
                leftovers.push(Leftover { place: place.clone(), kept: Kept::PhysicalKey });
            }
        }
        for (place, item) in &self.requests {
            // An answer that cannot be read is told elsewhere.
            let Ok(answer) = shape::<RequestShape>(item.clone()) else { continue };
            if !texts.covers(answer.version) {
                continue;
            }
            // What is no answer of this program's could be anything, the texts among it.
            let body = without_texts(&answer.body).unwrap_or_else(|| "{}".to_owned());
            if body != answer.body || !answer.salts.is_empty() {
                let kept = Kept::Answer { version: answer.version.get(), body };
                leftovers.push(Leftover { place: place.clone(), kept });
            }
        }
        leftovers
    }
}

/// Takes the texts out of the item of a physical key.
pub(super) fn strip(item: &mut Item) {
    for name in TEXTS_OF_PHYSICAL_KEY {
        item.remove(name);
    }
}

impl Table {
    /// Takes the texts out of an item. One that is gone, or is another one by now, has none of them.
    pub async fn clear(&self, Leftover { place, kept }: &Leftover) -> Result<(), StoreFault> {
        let update = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(place.key()))
            .condition_expression("attribute_exists(#pk)")
            .expression_attribute_names("#pk", PK);
        let update = match kept {
            Kept::Event => remove(update, &["disclosures"]),
            Kept::PhysicalKey => remove(update, &TEXTS_OF_PHYSICAL_KEY),
            Kept::Answer { version, body } => update
                .update_expression("SET #body = :body REMOVE #salts")
                .condition_expression("#version = :version")
                .set_expression_attribute_names(Some(
                    [("#body", "body"), ("#salts", "salts"), ("#version", "version")]
                        .map(|(name, attribute)| (name.to_owned(), attribute.to_owned()))
                        .into(),
                ))
                .expression_attribute_values(":body", AttributeValue::S(body.clone()))
                .expression_attribute_values(":version", number(*version)),
        };
        match update.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(service)) if service.err().is_conditional_check_failed_exception() => {
                Ok(())
            }
            Err(error) => Err(StoreFault::of(Kind::Write, &error)),
        }
    }
}

fn remove(update: UpdateItemFluentBuilder, attributes: &[&str]) -> UpdateItemFluentBuilder {
    let names: Vec<_> = attributes.iter().map(|name| format!("#{name}")).collect();
    let update = update.update_expression(format!("REMOVE {}", names.join(", ")));
    names.into_iter().zip(attributes).fold(update, |update, (name, attribute)| {
        update.expression_attribute_names(name, (*attribute).to_owned())
    })
}

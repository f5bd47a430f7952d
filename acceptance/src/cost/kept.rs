//! What stays in the table and its indexes.

use serde_json::Value;

use super::counter::{Counter, user};
use super::float;
use super::prices::Prices;
use crate::stored::size;

/// What DynamoDB adds to each item, and to each entry of an index (DynamoDB Developer Guide, "Global secondary indexes", "Storage
/// considerations").
const OF_AN_ITEM: usize = 100;

/// The items of the user of the scene, and their entries.
#[derive(Debug)]
pub struct Kept {
    /// Each kind of item.
    pub items: Vec<KeptItem>,
    /// The event item's attributes, by what each takes.
    pub event: Vec<(String, usize)>,
    /// What the index of the organisations' lists would not need.
    pub not_listed: usize,
}

/// An item that stays.
#[derive(Debug)]
pub struct KeptItem {
    /// What it is.
    pub name: &'static str,
    /// Its bytes, without what DynamoDB adds.
    pub bytes: usize,
    /// Those of its entry in an index; none if it is in none.
    pub entry: Option<usize>,
}

impl KeptItem {
    /// What a million of them costs for a month: in the table, in its backups, and in the index, which backups leave out.
    pub(super) fn month(&self, prices: &Prices) -> f64 {
        let (table, backups) = (prices.of("table GB-month"), prices.of("recovery GB-month"));
        let item = float(self.bytes + OF_AN_ITEM) * (table + backups);
        let entry = self.entry.map_or(0.0, |bytes| float(bytes + OF_AN_ITEM) * table);
        (item + entry) / super::bill::GB
    }
}

impl Kept {
    /// What there is of the user of the scene.
    pub(super) async fn of(scene: &Counter) -> Self {
        let stored = scene.snapshot().await;
        let (of_user, alice) = (format!("USER#{}", user(1)), user(1));
        let find = |sk: &str, has: &str| {
            let mut of_user = stored.iter().filter(|((pk, _), _)| *pk == of_user);
            let found = of_user.find(|((_, of), item)| of.starts_with(sk) && item.to_string().contains(has));
            found.map_or_else(|| panic!("no {sk} of {alice}"), |(_, item)| item)
        };
        let entry = |item: &Value| scene.indexes.iter().find_map(|index| Some(size(&index.entry(item)?)));
        let kept = |name, item: &Value| KeptItem { name, bytes: size(item), entry: entry(item) };
        let added = find("EVENT#", "PhysicalKeyAdded");
        let key = find("KEY#", "");
        let items = vec![
            kept("event: added", added),
            kept("event: removed", find("EVENT#", "PhysicalKeyRemoved")),
            kept("physical key that is out", key),
            kept("user: the head of the history", find("USER", "")),
            kept("mark: an organisation and a user", find("SEEN#", "")),
            kept("request with `Idempotency-Key`, 30 days", find("REQUEST#", "PhysicalKeyAdded")),
        ];
        let attributes = added.as_object().expect("an item").iter();
        let alone = |name: &String, value: &Value| size(&serde_json::json!({ name.as_str(): value }));
        let mut event: Vec<_> = attributes.map(|(name, value)| (name.clone(), alone(name, value))).collect();
        event.sort_by_key(|(name, bytes)| (std::cmp::Reverse(*bytes), name.clone()));
        Self { items, event, not_listed: alone(&"orgId".to_owned(), &key["orgId"]) }
    }

    /// The item of this name.
    #[must_use]
    pub fn item(&self, name: &str) -> &KeptItem {
        self.items.iter().find(|item| item.name.starts_with(name)).unwrap_or_else(|| panic!("no {name}"))
    }
}

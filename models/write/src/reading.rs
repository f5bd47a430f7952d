//! The items that a client reads, each at a moment of its own: a batch is no snapshot.

/// One of the items that a client reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Item {
    /// USER.
    User,
    /// KEY of the number that is to be removed.
    Key,
    /// REQUEST of the idempotency key.
    Request,
    /// APIKEY.
    ApiKey,
    /// EVENT at the current attempt's version.
    Event,
}

/// Items that are still to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Unread(u8);

impl Unread {
    const ALL: [Item; 5] = [Item::User, Item::Key, Item::Request, Item::ApiKey, Item::Event];

    /// These items, each if it is asked for.
    #[must_use]
    pub fn of<const N: usize>(items: [(Item, bool); N]) -> Self {
        Self(items.iter().filter(|(_, asked)| *asked).fold(0, |bits, (item, _)| bits | 1 << *item as u8))
    }

    /// Whether the item is among them.
    #[must_use]
    pub const fn contains(self, item: Item) -> bool {
        self.0 & (1 << item as u8) != 0
    }

    /// Whether all are read.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// All but this one.
    #[must_use]
    pub const fn without(self, item: Item) -> Self {
        Self(self.0 & !(1 << item as u8))
    }

    /// The items.
    pub fn items(self) -> impl Iterator<Item = Item> {
        Self::ALL.into_iter().filter(move |item| self.contains(*item))
    }
}

//! What is explored: who asks for what, on which history, and what the network and the table may do.

use std::fmt;

use crate::request::Request;
use crate::table::Deed;

/// One world.
#[derive(Debug, Clone, Copy)]
pub struct Configuration {
    /// Its name.
    pub name: &'static str,
    /// What each client asks for.
    pub requests: &'static [Request],
    /// The events from before the clients began.
    pub history: &'static [Deed],
    /// How many rounds a client has, each with one send at most. After them its deadline is sure to come.
    pub rounds: u8,
    /// Whether the API key may be revoked at any moment.
    pub revocation: bool,
    /// Whether the table may forget a token at any moment.
    pub forgetting: bool,
    /// Whether a send that was given up may arrive more than once. Worlds with this have fewer states, since it does
    /// not matter whether one has arrived yet, and all that can happen without it.
    pub duplicates: bool,
}

const NOTHING: &[Deed] = &[];
const ONE: &[Deed] = &[Deed::Added(1)];

impl Configuration {
    /// A world in which nothing is revoked or forgotten, and each send arrives once.
    #[must_use]
    pub const fn new(
        name: &'static str,
        requests: &'static [Request],
        history: &'static [Deed],
        rounds: u8,
    ) -> Self {
        Self { name, requests, history, rounds, revocation: false, forgetting: false, duplicates: false }
    }

    /// The same with this many rounds.
    #[must_use]
    pub const fn rounds(self, rounds: u8) -> Self {
        Self { rounds, ..self }
    }

    /// The same, and the API key may be revoked.
    #[must_use]
    pub const fn with_revocation(self) -> Self {
        Self { revocation: true, ..self }
    }

    /// The same, and tokens may be forgotten.
    #[must_use]
    pub const fn with_forgetting(self) -> Self {
        Self { forgetting: true, ..self }
    }

    /// Whether a client may find the number that it is to remove absent, and be refused therefore: it was not there from
    /// the beginning, or a request removes it that is not the same under the same idempotency key.
    #[must_use]
    pub fn may_not_find(&self) -> bool {
        self.requests.iter().enumerate().any(|(index, request)| {
            let Some(number) = request.number() else { return false };
            let mut others = self.requests.iter().enumerate().filter(|(other, _)| *other != index);
            let removes = |other: &Request| {
                other.number() == Some(number)
                    && (other.idempotency_key.is_none() || other.idempotency_key != request.idempotency_key)
            };
            !self.history.contains(&Deed::Added(number)) || others.any(|(_, other)| removes(other))
        })
    }

    /// The same, and a send that was given up may arrive more than once.
    #[must_use]
    pub const fn with_duplicates(self) -> Self {
        Self { duplicates: true, ..self }
    }
}

const ADD: Request = Request::ADD;
const REMOVE: Request = Request::remove(1);

/// Two clients add.
pub const ADDITIONS: Configuration = Configuration::new("two additions", &[ADD, ADD], NOTHING, 3);
/// A client that timed out added again.
pub const ADDITION_COPIES: Configuration =
    Configuration::new("two copies of an addition", &[ADD.under(0), ADD.under(0)], NOTHING, 3);
/// Two clients remove the same number.
pub const REMOVALS: Configuration = Configuration::new("two removals", &[REMOVE, REMOVE], ONE, 3);
/// A client that timed out removed again.
pub const REMOVAL_COPIES: Configuration =
    Configuration::new("two copies of a removal", &[REMOVE.under(0), REMOVE.under(0)], ONE, 3);
/// The number is not the one that is added.
pub const REMOVAL_AND_ADDITION: Configuration =
    Configuration::new("a removal and an addition", &[REMOVE, ADD], ONE, 3);
/// The number is the one that is added: KEY may be read before USER or after.
pub const REMOVAL_OF_AN_ADDITION: Configuration =
    Configuration::new("a removal of what is being added", &[REMOVE, ADD], NOTHING, 3);

const THREE_ADDITIONS: Configuration = Configuration::new("three additions", &[ADD, ADD, ADD], NOTHING, 2);
const THREE_ADDITION_COPIES: Configuration = Configuration::new(
    "three copies of an addition",
    &[ADD.under(0), ADD.under(0), ADD.under(0)],
    NOTHING,
    2,
);
const THREE_REMOVALS: Configuration = Configuration::new("three removals", &[REMOVE, REMOVE, REMOVE], ONE, 2);
const THREE_REMOVAL_COPIES: Configuration = Configuration::new(
    "three copies of a removal",
    &[REMOVE.under(0), REMOVE.under(0), REMOVE.under(0)],
    ONE,
    2,
);
const REMOVAL_COPIES_AND_A_RIVAL: Configuration = Configuration::new(
    "two copies of a removal and another removal",
    &[REMOVE.under(0), REMOVE.under(0), REMOVE],
    ONE,
    2,
);
const REMOVALS_UNDER_TWO_KEYS: Configuration = Configuration::new(
    "three removals, two idempotency keys",
    &[REMOVE.under(0), REMOVE.under(0), REMOVE.under(1)],
    ONE,
    2,
);
const REMOVAL_COPIES_OF_AN_ADDITION: Configuration = Configuration::new(
    "two copies of a removal of what is being added",
    &[REMOVE.under(0), REMOVE.under(0), ADD],
    NOTHING,
    2,
);
/// The number that the copies add may be removed before the second copy looks.
pub const ADDITION_COPIES_AND_A_REMOVAL: Configuration = Configuration::new(
    "two copies of an addition and a removal of what they add",
    &[ADD.under(0), ADD.under(0), REMOVE],
    NOTHING,
    2,
);
const TWO_NUMBERS: Configuration = Configuration::new(
    "a removal and two copies of the removal of another number",
    &[REMOVE, Request::remove(2).under(0), Request::remove(2).under(0)],
    &[Deed::Added(1), Deed::Added(2)],
    2,
);

/// Explored by the tests.
pub const SMALL: &[Configuration] = &[
    ADDITIONS.with_forgetting(),
    ADDITION_COPIES.with_forgetting(),
    REMOVALS.with_forgetting(),
    REMOVAL_COPIES.with_forgetting(),
    REMOVAL_AND_ADDITION.with_forgetting(),
    REMOVAL_OF_AN_ADDITION.with_forgetting(),
    ADDITION_COPIES.with_revocation(),
    REMOVAL_COPIES.with_revocation(),
    THREE_ADDITIONS,
    THREE_ADDITION_COPIES,
    THREE_REMOVALS.with_duplicates(),
    REMOVAL_COPIES_AND_A_RIVAL.with_duplicates(),
    REMOVAL_COPIES_OF_AN_ADDITION.with_duplicates(),
    ADDITION_COPIES_AND_A_REMOVAL.with_duplicates(),
];

/// Explored by the program.
pub const LARGE: &[Configuration] = &[
    ADDITIONS.rounds(4).with_forgetting().with_revocation(),
    ADDITION_COPIES.rounds(4).with_forgetting().with_revocation(),
    REMOVALS.rounds(4).with_forgetting().with_revocation(),
    REMOVAL_COPIES.rounds(4).with_forgetting().with_revocation(),
    REMOVAL_OF_AN_ADDITION.rounds(4).with_forgetting().with_revocation(),
    THREE_ADDITIONS.rounds(3).with_forgetting(),
    THREE_ADDITION_COPIES.rounds(3).with_duplicates().with_forgetting(),
    THREE_REMOVALS.rounds(3).with_duplicates().with_forgetting(),
    THREE_REMOVAL_COPIES.rounds(3).with_duplicates(),
    REMOVAL_COPIES_AND_A_RIVAL.rounds(3).with_duplicates(),
    REMOVAL_COPIES_OF_AN_ADDITION.rounds(3).with_duplicates(),
    ADDITION_COPIES_AND_A_REMOVAL.rounds(3).with_duplicates(),
    TWO_NUMBERS.rounds(3).with_duplicates(),
    REMOVALS_UNDER_TWO_KEYS.rounds(3).with_duplicates(),
    REMOVAL_COPIES_AND_A_RIVAL.with_duplicates().with_revocation(),
];

impl fmt::Display for Configuration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}, {} rounds", self.name, self.rounds)?;
        for (is_on, text) in [
            (self.revocation, ", revocation"),
            (self.forgetting, ", tokens forgotten"),
            (self.duplicates, ", duplicates"),
        ] {
            write!(formatter, "{}", if is_on { text } else { "" })?;
        }
        Ok(())
    }
}

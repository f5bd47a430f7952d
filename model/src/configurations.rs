//! What is explored: who asks for what, on which history, and what the network and the table may do.

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

    /// The same, and a send that was given up may arrive more than once.
    #[must_use]
    pub const fn with_duplicates(self) -> Self {
        Self { duplicates: true, ..self }
    }
}

const ADD: Request = Request::ADD;
const REMOVE: Request = Request::remove(1);

/// Explored by the tests.
pub const SMALL: &[Configuration] = &[
    Configuration::new("two additions", &[ADD, ADD], NOTHING, 3).with_forgetting(),
    Configuration::new("two copies of an addition", &[ADD.under(0), ADD.under(0)], NOTHING, 3).with_forgetting(),
    Configuration::new("two removals of a number", &[REMOVE, REMOVE], ONE, 3).with_forgetting(),
    Configuration::new("two copies of a removal", &[REMOVE.under(0), REMOVE.under(0)], ONE, 3).with_forgetting(),
    Configuration::new("a removal and an addition", &[REMOVE, ADD], ONE, 3).with_forgetting(),
    Configuration::new("a removal of what is being added", &[REMOVE, ADD], NOTHING, 3).with_forgetting(),
];

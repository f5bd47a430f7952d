//! The attempts of a client: what each sends, and which of them may still be carried out.

use crate::request::{Command, Request};
use crate::table::{ATTEMPTS, Deed, Event, Token, Transaction, User};

/// What an attempt was decided on, and what the network has of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
struct Attempt {
    /// USER as it was read.
    before: User,
    /// How many of its sends were given up and may still arrive.
    late: u8,
}

/// The attempt that a client is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Current {
    index: u8,
    /// One of its sends had no answer.
    is_open: bool,
    /// KEY of the removal was read absent after it was sent.
    key_is_gone: bool,
}

/// What EVENT at the attempt's version tells of the attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sight {
    /// There is no such event yet.
    Absent,
    /// The attempt was carried out.
    Ours,
    /// Another attempt was, so this one never will be.
    Anothers,
}

/// All attempts of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Attempts {
    all: [Attempt; ATTEMPTS],
    made: u8,
    current: Option<Current>,
}

impl Attempts {
    /// Decides anew, with a fresh token.
    pub fn make(&mut self, before: User) {
        self.abandon();
        self.all[usize::from(self.made)].before = before;
        self.current = Some(Current { index: self.made, is_open: false, key_is_gone: false });
        self.made += 1;
    }

    /// The current attempt is over. What of it is under way stays under way.
    pub fn abandon(&mut self) {
        if let Some(current) = self.current.take() {
            let attempt = &mut self.all[usize::from(current.index)];
            if attempt.late == 0 {
                // Nothing depends on it any more: worlds that differ in it alone are the same.
                *attempt = Attempt::default();
            }
        }
    }

    /// There will be no more attempts. What is under way stays under way.
    pub fn end(&mut self) {
        self.abandon();
        self.made = 0;
    }

    /// Whether there is a current attempt.
    #[must_use]
    pub const fn is_any(&self) -> bool {
        self.current.is_some()
    }

    /// Whether there is, or was, one.
    #[must_use]
    pub const fn was_any(&self) -> bool {
        self.made > 0
    }

    /// Whether the current attempt may be carried out, or have been, without the client's knowing.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.current.is_some_and(|current| current.is_open)
    }

    /// Opens the current attempt: a send had no answer.
    pub fn open(&mut self) {
        if let Some(current) = &mut self.current {
            current.is_open = true;
        }
    }

    /// Closes the current attempt: no send of it will be carried out.
    pub fn close(&mut self) {
        if let Some(current) = &mut self.current {
            current.is_open = false;
        }
    }

    /// KEY of the removal was read absent.
    pub fn note_that_key_is_gone(&mut self) {
        if let Some(current) = &mut self.current {
            current.key_is_gone = true;
        }
    }

    /// Whether KEY of the removal was read absent after the current attempt was sent.
    #[must_use]
    pub fn key_is_gone(&self) -> bool {
        self.current.is_some_and(|current| current.key_is_gone)
    }

    /// The version that the current attempt was decided on.
    #[must_use]
    pub fn version_before(&self) -> Option<u8> {
        self.current.map(|current| self.all[usize::from(current.index)].before.version)
    }

    /// What the current attempt sends.
    #[must_use]
    pub fn transaction(&self, client: usize, request: Request) -> Option<Transaction> {
        self.current.map(|current| self.transaction_of(usize::from(current.index), client, request))
    }

    /// What an attempt sends: the very same in all its sends.
    #[must_use]
    pub fn transaction_of(&self, attempt: usize, client: usize, request: Request) -> Transaction {
        let before = self.all[attempt].before;
        let (deed, last_number) = match request.command {
            Command::Add => (Deed::Added(before.last_number + 1), before.last_number + 1),
            Command::Remove(number) => (Deed::Removed(number), before.last_number),
        };
        Transaction {
            before: before.version,
            after: User { version: before.version + 1, last_number },
            deed,
            token: Token::new(client, attempt),
            idempotency_key: request.idempotency_key,
        }
    }

    /// What an event at the current attempt's version tells.
    #[must_use]
    pub fn sight(&self, event: Option<Event>, client: usize) -> Sight {
        let token = self.current.map(|current| Token::new(client, usize::from(current.index)));
        match event {
            None => Sight::Absent,
            Some(event) if Some(event.token) == token => Sight::Ours,
            Some(_) => Sight::Anothers,
        }
    }

    /// A send of the current attempt is given up: it may arrive at any time, or never. Where the network delivers
    /// more than once, it does not matter how many there are.
    pub fn leave_under_way(&mut self, duplicates: bool) {
        if let Some(current) = self.current {
            let attempt = &mut self.all[usize::from(current.index)];
            attempt.late = if duplicates { 1 } else { attempt.late + 1 };
        }
    }

    /// The attempts of which a send may still arrive.
    pub fn under_way(&self) -> impl Iterator<Item = usize> {
        (0..ATTEMPTS).filter(|attempt| self.all[*attempt].late > 0)
    }

    /// A send has arrived.
    pub fn arrived(&mut self, attempt: usize) {
        self.all[attempt].late -= 1;
        let is_current = self.current.is_some_and(|current| usize::from(current.index) == attempt);
        if self.all[attempt].late == 0 && !is_current {
            self.all[attempt] = Attempt::default();
        }
    }
}

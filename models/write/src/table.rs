//! One user's partition, and the transaction that writes to it.

use std::fmt;

use crate::faults::Fault;
use crate::reply::Answer;

/// How many clients a world has room for.
pub const CLIENTS: usize = 3;
/// How many attempts a client has room for: one for each of its rounds.
pub const ATTEMPTS: usize = 4;
/// How many events a user has room for. A correct protocol stays below; with a fault the table refuses what is beyond.
pub const VERSIONS: usize = 6;
/// How many idempotency keys there are room for.
pub const IDEMPOTENCY_KEYS: usize = 2;

/// Marks an attempt: the client request token of all its sends, which its EVENT bears too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token(u8);

impl Token {
    /// The token of events from before the clients began.
    pub const EARLIER: Self = Self(u8::MAX);

    /// The token of a client's attempt.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "Both are less than the few there is room for.")]
    pub const fn new(client: usize, attempt: usize) -> Self {
        Self((client * ATTEMPTS + attempt) as u8)
    }

    /// Whose it is; nobody's if it is from before the clients began.
    #[must_use]
    pub fn client(self) -> Option<usize> {
        (self != Self::EARLIER).then(|| usize::from(self.0) / ATTEMPTS)
    }

    /// Which of its client's attempts it is.
    #[must_use]
    pub fn attempt(self) -> usize {
        usize::from(self.0) % ATTEMPTS
    }

    const fn bit(self) -> u16 {
        1 << self.0
    }
}

/// What an event did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Deed {
    /// The physical key of this number was added.
    Added(u8),
    /// The physical key of this number was removed.
    Removed(u8),
}

impl Deed {
    /// The number it is about.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Added(number) | Self::Removed(number) => number,
        }
    }
}

/// An item EVENT(v).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Event {
    /// Which attempt wrote it.
    pub token: Token,
    /// What it did.
    pub deed: Deed,
}

/// The item USER. Version 0 is a user without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct User {
    /// How many events there are.
    pub version: u8,
    /// The last number given.
    pub last_number: u8,
}

/// One write: USER, KEY, EVENT and perhaps REQUEST, all or nothing.
#[derive(Debug, Clone, Copy)]
pub struct Transaction {
    /// The version that it was decided on.
    pub before: u8,
    /// What USER will be.
    pub after: User,
    /// What it does to KEY.
    pub deed: Deed,
    /// The attempt.
    pub token: Token,
    /// The idempotency key whose REQUEST it puts.
    pub idempotency_key: Option<u8>,
}

impl Transaction {
    /// What its request is answered when it is carried out.
    #[must_use]
    pub const fn answer(&self) -> Answer {
        Answer { version: self.after.version, number: self.deed.number() }
    }
}

/// All items, and what the table remembers of transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Table {
    /// USER.
    pub user: User,
    /// KEY(n), the physical keys: one bit for each number.
    held: u8,
    /// EVENT(v), from version 1.
    events: [Option<Event>; VERSIONS],
    /// REQUEST(k).
    requests: [Option<Answer>; IDEMPOTENCY_KEYS],
    /// APIKEY.
    pub revoked: bool,
    /// The tokens of transactions that were carried out and are not forgotten: one bit for each.
    remembered: u16,
    /// How many events each client has written. The table does not know it, the properties are about it: an event that
    /// is overwritten was nonetheless written.
    pub written: [u8; CLIENTS],
}

impl Table {
    /// A table with these events from before the clients began.
    #[must_use]
    pub fn with_history(history: &[Deed]) -> Self {
        let mut table = Self::default();
        for (event, deed) in table.events.iter_mut().zip(history) {
            *event = Some(Event { token: Token::EARLIER, deed: *deed });
            table.user.version += 1;
            match deed {
                Deed::Added(number) => {
                    table.user.last_number = *number;
                    table.held |= 1 << number;
                }
                Deed::Removed(number) => table.held &= !(1 << number),
            }
        }
        table
    }

    /// KEY(n): whether the physical key is there.
    #[must_use]
    pub const fn holds(&self, number: u8) -> bool {
        self.held & (1 << number) != 0
    }

    /// The physical keys that are there: one bit for each number.
    #[must_use]
    pub const fn held(&self) -> u8 {
        self.held
    }

    /// EVENT(v).
    #[must_use]
    pub fn event(&self, version: u8) -> Option<Event> {
        self.events.get(usize::from(version).wrapping_sub(1)).copied().flatten()
    }

    /// EVENT(1), EVENT(2) and so on.
    #[must_use]
    pub const fn events(&self) -> &[Option<Event>; VERSIONS] {
        &self.events
    }

    /// REQUEST(k).
    #[must_use]
    pub fn request(&self, idempotency_key: u8) -> Option<Answer> {
        self.requests[usize::from(idempotency_key)]
    }

    /// Whether a send with this token would succeed without doing anything.
    #[must_use]
    pub const fn remembers(&self, token: Token) -> bool {
        self.remembered & token.bit() != 0
    }

    /// The token expires.
    pub const fn forget(&mut self, token: Token) {
        self.remembered &= !token.bit();
    }

    /// Puts REQUEST on its own: only a fault does this.
    pub fn put_request(&mut self, idempotency_key: u8, answer: Answer) {
        self.requests[usize::from(idempotency_key)] = Some(answer);
    }

    /// Carries a transaction out, or cancels it because a condition failed. Says whether it succeeded.
    pub fn execute(&mut self, transaction: Transaction, fault: Option<Fault>) -> bool {
        if self.remembers(transaction.token) {
            return true;
        }
        let index = usize::from(transaction.before);
        if index >= VERSIONS || !self.allows(transaction, fault) {
            return false;
        }
        self.user = transaction.after;
        match transaction.deed {
            Deed::Added(number) => self.held |= 1 << number,
            Deed::Removed(number) => self.held &= !(1 << number),
        }
        self.events[index] = Some(Event { token: transaction.token, deed: transaction.deed });
        if let Some(key) = transaction.idempotency_key
            && fault != Some(Fault::RequestOutsideTheTransaction)
        {
            self.put_request(key, transaction.answer());
        }
        self.remembered |= transaction.token.bit();
        if let Some(client) = transaction.token.client() {
            self.written[client] += 1;
        }
        true
    }

    /// Whether all conditions hold, but for those that the fault leaves out.
    fn allows(&self, transaction: Transaction, fault: Option<Fault>) -> bool {
        let asked = |condition: Condition| fault.is_none_or(|fault| !fault.drops(condition));
        let version = self.user.version == transaction.before;
        let key = match transaction.deed {
            Deed::Added(number) => !self.holds(number) || !asked(Condition::NewKeyAbsent),
            Deed::Removed(number) => self.holds(number) || !asked(Condition::RemovedKeyPresent),
        };
        let event = self.event(transaction.after.version).is_none();
        let request = transaction.idempotency_key.is_none_or(|key| self.request(key).is_none());
        (version || !asked(Condition::Version))
            && key
            && (event || !asked(Condition::EventAbsent))
            && (request || !asked(Condition::RequestAbsent))
    }
}

/// One of the conditions of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// USER has the version that was decided on.
    Version,
    /// KEY of an added number is absent.
    NewKeyAbsent,
    /// KEY of a removed number is there.
    RemovedKeyPresent,
    /// EVENT of the next version is absent.
    EventAbsent,
    /// REQUEST of the idempotency key is absent.
    RequestAbsent,
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "USER v{} n{}", self.user.version, self.user.last_number)?;
        for number in (0..8).filter(|number| self.holds(*number)) {
            write!(formatter, ", KEY({number})")?;
        }
        for (version, event) in (1..).zip(&self.events) {
            if let Some(Event { token, deed }) = event {
                write!(formatter, ", EVENT({version}) {deed:?}")?;
                if let Some(client) = token.client() {
                    write!(formatter, " by {}'s attempt {}", client + 1, token.attempt() + 1)?;
                }
            }
        }
        for (key, request) in self.requests.iter().enumerate() {
            if let Some(answer) = request {
                write!(formatter, ", REQUEST({key}) v{}", answer.version)?;
            }
        }
        if self.revoked { write!(formatter, ", APIKEY revoked") } else { Ok(()) }
    }
}

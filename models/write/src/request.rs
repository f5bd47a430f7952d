//! What a client asks for.

use std::fmt;

/// A command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Command {
    /// Add a physical key; the service gives the number.
    Add,
    /// Remove the physical key of this number.
    Remove(u8),
}

/// A command, and the idempotency key that it came under, if any. Clients with equal requests under one idempotency
/// key are copies of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Request {
    /// The command.
    pub command: Command,
    /// Which idempotency key, counted from 0.
    pub idempotency_key: Option<u8>,
}

impl Request {
    /// An addition without an idempotency key.
    pub const ADD: Self = Self { command: Command::Add, idempotency_key: None };

    /// A removal without an idempotency key.
    #[must_use]
    pub const fn remove(number: u8) -> Self {
        Self { command: Command::Remove(number), idempotency_key: None }
    }

    /// The same command under an idempotency key.
    #[must_use]
    pub const fn under(self, idempotency_key: u8) -> Self {
        Self { idempotency_key: Some(idempotency_key), ..self }
    }

    /// The number whose physical key's item a decision needs.
    #[must_use]
    pub const fn number(self) -> Option<u8> {
        match self.command {
            Command::Add => None,
            Command::Remove(number) => Some(number),
        }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.command {
            Command::Add => write!(formatter, "add")?,
            Command::Remove(number) => write!(formatter, "remove {number}")?,
        }
        match self.idempotency_key {
            None => Ok(()),
            Some(key) => write!(formatter, " under idempotency key {key}"),
        }
    }
}

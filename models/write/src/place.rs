//! What a step of a client's depends on besides the client.

use crate::faults::Fault;
use crate::request::Request;
use crate::table::Table;

/// Where a client takes a step.
#[derive(Debug, Clone, Copy)]
pub struct Place<'world> {
    /// Which client it is.
    pub index: usize,
    /// What it asks for.
    pub request: Request,
    /// What all clients ask for.
    pub requests: &'world [Request],
    /// The table at this moment.
    pub table: &'world Table,
    /// Whether the API key can be revoked. If not, reading it is left out.
    pub revocation: bool,
    /// The rule that is left out.
    pub fault: Option<Fault>,
}

impl Place<'_> {
    /// Whether it is this rule that is left out.
    #[must_use]
    pub fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    /// KEY of the removal.
    pub(crate) fn holds_number(&self) -> bool {
        self.request.number().is_some_and(|number| self.table.holds(number))
    }

    /// Whether there is an event under the idempotency key, of this client or of a copy.
    pub(crate) fn key_has_event(&self) -> bool {
        self.request.idempotency_key.is_some()
            && self.requests.iter().zip(&self.table.written).any(|(request, written)| {
                request.idempotency_key == self.request.idempotency_key && *written > 0
            })
    }
}

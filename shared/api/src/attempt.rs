//! One decision as one attempt: what is written under one token, however often it has to be sent.
//!
//! A write that was given up may arrive after all. So an attempt that has a sending without an answer is **open**: neither a
//! cancellation nor a time-out of another sending says anything about it. It is **dead** only when its ground is gone for
//! ever: the version that it is conditional on, or the physical key that it removes. Whose the version became, the event
//! tells: its item carries the token of the attempt that wrote it. `write-model` explores these rules exhaustively.

use domain::values::{KeyNumber, Version};
use store::{AttemptToken, UserState, Write};

use crate::http::answer::Answer;

/// One decision on its way into the table.
#[derive(Debug)]
pub(crate) struct Attempt {
    /// Its name.
    pub(crate) token: AttemptToken,
    /// The version that it is conditional on.
    pub(crate) before: Version,
    /// What is sent, the same each time.
    pub(crate) write: Write,
    /// What is answered once it is carried out.
    pub(crate) answer: Answer,
    concerns: Option<KeyNumber>,
    unanswered: Option<String>,
}

impl Attempt {
    pub(crate) fn new(
        token: AttemptToken,
        before: Version,
        concerns: Option<KeyNumber>,
        write: Write,
        answer: Answer,
    ) -> Self {
        Self { token, before, write, answer, concerns, unanswered: None }
    }

    /// Notes that a sending had no answer, or none that tells. It stays open from then on, whatever is answered later.
    pub(crate) fn is_left_unanswered(&mut self, cause: String) {
        self.unanswered.get_or_insert(cause);
    }

    /// Why it is open, if it is.
    pub(crate) fn open(&self) -> Option<&str> {
        self.unanswered.as_deref()
    }

    /// Whether a read shows that it can still be carried out: at its version, and with its physical key. A physical key
    /// that is gone never comes back; without that, an attempt whose read was torn would be sent for ever while nobody
    /// else moves the version.
    pub(crate) fn has_its_ground(&self, state: &UserState) -> bool {
        self.has_its_version(state) && (self.concerns.is_none() || state.physical_key.is_some())
    }

    /// Whether a read shows the version that it is conditional on.
    pub(crate) fn has_its_version(&self, state: &UserState) -> bool {
        state.snapshot.state.version == self.before
    }
}

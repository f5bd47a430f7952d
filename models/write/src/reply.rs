//! What a client is answered.

use std::fmt;

/// What a 200 says, and what a REQUEST item keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Answer {
    /// The user's version with the event.
    pub version: u8,
    /// The number that was added or removed.
    pub number: u8,
}

/// How it was known that the command is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Knowledge {
    /// The send was answered.
    Answered,
    /// EVENT bears the attempt's token.
    Found,
    /// REQUEST keeps the answer.
    Replayed,
}

/// A definite refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// 401: the API key is revoked.
    Revoked,
    /// 404: the number is not there.
    NotFound,
    /// 409: too many others wrote.
    Contention,
}

/// An answer to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reply {
    /// 200.
    Done(Answer, Knowledge),
    /// 401, 404 or 409.
    Refused {
        /// Which.
        refusal: Refusal,
        /// Whether the text says that nothing was written.
        claims_nothing_written: bool,
    },
    /// 503, which says neither that something was written nor that nothing was.
    OutcomeUnknown,
}

impl fmt::Display for Reply {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done(Answer { version, number }, knowledge) => {
                let how = match knowledge {
                    Knowledge::Answered => "by the table's answer",
                    Knowledge::Found => "by the token in EVENT",
                    Knowledge::Replayed => "by REQUEST",
                };
                write!(formatter, "200, version {version}, number {number} (known {how})")
            }
            Self::Refused { refusal, claims_nothing_written } => {
                let status = match refusal {
                    Refusal::Revoked => "401",
                    Refusal::NotFound => "404",
                    Refusal::Contention => "409",
                };
                let claim = if *claims_nothing_written { ", and nothing was written" } else { "" };
                write!(formatter, "{status}{claim}")
            }
            Self::OutcomeUnknown => write!(formatter, "503, outcome unknown"),
        }
    }
}

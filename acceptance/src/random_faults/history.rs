//! What was asked and what was answered, as the clients saw it: the judge's one side of the story.

/// Everything that happened in an episode outside of the table.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    pub(crate) commands: Vec<Command>,
    /// Functions that ended, or reported an error, without having been killed: which, and how.
    pub(crate) broken: Vec<String>,
}

/// One command, or one list, of one client. It may have been sent several times.
#[derive(Debug, Clone)]
pub(crate) struct Command {
    pub(crate) user: String,
    /// The organisation that the caller's credentials confine to.
    pub(crate) confined_to: Option<String>,
    pub(crate) asked: Asked,
    pub(crate) idempotency_key: Option<String>,
    /// Whether its idempotency key is that of another command, which was answered 200 before.
    pub(crate) reuses_a_key: bool,
    pub(crate) sendings: Vec<Sending>,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    Add { issuer: String, note: String },
    Remove { number: u64 },
    List { limit: usize },
}

/// A request on its way to a function and back. Moments are ticks of one counter: what is lower was earlier.
#[derive(Debug, Clone)]
pub(crate) struct Sending {
    pub(crate) request_id: String,
    /// Before the function had it.
    pub(crate) began: u64,
    pub(crate) answer: Option<Answer>,
}

/// What a function answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// After the function had given it.
    pub(crate) at: u64,
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Command {
    /// The answers, with the requests that they are to.
    pub(crate) fn answers(&self) -> impl Iterator<Item = (&Sending, &Answer)> {
        self.sendings.iter().filter_map(|sending| Some((sending, sending.answer.as_ref()?)))
    }

    /// When it was first sent; never, if it was not.
    pub(crate) fn began(&self) -> u64 {
        self.sendings.iter().map(|sending| sending.began).min().unwrap_or(u64::MAX)
    }

    /// When its first 200 had come.
    pub(crate) fn done_at(&self) -> Option<u64> {
        self.answers().filter(|(_, answer)| answer.status == 200).map(|(_, answer)| answer.at).min()
    }
}

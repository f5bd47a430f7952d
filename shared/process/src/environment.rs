//! The environment of a process, from which its configuration is parsed once.

/// What is wrong with the configuration: one sentence that names the variable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigFault {
    /// A variable that has to be there is not, or is empty.
    #[error("{0} is not set")]
    Missing(&'static str),
    /// A variable is not what it has to be.
    #[error("{name} must be {expected}")]
    Wrong {
        /// The variable.
        name: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
    /// A variable is not usable for a reason of its own, which is a predicate.
    #[error("{name} {why}")]
    Unusable {
        /// The variable.
        name: &'static str,
        /// What is wrong with it.
        why: String,
    },
}

/// A variable of this process.
#[must_use]
pub fn of_process(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "This is the one place where variables are read.")]
    let value = std::env::var(name);
    value.ok()
}

/// A variable, if it is set. An empty one is not.
pub fn optional(lookup: impl Fn(&str) -> Option<String>, name: &str) -> Option<String> {
    lookup(name).filter(|value| !value.trim().is_empty())
}

/// A variable that has to be set.
pub fn required(lookup: impl Fn(&str) -> Option<String>, name: &'static str) -> Result<String, ConfigFault> {
    optional(lookup, name).ok_or(ConfigFault::Missing(name))
}

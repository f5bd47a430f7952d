//! Why the API gave no answer.

use std::error::Error;
use std::io::ErrorKind;

use domain::loopback::is_loopback;
use process::aws::causes;
use reqwest::Url;

use crate::output::Failure;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiFault {
    /// The API refuses this request. The text is for people.
    #[error("{0}")]
    Refused(String),
    /// The caller may read the inventory of one user, and nothing of others.
    #[error("The API refuses the request: these credentials are good for one user's inventory only.")]
    OneUserOnly,
    /// The API refuses the caller, or cannot be used: so it will be with every other request.
    #[error("{0}")]
    Unusable(String),
    /// It was asked, and what came of that is not known.
    #[error("{0}")]
    Unanswered(String),
}

impl From<ApiFault> for Failure {
    fn from(fault: ApiFault) -> Self {
        Self(fault.to_string())
    }
}

impl ApiFault {
    /// The fault of a request that reached nobody, if nobody can be reached there.
    pub(super) fn never_reached(api: &Url, error: &reqwest::Error) -> Option<Self> {
        if !error.is_connect() {
            return None;
        }
        let host = api.origin().ascii_serialization();
        let start = match api.host_str() {
            Some(host) if is_loopback(host) => "`physical-keys serve` starts the API on this machine; ",
            _ => "",
        };
        let refused = system_error(error).is_some_and(|error| error.kind() == ErrorKind::ConnectionRefused);
        if refused {
            return Some(Self::Unusable(format!(
                "Nothing listens at {host}. {start}--api, or PHYSICAL_KEYS_API, names another one."
            )));
        }
        let is_unknown = causes(error).any(|cause| cause.to_string().starts_with("dns error"));
        is_unknown.then(|| {
            Self::Unusable(format!(
                "There is no host of this name: {host}. --api, or PHYSICAL_KEYS_API, names another one."
            ))
        })
    }
}

/// What the system says, if anything.
fn system_error(error: &reqwest::Error) -> Option<&std::io::Error> {
    causes(error).filter_map(|cause| cause.downcast_ref::<std::io::Error>()).last()
}

/// What kept a request from being answered. The URL may hold what only its owner is to read; the deepest reason is enough.
pub(super) fn words(error: reqwest::Error) -> String {
    let error = error.without_url();
    if error.is_timeout() {
        return "it did not answer in time".to_owned();
    }
    let deepest: Option<&(dyn Error + 'static)> = causes(&error).last();
    deepest.map_or_else(|| error.to_string(), ToString::to_string)
}

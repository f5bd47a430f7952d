//! The beginning and the end of a Lambda process; the events in between are the function's own.

use std::process::ExitCode;

use crate::backend::Backend;
use crate::clock::Clock;
use crate::config::{ConfigFault, CursorSecret, FunctionConfig};
use crate::http::cursor::CursorSealer;
use crate::telemetry;

/// The init phase of a function that works on the inventory: configuration, logging, connections.
///
/// A fault in the configuration is one line on standard error that names the variable, and the exit code.
pub async fn start() -> Result<Backend, ExitCode> {
    let config = telemetry::start(variable("LOG_LEVEL").as_deref())
        .and_then(|()| FunctionConfig::read(variable))
        .map_err(|fault| refuse_to_start(&fault))?;
    Ok(Backend::connect(config, Clock::system()).await)
}

/// The init phase of a function that lists.
pub async fn start_with_cursors() -> Result<(Backend, CursorSealer), ExitCode> {
    let secret = CursorSecret::read(variable).map_err(|fault| refuse_to_start(&fault))?;
    let cursors = CursorSealer::new(&secret).map_err(|fault| {
        eprintln!("{fault}");
        ExitCode::FAILURE
    })?;
    Ok((start().await?, cursors))
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The init phase of a function that needs nothing but a log.
pub fn start_without_backend() -> Result<(), ExitCode> {
    start_with(|_| Ok(()))
}

/// The init phase of a function with a configuration of its own, which is read by looking up variables.
pub fn start_with<C>(
    read: impl FnOnce(fn(&str) -> Option<String>) -> Result<C, ConfigFault>,
) -> Result<C, ExitCode> {
    telemetry::start(variable("LOG_LEVEL").as_deref())
        .and_then(|()| read(variable))
        .map_err(|fault| refuse_to_start(&fault))
}

/// The end: `lambda_http::run` comes back only when the runtime API is gone.
#[must_use]
pub fn end(outcome: Result<(), lambda_http::Error>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the Lambda runtime ended");
            ExitCode::FAILURE
        }
    }
}

fn refuse_to_start(fault: &ConfigFault) -> ExitCode {
    eprintln!("The configuration is not usable: {fault}.");
    ExitCode::FAILURE
}

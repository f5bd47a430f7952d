//! The beginning and the end of a Lambda process; the events in between are the function's own.

use std::process::ExitCode;

use crate::environment::{self, ConfigFault};
use crate::telemetry;

/// The init phase of any function until it is connected: logging, and its configuration out of the environment.
///
/// A fault in the configuration is one line on standard error that names the variable, and the exit code.
pub fn configure<T>(
    read: impl FnOnce(fn(&str) -> Option<String>) -> Result<T, ConfigFault>,
) -> Result<T, ExitCode> {
    let configured = telemetry::start(environment::of_process("LOG_LEVEL").as_deref());
    configured.and_then(|()| read(environment::of_process)).map_err(|fault| {
        eprintln!("The configuration is not usable: {fault}.");
        ExitCode::FAILURE
    })
}

/// The end: the runtime comes back only when the runtime API is gone.
#[must_use]
pub fn end(outcome: Result<(), lambda_runtime::Error>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the Lambda runtime ended");
            ExitCode::FAILURE
        }
    }
}

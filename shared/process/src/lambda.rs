//! The beginning and the end of a Lambda process; the events in between are the function's own.

use std::process::ExitCode;

use lambda_runtime::Context;
use tracing::Span;

use crate::environment::{self, ConfigFault};
use crate::telemetry;

/// The init phase of any function until it is connected: logging, and its configuration out of the environment.
///
/// A fault in the configuration is one line on standard error that names the variable, and the exit code.
pub fn configure<T>(
    read: impl FnOnce(fn(&str) -> Option<String>) -> Result<T, ConfigFault>,
) -> Result<T, ExitCode> {
    let configured = telemetry::start(environment::of_process);
    configured.and_then(|()| read(environment::of_process)).map_err(|fault| {
        eprintln!("The configuration is not usable: {fault}.");
        ExitCode::FAILURE
    })
}

/// What every line that is logged during an invocation has: the id of its trace, by which X-Ray and the lines of other services know it
/// (X-Ray Developer Guide, "Tracing header"). It is a span of the level `error`, so that no level of the log leaves it out.
#[must_use]
pub fn invocation(context: &Context) -> Span {
    let header = context.xray_trace_id.as_deref().unwrap_or_default();
    let trace_id = header.split(';').find_map(|part| part.trim().strip_prefix("Root="));
    tracing::error_span!("invocation", trace_id)
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

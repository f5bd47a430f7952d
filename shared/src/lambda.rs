//! The beginning and the end of a Lambda process; the events in between are the function's own.

use std::convert::Infallible;
use std::process::ExitCode;

use lambda_http::lambda_runtime::{LambdaEvent, run, service_fn};
use lambda_http::{Body, Request, Response};
use serde_json::value::RawValue;

use crate::backend::Backend;
use crate::chance::Chance;
use crate::clock::Clock;
use crate::config::{ConfigFault, CursorSecret, FunctionConfig};
use crate::gateway_event;
use crate::http::cursor::CursorSealer;
use crate::telemetry;

/// The init phase of a function that works on the inventory: configuration, logging, connections.
///
/// A fault in the configuration is one line on standard error that names the variable, and the exit code.
pub async fn start() -> Result<Backend, ExitCode> {
    let config = configure(|lookup| FunctionConfig::read(lookup))?;
    Ok(Backend::connect(config, Clock::system()).await)
}

/// The init phase of any function until it is connected: logging, and its configuration out of the environment.
pub fn configure<T>(
    read: impl FnOnce(fn(&str) -> Option<String>) -> Result<T, ConfigFault>,
) -> Result<T, ExitCode> {
    telemetry::start(variable("LOG_LEVEL").as_deref())
        .and_then(|()| read(variable))
        .map_err(|fault| refuse_to_start(&fault))
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
    configure(|_| Ok(()))
}

/// The events in between of a function that answers requests, each by `handle`, until the process ends.
pub async fn serve<F: Future<Output = Response<Body>>>(
    clock: &Clock,
    chance: &Chance,
    handle: impl Fn(Request) -> F,
) -> ExitCode {
    let handle = &handle;
    let answer = service_fn(|event: LambdaEvent<Box<RawValue>>| async move {
        let LambdaEvent { payload, context } = event;
        Ok::<_, Infallible>(gateway_event::answer(payload.get(), context, clock, chance, handle).await)
    });
    end(run(answer).await)
}

/// The end: the runtime comes back only when the runtime API is gone.
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

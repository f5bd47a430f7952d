//! The Lambda process of a function that answers requests.

use std::convert::Infallible;
use std::process::ExitCode;

use lambda_http::lambda_runtime::{self, LambdaEvent, service_fn};
use lambda_http::{Body, Request, Response};
use process::chance::Chance;
use process::clock::Clock;
use process::environment::ConfigFault;
use process::lambda::{configure, end};
use serde_json::value::RawValue;

use crate::backend::Backend;
use crate::config::{CURSOR_SECRET, CursorSecret, FunctionConfig};
use crate::gateway_event;
use crate::http::cursor::CursorSealer;

/// The whole process of a function that works on the inventory: configuration, logging and connections once, then each
/// request by `handle`.
pub async fn run(handle: impl AsyncFn(&Backend, Request) -> Response<Body>) -> ExitCode {
    let backend = match configure(|lookup| FunctionConfig::read(lookup)) {
        Ok(config) => Backend::connect(config, Clock::system()).await,
        Err(exit_code) => return exit_code,
    };
    serve(&backend.clock, &backend.chance, async |request| handle(&backend, request).await).await
}

/// The same of a function that lists.
pub async fn run_with_cursors(
    handle: impl AsyncFn(&Backend, &CursorSealer, Request) -> Response<Body>,
) -> ExitCode {
    let configured = configure(|lookup| {
        let sealer = CursorSealer::new(&CursorSecret::read(lookup)?);
        let sealer =
            sealer.map_err(|fault| ConfigFault::Unusable { name: CURSOR_SECRET, why: fault.to_string() })?;
        Ok((FunctionConfig::read(lookup)?, sealer))
    });
    let (config, cursors) = match configured {
        Ok(configured) => configured,
        Err(exit_code) => return exit_code,
    };
    let backend = Backend::connect(config, Clock::system()).await;
    serve(&backend.clock, &backend.chance, async |request| handle(&backend, &cursors, request).await).await
}

/// The same of a function that needs nothing but a log.
pub async fn run_without_backend(
    handle: impl AsyncFn(&Clock, &Chance, Request) -> Response<Body>,
) -> ExitCode {
    if let Err(exit_code) = configure(|_| Ok(())) {
        return exit_code;
    }
    let (clock, chance) = (Clock::system(), Chance::system());
    serve(&clock, &chance, async |request| handle(&clock, &chance, request).await).await
}

async fn serve(clock: &Clock, chance: &Chance, handle: impl AsyncFn(Request) -> Response<Body>) -> ExitCode {
    let handle = &handle;
    let answer = service_fn(|event: LambdaEvent<Box<RawValue>>| async move {
        let LambdaEvent { payload, context } = event;
        Ok::<_, Infallible>(gateway_event::answer(payload.get(), context, clock, chance, handle).await)
    });
    end(lambda_runtime::run(answer).await)
}

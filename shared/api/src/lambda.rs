//! The Lambda process of a function that answers requests.

use std::convert::Infallible;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use lambda_http::lambda_runtime::{self, LambdaEvent, service_fn};
use lambda_http::{Body, Request, Response};
use process::chance::Chance;
use process::clock::Clock;
use process::environment::ConfigFault;
use process::lambda::{configure, end, invocation};
use serde_json::value::RawValue;
use tracing::Instrument;

use crate::backend::Backend;
use crate::config::{CURSOR_SECRET, CursorSecret, FunctionConfig};
use crate::gateway_event;
use crate::http::cursor::CursorSealer;
use crate::http::exchange::Init;

/// The whole process of a function that works on the inventory: configuration, logging and connections once, then each
/// request by `handle`.
pub async fn run(handle: impl AsyncFn(&Backend, Request) -> Response<Body>) -> ExitCode {
    let began = Instant::now();
    let backend = match configure(|lookup| FunctionConfig::read(lookup)) {
        Ok(config) => Backend::connect(config, Clock::system()).await,
        Err(exit_code) => return exit_code,
    };
    serve(began, &backend.clock, &backend.chance, async |request| handle(&backend, request).await).await
}

/// The same of a function that lists.
pub async fn run_with_cursors(
    handle: impl AsyncFn(&Backend, &CursorSealer, Request) -> Response<Body>,
) -> ExitCode {
    let began = Instant::now();
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
    let handle = async |request| handle(&backend, &cursors, request).await;
    serve(began, &backend.clock, &backend.chance, handle).await
}

/// The same of a function that needs nothing but a log.
pub async fn run_without_backend(
    handle: impl AsyncFn(&Clock, &Chance, Request) -> Response<Body>,
) -> ExitCode {
    let began = Instant::now();
    if let Err(exit_code) = configure(|_| Ok(())) {
        return exit_code;
    }
    let (clock, chance) = (Clock::system(), Chance::system());
    serve(began, &clock, &chance, async |request| handle(&clock, &chance, request).await).await
}

async fn serve(
    began: Instant,
    clock: &Clock,
    chance: &Chance,
    handle: impl AsyncFn(Request) -> Response<Body>,
) -> ExitCode {
    let (init, is_first) = (Init(began.elapsed()), AtomicBool::new(true));
    let handle = &async |mut request: Request| {
        if is_first.swap(false, Ordering::Relaxed) {
            request.extensions_mut().insert(init);
        }
        handle(request).await
    };
    let answer = service_fn(|event: LambdaEvent<Box<RawValue>>| async move {
        let LambdaEvent { payload, context } = event;
        let span = invocation(&context);
        let answer = gateway_event::answer(payload.get(), context, clock, chance, handle);
        Ok::<_, Infallible>(answer.instrument(span).await)
    });
    end(lambda_runtime::run(answer).await)
}

//! Wires `ListPhysicalKeyEvents` to the Lambda runtime.

use std::convert::Infallible;
use std::process::ExitCode;

use key_inventory::lambda;
use lambda_http::{run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let (backend, cursors) = match lambda::start_with_cursors().await {
        Ok(wired) => wired,
        Err(exit_code) => return exit_code,
    };
    let (backend, cursors) = (&backend, &cursors);
    let handler = service_fn(|request| async move {
        Ok::<_, Infallible>(list_physical_key_events::handle(backend, cursors, request).await)
    });
    lambda::end(run(handler).await)
}

//! Wires `GetPhysicalKey` to the Lambda runtime.

use std::convert::Infallible;
use std::process::ExitCode;

use key_inventory::lambda;
use lambda_http::{run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let backend = match lambda::start().await {
        Ok(backend) => backend,
        Err(exit_code) => return exit_code,
    };
    let backend = &backend;
    let handler =
        service_fn(
            |request| async move { Ok::<_, Infallible>(get_physical_key::handle(backend, request).await) },
        );
    lambda::end(run(handler).await)
}

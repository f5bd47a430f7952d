//! Wires the answer to unknown routes to the Lambda runtime.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    api::lambda::run_without_backend(no_such_route::handle).await
}

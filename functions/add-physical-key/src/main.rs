//! Wires `AddPhysicalKey` to the Lambda runtime.

use std::process::ExitCode;

use key_inventory::lambda;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let backend = match lambda::start().await {
        Ok(backend) => backend,
        Err(exit_code) => return exit_code,
    };
    lambda::serve(&backend.clock, &backend.chance, |request| add_physical_key::handle(&backend, request))
        .await
}

//! Wires `ListOrgPhysicalKeys` to the Lambda runtime.

use std::process::ExitCode;

use key_inventory::lambda;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let (backend, cursors) = match lambda::start_with_cursors().await {
        Ok(wired) => wired,
        Err(exit_code) => return exit_code,
    };
    lambda::serve(&backend.clock, &backend.chance, |request| {
        list_org_physical_keys::handle(&backend, &cursors, request)
    })
    .await
}

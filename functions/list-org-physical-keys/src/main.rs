//! Wires `ListOrgPhysicalKeys` to the Lambda runtime.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    api::lambda::run_with_cursors(list_org_physical_keys::handle).await
}

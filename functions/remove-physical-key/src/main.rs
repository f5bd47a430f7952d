//! Wires `RemovePhysicalKey` to the Lambda runtime.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    api::lambda::run(remove_physical_key::handle).await
}

//! Wires `GetPhysicalKey` to the Lambda runtime.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    api::lambda::run(get_physical_key::handle).await
}

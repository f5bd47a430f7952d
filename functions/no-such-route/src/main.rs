//! Wires the answer to unknown routes to the Lambda runtime.

use std::convert::Infallible;
use std::process::ExitCode;

use key_inventory::clock::Clock;
use key_inventory::lambda;
use lambda_http::{run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    if let Err(exit_code) = lambda::start_without_backend() {
        return exit_code;
    }
    let clock = &Clock::system();
    let handler =
        service_fn(
            |request| async move { Ok::<_, Infallible>(no_such_route::handle(clock, &request).await) },
        );
    lambda::end(run(handler).await)
}

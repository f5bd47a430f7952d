//! Wires the publishing of events to the Lambda runtime.

use std::convert::Infallible;
use std::process::ExitCode;

use lambda_runtime::{run, service_fn};
use process::aws::FunctionEnvironment;
use process::clock::Clock;
use process::lambda;
use publish_events::{Publisher, PublisherConfig};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let configured =
        lambda::configure(|lookup| Ok((PublisherConfig::read(lookup)?, FunctionEnvironment::read(lookup)?)));
    let (config, environment) = match configured {
        Ok(configured) => configured,
        Err(exit_code) => return exit_code,
    };
    let publisher = &Publisher::connect(environment, config, Clock::system());
    let handler =
        service_fn(
            |batch| async move { Ok::<_, Infallible>(publish_events::handle(publisher, batch).await) },
        );
    lambda::end(run(handler).await)
}

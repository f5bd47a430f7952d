//! Wires the publishing of events to the Lambda runtime.

use std::convert::Infallible;
use std::process::ExitCode;

use lambda_runtime::{LambdaEvent, run, service_fn};
use process::aws::{FunctionEnvironment, Https};
use process::clock::Clock;
use process::lambda;
use publish_events::{Publisher, PublisherConfig, StreamBatch};
use tracing::Instrument;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let configured =
        lambda::configure(|lookup| Ok((PublisherConfig::read(lookup)?, FunctionEnvironment::read(lookup)?)));
    let (config, environment) = match configured {
        Ok(configured) => configured,
        Err(exit_code) => return exit_code,
    };
    let publisher = &Publisher::connect(&environment.sdk_config(&Https::new()), config, Clock::system());
    let handler = service_fn(|batch: LambdaEvent<StreamBatch>| async move {
        let span = lambda::invocation(&batch.context);
        // In a box, since the compiler gives up on a future of so many layers.
        let answer = Box::pin(publish_events::handle(publisher, batch));
        Ok::<_, Infallible>(answer.instrument(span).await)
    });
    lambda::end(run(handler).await)
}

//! Wires the export of the audit trail to the Lambda runtime.

use std::process::ExitCode;

use domain::values::EpochMillis;
use export_audit::{Export, ExportConfig, Scheduled};
use lambda_runtime::{LambdaEvent, run, service_fn};
use process::aws::{FunctionEnvironment, Https};
use process::chance::Chance;
use process::clock::Clock;
use process::lambda;
use tracing::Instrument;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let configured =
        lambda::configure(|lookup| Ok((ExportConfig::read(lookup)?, FunctionEnvironment::read(lookup)?)));
    let (config, environment) = match configured {
        Ok(configured) => configured,
        Err(exit_code) => return exit_code,
    };
    let environment = environment.sdk_config(&Https::new());
    let export = match Export::connect(&environment, config, Clock::system(), Chance::system()) {
        Ok(export) => export,
        Err(fault) => {
            eprintln!("{fault}.");
            return ExitCode::FAILURE;
        }
    };
    let export = &export;
    let handler = service_fn(|event: LambdaEvent<Scheduled>| async move {
        let ends = EpochMillis::new(event.context.deadline);
        let exported = export.handle(event.payload, ends).instrument(lambda::invocation(&event.context));
        exported.await.map_err(lambda_runtime::Error::from)
    });
    lambda::end(run(handler).await)
}

//! `sam-local`: everything that `sam local` needs, ready in the folder while a command runs.
//!
//! The functions run in containers, so the folder's database listens on the address of the containers' bridge, too, and
//! only as long as the command does.

mod bridge;
mod files;

use std::process::{ExitStatus, Stdio};

use local_inventory::bus::RecordedBus;
use local_inventory::dynamodb::{EmbeddedDynamoDb, Reach};
use process::clock::Clock;
use tokio::process::{Child, Command};

use self::bridge::Bridge;
use self::files::SamFolder;
use crate::arguments::sam_local::SamLocalArguments;
use crate::audit::local_kms;
use crate::demo::Demo;
use crate::folder::Folder;
use crate::output::Failure;
use crate::serve::log_to_standard_error;
use crate::stopping::{StopSignals, Wish};
use crate::store::{local_table, open_database, tell_endpoint};

/// Variables by which SAM would find the person's own credentials, to hand them over to every container.
const OWN_CREDENTIALS: [&str; 5] = [
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];

/// Gets everything ready, and runs the command; without one, waits to be stopped.
pub(crate) async fn sam_local(arguments: SamLocalArguments) -> Result<(), Failure> {
    log_to_standard_error();
    let mut stop_signals = StopSignals::listen()?;
    let locked = Folder::new(&arguments.data.data).take()?;
    let sam = SamFolder::make(locked.folder())?;
    let bridge = Bridge::find(arguments.bridge).await?;
    let (verifier_key, kms) = local_kms(locked.folder())?;
    let reach = Reach {
        bridge: bridge.address(),
        name: bridge.name(),
        bus: Some(RecordedBus::new(sam.bus()?)),
        kms: Some(kms),
        ..Reach::default()
    };
    let database = open_database(&locked, reach).await?;
    let table = local_table(&database.access()).await?;
    let clock = Clock::system();
    let demo = Demo::prepare(&table, &clock, locked.folder().issuer()?, Some(&locked)).await?;
    tell_endpoint(&locked, &database)?;
    sam.write_variables(&files::Variables {
        key_set: demo.key_set(),
        aws_endpoint: bridge.endpoint(database.port()),
        access_key_id: database.access().access_key_id,
        s3_endpoint: arguments.s3_endpoint,
        audit_export_url: arguments.audit_export_url,
        verifier_key,
    })?;
    sam.write_events(&arguments.events, &demo, clock.now())?;
    sam.write_curl(&demo, clock.now())?;
    eprintln!("Everything that `sam local` needs is in {}.", sam.path().display());

    let outcome = run(&arguments.command, &mut stop_signals).await;
    let _ = std::fs::remove_file(locked.folder().endpoint());
    drop(table);
    stop(database).await?;
    outcome
}

async fn run(command: &[String], stop_signals: &mut StopSignals) -> Result<(), Failure> {
    let Some((program, arguments)) = command.split_first() else {
        eprintln!("Ctrl-C ends it.");
        stop_signals.next().await;
        return Ok(());
    };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::inherit());
    for variable in OWN_CREDENTIALS {
        command.env_remove(variable);
    }
    command.env("AWS_ACCESS_KEY_ID", "local").env("AWS_SECRET_ACCESS_KEY", "local");
    // SAM asks AWS whose credentials these are. Once is enough.
    command.env("AWS_MAX_ATTEMPTS", "1");
    if std::env::var_os("AWS_REGION").is_none() && std::env::var_os("AWS_DEFAULT_REGION").is_none() {
        command.env("AWS_REGION", "us-east-1");
    }
    let child = command.spawn();
    let child = child.map_err(|error| Failure::because(format!("`{program}` cannot be run"), error))?;
    let ended = wait(child, stop_signals).await;
    let ended =
        ended.map_err(|error| Failure::because(format!("`{program}` cannot be waited for"), error))?;
    if ended.success() { Ok(()) } else { Err(Failure(format!("`{program}` ended with {ended}."))) }
}

/// Waits for the command. Ctrl-C reaches it by itself; another wish to stop is passed on, so that it can clear up.
async fn wait(mut child: Child, stop_signals: &mut StopSignals) -> std::io::Result<ExitStatus> {
    loop {
        tokio::select! {
            ended = child.wait() => return ended,
            wish = stop_signals.next() => {
                if wish == Wish::Terminate {
                    terminate(&child);
                }
            }
        }
    }
}

#[cfg(unix)]
fn terminate(child: &Child) {
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
}

#[cfg(not(unix))]
fn terminate(_: &Child) {}

async fn stop(database: EmbeddedDynamoDb) -> Result<(), Failure> {
    match tokio::time::timeout(crate::serve::GRACE, database.stop()).await {
        Ok(Err(fault)) => Err(Failure::because("The database did not close", fault)),
        Ok(Ok(())) | Err(_) => Ok(()),
    }
}

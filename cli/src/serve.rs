//! `serve`: the API on this machine, from the first start to Ctrl-C.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use api::backend::{Backend, authenticator};
use api::config::CursorSecret;
use api::http::cursor::CursorSealer;
use local_inventory::dynamodb::{EmbeddedDynamoDb, Reach};
use local_inventory::issuer::LocalIssuer;
use local_inventory::server::{self, Bounds};
use process::aws::Https;
use process::chance::Chance;
use process::clock::Clock;
use process::environment::of_process;
use process::telemetry::OURS;
use tokio::net::TcpListener;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

use crate::arguments::ServeArguments;
use crate::demo::Demo;
use crate::folder::{Folder, LockedFolder};
use crate::http_server::{self, Api};
use crate::output::{Failure, print_line};
use crate::pages::keys::{Configuration, KeysPage};
use crate::stopping::StopSignals;
use crate::store::{local_table, open_database, tell_endpoint};
use crate::tokens;

/// How long requests under way may take after Ctrl-C.
pub(crate) const GRACE: Duration = Duration::from_secs(5);

/// Everything that runs while the server does.
struct Running {
    api: Arc<Api>,
    database: EmbeddedDynamoDb,
    folder: Option<LockedFolder>,
}

/// Serves until Ctrl-C or SIGTERM.
pub(crate) async fn serve(arguments: ServeArguments) -> Result<(), Failure> {
    log_to_standard_error();
    let mut stop_signals = StopSignals::listen()?;
    let folder = if arguments.memory { None } else { Some(Folder::new(&arguments.data.data).take()?) };
    let listener = listen(arguments.port).await?;
    let address =
        listener.local_addr().map_err(|error| Failure::because("The server has no address", error))?;
    let bounds = Bounds { request: arguments.request_timeout, ..Bounds::default() };
    let running = start(folder, &arguments, bounds).await?;
    announce(&running, &address.to_string())?;

    let router = http_server::router(Arc::clone(&running.api));
    let (stopping, stopped) = tokio::sync::oneshot::channel();
    let server = server::serve(listener, router, bounds, async move {
        stop_signals.next().await;
        let _ = stopping.send(());
    });
    let out_of_grace = async {
        let _ = stopped.await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        () = server => {}
        () = out_of_grace => eprintln!("Some requests did not finish in time."),
    }
    stop(running).await
}

async fn listen(port: u16) -> Result<TcpListener, Failure> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            Failure(format!("Port {port} on 127.0.0.1 is in use; choose another one with --port."))
        }
        _ => Failure::because(format!("Port {port} on 127.0.0.1 cannot be opened"), error),
    })
}

async fn start(
    folder: Option<LockedFolder>,
    arguments: &ServeArguments,
    bounds: Bounds,
) -> Result<Running, Failure> {
    let foreign = tokens::of_environment()?;
    let page = Configuration::read(None, &arguments.sign_in, of_process)?;
    let (database, issuer) = if let Some(locked) = &folder {
        (open_database(locked, Reach::default()).await?, locked.folder().issuer()?)
    } else {
        let database = EmbeddedDynamoDb::in_memory().await;
        let issuer = LocalIssuer::ephemeral();
        (
            database.map_err(|fault| Failure::because("The database did not start", fault))?,
            issuer.map_err(|fault| Failure::because("There is no signing key", fault))?,
        )
    };
    let table = local_table(&database.access()).await?;
    let is_foreign = foreign.is_some();
    let tokens = match foreign {
        Some(tokens) => tokens,
        None => issuer.token_config().map_err(|fault| Failure::because("The signing key", fault))?,
    };
    let authenticator = authenticator(tokens, arguments.required_credentials.into(), Https::new);
    let backend = Backend::new(table, authenticator, Clock::system(), Chance::system());
    // Where tokens are somebody else's, there are none for a demo.
    let (demo, page) = if is_foreign {
        (None, page)
    } else {
        let demo = Demo::prepare(&backend.table, &backend.clock, issuer, folder.as_ref()).await?;
        (Some(Arc::new(demo)), page.with_demo())
    };
    let keys_page = Arc::new(KeysPage::of(&page)?);
    let api = Arc::new(Api { backend, cursors: cursors()?, demo, keys_page, bounds });
    if let Some(locked) = &folder {
        tell_endpoint(locked, &database)?;
    }
    Ok(Running { api, database, folder })
}

/// Cursors are good for as long as the server runs.
fn cursors() -> Result<CursorSealer, Failure> {
    let cannot = || Failure("Cursors cannot be sealed.".to_owned());
    let secret = CursorSecret::parse(&cursor_secret()).ok_or_else(cannot)?;
    CursorSealer::new(&secret).map_err(|_| cannot())
}

/// A new secret to seal cursors with.
pub(crate) fn cursor_secret() -> String {
    data_encoding::HEXLOWER.encode(&Chance::system().bytes::<32>())
}

fn announce(running: &Running, address: &str) -> Result<(), Failure> {
    let kept = match &running.folder {
        Some(locked) => format!("kept in {}", locked.folder().path().display()),
        None => "kept in memory only".to_owned(),
    };
    eprintln!("The physical key inventory listens on http://{address}, {kept}. Ctrl-C ends it.");
    eprintln!("Try it out at http://{address}/, manage physical keys at http://{address}/keys/.");
    let Api { demo, backend, .. } = &*running.api;
    let Some(demo) = demo else {
        eprintln!("Tokens are those of the issuer that JWT_ISSUER names: there is no demo.");
        return Ok(());
    };
    let [add, remove] = demo.curl_lines(address, backend.clock.now())?;
    eprintln!("\nAdd a physical key:");
    print_line(add)?;
    eprintln!("\nRemove it:");
    print_line(remove)?;
    eprintln!();
    Ok(())
}

async fn stop(running: Running) -> Result<(), Failure> {
    let Running { api, database, folder } = running;
    if let Some(locked) = &folder {
        let _ = std::fs::remove_file(locked.folder().endpoint());
    }
    drop(api);
    let stopped = tokio::time::timeout(GRACE, database.stop()).await;
    if let Ok(Err(fault)) = stopped {
        return Err(Failure::because("The database did not close", fault));
    }
    eprintln!("Stopped.");
    Ok(())
}

/// One line a request for the person at the terminal; libraries only when something is wrong.
pub(crate) fn log_to_standard_error() {
    let targets = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_targets(OURS.map(|name| (name, LevelFilter::INFO)))
        // Its refusals are the client's to judge: a table that is not there yet is no news.
        .with_target("dynoxide", LevelFilter::ERROR);
    let lines = tracing_subscriber::fmt::layer().compact().with_target(false).with_writer(std::io::stderr);
    let _ = tracing_subscriber::registry().with(targets).with(lines).try_init();
}

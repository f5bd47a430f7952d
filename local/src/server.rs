//! An HTTP server that holds its doors: who does not finish a request is not waited for, and there is room for so many.
//!
//! `axum::serve` waits for ever for the rest of a request, so a program that opens connections and says nothing on them
//! takes all the files that the process may open.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// After what is waited when the operating system gives no connection, for want of files say.
const BREATH: Duration = Duration::from_millis(200);

/// What clients may take.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// How long the head of a request may take, and its body. A connection on which there is no request for so long is
    /// closed, too.
    pub request: Duration,
    /// How many connections there may be at once. The next ones wait for theirs.
    pub connections: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { request: Duration::from_secs(10), connections: 256 }
    }
}

/// Why there is no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyFault {
    /// It did not come in time.
    OutOfTime,
    /// It is larger than it may be, or broke off.
    Unreadable,
}

impl Bounds {
    /// The body of a request, of at most `limit` bytes.
    pub async fn body(self, body: Body, limit: usize) -> Result<Bytes, BodyFault> {
        match tokio::time::timeout(self.request, to_bytes(body, limit)).await {
            Ok(read) => read.map_err(|_| BodyFault::Unreadable),
            Err(_) => Err(BodyFault::OutOfTime),
        }
    }
}

/// Serves until `stopped`, and then until the requests under way are answered.
pub async fn serve(listener: TcpListener, router: Router, bounds: Bounds, stopped: impl Future<Output = ()>) {
    let room = Arc::new(Semaphore::new(bounds.connections));
    let graceful = GracefulShutdown::new();
    let mut stopped = pin!(stopped);
    loop {
        tokio::select! {
            biased;
            () = &mut stopped => break,
            accepted = accept(&listener, &room) => match accepted {
                Some((stream, permit)) => {
                    tokio::spawn(hold(stream, permit, router.clone(), bounds, graceful.watcher()));
                }
                None => tokio::time::sleep(BREATH).await,
            }
        }
    }
    drop(listener);
    graceful.shutdown().await;
}

/// The next connection, once there is room for it.
async fn accept(listener: &TcpListener, room: &Arc<Semaphore>) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let permit = Arc::clone(room).acquire_owned().await.ok()?;
    let (stream, _) = listener.accept().await.ok()?;
    Some((stream, permit))
}

/// One connection from its beginning to its end.
async fn hold(
    stream: TcpStream,
    permit: OwnedSemaphorePermit,
    router: Router,
    bounds: Bounds,
    graceful: Watcher,
) {
    // Answers are written at once; what comes in parts would wait for the other side to acknowledge the first one.
    let _ = stream.set_nodelay(true);
    let service = TowerToHyperService::new(router);
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(bounds.request);
    let connection = server.serve_connection(TokioIo::new(stream), service);
    // A fault of a connection is its client's, who is gone with it.
    let _ = graceful.watch(connection).await;
    drop(permit);
}

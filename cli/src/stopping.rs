//! Ctrl-C and its like, heard from the moment that somebody may rely on it.

use crate::output::Failure;

/// How a process is asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Ctrl-C, which every process at the terminal gets by itself.
    Interrupt,
    /// A wish to this process alone.
    Terminate,
}

/// Listens for wishes to stop. From now on they do not end the process by themselves.
#[cfg(unix)]
pub(crate) struct StopSignals {
    interrupted: tokio::signal::unix::Signal,
    terminated: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl StopSignals {
    pub(crate) fn listen() -> Result<Self, Failure> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen =
            |kind| signal(kind).map_err(|error| Failure::because("Signals cannot be listened for", error));
        let (interrupted, terminated) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
        Ok(Self { interrupted, terminated })
    }

    /// The next wish.
    pub(crate) async fn next(&mut self) -> Wish {
        tokio::select! {
            _ = self.interrupted.recv() => Wish::Interrupt,
            _ = self.terminated.recv() => Wish::Terminate,
        }
    }
}

/// Listens for wishes to stop.
#[cfg(not(unix))]
pub(crate) struct StopSignals;

#[cfg(not(unix))]
impl StopSignals {
    pub(crate) fn listen() -> Result<Self, Failure> {
        Ok(Self)
    }

    /// The next wish.
    pub(crate) async fn next(&mut self) -> Wish {
        let _ = tokio::signal::ctrl_c().await;
        Wish::Interrupt
    }
}

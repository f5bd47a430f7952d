//! How far an import is: a bar on a terminal, a line every few seconds elsewhere.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::{Interval, interval};

use crate::output::tell;

/// How often it is said where there is no terminal.
const TOLD_EVERY: Duration = Duration::from_secs(5);

pub(super) struct Progress {
    what: &'static str,
    bar: Option<ProgressBar>,
    done: usize,
    of: usize,
    every: Interval,
}

impl Progress {
    /// Nothing is done yet of so many of something.
    pub(super) async fn of(all: usize, what: &'static str) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(u64::try_from(all).unwrap_or(u64::MAX)).with_message(what);
            match ProgressStyle::with_template("{bar:40} {pos} of {len} {msg}, {eta} left") {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            }
        });
        let mut every = interval(TOLD_EVERY);
        every.tick().await;
        Self { what, bar, done: 0, of: all, every }
    }

    pub(super) fn add(&mut self, more: usize) {
        self.done += more;
        if let Some(bar) = &self.bar {
            bar.inc(u64::try_from(more).unwrap_or_default());
        }
    }

    /// Says it, again and again, where there is no bar.
    pub(super) async fn tell(&mut self) {
        self.every.tick().await;
        if self.bar.is_none() {
            tell(format!("{} of {} {}.", self.done, self.of, self.what));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

//! How far an import is: a bar on a terminal, a line every few seconds elsewhere.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

use crate::output::tell;

pub(super) struct Progress {
    bar: Option<ProgressBar>,
    done: usize,
    of: usize,
}

impl Progress {
    pub(super) fn of(rows: usize) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(u64::try_from(rows).unwrap_or(u64::MAX));
            match ProgressStyle::with_template("{bar:40} {pos} of {len}, {eta} left") {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            }
        });
        Self { bar, done: 0, of: rows }
    }

    pub(super) fn add(&mut self, rows: usize) {
        self.done += rows;
        if let Some(bar) = &self.bar {
            bar.inc(u64::try_from(rows).unwrap_or_default());
        }
    }

    /// Says it, where there is no bar.
    pub(super) fn tell(&self) {
        if self.bar.is_none() {
            tell(format!("{} of {} rows.", self.done, self.of));
        }
    }

    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

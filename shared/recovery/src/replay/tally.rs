//! What a replay counts while several histories are under way.

use std::collections::HashSet;
use std::sync::Mutex;

use domain::history::HistoryId;

use super::{Fork, Replayed};

/// What was done so far, and for which histories nothing more is written.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<(Replayed, HashSet<HistoryId>)>);

impl Tally {
    /// Counts something.
    pub(super) fn note(&self, change: impl FnOnce(&mut Replayed)) {
        if let Ok(mut tally) = self.0.lock() {
            change(&mut tally.0);
        }
    }

    /// A history that forked. One that has no name is told by the partition that it is kept in.
    pub(super) fn fork(&self, history: Option<HistoryId>, partition: &str, shows: String) {
        if let Ok(mut tally) = self.0.lock() {
            let name = history.as_ref().map_or_else(|| format!("{partition:?}"), ToString::to_string);
            tally.0.forks.push(Fork { history: name, shows });
            tally.1.extend(history);
        }
    }

    /// Whether nothing more is written for a history.
    pub(super) fn is_forked(&self, history: &HistoryId) -> bool {
        self.0.lock().is_ok_and(|tally| tally.1.contains(history))
    }

    /// What was done so far.
    pub(super) fn so_far(&self) -> Replayed {
        self.0.lock().map(|tally| tally.0.clone()).unwrap_or_default()
    }
}

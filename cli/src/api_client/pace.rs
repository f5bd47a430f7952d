//! How many requests are under way at once: as many as the API bears.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Half of those that are under way after an answer that says "too many", one more after as many good answers as there may be at once (additive
/// increase, multiplicative decrease).
#[derive(Debug)]
pub(super) struct Pace {
    state: Mutex<State>,
    freed: Notify,
}

#[derive(Debug)]
struct State {
    allowed: usize,
    under_way: usize,
    good: usize,
}

impl Pace {
    /// A pace that begins with so many.
    pub(super) const fn of(allowed: usize) -> Self {
        Self { state: Mutex::new(State { allowed, under_way: 0, good: 0 }), freed: Notify::const_new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until one more may be under way. It is under way until what is returned is dropped.
    pub(super) async fn start(&self) -> UnderWay<'_> {
        loop {
            let freed = self.freed.notified();
            {
                let mut state = self.state();
                if state.under_way < state.allowed {
                    state.under_way += 1;
                    return UnderWay(self);
                }
            }
            freed.await;
        }
    }

    /// The API said that it is too much.
    pub(super) fn slow_down(&self) {
        let mut state = self.state();
        state.allowed = (state.allowed.min(state.under_way) / 2).max(1);
        state.good = 0;
    }

    /// The API answered.
    pub(super) fn go_on(&self) {
        let mut state = self.state();
        state.good += 1;
        if state.good >= state.allowed {
            state.allowed = (state.allowed + 1).min(super::MOST_AT_ONCE);
            state.good = 0;
        }
    }
}

/// A request that is under way.
#[derive(Debug)]
pub(super) struct UnderWay<'a>(&'a Pace);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.state().under_way -= 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn fewer_are_under_way_after_too_many_and_more_after_good_answers() {
        let pace = Pace::of(4);
        let start = || pace.start().now_or_never();
        let mut under_way: Vec<_> = (0..4).map(|_| start().unwrap()).collect();
        assert!(start().is_none());
        pace.slow_down();
        under_way.truncate(1);
        let two = start().unwrap();
        assert!(start().is_none());
        pace.slow_down();
        pace.slow_down();
        drop((under_way, two));
        let one = start().unwrap();
        assert!(start().is_none(), "one is always allowed");
        pace.go_on();
        assert!(start().is_some());
        drop(one);
    }
}

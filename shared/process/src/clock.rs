//! The clock: time is an input, handed in where a process is wired.

use std::sync::Arc;

use domain::values::EpochMillis;

/// Where the time of day comes from.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> EpochMillis + Send + Sync>);

impl Clock {
    /// The operating system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::from_fn(|| {
            #[expect(
                clippy::disallowed_methods,
                reason = "This is the one place where the time of day is read."
            )]
            let now = std::time::SystemTime::now();
            let since_epoch = now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
            EpochMillis::default().plus(since_epoch)
        })
    }

    /// A clock that a function tells.
    #[must_use]
    pub fn from_fn(now: impl Fn() -> EpochMillis + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// What the clock says.
    #[must_use]
    pub fn now(&self) -> EpochMillis {
        (self.0)()
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Clock").field(&self.now()).finish()
    }
}

//! A UTC hour: what heads are found by and what an audit export is made of.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::EpochMillis;

const LENGTH: Duration = Duration::from_hours(1);

/// A UTC hour, by the number of hours since the epoch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hour(u64);

impl Hour {
    /// The hour that a moment is in.
    #[must_use]
    pub const fn of(moment: EpochMillis) -> Self {
        Self(moment.seconds() / LENGTH.as_secs())
    }

    /// The hour that is so many hours after the epoch.
    #[must_use]
    pub const fn new(hours: u64) -> Self {
        Self(hours)
    }

    /// Hours since the epoch.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// When it begins.
    #[must_use]
    pub const fn start(self) -> EpochMillis {
        EpochMillis::new(self.0.saturating_mul(LENGTH.as_secs() * 1_000))
    }

    /// When it has ended and the next begins.
    #[must_use]
    pub const fn end(self) -> EpochMillis {
        self.next().start()
    }

    /// The hour after it.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The hour before it.
    #[must_use]
    pub const fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// How many hours it is after another; none if it is not.
    #[must_use]
    pub const fn after(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_begins_with_its_first_millisecond_and_ends_before_the_next() {
        let hour = Hour::of(EpochMillis::new(1_795_435_200_000));
        assert_eq!(hour.start(), EpochMillis::new(1_795_435_200_000));
        assert_eq!(hour.get(), 498_732);
        assert_eq!(Hour::of(EpochMillis::new(hour.end().get() - 1)), hour);
        assert_eq!(Hour::of(hour.end()), hour.next());
        assert_eq!((hour.next().after(hour), hour.after(hour.next())), (1, 0));
    }
}

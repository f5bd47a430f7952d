//! A moment, and how it is written down (RFC 3339).

use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// The last moment that has a date of four digits, which is as far as RFC 3339 goes. No clock of ours goes further; what is
/// read from a file may.
pub(super) const LAST_WRITTEN: EpochMillis = EpochMillis::new(253_402_300_799_999);

/// A moment, in milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EpochMillis(u64);

impl EpochMillis {
    /// The moment this many milliseconds after the epoch.
    #[must_use]
    pub const fn new(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Whole seconds since the epoch, as JWT claims and the TTL attribute count.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0 / 1_000
    }

    /// This moment, later by a duration.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }

    /// How long after `earlier` this moment is; zero if it is before.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// The moment by RFC 3339 in UTC, to the millisecond: `2026-11-23T12:00:00.000Z`. What is beyond the year 9999 is written
    /// as its end.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        humantime::format_rfc3339_millis(self.written()).to_string()
    }

    /// The same to the second, which is cut off: `2026-11-23T12:00:00Z`.
    #[must_use]
    pub fn to_rfc3339_seconds(self) -> String {
        humantime::format_rfc3339_seconds(self.written()).to_string()
    }

    fn written(self) -> std::time::SystemTime {
        UNIX_EPOCH + Duration::from_millis(self.min(LAST_WRITTEN).0)
    }

    /// The moment that a text names by RFC 3339 in UTC; what is finer than a millisecond is cut off.
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let moment = humantime::parse_rfc3339(text).ok()?;
        Some(Self::default().plus(moment.duration_since(UNIX_EPOCH).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_it_is_read() {
        let moment = EpochMillis::new(1_795_435_200_007);
        assert_eq!(moment.to_rfc3339(), "2026-11-23T12:00:00.007Z");
        assert_eq!(moment.to_rfc3339_seconds(), "2026-11-23T12:00:00Z");
        assert_eq!(EpochMillis::parse_rfc3339(&moment.to_rfc3339()), Some(moment));
        for text in
            ["", "2026-11-23", "2026-11-23 12:00:00Z ", "1969-12-31T23:00:00Z", "2026-02-30T12:00:00Z"]
        {
            assert_eq!(EpochMillis::parse_rfc3339(text), None, "{text}");
        }
    }

    #[test]
    fn a_moment_that_no_date_reaches_is_written_as_the_last_one() {
        for moment in [LAST_WRITTEN, EpochMillis::new(LAST_WRITTEN.get() + 1), EpochMillis::new(u64::MAX)] {
            assert_eq!(moment.to_rfc3339(), "9999-12-31T23:59:59.999Z");
            assert_eq!(moment.to_rfc3339_seconds(), "9999-12-31T23:59:59Z");
        }
    }

    #[test]
    fn durations_between_moments_never_run_below_zero_or_over() {
        let noon = EpochMillis::new(1_795_435_200_000);
        assert_eq!(noon.plus(Duration::from_millis(1)).since(noon), Duration::from_millis(1));
        assert_eq!(noon.since(noon.plus(Duration::from_millis(1))), Duration::ZERO);
        assert_eq!(noon.plus(Duration::MAX), EpochMillis::new(u64::MAX));
        assert_eq!(EpochMillis::new(1_999).seconds(), 1);
    }
}

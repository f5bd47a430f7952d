//! Waiting between attempts: full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter").

use std::time::{Duration, Instant};

/// Several times what a read and a write take: with 64 writers at one user, 20 ms here meant 5.7 attempts for each
/// commit and three times the time, 80 ms means 3.0; one that races with one other waits 40 ms on average.
const FIRST_CEILING: Duration = Duration::from_millis(80);
/// What an attempt may take. One that is begun with less time left would end as a time-out, whose outcome is not
/// known, instead of the certainty that nothing was written.
const ATTEMPT: Duration = Duration::from_millis(250);
const LAST_CEILING: Duration = Duration::from_millis(640);

/// The waits of one command.
#[derive(Debug)]
pub struct Backoff {
    random: fastrand::Rng,
    ceiling: Duration,
}

/// The next attempt would begin after the deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the deadline is too near for another attempt")]
pub struct OutOfTime;

impl Backoff {
    /// Waits drawn from this source of chance.
    #[must_use]
    pub const fn new(random: fastrand::Rng) -> Self {
        Self { random, ceiling: FIRST_CEILING }
    }

    /// The next wait: anything up to a ceiling that doubles.
    fn draw(&mut self) -> Duration {
        let wait = self.ceiling.mul_f64(self.random.f64());
        self.ceiling = (self.ceiling * 2).min(LAST_CEILING);
        wait
    }

    /// Waits, or says that it would be too late.
    pub async fn wait(&mut self, deadline: Instant) -> Result<(), OutOfTime> {
        let until = Instant::now() + self.draw();
        if until + ATTEMPT >= deadline {
            return Err(OutOfTime);
        }
        tokio::time::sleep_until(until.into()).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_stay_below_a_ceiling_that_doubles_to_its_end() {
        let mut backoff = Backoff::new(fastrand::Rng::with_seed(7));
        for ceiling in [80, 160, 320, 640, 640, 640] {
            assert!(backoff.draw() < Duration::from_millis(ceiling));
        }
    }

    #[tokio::test]
    async fn an_attempt_that_could_not_end_in_time_is_not_waited_for() {
        let mut backoff = Backoff::new(fastrand::Rng::with_seed(7));
        assert_eq!(backoff.wait(Instant::now() + ATTEMPT).await, Err(OutOfTime));
    }
}

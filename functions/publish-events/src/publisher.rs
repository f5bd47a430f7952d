//! What the function is wired with.

use std::time::Duration;

use aws_types::SdkConfig;
use domain::values::EpochMillis;
use process::aws::Bounds;
use process::chance::Chance;
use process::clock::Clock;
use process::retry::Backoff;

use crate::config::PublisherConfig;

/// Tens of milliseconds are usual. Each call is made once: what to try again, and when, is decided here, by entry.
const BOUNDS: Bounds = Bounds { attempt: Duration::from_secs(3), attempts: 1 };

/// The bus, the dead-letter queue, time and chance.
#[derive(Debug)]
pub struct Publisher {
    pub(crate) config: PublisherConfig,
    pub(crate) event_bridge: aws_sdk_eventbridge::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
    clock: Clock,
    chance: Chance,
}

impl Publisher {
    /// A publisher in a function's environment.
    #[must_use]
    pub fn connect(environment: &SdkConfig, config: PublisherConfig, clock: Clock) -> Self {
        Self::new(environment, config, clock, Chance::system())
    }

    /// A publisher of these parts. Each call has its bounds whatever the environment says.
    #[must_use]
    pub fn new(environment: &SdkConfig, config: PublisherConfig, clock: Clock, chance: Chance) -> Self {
        let environment = BOUNDS.over(environment);
        Self {
            config,
            event_bridge: aws_sdk_eventbridge::Client::new(&environment),
            sqs: aws_sdk_sqs::Client::new(&environment),
            clock,
            chance,
        }
    }

    pub(crate) fn now(&self) -> EpochMillis {
        self.clock.now()
    }

    /// The waits of one row of failures.
    pub(crate) fn waits(&self) -> Backoff {
        Backoff::new(self.chance.for_waits())
    }
}

//! What the function is wired with.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use domain::values::EpochMillis;
use process::clock::Clock;
use process::sam_local::aws_environment;

use crate::config::PublisherConfig;

/// Longest time for one call. Tens of milliseconds are usual.
const CALL_TIMEOUT: Duration = Duration::from_secs(3);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// The bus, the dead-letter queue, and the time.
#[derive(Debug)]
pub struct Publisher {
    pub(crate) config: PublisherConfig,
    pub(crate) event_bridge: aws_sdk_eventbridge::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
    clock: Clock,
    random: Mutex<fastrand::Rng>,
}

impl Publisher {
    /// A publisher by the SDK's usual environment: region, credentials, endpoints; or stand-ins.
    pub async fn connect(config: PublisherConfig, clock: Clock) -> Self {
        Self::new(aws_environment().await, config, clock, fastrand::Rng::new())
    }

    /// A publisher of these parts. Each call has its bounds whatever the environment says, and is made once: what to
    /// try again, and when, is decided here, by entry.
    #[must_use]
    pub fn new(environment: SdkConfig, config: PublisherConfig, clock: Clock, random: fastrand::Rng) -> Self {
        let timeouts =
            TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_timeout(CALL_TIMEOUT).build();
        let environment = environment
            .into_builder()
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts)
            // Answers are a few kilobytes and have a time limit: watching their throughput would be extra work.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build();
        Self {
            config,
            event_bridge: aws_sdk_eventbridge::Client::new(&environment),
            sqs: aws_sdk_sqs::Client::new(&environment),
            clock,
            random: Mutex::new(random),
        }
    }

    pub(crate) fn now(&self) -> EpochMillis {
        self.clock.now()
    }

    /// A source of chance of its own for one row of waits.
    pub(crate) fn random(&self) -> fastrand::Rng {
        self.random.lock().unwrap_or_else(PoisonError::into_inner).fork()
    }
}

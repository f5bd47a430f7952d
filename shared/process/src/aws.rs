//! How services of AWS are called: within which bounds, and what their error codes say of the next time.

mod cause;
mod https;
mod never_sent;
mod of_function;
mod roots;

use std::time::Duration;

use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;

pub use self::cause::{cause, causes};
pub use self::https::Https;
pub use self::never_sent::never_sent;
pub use self::of_function::FunctionEnvironment;

/// A packet that was lost is sent again after a second.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(1_250);
const FIRST_BACKOFF: Duration = Duration::from_millis(25);
const LONGEST_BACKOFF: Duration = Duration::from_millis(500);

/// The bounds of one call.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Longest time for one attempt.
    pub attempt: Duration,
    /// Attempts that the SDK makes, the first included.
    pub attempts: u32,
}

impl Bounds {
    /// An environment with these bounds, whatever it says of its own.
    #[must_use]
    pub fn over(self, environment: &SdkConfig) -> SdkConfig {
        let retries = RetryConfig::standard()
            .with_max_attempts(self.attempts)
            .with_initial_backoff(FIRST_BACKOFF)
            .with_max_backoff(LONGEST_BACKOFF);
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .operation_attempt_timeout(self.attempt)
            .build();
        environment
            .to_builder()
            .retry_config(retries)
            .timeout_config(timeouts)
            // Answers are a few kilobytes and have a time limit: watching their throughput would be extra work.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build()
    }
}

/// What an error code says of the same call another time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextTime {
    /// It will be taken when less is asked for.
    Throttled,
    /// The service has a fault of its own, which passes.
    Faulty,
    /// The code is not one of those that all services have; what it says is the service's own.
    Unsaid,
}

/// What an error code says of the same call another time ("Common Errors" in the API references of DynamoDB, EventBridge and
/// SQS). Messages are never looked at.
#[must_use]
pub fn next_time(code: &str) -> NextTime {
    match code {
        "Throttling"
        | "ThrottlingException"
        | "ThrottlingError"
        | "ProvisionedThroughputExceeded"
        | "ProvisionedThroughputExceededException"
        | "RequestLimitExceeded" => NextTime::Throttled,
        "InternalFailure"
        | "InternalException"
        | "InternalServerError"
        | "InternalServerErrorException"
        | "ServiceUnavailable"
        | "ServiceUnavailableException" => NextTime::Faulty,
        _ => NextTime::Unsaid,
    }
}

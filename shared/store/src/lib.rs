//! The only room that knows DynamoDB: item shapes, the one read, the one write, and what can go wrong with them.

mod audit;
mod fault;
pub mod items;
mod organisations;
mod pages;
mod read;
mod requests;
mod schema;
mod sending;
mod write;

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::StalledStreamProtectionConfig;
use aws_sdk_dynamodb::config::retry::{RetryConfig, RetryPartition, TokenBucket};
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use process::retry::Backoff;
use process::sam_local::aws_environment;

pub use self::audit::CheckpointFault;
pub use self::fault::StoreFault;
pub use self::organisations::{Closed, OrganisationFault, Registered, RevokeFault};
pub use self::pages::{HeldKey, Listed, Stretch};
pub use self::read::{CredentialLookup, Lookup, StoredCredentials, UserState, Writer};
pub use self::requests::RequestRecord;
pub use self::schema::Stream;
pub use self::sending::SendingFault;
pub use self::write::{AttemptToken, Commit, Write};

/// Longest time for one attempt of one call. Single-digit milliseconds are usual; a lost packet is noticed here.
const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(1_500);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// Attempts of one call, the first included. A command's write is not among them: it is sent again by `execute`.
const MOST_ATTEMPTS: u32 = 3;
const FIRST_BACKOFF: Duration = Duration::from_millis(25);
const LONGEST_BACKOFF: Duration = Duration::from_millis(500);

/// The table of the inventory.
#[derive(Debug, Clone)]
pub struct Table {
    client: Client,
    name: String,
    audit_shards: AuditShards,
}

/// Over how many partitions an hour of the audit index is spread: 1 to 32.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditShards(u16);

impl AuditShards {
    /// As many as there can be. An export reads all of them: whatever the writers of an hour were configured with, and
    /// whenever that was changed, nothing is missed.
    pub const MOST: Self = Self(32);

    /// Four: 4,000 events a second, at one write unit each.
    pub const DEFAULT: Self = Self(4);

    /// This many shards, if it is 1 to 32.
    #[must_use]
    pub const fn new(shards: u16) -> Option<Self> {
        if matches!(shards, 1..=32) { Some(Self(shards)) } else { None }
    }

    /// Each of them, by number.
    pub fn each(self) -> impl Iterator<Item = u16> {
        0..self.0
    }
}

impl Table {
    /// The table of this name, by a client.
    #[must_use]
    pub const fn new(client: Client, name: String, audit_shards: AuditShards) -> Self {
        Self { client, name, audit_shards }
    }

    /// The table of this name, by the SDK's usual environment: region, credentials, endpoint; or a stand-in's.
    pub async fn connect(name: String, audit_shards: AuditShards) -> Self {
        let environment = aws_environment().await;
        Self::new(Client::from_conf(client_config(&environment)), name, audit_shards)
    }

    /// Opens a connection ahead of the first request, by looking for an API key that cannot exist. It is the same
    /// call that every command begins with, so it needs no permission of its own. Failures show when it matters.
    pub async fn warm_up(&self, backoff: Backoff) {
        let _ = self.look_for_nothing(backoff, Instant::now() + CONNECT_TIMEOUT).await;
    }
}

/// The bounds under which the SDK calls DynamoDB, over whatever the environment configures.
#[must_use]
pub fn client_config(environment: &aws_config::SdkConfig) -> aws_sdk_dynamodb::Config {
    let retries = RetryConfig::standard()
        .with_max_attempts(MOST_ATTEMPTS)
        .with_initial_backoff(FIRST_BACKOFF)
        .with_max_backoff(LONGEST_BACKOFF);
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .build();
    // By default, calls of a process that failed use up a quota that only successes fill again, so that after an outage the
    // first blip would be a 503. A function has one call under way at a time, of at most three attempts with waits that
    // grow: there is nothing that a quota over all calls would have to protect.
    let unlimited = RetryPartition::custom("inventory").token_bucket(TokenBucket::unlimited()).build();
    aws_sdk_dynamodb::config::Builder::from(environment)
        .retry_config(retries)
        .retry_partition(unlimited)
        .timeout_config(timeouts)
        // Answers are a few kilobytes and have a time limit: watching their throughput would be extra work.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build()
}

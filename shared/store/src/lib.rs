//! The only room that knows DynamoDB: item shapes, the one read, the one write, and what can go wrong with them.

mod append;
mod audit;
mod commit;
mod erasure;
mod fault;
pub mod items;
mod operator;
mod organisations;
mod pages;
mod partition;
mod read;
mod requests;
mod schema;
mod sending;
mod write;

use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::{RetryPartition, TokenBucket};
use process::aws::Bounds;
use process::retry::Backoff;

pub use self::append::AppendFault;
pub use self::audit::{
    Behind, CheckpointFault, CheckpointRead, HistoryKey, SigningKeyFault, Standing, Sweep, TableIdentity,
};
pub use self::commit::Commit;
pub use self::erasure::{Cleared, Erased, ErasureFault};
pub use self::fault::StoreFault;
pub use self::operator::{Done, Operator, OperatorsFault};
pub use self::organisations::OrganisationFault;
pub use self::pages::{HeldKey, Listed, Stretch};
pub use self::partition::{
    Difference, Folded, Leftover, MendFault, Partition, PartitionFault, ScanPlace, Scanned,
};
pub use self::read::{CredentialLookup, Lookup, StoredCredentials, UserState, Writer};
pub use self::requests::RequestRecord;
pub use self::schema::Stream;
pub use self::sending::SendingFault;
pub use self::write::{AttemptToken, Write};

/// Single-digit milliseconds are usual; a lost packet is noticed here. A command's write is sent once: it is sent again by
/// `execute`.
const BOUNDS: Bounds = Bounds { attempt: Duration::from_millis(1_500), attempts: 3 };
/// The longest that a process waits for its first connection.
const WARM_UP: Duration = Duration::from_secs(1);

/// The table of the inventory.
#[derive(Debug, Clone)]
pub struct Table {
    client: Client,
    name: String,
    shards: AuditShards,
}

/// Over how many partitions an hour of the index over heads is spread: 1 to 32.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditShards(u16);

impl AuditShards {
    /// As many as there can be. An export reads all of them: whatever the writers of an hour were configured with, and
    /// whenever that was changed, nothing is missed.
    pub const MOST: Self = Self(32);

    /// Four: 2,000 heads a second that were not changed in the same hour before, at two write units each.
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
    pub const fn new(client: Client, name: String, shards: AuditShards) -> Self {
        Self { client, name, shards }
    }

    /// The table of this name in an environment: region, credentials, endpoint.
    #[must_use]
    pub fn connect(environment: &SdkConfig, name: String, shards: AuditShards) -> Self {
        Self::new(Client::from_conf(client_config(environment)), name, shards)
    }

    /// Opens a connection ahead of the first request, by looking for an API key that cannot exist. It is the same
    /// call that every command begins with, so it needs no permission of its own. Failures show when it matters.
    pub async fn warm_up(&self, backoff: Backoff) {
        let _ = self.look_for_nothing(backoff, Instant::now() + WARM_UP).await;
    }
}

/// The bounds under which the SDK calls DynamoDB, over whatever the environment configures.
#[must_use]
pub fn client_config(environment: &SdkConfig) -> aws_sdk_dynamodb::Config {
    // By default, calls of a process that failed use up a quota that only successes fill again, so that after an outage the
    // first blip would be a 503. A function has one call under way at a time, of at most three attempts with waits that
    // grow: there is nothing that a quota over all calls would have to protect.
    let unlimited = RetryPartition::custom("inventory").token_bucket(TokenBucket::unlimited()).build();
    aws_sdk_dynamodb::config::Builder::from(&BOUNDS.over(environment)).retry_partition(unlimited).build()
}

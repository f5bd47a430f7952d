//! An embedded DynamoDB: dynoxide on a loopback port, used through the real SDK.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::Client;
use dynoxide::Database;
use key_inventory::table::client_config;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A DynamoDB that runs in this process until it is stopped.
#[derive(Debug)]
pub struct EmbeddedDynamoDb {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<Result<(), String>>,
}

/// Why the embedded DynamoDB does not run.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedFault {
    /// Its file cannot be opened.
    #[error("the database cannot be opened: {0}")]
    Open(String),
    /// It found no loopback port.
    #[error("no loopback port can be opened: {0}")]
    Listen(#[from] std::io::Error),
    /// It ended with a fault.
    #[error("the database ended: {0}")]
    Ended(String),
}

impl EmbeddedDynamoDb {
    /// Starts with nothing in it; what is written is gone with the process.
    pub async fn in_memory() -> Result<Self, EmbeddedFault> {
        let database = Database::memory().map_err(|error| EmbeddedFault::Open(error.to_string()))?;
        Self::serve(database).await
    }

    /// Starts on a file, which is made if it is not there.
    pub async fn in_file(path: &Path) -> Result<Self, EmbeddedFault> {
        let path = path.to_str().ok_or_else(|| EmbeddedFault::Open("its path is not UTF-8".to_owned()))?;
        let database = Database::new(path).map_err(|error| EmbeddedFault::Open(error.to_string()))?;
        // DynamoDB deletes expired items by itself; dynoxide when it is told to.
        database.sweep_ttl().map_err(|error| EmbeddedFault::Open(error.to_string()))?;
        Self::serve(database).await
    }

    async fn serve(database: Database) -> Result<Self, EmbeddedFault> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database, async {
            let _ = stopped.await;
        }));
        Ok(Self { address, stop, server })
    }

    /// Its URL.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Lets requests under way finish, and closes the file.
    pub async fn stop(self) -> Result<(), EmbeddedFault> {
        let _ = self.stop.send(());
        self.server
            .await
            .map_err(|error| EmbeddedFault::Ended(error.to_string()))?
            .map_err(EmbeddedFault::Ended)
    }
}

/// The SDK's client for a DynamoDB on this machine. It has the same bounds as the functions' client.
#[must_use]
pub fn client(endpoint: &str) -> Client {
    Client::from_conf(client_config(&environment(endpoint)))
}

/// What the SDK's clients need for a service on this machine, which does not look at region and credentials.
#[must_use]
pub fn environment(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new("local", "local", None, None, "local");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(endpoint)
        .http_client(plain_http_client())
        .sleep_impl(aws_smithy_async::rt::sleep::SharedAsyncSleep::new(
            aws_smithy_async::rt::sleep::TokioSleep::new(),
        ))
        .build()
}

/// Without TLS there are no root certificates to load, which would be most of the time that a client takes.
fn plain_http_client() -> aws_smithy_runtime_api::client::http::SharedHttpClient {
    aws_smithy_http_client::Builder::new().build_http()
}

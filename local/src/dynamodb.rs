//! An embedded DynamoDB: dynoxide behind a door of ours, used through the real SDK.

mod door;
mod operations;
mod vacuum;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use aws_types::SdkConfig;
use data_encoding::BASE32_NOPAD;
use dynoxide::{Database, DynoxideError};
use process::chance::Chance;
use store::client_config;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use self::door::Door;
use crate::bus::RecordedBus;
use crate::kms::LocalKms;
use crate::private_files;
use crate::server::{self, Bounds};

/// How the engine says that a file is no database of its, or not whole.
const NOT_A_DATABASE: [&str; 3] =
    ["not a valid SQLite database", "file is not a database", "database disk image is malformed"];
/// Bytes of chance in an access key id.
const ACCESS_KEY_ID_BYTES: usize = 20;

/// What a request has to carry to be let in. It is a secret, unlike an access key id of AWS: signatures are not looked
/// at, because everyone who may use the database may read the whole folder that it is kept in.
#[derive(Clone)]
pub struct AccessKeyId(String);

impl std::fmt::Debug for AccessKeyId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("AccessKeyId")
    }
}

impl AccessKeyId {
    /// The one of an engine that lets everybody in, such as DynamoDB Local.
    #[must_use]
    pub fn any() -> Self {
        Self("local".to_owned())
    }

    /// A new one.
    #[must_use]
    pub fn generate() -> Self {
        Self(BASE32_NOPAD.encode(&Chance::system().bytes::<ACCESS_KEY_ID_BYTES>()))
    }

    /// The one in a file, which is made if it is not there.
    pub fn in_file(path: &Path) -> Result<Self, EmbeddedFault> {
        let new = || Ok::<_, EmbeddedFault>(Self::generate().0.into_bytes());
        let text = String::from_utf8(private_files::read_or_create(path, new)?);
        let text = text.ok().filter(|text| {
            BASE32_NOPAD.decode(text.as_bytes()).is_ok_and(|id| id.len() == ACCESS_KEY_ID_BYTES)
        });
        text.map(Self).ok_or(EmbeddedFault::AccessKeyId)
    }

    /// As it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How a client gets in.
#[derive(Debug, Clone)]
pub struct Access {
    /// The URL.
    pub endpoint: String,
    /// The access key id.
    pub access_key_id: AccessKeyId,
}

/// Who can reach a database besides the processes of this machine.
#[derive(Debug, Default)]
pub struct Reach {
    /// An address of this machine that containers can reach, the one of a bridge.
    pub bridge: Option<IpAddr>,
    /// A name by which containers reach this machine's loopback address.
    pub name: Option<String>,
    /// Where EventBridge and SQS are stood in for, too.
    pub bus: Option<RecordedBus>,
    /// Where KMS is stood in for, too.
    pub kms: Option<LocalKms>,
    /// What clients may take.
    pub bounds: Bounds,
}

/// A DynamoDB that runs in this process until it is stopped.
#[derive(Debug)]
pub struct EmbeddedDynamoDb {
    address: SocketAddr,
    access_key_id: AccessKeyId,
    stop: watch::Sender<bool>,
    servers: JoinSet<()>,
}

/// Why the embedded DynamoDB does not run.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedFault {
    /// Its file cannot be opened.
    #[error("the database cannot be opened: {0}")]
    Open(String),
    /// Its file is something else, or what was a database once.
    #[error("{} is not a database, or is damaged; put a copy of it back, or take another folder", .0.display())]
    NotADatabase(PathBuf),
    /// Something of the operating system's: a port, a file.
    #[error("{0}")]
    System(#[from] std::io::Error),
    /// The file of its access key id holds something else.
    #[error("the file of the access key id holds something else; delete it to get a new one")]
    AccessKeyId,
}

impl EmbeddedDynamoDb {
    /// Starts with nothing in it; what is written is gone with the process.
    pub async fn in_memory() -> Result<Self, EmbeddedFault> {
        Self::in_memory_with(Reach::default()).await
    }

    /// The same, with what else is to be reached.
    pub async fn in_memory_with(reach: Reach) -> Result<Self, EmbeddedFault> {
        let database = Database::memory().map_err(|error| EmbeddedFault::Open(error.to_string()))?;
        Self::serve(database, None, AccessKeyId::generate(), reach).await
    }

    /// Starts on a file, which is made, for its owner only, if it is not there.
    pub async fn in_file(
        path: &Path,
        access_key_id: AccessKeyId,
        reach: Reach,
    ) -> Result<Self, EmbeddedFault> {
        if path.is_dir() {
            return Err(EmbeddedFault::NotADatabase(path.to_owned()));
        }
        // SQLite makes its other files with the permissions of this one.
        private_files::ensure(path)?;
        let file = path;
        let path = path.to_str().ok_or_else(|| EmbeddedFault::Open("its path is not UTF-8".to_owned()))?;
        let cannot = |error: DynoxideError| {
            let words = error.to_string();
            let is_none = NOT_A_DATABASE.iter().any(|known| words.contains(known));
            if is_none { EmbeddedFault::NotADatabase(file.to_owned()) } else { EmbeddedFault::Open(words) }
        };
        let database = Database::new(path).map_err(cannot)?;
        // DynamoDB deletes expired items by itself; dynoxide when it is told to.
        database.sweep_ttl().map_err(cannot)?;
        Self::serve(database, Some(file.to_owned()), access_key_id, reach).await
    }

    async fn serve(
        database: Database,
        file: Option<PathBuf>,
        access_key_id: AccessKeyId,
        reach: Reach,
    ) -> Result<Self, EmbeddedFault> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let mut listeners = vec![listener];
        let mut authorities = std::collections::BTreeSet::from([address.to_string()]);
        if let Some(bridge) = reach.bridge {
            // The same port everywhere: one number to tell.
            listeners.push(TcpListener::bind((bridge, address.port())).await?);
            authorities.insert(SocketAddr::new(bridge, address.port()).to_string());
        }
        authorities.extend(reach.name.map(|name| format!("{name}:{}", address.port())));
        let (bus, kms, bounds) = (reach.bus, reach.kms, reach.bounds);
        let access = access_key_id.clone();
        let door = Door { access_key_id: access, authorities, database, file, bus, kms, bounds };
        let router = door.router();
        let (stop, stopped) = watch::channel(false);
        let mut servers = JoinSet::new();
        for listener in listeners {
            let (router, mut stopped) = (router.clone(), stopped.clone());
            servers.spawn(async move {
                let stopped = async move {
                    let _ = stopped.wait_for(|stopped| *stopped).await;
                };
                server::serve(listener, router, bounds, stopped).await;
            });
        }
        Ok(Self { address, access_key_id, stop, servers })
    }

    /// How a process of this machine gets in.
    #[must_use]
    pub fn access(&self) -> Access {
        Access { endpoint: format!("http://{}", self.address), access_key_id: self.access_key_id.clone() }
    }

    /// Its port, the same on every address.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.address.port()
    }

    /// Lets requests under way finish, and closes the file.
    pub async fn stop(mut self) -> Result<(), EmbeddedFault> {
        let _ = self.stop.send(true);
        while let Some(ended) = self.servers.join_next().await {
            ended.map_err(std::io::Error::other)?;
        }
        Ok(())
    }
}

/// The SDK's client for a DynamoDB on this machine. It has the same bounds as the functions' client.
#[must_use]
pub fn client(access: &Access) -> Client {
    Client::from_conf(client_config(&environment(access)))
}

/// What the SDK's clients need for a service on this machine, which does not look at the region.
#[must_use]
pub fn environment(access: &Access) -> SdkConfig {
    let credentials = Credentials::new(access.access_key_id.as_str(), "local", None, None, "local");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(&access.endpoint)
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

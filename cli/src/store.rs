//! Which table an operator's command works on: a local inventory's, or any other by the SDK's environment.

use std::path::{Path, PathBuf};
use std::time::Duration;

use local_inventory::dynamodb::{self, Access, EmbeddedDynamoDb, Reach};
use local_inventory::private_files;
use process::sam_local::aws_environment;
use store::{AuditShards, Stream, Table};

use crate::arguments::StoreArguments;
use crate::folder::{Folder, LockedFolder};
use crate::output::Failure;

/// The name of the table in a local inventory.
pub(crate) const LOCAL_TABLE: &str = "physical-keys";
const DEFAULT_FOLDER: &str = ".physical-keys";
/// How often and at what distance another process is asked for the folder: five seconds in all.
const LOCK_TRIES: u32 = 50;
const LOCK_DISTANCE: Duration = Duration::from_millis(100);

/// A table, and what has to live as long as it is used.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) table: Table,
    /// How a local inventory's database is reached.
    access: Option<Access>,
    embedded: Option<(EmbeddedDynamoDb, LockedFolder)>,
}

impl Store {
    /// The table that the arguments and the environment name. A local one is created when it is first needed.
    pub(crate) async fn open(arguments: &StoreArguments) -> Result<Self, Failure> {
        match (local_folder(arguments), table_elsewhere()) {
            (None, Some(name)) => {
                let table = Table::connect(&aws_environment().await, name, AuditShards::DEFAULT);
                Ok(Self { table, access: None, embedded: None })
            }
            (folder, _) => Self::local(&folder.unwrap_or_else(|| DEFAULT_FOLDER.into())).await,
        }
    }

    /// The folder's database: opened here, or through the server that has it open.
    async fn local(path: &Path) -> Result<Self, Failure> {
        let folder = Folder::new(path);
        folder.make()?;
        for _ in 0..LOCK_TRIES {
            if let Some(locked) = folder.try_lock()? {
                let embedded = open_database(&locked, Reach::default()).await?;
                let access = embedded.access();
                let table = local_table(&access).await?;
                return Ok(Self { table, access: Some(access), embedded: Some((embedded, locked)) });
            }
            if let Ok(endpoint) = std::fs::read_to_string(folder.endpoint()) {
                let endpoint = endpoint.trim().to_owned();
                let access = Access { endpoint, access_key_id: folder.access_key_id()? };
                let table = local_table(&access).await?;
                return Ok(Self { table, access: Some(access), embedded: None });
            }
            tokio::time::sleep(LOCK_DISTANCE).await;
        }
        Err(Failure(format!("The folder {} is in use by another process.", path.display())))
    }

    /// Has whatever process that has a local inventory's database open clean its file of what was deleted. DynamoDB does that by itself.
    pub(crate) async fn vacuum(&self) -> Result<(), Failure> {
        let Some(Access { endpoint, access_key_id }) = &self.access else { return Ok(()) };
        let credential = format!("AWS4-HMAC-SHA256 Credential={}/", access_key_id.as_str());
        let request = reqwest::Client::new()
            .post(endpoint)
            .header(reqwest::header::AUTHORIZATION, credential)
            .header("x-amz-target", "PhysicalKeyInventory.Vacuum");
        let cleaned = request.send().await.and_then(reqwest::Response::error_for_status);
        cleaned.map(|_| ()).map_err(|error| {
            Failure::because("The database's file was not cleaned; run the same command again", error)
        })
    }

    /// Closes what was opened.
    pub(crate) async fn close(self) -> Result<(), Failure> {
        drop(self.table);
        match self.embedded {
            Some((embedded, _locked)) => {
                embedded.stop().await.map_err(|fault| Failure::because("The database did not close", fault))
            }
            None => Ok(()),
        }
    }
}

/// The folder of the local inventory that the arguments name; none if they and the environment name a table elsewhere.
pub(crate) fn local_folder(arguments: &StoreArguments) -> Option<PathBuf> {
    match (&arguments.data, table_elsewhere()) {
        (Some(path), _) => Some(path.clone()),
        (None, Some(_)) => None,
        (None, None) => Some(DEFAULT_FOLDER.into()),
    }
}

fn table_elsewhere() -> Option<String> {
    std::env::var("TABLE_NAME").ok().filter(|name| !name.is_empty())
}

/// Opens the database of a folder. What a server that was killed left behind is cleared away.
pub(crate) async fn open_database(locked: &LockedFolder, reach: Reach) -> Result<EmbeddedDynamoDb, Failure> {
    let _ = std::fs::remove_file(locked.folder().endpoint());
    let access_key_id = locked.folder().access_key_id()?;
    EmbeddedDynamoDb::in_file(&locked.database(), access_key_id, reach).await.map_err(|fault| {
        Failure::because(
            format!("The inventory in {} cannot be opened", locked.folder().path().display()),
            fault,
        )
    })
}

/// The table of a local inventory, created if it is not there.
pub(crate) async fn local_table(access: &Access) -> Result<Table, Failure> {
    let table = Table::new(dynamodb::client(access), LOCAL_TABLE.to_owned(), AuditShards::DEFAULT);
    table
        .create(Stream::Off)
        .await
        .map_err(|fault| Failure::because("The local table cannot be created", fault))?;
    Ok(table)
}

/// Tells other commands of this program where the folder's database is served.
pub(crate) fn tell_endpoint(locked: &LockedFolder, database: &EmbeddedDynamoDb) -> Result<(), Failure> {
    private_files::write(&locked.folder().endpoint(), database.access().endpoint.as_bytes())
        .map_err(|error| Failure::because("The database's address cannot be written", error))
}

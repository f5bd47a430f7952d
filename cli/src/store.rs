//! Which table an operator's command works on: a local inventory's, or any other.

mod elsewhere;

use std::path::{Path, PathBuf};
use std::time::Duration;

use local_inventory::dynamodb::{self, Access, EmbeddedDynamoDb, Reach};
use local_inventory::private_files;
use store::{AuditShards, Stream, Table};

use self::elsewhere::Elsewhere;
use crate::arguments::StoreArguments;
use crate::folder::{Folder, LockedFolder};
use crate::output::Failure;

/// The name of the table in a local inventory.
pub(crate) const LOCAL_TABLE: &str = "physical-keys";
pub(crate) const DEFAULT_FOLDER: &str = ".physical-keys";
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
    /// The table that the arguments and the environment name, which is there. One elsewhere is looked at before anything else is
    /// done, so that what is lacking is said once and in words of its own.
    pub(crate) async fn open(arguments: &StoreArguments) -> Result<Self, Failure> {
        if let Some(folder) = local_folder(arguments)? {
            Folder::there(&folder)?;
        }
        Self::open_or_make(arguments).await
    }

    /// The same. A local one is created if it is not there.
    pub(crate) async fn open_or_make(arguments: &StoreArguments) -> Result<Self, Failure> {
        match where_is(arguments)? {
            Where::Folder(folder) => Self::local(&folder).await,
            Where::Elsewhere(name) => {
                let table = Elsewhere::named(name).await?;
                table.look().await?;
                Ok(Self { table: table.table, access: None, embedded: None })
            }
        }
    }

    /// Creates the table, and says what became of it.
    pub(crate) async fn create(arguments: &StoreArguments) -> Result<String, Failure> {
        match where_is(arguments)? {
            Where::Folder(folder) => {
                let store = Self::local(&folder).await?;
                let name = store.table.name().to_owned();
                store.close().await?;
                Ok(format!("The table {name} is there."))
            }
            Where::Elsewhere(name) => Elsewhere::named(name).await?.create().await,
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

/// Where an inventory is.
enum Where {
    Folder(PathBuf),
    /// In a table of this name.
    Elsewhere(String),
}

/// Where the inventory is that the arguments and the environment name. Whoever is signed in to AWS and names no table is not given a
/// new folder instead: all would seem to be done.
fn where_is(arguments: &StoreArguments) -> Result<Where, Failure> {
    if let Some(folder) = &arguments.data {
        return Ok(Where::Folder(folder.clone()));
    }
    if let Some(name) = variable("TABLE_NAME") {
        return Ok(Where::Elsewhere(name));
    }
    let of_aws = ["AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL_DYNAMODB"];
    match of_aws.into_iter().find(|name| variable(name).is_some()) {
        Some(name) if !Path::new(DEFAULT_FOLDER).exists() => Err(Failure(format!(
            "TABLE_NAME does not say which table, but {name} is set. For an inventory on this machine say --data {DEFAULT_FOLDER}."
        ))),
        _ => Ok(Where::Folder(DEFAULT_FOLDER.into())),
    }
}

/// The folder of the local inventory that the arguments name; none if they and the environment name a table elsewhere.
pub(crate) fn local_folder(arguments: &StoreArguments) -> Result<Option<PathBuf>, Failure> {
    Ok(match where_is(arguments)? {
        Where::Folder(folder) => Some(folder),
        Where::Elsewhere(_) => None,
    })
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
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

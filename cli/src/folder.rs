//! The folder of a local inventory: its files, and the lock that keeps it to one process.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use local_inventory::dynamodb::AccessKeyId;
use local_inventory::issuer::LocalIssuer;
use local_inventory::private_files;

use crate::output::Failure;
use crate::store::DEFAULT_FOLDER;

/// Files by which a folder that was there before is known to be an inventory's.
const MARKS: [&str; 4] = ["inventory.sqlite", "lock", "signing-key", "audit-signing-key"];

/// The first file of a new folder.
const GITIGNORE: &str = ".gitignore";

/// The folder. Making one does not touch the disk.
#[derive(Debug, Clone)]
pub(crate) struct Folder(PathBuf);

/// The folder, to this process alone until it is dropped.
#[derive(Debug)]
pub(crate) struct LockedFolder {
    folder: Folder,
    _lock: File,
}

impl Folder {
    pub(crate) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// The folder of an inventory that is there. Who only asks something of it, or mistyped its name, is not given a new one.
    pub(crate) fn there(path: &Path) -> Result<Self, Failure> {
        let folder = Self::new(path);
        if !folder.is_inventorys() && !folder.is_strangers() {
            let (path, default) = (path.display(), path == Path::new(DEFAULT_FOLDER));
            let made = if default { String::new() } else { format!(" --data {path}") };
            let other = if default { "; --data names another folder" } else { "" };
            return Err(Failure(format!(
                "There is no local inventory in {path}. `physical-keys serve{made}` makes one{other}."
            )));
        }
        folder.make()?;
        Ok(folder)
    }

    /// Makes the folder if it is not there: for its owner only, and out of the way of version control. One that was
    /// there before is closed to everybody else, and so are the files in it.
    pub(crate) fn make(&self) -> Result<(), Failure> {
        let cannot =
            |error| Failure::because(format!("The folder {} cannot be written", self.0.display()), error);
        if self.belongs_to_others().map_err(cannot)? {
            return Err(Failure(format!(
                "The folder {} holds other things than an inventory; choose another one with --data.",
                self.0.display()
            )));
        }
        private_files::make_folder(&self.0).map_err(cannot)?;
        private_files::write(&self.0.join(GITIGNORE), b"*\n").map_err(cannot)?;
        private_files::close_files(&self.0).map_err(cannot)
    }

    /// Whether there are files in it and none of them says that they are an inventory's. Closing such a folder to others
    /// would do harm. What is written first says nothing: another process may be at it just now.
    fn belongs_to_others(&self) -> io::Result<bool> {
        let entries = match std::fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        let mut names = entries.filter_map(|entry| entry.ok().map(|entry| entry.file_name()));
        Ok(names.any(|name| name != GITIGNORE) && !self.is_inventorys())
    }

    /// Whether there is an inventory in it.
    fn is_inventorys(&self) -> bool {
        MARKS.iter().any(|mark| self.0.join(mark).is_file())
    }

    /// Whether it is there and cannot be an inventory's, which is to be said in other words.
    fn is_strangers(&self) -> bool {
        self.belongs_to_others().unwrap_or(true)
    }

    /// Takes the folder for this process; `None` if another one has it.
    pub(crate) fn try_lock(&self) -> Result<Option<LockedFolder>, Failure> {
        let cannot =
            |error| Failure::because(format!("The folder {} cannot be locked", self.0.display()), error);
        let path = self.0.join("lock");
        private_files::ensure(&path).map_err(cannot)?;
        let lock = File::options().append(true).open(path).map_err(cannot)?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(LockedFolder { folder: self.clone(), _lock: lock })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(cannot(error)),
        }
    }

    /// Takes the folder for this process, and says so if another one has it.
    pub(crate) fn take(&self) -> Result<LockedFolder, Failure> {
        self.make()?;
        self.try_lock()?.ok_or_else(|| {
            Failure(format!(
                "Another process is using the folder {}; stop it or choose another folder with --data.",
                self.0.display()
            ))
        })
    }

    /// The issuer of local tokens, whose key is made when it is first needed.
    pub(crate) fn issuer(&self) -> Result<LocalIssuer, Failure> {
        let path = self.0.join("signing-key");
        LocalIssuer::in_file(&path)
            .map_err(|fault| Failure::because(format!("{} cannot be used", path.display()), fault))
    }

    /// What lets a process into the folder's database.
    pub(crate) fn access_key_id(&self) -> Result<AccessKeyId, Failure> {
        let path = self.0.join("access-key-id");
        AccessKeyId::in_file(&path)
            .map_err(|fault| Failure::because(format!("{} cannot be used", path.display()), fault))
    }

    /// Where the process that has the folder serves its database.
    pub(crate) fn endpoint(&self) -> PathBuf {
        self.0.join("endpoint")
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl LockedFolder {
    pub(crate) const fn folder(&self) -> &Folder {
        &self.folder
    }

    /// The file of the database.
    pub(crate) fn database(&self) -> PathBuf {
        self.folder.0.join("inventory.sqlite")
    }

    /// The file of the demo organisation's API key.
    pub(crate) fn demo_api_key(&self) -> PathBuf {
        self.folder.0.join("demo-api-key")
    }
}

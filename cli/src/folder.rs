//! The folder of a local inventory: its files, and the lock that keeps it to one process.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use local_inventory::issuer::LocalIssuer;

use crate::output::Failure;

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

    /// Makes the folder if it is not there: for its owner only, and out of the way of version control.
    pub(crate) fn make(&self) -> Result<(), Failure> {
        let cannot =
            |error| Failure::because(format!("The folder {} cannot be written", self.0.display()), error);
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.0).map_err(cannot)?;
        std::fs::write(self.0.join(".gitignore"), "*\n").map_err(cannot)
    }

    /// Takes the folder for this process; `None` if another one has it.
    pub(crate) fn try_lock(&self) -> Result<Option<LockedFolder>, Failure> {
        let cannot =
            |error| Failure::because(format!("The folder {} cannot be locked", self.0.display()), error);
        let lock = File::create(self.0.join("lock")).map_err(cannot)?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(LockedFolder { folder: self.clone(), _lock: lock })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(cannot(error)),
        }
    }

    /// The issuer of local tokens, whose key is made when it is first needed.
    pub(crate) fn issuer(&self) -> Result<LocalIssuer, Failure> {
        self.make()?;
        let path = self.0.join("signing-key");
        LocalIssuer::in_file(&path)
            .map_err(|fault| Failure::because(format!("{} cannot be used", path.display()), fault))
    }

    /// Where the server that has the folder serves its database.
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

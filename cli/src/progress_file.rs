//! How far a long command has come, in a file, so that another process goes on where one was ended.

use std::io::ErrorKind;
use std::path::PathBuf;

use local_inventory::private_files;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::output::{Failure, tell};

/// A file that has the progress of one command on one thing.
#[derive(Debug)]
pub(crate) struct ProgressFile {
    path: Option<PathBuf>,
    /// What the command is about: the progress of anything else is none.
    of: String,
}

#[derive(Serialize, Deserialize)]
struct Kept<T> {
    of: String,
    at: T,
}

impl ProgressFile {
    /// The file at a path, if one was named.
    pub(crate) fn new(path: Option<PathBuf>, of: String) -> Self {
        Self { path, of }
    }

    /// How far an earlier command has come; the beginning if there was none.
    pub(crate) fn read<T: Default + DeserializeOwned>(&self) -> Result<T, Failure> {
        let Some(path) = &self.path else { return Ok(T::default()) };
        let cannot = |why: &dyn std::fmt::Display| {
            Failure::because(format!("The progress in {} cannot be used", path.display()), why)
        };
        let bytes = match std::fs::read(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(T::default()),
            bytes => bytes.map_err(|error| cannot(&error))?,
        };
        let kept: Kept<Value> = serde_json::from_slice(&bytes).map_err(|error| cannot(&error))?;
        if kept.of != self.of {
            return Err(cannot(&format!("it is of {}, and this is {}", kept.of, self.of)));
        }
        serde_json::from_value(kept.at).map_err(|error| cannot(&error))
    }

    /// Notes how far this one has come. Whoever cannot note it goes on, and says so.
    pub(crate) fn keep<T: Serialize>(&self, at: T) {
        let Some(path) = &self.path else { return };
        let kept = Kept { of: self.of.clone(), at };
        // Under another name first: whoever is ended while it is written leaves the one before.
        let unfinished = path.with_added_extension("unfinished");
        let written = serde_json::to_vec(&kept).map_err(std::io::Error::other);
        let written = written.and_then(|bytes| private_files::write(&unfinished, &bytes));
        if let Err(error) = written.and_then(|()| std::fs::rename(&unfinished, path)) {
            tell(format!("The progress cannot be kept in {}: {error}.", path.display()));
        }
    }

    /// Forgets it, when the command is through.
    pub(crate) fn end(&self) {
        if let Some(path) = &self.path {
            let _ = std::fs::remove_file(path);
        }
    }
}
